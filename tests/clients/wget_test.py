#!/usr/bin/env python3
"""wget, keeping a mirror of a tree and resuming a download."""

import html
import os
import urllib.parse

import serving

# Names that go through a percent-encoding on the way, each in its own.
NAMES = ["plain.txt", "two words.txt", "grüße.txt", "日本語.txt", "100%.txt", "%zz.txt",
         "a+b.txt", "a&b;c=d.txt", "(it's).txt", "hash#mark.txt", "~tilde,comma.txt"]
FOLDERS = ["alpha", "two words", "grüße", "50% off", *(f"chapter {i}" for i in range(16))]


class WgetTest(serving.ServingTest):
    def write_page(self, name, links):
        references = (f'<a href="{html.escape(urllib.parse.quote(link))}">{html.escape(link)}</a>'
                      for link in links)
        self.write(name, ('<!DOCTYPE html><meta charset="utf-8">' + "\n".join(references)).encode())

    def write_tree(self):
        """Pages that lead to one another and to every file."""
        for number, folder in enumerate(FOLDERS):
            for name in NAMES:
                self.write(f"{folder}/{name}", serving.content(f"{folder}/{name}", 100 * number))
            following = FOLDERS[(number + 1) % len(FOLDERS)]
            self.write_page(f"{folder}/index.html", [*NAMES, "../", f"../{following}/", "deep/"])
            self.write_page(f"{folder}/deep/index.html", ["../index.html", "picture.png"])
            self.write(f"{folder}/deep/picture.png", serving.content(number, 10_000))
        self.write_page("index.html", [FOLDERS[0] + "/"])

    def files_below(self, folder):
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")
                      if path.is_file())

    def mirror(self, *options):
        """Returns how many files the server gave, and how many it told to be unchanged."""
        output = self.run_to_end(
            "wget", "--timestamping", "--no-host-directories", "--force-directories", "--tries=1",
            "--timeout=20", "--restrict-file-names=nocontrol", "--server-response",
            "--execute", "robots=off", *options)
        return output.count("’ saved ["), output.count("  HTTP/1.1 304 Not Modified\n")

    def test_mirrors_a_tree(self):
        self.write_tree()
        files = self.files_below(self.root)
        self.assertEqual(len(files), 281)
        self.start()
        # The page of a folder has two names, and under the second it is unchanged.
        self.assertEqual(self.mirror("--mirror", self.url), (281, len(FOLDERS)))
        self.assertEqual(self.files_below(self.copies), files)
        for name in files:
            self.assert_same(self.copies / name, self.root / name)
            self.assertEqual(int(os.stat(self.copies / name).st_mtime),
                             int(os.stat(self.root / name).st_mtime), name)
        # A page that is told to be unchanged is not searched for links, whoever serves it, so that
        # wget has to ask for heads if it is to find its way.
        again = ("--mirror", "--no-if-modified-since", self.url)
        self.assertEqual(self.mirror(*again), (0, 0))
        changed = self.write("grüße/日本語.txt", b"new", age=60)
        self.let_a_second_pass()
        self.assertEqual(self.mirror(*again), (1, 0))
        self.assert_same(self.copies / "grüße/日本語.txt", changed)

    def test_mirrors_directories_by_their_listings(self):
        self.write_tree()
        for page in self.root.rglob("index.html"):
            page.unlink()
        self.write("hidden/.secret", b"")
        files = [name for name in self.files_below(self.root) if "/." not in name]
        self.assertEqual(len(files), 240)
        self.start("--listing")
        # The listings themselves, one for each order in which they can be had, are not wanted.
        self.mirror("--mirror", "--reject=index.html*", self.url)
        self.assertEqual(self.files_below(self.copies), files)
        for name in files:
            self.assert_same(self.copies / name, self.root / name)

    def test_keeps_a_list_of_files_up_to_date(self):
        self.write_tree()
        self.start()
        files = self.files_below(self.root)
        urls = self.folder / "urls"
        urls.write_text("".join(f"{self.url}{urllib.parse.quote(name)}\n" for name in files))
        fetch = (f"--input-file={urls}",)
        self.assertEqual(self.mirror(*fetch), (281, 0))
        self.assertEqual(self.mirror(*fetch), (0, 281))
        changed = self.write("50% off/100%.txt", b"new", age=60)
        self.let_a_second_pass()
        self.assertEqual(self.mirror(*fetch), (1, 280))
        self.assert_same(self.copies / "50% off/100%.txt", changed)

    def test_resumes_a_download_that_was_cut(self):
        original = self.write("large.bin", serving.content(1, 16_000_000))
        self.start()
        command = ("wget", "--continue", "--no-verbose", "--tries=1", "--timeout=20",
                   self.url + "large.bin")
        copy = self.copies / "large.bin"
        with self.begin(*command, "--limit-rate=4m", "--output-file=log") as client:
            self.wait_until(lambda: copy.exists() and copy.stat().st_size > 1_000_000)
            client.terminate()
        so_far = copy.stat().st_size
        self.assertLess(so_far, 16_000_000)
        output = self.run_to_end(*command, "--server-response")
        self.assertIn("  HTTP/1.1 206 ", output)
        self.assertIn(f"  Content-Range: bytes {so_far}-15999999/16000000\n", output)
        self.assert_same(copy, original)
        # There is nothing left to fetch.
        self.assertIn("  HTTP/1.1 416 ", self.run_to_end(*command, "--server-response"))
        self.assert_same(copy, original)


if __name__ == "__main__":
    serving.main("wget")
