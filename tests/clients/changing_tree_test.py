#!/usr/bin/env python3
"""curl, copying a tree again and again while its files are replaced.

Every copy of a file is one version of it, or its connection broke; a second after the last change
every copy is of the last version.
"""

import re
import threading
import time
import urllib.parse

import serving

NAMES = [f"{folder}/{name}" for folder in ("plain", "two words", "grüße")
         for name in ("small.txt", "100%.html", "%41.bin", "middle.css", "large.bin", "huge.bin")]
SIZES = [100, 3_000, 20_000, 70_000, 400_000, 2_000_000]
REPLACEMENTS = 200
SWAPS = 20

# What curl tells of a connection that broke: a body that is too short, no answer, a reset.
BROKEN = {"18", "52", "56"}


def version_of(name, number):
    """Different in length and content from the versions before and after it."""
    return serving.content(f"{name} {number}", SIZES[NAMES.index(name) % len(SIZES)] + number % 7)


class ChangingTreeTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        self.versions = {name: {} for name in NAMES}  # digest to number
        self.rounds = 0

    def write_version(self, name, number, folder):
        data = version_of(name, number)
        # Known before it can be served.
        self.versions[name][serving.sha256(data)] = number
        self.write(f"{folder}/{name}", data, age=0)

    def copy_tree(self):
        """One curl for all files, by turns one after the other and many at once. Returns the
        number of the version that it got of each, None where the connection broke."""
        self.rounds += 1
        settings = self.folder / "settings"
        settings.write_text("".join(
            f'url = "{self.url}tree/{urllib.parse.quote(name)}"\noutput = "{position}"\n'
            for position, name in enumerate(NAMES)))
        at_once = ["--parallel", "--parallel-max", 6] if self.rounds % 2 else []
        output = self.curl("--fail", "--config", settings, *at_once, "--write-out",
                           "copy %{filename_effective} %{exitcode}\\n", status=None)
        results = re.findall(r"copy (\d+) (\d+)$", output, re.MULTILINE)
        self.assertEqual(len(results), len(NAMES), output)
        numbers = {}
        for position, exit_status in results:
            name = NAMES[int(position)]
            if exit_status == "0":
                digest = serving.sha256((self.copies / position).read_bytes())
                self.assertIn(digest, self.versions[name], f"{name} is of no version")
                numbers[name] = self.versions[name][digest]
            else:
                self.assertIn(exit_status, BROKEN, output)
        return [numbers.get(name) for name in NAMES]

    def copy_while(self, change):
        """Copies the tree until `change`, which runs beside it, is done; then once more."""
        thread = threading.Thread(target=change)
        thread.start()
        try:
            while thread.is_alive():
                self.copy_tree()
        finally:
            thread.join()
        self.let_a_second_pass()
        return self.copy_tree()

    def test_files_replaced_by_rename(self):
        for name in NAMES:
            self.write_version(name, 0, "tree")
        self.start()
        self.assertEqual(self.copy_tree(), [0] * len(NAMES))

        def replace():
            for number in range(REPLACEMENTS):
                self.write_version(NAMES[number % len(NAMES)], 1 + number // len(NAMES), "tree")
                time.sleep(0.01)

        last = [1 + (REPLACEMENTS - 1 - position) // len(NAMES) for position in range(len(NAMES))]
        self.assertEqual(self.copy_while(replace), last)

    def test_tree_replaced_by_symbolic_link(self):
        """As a deployment does it: a new tree beside the old one, and a link that moves over."""
        def deploy(number):
            for name in NAMES:
                self.write_version(name, number, f"release {number}")
            link = self.root / "next"
            link.symlink_to(f"release {number}")
            link.rename(self.root / "tree")

        deploy(0)
        self.start()
        self.assertEqual(self.copy_tree(), [0] * len(NAMES))

        def deploy_all():
            for number in range(1, SWAPS):
                deploy(number)
                time.sleep(0.05)

        self.assertEqual(self.copy_while(deploy_all), [SWAPS - 1] * len(NAMES))


if __name__ == "__main__":
    serving.main("curl")
