#!/usr/bin/env python3
"""What the binary of spate withstands: tests/hardening/binary_test.py SPATE [--fortified]

Every case reads what the compiler and the linker wrote into the file, by readelf of binutils, which
comes with every compiler. --fortified: built with an optimiser and without sanitizers.
"""

import re
import subprocess
import sys
import unittest

_ENDBR64 = b"\xf3\x0f\x1e\xfa"

_binary = ""
_fortified = False


def readelf(option):
    return subprocess.run(["readelf", "--wide", option, _binary], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True).stdout


def imported():
    """Names of what the dynamic linker has to find, without their versions."""
    return set(re.findall(r" UND (\w+)", readelf("--dyn-syms")))


def load_segments():
    """(offset in the file, address, size in the file) of what is mapped."""
    return [tuple(int(number, 16) for number in numbers) for numbers in re.findall(
        r"^ *LOAD +(0x\w+) (0x\w+) 0x\w+ (0x\w+)", readelf("--segments"), re.MULTILINE)]


class BinaryTest(unittest.TestCase):
    def test_is_placed_at_random(self):
        self.assertRegex(readelf("--file-header"), r"Type: +DYN ")
        self.assertRegex(readelf("--dynamic"), r"\(FLAGS_1\).*\bPIE\b")

    def test_resolves_everything_at_start_and_makes_it_read_only(self):
        self.assertRegex(readelf("--segments"), r"\bGNU_RELRO\b")
        self.assertRegex(readelf("--dynamic"), r"\(FLAGS_1\).*\bNOW\b")

    def test_has_no_page_that_is_both_writable_and_executable(self):
        segments = readelf("--segments")
        self.assertRegex(segments, r"GNU_STACK( +0x\w+){5} RW ")
        self.assertNotRegex(segments, r"LOAD( +0x\w+){5} RWE")

    def test_has_no_relocations_in_code(self):
        self.assertNotIn("TEXTREL", readelf("--dynamic"))

    def test_takes_libraries_from_the_folders_of_the_system_only(self):
        self.assertNotRegex(readelf("--dynamic"), r"\((RPATH|RUNPATH)\)")

    def test_guards_return_addresses_on_the_stack(self):
        self.assertTrue("__stack_chk_fail" in imported())

    def test_checks_the_sizes_of_copies_and_formats(self):
        if not _fortified:
            self.skipTest("not built with an optimiser, or with a sanitizer")
        # The headers of libc have a form of vsnprintf for both compilers, of snprintf for one.
        checked = {"__memcpy_chk", "__vsnprintf_chk"}
        self.assertEqual(imported() & checked, checked)

    def test_runs_on_a_shadow_stack(self):
        if "X86-64" not in readelf("--file-header"):
            self.skipTest("another processor")
        self.assertRegex(readelf("--notes"), r"x86 feature: .*\bSHSTK\b")

    def test_marks_every_function_that_can_be_called_by_address(self):
        if "X86-64" not in readelf("--file-header"):
            self.skipTest("another processor")
        # The note IBT cannot be asked for: the start files of Debian's libc have no marks.
        # Names with a dot are of the optimiser of the whole, known to its own parts alone: it
        # marks those whose address is taken.
        functions = re.findall(
            r"^ *\d+: (\w+) +\d+ FUNC +(?:GLOBAL|WEAK) .* (main|_ZNK?(?:4core|2io|4http)[^\s.]+)$",
            readelf("--symbols"), re.MULTILINE)
        # Optimised as a whole, spate keeps few that others could know of.
        self.assertGreater(len(functions), 20)
        segments = load_segments()
        with open(_binary, "rb") as file:
            content = file.read()
        unmarked = []
        for address_text, name in functions:
            address = int(address_text, 16)
            offset = next(offset + address - start for offset, start, size in segments
                          if start <= address < start + size)
            if content[offset:offset + len(_ENDBR64)] != _ENDBR64:
                unmarked.append(name)
        self.assertEqual(unmarked, [])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--fortified"]):
        sys.exit(f"usage: {sys.argv[0]} SPATE [--fortified]")
    _binary = sys.argv[1]
    _fortified = len(sys.argv) == 3
    unittest.main(argv=sys.argv[:1], verbosity=2)
