#!/usr/bin/env python3
"""aria2c, fetching one file by sixteen connections at once."""

import hashlib
import re

import serving

SIZE = 40_000_000


class Aria2Test(serving.ServingTest):
    def setUp(self):
        super().setUp()
        self.original = self.write("large.bin", serving.content(1, SIZE))
        self.start()
        digest = hashlib.sha256(self.original.read_bytes()).hexdigest()
        self.command = ("aria2c", "--no-conf", "--max-connection-per-server=16", "--split=16",
                        "--min-split-size=1M", "--file-allocation=none", "--max-tries=1",
                        f"--checksum=sha-256={digest}", "--log=log", "--log-level=info",
                        "--summary-interval=0", self.url + "large.bin")

    def first_bytes_of_ranges(self):
        return {int(first) for first in re.findall(r"^Range: bytes=(\d+)-",
                                                   (self.copies / "log").read_text(), re.MULTILINE)}

    def test_fetches_sixteen_segments_at_once(self):
        self.run_to_end(*self.command)
        self.assert_same(self.copies / "large.bin", self.original)
        self.assertGreaterEqual(len(self.first_bytes_of_ranges()), 15)

    def test_resumes_where_it_was_stopped(self):
        copy = self.copies / "large.bin"
        with self.begin(*self.command, "--max-overall-download-limit=4M", "--quiet") as client:
            self.wait_until(lambda: copy.exists() and copy.stat().st_blocks * 512 > 2_000_000)
            client.terminate()
        self.assertTrue((self.copies / "large.bin.aria2").exists())
        (self.copies / "log").unlink()
        self.run_to_end(*self.command, "--continue=true")
        self.assertFalse((self.copies / "large.bin.aria2").exists())
        self.assert_same(copy, self.original)
        self.assertNotIn(0, self.first_bytes_of_ranges())


if __name__ == "__main__":
    serving.main("aria2c")
