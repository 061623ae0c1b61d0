#!/usr/bin/env python3
"""curl, doing what scripts have it do."""

import email.parser
import email.policy
import gzip

import serving


def brotli_of(data):
    """A brotli stream that holds data as it is (RFC 7932 section 9.2): one uncompressed
    meta-block of at most 64 KiB, and an empty last one."""
    return ((len(data) - 1) << 4 | 1 << 20).to_bytes(3, "little") + data + b"\x03"


def zstandard_of(data):
    """A Zstandard frame that holds data as it is (RFC 8878 section 3.1.1): one raw block of at
    most 128 KiB."""
    frame = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    return frame + (len(data) << 3 | 1).to_bytes(3, "little") + data


class CurlTest(serving.ServingTest):
    def fields(self, name):
        """The last response head that curl dumped: its status and its fields by name."""
        text = (self.copies / name).read_bytes().decode("latin-1").rstrip("\r\n")
        status_line, *lines = text.split("\r\n\r\n")[-1].split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        return int(status_line.split()[1]), {key.lower(): value for key, value in fields.items()}

    def test_resumes_a_download_that_was_cut(self):
        original = self.write("large.bin", serving.content(1, 16_000_000))
        self.start()
        copy = self.copies / "large.bin"
        with self.begin("curl", "--silent", "--limit-rate", "4M", "--output", copy,
                        self.url + "large.bin") as client:
            self.wait_until(lambda: copy.exists() and copy.stat().st_size > 1_000_000)
            client.terminate()
        so_far = copy.stat().st_size
        self.assertLess(so_far, 16_000_000)
        output = self.curl("--continue-at", "-", "--output", copy, "--write-out",
                           "%{http_code} %{size_download}", self.url + "large.bin")
        self.assertEqual(output, f"206 {16_000_000 - so_far}")
        self.assert_same(copy, original)

    def test_asks_for_two_ranges(self):
        original = self.write("large.bin", serving.content(1, 100_000)).read_bytes()
        self.start()
        self.curl("--range", "0-9,100-109", "--dump-header", "head", "--output", "body",
                  self.url + "large.bin")
        status, fields = self.fields("head")
        body = (self.copies / "body").read_bytes()
        self.assertEqual(int(fields["content-length"]), len(body))
        self.assertEqual(status, 206)
        self.assertNotIn("content-range", fields)  # section 15.3.7.2
        message = b"Content-Type: " + fields["content-type"].encode() + b"\r\n\r\n" + body
        parsed = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(message)
        self.assertEqual(parsed.get_content_type(), "multipart/byteranges")
        self.assertEqual(parsed.defects, [])
        self.assertEqual([part["content-range"] for part in parsed.iter_parts()],
                         ["bytes 0-9/100000", "bytes 100-109/100000"])
        self.assertEqual([part.get_content_type() for part in parsed.iter_parts()],
                         ["application/octet-stream"] * 2)
        self.assertEqual([part.get_payload(decode=True) for part in parsed.iter_parts()],
                         [original[0:10], original[100:110]])

    def test_keeps_a_copy_up_to_date_by_time(self):
        self.write("page.html", b"old", age=7200)
        self.start()
        self.curl("--remote-time", "--output", "page.html", self.url + "page.html")
        # curl reports a 304 of its own where a 200 is no news, so the head has to be looked at.
        again = ("--remote-time", "--time-cond", "page.html", "--output", "page.html",
                 "--dump-header", "head", self.url + "page.html")
        self.curl(*again)
        self.assertEqual(self.fields("head")[0], 304)
        self.assertEqual((self.copies / "page.html").read_bytes(), b"old")
        self.write("page.html", b"new")
        self.let_a_second_pass()
        self.curl(*again)
        self.assertEqual(self.fields("head")[0], 200)
        self.assertEqual((self.copies / "page.html").read_bytes(), b"new")

    def test_keeps_a_copy_up_to_date_by_entity_tag(self):
        self.write("page.html", b"old")
        self.start()
        fetch = ("--etag-compare", "tag", "--etag-save", "tag", "--output", "page.html",
                 "--write-out", "%{http_code}", self.url + "page.html")
        (self.copies / "tag").write_bytes(b"")
        self.assertEqual(self.curl(*fetch), "200")
        self.assertRegex((self.copies / "tag").read_text(), r'^"[^"]+"\n?$')
        self.assertEqual(self.curl(*fetch), "304")
        self.assertEqual((self.copies / "page.html").read_bytes(), b"old")
        self.write("page.html", b"new", age=3000)
        self.let_a_second_pass()
        self.assertEqual(self.curl(*fetch), "200")
        self.assertEqual((self.copies / "page.html").read_bytes(), b"new")

    def test_decodes_what_it_accepts(self):
        text = b"All that is gold does not glitter. " * 1000
        makers = {"gzip": ("gz", gzip.compress), "br": ("br", brotli_of),
                  "zstd": ("zst", zstandard_of)}
        self.write("plain.txt", text)
        self.write("stale.txt", text)
        self.write("stale.txt.gz", gzip.compress(b"before"), age=7200)
        for coding, (suffix, encode) in makers.items():
            self.write(f"{coding}.txt", text)
            self.write(f"{coding}.txt.{suffix}", encode(text), age=60)
        self.start()
        understood = self.run_to_end("curl", "--version").split()
        for coding, feature in {"gzip": "libz", "br": "brotli", "zstd": "zstd"}.items():
            self.assertIn(feature, understood)
            output = self.curl("--compressed", "--output", "body", "--dump-header", "head",
                               self.url + f"{coding}.txt")
            self.assertEqual(output, "")
            _, fields = self.fields("head")
            self.assertEqual(fields.get("content-encoding"), coding)
            self.assertIn("accept-encoding", fields["vary"].lower())
            self.assertEqual(fields["content-type"], "text/plain; charset=utf-8")
            self.assertEqual((self.copies / "body").read_bytes(), text)
            # Who does not ask gets it as it is.
            self.curl("--output", "body", "--dump-header", "head", self.url + f"{coding}.txt")
            _, fields = self.fields("head")
            self.assertNotIn("content-encoding", fields)
            self.assertEqual((self.copies / "body").read_bytes(), text)
        for name in ("plain.txt", "stale.txt"):
            self.curl("--compressed", "--output", "body", "--dump-header", "head", self.url + name)
            _, fields = self.fields("head")
            self.assertNotIn("content-encoding", fields)
            self.assertEqual((self.copies / "body").read_bytes(), text)

    def test_speaks_http_1_0(self):
        original = self.write("large.bin", serving.content(1, 3_000_000))
        self.start()
        output = self.curl("--http1.0", "--output", "large.bin", "--dump-header", "head",
                           "--write-out", "%{http_code}", self.url + "large.bin")
        self.assertEqual(output, "200")
        _, fields = self.fields("head")
        self.assertNotIn("transfer-encoding", fields)
        self.assert_same(self.copies / "large.bin", original)

    def test_fetches_a_hundred_files_in_parallel(self):
        names = [f"{number}.bin" for number in range(100)]
        for number, name in enumerate(names):
            self.write(name, serving.content(number, number * 1000))
        self.start()
        self.curl("--parallel", "--parallel-max", 20, "--remote-name-all", "--fail",
                  *(self.url + name for name in names))
        for name in names:
            self.assert_same(self.copies / name, self.root / name)

    def test_heads_tell_what_a_download_would(self):
        self.write("large.bin", serving.content(1, 3_000_000))
        self.start()
        self.curl("--head", "--output", "asked", self.url + "large.bin")
        self.curl("--dump-header", "gotten", "--output", "body", self.url + "large.bin")
        status, asked = self.fields("asked")
        _, gotten = self.fields("gotten")
        self.assertEqual(status, 200)
        self.assertEqual(asked["content-length"], "3000000")
        for head in (asked, gotten):
            del head["date"]
        self.assertEqual(asked, gotten)

    def test_sees_why_an_upload_is_refused(self):
        """413 and no reset, with the invitation waited for and without."""
        upload = self.folder / "upload.bin"
        upload.write_bytes(bytes(20_000_000))
        self.start()
        for expectation in ("Expect: 100-continue", "Expect:"):
            output = self.curl("--upload-file", upload, "--header", expectation,
                               "--expect100-timeout", 40, "--output", "answer", "--write-out",
                               "%{http_code} %{size_upload}", self.url + "upload.bin")
            status, uploaded = output.split()
            self.assertEqual(status, "413", expectation)
            self.assertLess(int(uploaded), 20_000_000)

    def test_hears_that_http_2_is_not_spoken(self):
        self.write("page.html", b"page")
        self.start()
        # With prior knowledge there is no way back; with an upgrade there is.
        output = self.curl("--http2-prior-knowledge", self.url + "page.html", status=None)
        self.assertRegex(output, r"^curl: \(\d+\) ")
        self.assertNotIn("timed out", output)
        output = self.curl("--http2", "--write-out", " %{http_version}", self.url + "page.html")
        self.assertEqual(output, "page 1.1")


if __name__ == "__main__":
    serving.main("curl")
