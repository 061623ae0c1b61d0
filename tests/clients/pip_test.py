#!/usr/bin/env python3
"""pip, and curl in its place, downloading from an index of static pages (PEP 503)."""

import html.parser
import io
import re
import sys
import urllib.parse
import zipfile

import serving

NAMES = [f"reed-{number}" for number in range(8)]


def wheel(name, version):
    """The smallest wheel that pip takes: a module and what the format asks for."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    members = {
        f"{name.replace('-', '_')}.py": f"VERSION = {version!r}\n",
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                           "Tag: py3-none-any\n",
    }
    record = "".join(f"{member},,\n" for member in [*members, f"{folder}/RECORD"])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for member, text in members.items():
            archive.writestr(zipfile.ZipInfo(member), text)  # always of the same time
        archive.writestr(zipfile.ZipInfo(f"{folder}/RECORD"), record)
    return stream.getvalue()


class Links(html.parser.HTMLParser):
    def __init__(self, page, base):
        super().__init__()
        self.base = base
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.found.append(urllib.parse.urljoin(self.base, dict(attributes)["href"]))


class PipTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        for name in NAMES:
            self.publish(name, "1.0")
        links = "".join(f'<a href="{name}/">{name}</a>\n' for name in NAMES)
        self.write("simple/index.html", b"<!DOCTYPE html>" + links.encode())
        self.environment.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1",
                                PIP_CACHE_DIR=str(self.folder / "cache"))
        self.start()
        self.index = self.url + "simple/"

    def publish(self, name, *versions):
        links = ""
        for version in versions:
            file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            data = wheel(name, version)
            self.write(f"packages/{file}", data)
            links += (f'<a href="../../packages/{file}#sha256={serving.sha256(data)}">'
                      f"{file}</a>\n")
        self.write(f"simple/{name}/index.html", b"<!DOCTYPE html>" + links.encode(),
                   age=3600 - len(versions))

    def pip_download(self, *requirements):
        return self.run_to_end(
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input",
            "--retries", 0, "--timeout", 20, "--index-url", self.index,
            "--trusted-host", "127.0.0.1", *requirements)

    def assert_downloaded(self, *files):
        self.assertEqual(sorted(path.name for path in self.copies.glob("*.whl")), sorted(files))
        for file in files:
            self.assert_same(self.copies / file, self.root / "packages" / file)

    def test_downloads_packages(self):
        self.pip_download(*NAMES)
        self.assert_downloaded(*(f"reed_{number}-1.0-py3-none-any.whl" for number in range(8)))

    def test_finds_a_new_version(self):
        self.pip_download(NAMES[0])
        self.publish(NAMES[0], "1.0", "1.1")
        self.let_a_second_pass()
        self.pip_download(NAMES[0])
        self.assert_downloaded("reed_0-1.0-py3-none-any.whl", "reed_0-1.1-py3-none-any.whl")

    def test_curl_finds_its_way_from_the_index(self):
        """By the requests that pip makes, the one without the slash among them."""
        accept = ("--header", "Accept: application/vnd.pypi.simple.v1+json, text/html;q=0.01")
        page = self.curl("--fail", "--location", *accept, self.index.rstrip("/"))
        projects = Links(page, self.index).found
        self.assertEqual(projects, [f"{self.index}{name}/" for name in NAMES])
        for project in projects:
            output = self.curl("--fail", "--compressed", *accept, "--write-out",
                               "\n%{content_type}", project)
            page, _, media_type = output.rpartition("\n")
            self.assertEqual(media_type, "text/html; charset=utf-8")
            for link in Links(page, project).found:
                digest = re.search("#sha256=([0-9a-f]{64})$", link)[1]
                self.curl("--fail", "--output", "file.whl", link)
                self.assertEqual(serving.sha256((self.copies / "file.whl").read_bytes()), digest)


if __name__ == "__main__":
    serving.main("curl", modules=("pip",))
