#!/usr/bin/env python3
"""apt, updating from a repository and downloading its packages.

Its state, cache and settings are a folder of the test's own; it touches nothing of the system.
"""

import os
import re
import time

import serving

PACKAGES = 30


class AptTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        apt = self.folder / "apt"
        for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
                     "etc/apt/trusted.gpg.d", "var/lib/apt/lists/partial",
                     "var/cache/apt/archives/partial", "var/lib/dpkg", "var/log/apt"):
            (apt / name).mkdir(parents=True)
        (apt / "var/lib/dpkg/status").write_bytes(b"")
        settings = apt / "apt.conf"
        settings.write_text(
            f'Dir "{apt}"; Dir::State::status "{apt}/var/lib/dpkg/status";\n'
            'APT::Sandbox::User ""; APT::Architecture "amd64"; APT::Architectures { "amd64"; };\n'
            'Acquire::Languages "none"; Acquire::Retries "0"; Acquire::http::Timeout "20";\n')
        self.environment["APT_CONFIG"] = str(settings)
        self.archives = apt / "var/cache/apt/archives"
        self.sources = apt / "etc/apt/sources.list"
        self.version = 0

    def build(self, name, size):
        """Puts a package with one file of `size` bytes into the pool."""
        tree = self.folder / f"tree-{name}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\n"
            f"Description: {name}\n")
        (tree / "data").write_bytes(serving.content(name, size))
        (self.root / "pool").mkdir(exist_ok=True)
        self.run_to_end("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree,
                        self.root / f"pool/{name}_1.0_all.deb")

    def publish(self):
        """Writes the indices, which are to be had by their hash alone, as on a mirror whose names
        are being changed. Each version is a minute younger than the one before."""
        self.version += 1
        folder = self.root / "dists/stable/main/binary-amd64"
        (folder / "by-hash/SHA256").mkdir(parents=True, exist_ok=True)
        listed = self.run_to_end("apt-ftparchive", "packages", "pool", cwd=self.root)
        index = folder / "Packages"
        index.write_text(listed)
        self.run_to_end("gzip", "--keep", "--force", index)
        self.run_to_end("xz", "--keep", "--force", index)
        release = self.run_to_end(
            "apt-ftparchive", "-o", "APT::FTPArchive::Release::Suite=stable",
            "-o", "APT::FTPArchive::Release::Components=main",
            "-o", "APT::FTPArchive::Release::Architectures=amd64",
            "-o", "APT::FTPArchive::Release::Acquire-By-Hash=yes",
            "-o", "APT::FTPArchive::SHA512=no",  # apt would ask by this one, as the stronger
            "release", "dists/stable", cwd=self.root)
        for path in (index, index.with_suffix(".gz"), index.with_suffix(".xz")):
            path.rename(folder / "by-hash/SHA256" / serving.sha256(path.read_bytes()))
        self.write("dists/stable/Release", release.encode(), age=3600 - 60 * self.version)

    def update(self):
        """What came of each index: the lines that begin with Get, Hit, Ign or Err."""
        output = self.run_to_end("apt-get", "update", "--option", "quiet::NoUpdate=true",
                                 "--option", "quiet=1", "--error-on=any")
        return re.findall(r"^(Get|Hit|Ign|Err):\d+ \S+ stable(?:/main)? ([\w .]+?)(?: \[|$)",
                          output, re.MULTILINE)

    def add_source(self):
        self.sources.write_text(f"deb [trusted=yes] {self.url} stable main\n")

    def download(self, *names):
        output = self.run_to_end("apt-get", "install", "--download-only", "--yes", "--option",
                                 "Debug::Acquire::http=true", *names)
        for name in names:
            self.assert_same(self.archives / f"{name}_1.0_all.deb",
                             self.root / f"pool/{name}_1.0_all.deb")
        return output

    def test_updates_and_downloads(self):
        names = [f"package{number}" for number in range(PACKAGES)]
        for number, name in enumerate(names):
            self.build(name, number * 5000)
        self.publish()
        self.start()
        self.add_source()
        unsigned = [("Ign", "InRelease"), ("Ign", "Release.gpg")]
        fetched = sorted(unsigned + [("Get", "Release"), ("Get", "amd64 Packages")])
        self.assertEqual(sorted(self.update()), fetched)
        self.download(*names)
        self.assertEqual(sorted(self.update()), sorted(unsigned + [("Hit", "Release")]))
        self.build("later", 1_000_000)
        self.publish()
        self.let_a_second_pass()
        self.assertEqual(sorted(self.update()), fetched)
        self.download("later")

    def test_resumes_a_download_that_was_cut(self):
        self.build("large", 20_000_000)
        self.publish()
        whole = self.root / "pool/large_1.0_all.deb"
        # If-Range by a date is heeded for what was not changed just now (RFC 9110 section 8.8.2.2).
        changed = time.time() - 3600
        os.utime(whole, (changed, changed))
        self.start()
        self.add_source()
        self.update()
        # What an earlier run left: a part, with the time of the whole.
        part = self.archives / "partial/large_1.0_all.deb"
        part.write_bytes(whole.read_bytes()[:12_345_678])
        os.utime(part, (changed, changed))
        output = self.download("large")
        self.assertIn("Range: bytes=12345678-\r\nIf-Range: ", output)
        self.assertIn("HTTP/1.1 206 Partial Content\r\n", output)
        self.assertIn("Content-Range: bytes 12345678-", output)
        self.assertEqual(output.count("GET /pool/"), 1)  # it did not have to begin anew


if __name__ == "__main__":
    serving.main("apt-get", "apt-ftparchive", "dpkg-deb", "gzip", "xz")
