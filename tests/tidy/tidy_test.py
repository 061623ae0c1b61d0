#!/usr/bin/env python3
"""Every rule of tools/tidy finds what it is there for, and nothing else.

Each case is a small tree in a temporary folder: a change to a clean tree, and the findings that
tools/tidy must print for it. What a rule looks for is written in pieces where this file would
break the rule itself.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from tidy_rules import compilers, policy, runner, source  # noqa: E402

HEADER = "#pragma once\n"
CLEAN_TREE = {
    "core/thing.h": "// A thing.\n#pragma once\n\n#include <cstdint>\n\nint32_t thing();\n",
    "core/thing.cc": '#include "core/thing.h"\n\nint32_t thing() {\n  return 1;\n}\n',
    "README.md": "# A tree\n",
}


def allow(rule: str, reason: str = "measured") -> str:
    return f"// tidy: allow({rule}) {reason}".rstrip()


def hot(line: str) -> dict[str, str]:
    return {"http/h1/hot.cc": line + "\n"}


def policy_shown_by(tests: str) -> dict[str, str]:
    return {"ARCHITECTURE.md": "# A\n\n## Failure policy\n\n| what | does | shown by |\n"
                               f"|---|---|---|\n| a fault | a thing | {tests} |\n\nText\n",
            "tests/a_test.cc": "TEST_P(Suite, Name) {\n}\n"}


# (rule, changed files, place of the finding)
BAD = [
    ("shown-by", policy_shown_by(""), "ARCHITECTURE.md:7"),
    ("shown-by", policy_shown_by("`Suite.Other`"), "ARCHITECTURE.md:7"),
    ("include-direction", {"core/a.cc": '#include "io/b.h"\n'}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": '#include "http/b.h"\n'}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": "#include <sys/socket.h>\n"}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": "#include <liburing.h>\n"}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": '#include "b.h"\n'}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": '#include "core/../io/b.h"\n'}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": '#include "tests/b.h"\n'}, "core/a.cc:1"),
    ("include-direction", {"core/a.cc": "\n#  include <boost/any.hpp>\n"}, "core/a.cc:2"),
    ("include-direction", {"io/a.cc": '#include "http/b.h"\n'}, "io/a.cc:1"),
    ("include-direction", {"io/a.cc": '#include "http/server/b.h"\n'}, "io/a.cc:1"),
    ("include-direction", {"io/epoll_backend.cc": "#include <liburing.h>\n"},
     "io/epoll_backend.cc:1"),
    ("include-direction", {"io/a.cc": "#include <openssl/ssl.h>\n"}, "io/a.cc:1"),
    ("include-direction", {"http/a.cc": '#include "io/b.h"\n'}, "http/a.cc:1"),
    ("include-direction", {"http/h1/a.cc": '#include "http/server/b.h"\n'}, "http/h1/a.cc:1"),
    ("include-direction", {"http/a.cc": "#include <gtest/gtest.h>\n"}, "http/a.cc:1"),
    ("include-direction", {"http/server/worker.cc": "#include <CLI/CLI.hpp>\n"},
     "http/server/worker.cc:1"),
    ("include-direction", {"http/server/worker.cc": "#include <mimalloc.h>\n"},
     "http/server/worker.cc:1"),
    ("include-direction", {"http/server/a.cc": '#include "bench/b.h"\n'}, "http/server/a.cc:1"),
    ("own-header-first", {"core/thing.cc": '#include <vector>\n\n#include "core/thing.h"\n'},
     "core/thing.cc:1"),
    ("own-header-first", {"core/thing.cc": "int one();\n"}, "core/thing.cc:1"),
    ("pragma-once", {"core/a.h": "int one();\n"}, "core/a.h:1"),
    ("pragma-once", {"core/a.h": "#include <vector>\n#pragma once\n"}, "core/a.h:1"),
    ("pragma-once", {"core/a.h": "// #pragma once\n"}, "core/a.h:1"),
    ("sans-io", {"http/a.cc": "#include <unistd.h>\n"}, "http/a.cc:1"),
    ("sans-io", {"http/a.cc": "#include <sys/stat.h>\n"}, "http/a.cc:1"),
    ("sans-io", {"http/a.cc": "#include <ctime>\n"}, "http/a.cc:1"),
    ("sans-io", {"http/a.cc": "#include <thread>\n"}, "http/a.cc:1"),
    ("sans-io", {"http/a.cc": "#include <fstream>\n"}, "http/a.cc:1"),
    ("sans-io", {"http/a.cc": "\nint e = errno;\n"}, "http/a.cc:2"),
    ("clock", {"http/a.cc": "auto now = std::chrono::steady_clock::now();\n"}, "http/a.cc:1"),
    ("clock", {"io/uring_backend.cc": "int r = clock_gettime(0, &t);\n"}, "io/uring_backend.cc:1"),
    ("clock", hot("auto now = time(nullptr);"), "http/h1/hot.cc:1"),
    ("allocation", hot("auto* p = new Thing;"), "http/h1/hot.cc:1"),
    ("allocation", hot("auto* p = new (std::nothrow) Thing;"), "http/h1/hot.cc:1"),
    ("allocation", hot("auto* p = f(1'000, new Thing, 2'000);"), "http/h1/hot.cc:1"),
    ("allocation", hot("void f(Thing* p) { delete p; }"), "http/h1/hot.cc:1"),
    ("allocation", hot("void* p = malloc(1);"), "http/h1/hot.cc:1"),
    ("allocation", hot("void* p = std::malloc(1);"), "http/h1/hot.cc:1"),
    ("allocation", hot("void f(void* p) { std::free(p); }"), "http/h1/hot.cc:1"),
    ("allocation", hot("std::string name;"), "http/h1/hot.cc:1"),
    ("allocation", hot("auto s = std::to_string(1);"), "http/h1/hot.cc:1"),
    ("allocation", hot("std::function<void()> f;"), "http/h1/hot.cc:1"),
    ("allocation", hot("std::unordered_map<int, int> m;"), "http/h1/hot.cc:1"),
    ("allocation", hot("void f(std::vector<int>& v) { v.push_back(1); }"), "http/h1/hot.cc:1"),
    ("allocation", hot("void f(std::vector<int>* v) { v->resize(1); }"), "http/h1/hot.cc:1"),
    ("lock", hot("std::mutex m;"), "http/h1/hot.cc:1"),
    ("lock", hot("int r = pthread_mutex_lock(&m);"), "http/h1/hot.cc:1"),
    ("exception", hot("void f() { throw 1; }"), "http/h1/hot.cc:1"),
    ("rtti", hot("auto* b = dynamic_cast<B*>(a);"), "http/h1/hot.cc:1"),
    ("virtual-call", {"http/h1/hot.h": HEADER + "class A {\n  virtual int f();\n};\n"},
     "http/h1/hot.h:3"),
    ("output", hot("int r = printf(text);"), "http/h1/hot.cc:1"),
    ("output", hot("int r = std::snprintf(out, n, text);"), "http/h1/hot.cc:1"),
    ("sleep", hot("int r = usleep(1);"), "http/h1/hot.cc:1"),
    ("columns", {"core/a.cc": f"// {'a' * 98}\n"}, "core/a.cc:1"),
    ("columns", {"CMakeLists.txt": f"\n# {'a' * 99}\n"}, "CMakeLists.txt:2"),
    ("columns", {"tools/a": f"#!/bin/sh\n# {'a' * 99}\n"}, "tools/a:2"),
    ("whitespace", {"tools/a.py": "if a:\n\tpass\n"}, "tools/a.py:2"),
    ("whitespace", {"README.md": "# A tree \n"}, "README.md:1"),
    ("whitespace", {"README.md": "# A tree\r\n"}, "README.md:1"),
    ("whitespace", {"README.md": "# A tree"}, "README.md:1"),
    ("whitespace", {"README.md": "# A tree\n\n"}, "README.md:2"),
    ("length", {"core/a.cc": "//\n" * 601}, "core/a.cc:601"),
    ("length", {"tools/a.py": "#\n" * 601}, "tools/a.py:601"),
    ("length", {"tests/a_test.cc": "//\n" * 901}, "tests/a_test.cc:901"),
    ("unfinished", {"core/a.cc": "\n// TO" "DO: more\n"}, "core/a.cc:2"),
    ("unfinished", {"README.md": "FIX" "ME\n"}, "README.md:1"),
    ("unfinished", {"tools/a.py": "# XX" "X\n"}, "tools/a.py:1"),
    ("file-name", {"core/MyThing.cc": "int one();\n"}, "core/MyThing.cc:1"),
    ("file-name", {"core/my-thing.h": HEADER}, "core/my-thing.h:1"),
    ("file-name", {"tools/do-it": "#!/bin/sh\n"}, "tools/do-it:1"),
    ("registry-host", {"README.md": "see registry.npm" "js.org\n"}, "README.md:1"),
    ("registry-host", {"tools/a.py": "url = 'https://py" "pi.org/simple'\n"}, "tools/a.py:1"),
    ("registry-host", {"tests/package-lock.json": '{\n  "resolv' 'ed": "http://mirror/a.tgz"\n}\n'},
     "tests/package-lock.json:2"),
    ("absolute-path", {"tools/a.py": "cache = '/ho" "me/someone/cache'\n"}, "tools/a.py:1"),
    ("absolute-path", {"README.md": "cd /wo" "rk/main\n"}, "README.md:1"),
    ("top-level", {"scratch.cc": "int one();\n"}, "scratch.cc:1"),
    ("top-level", {"src/a.cc": "int one();\n", "src/b.cc": "int two();\n"}, "src/a.cc:1"),
    ("allow", {"http/h1/hot.cc": f"void* p = malloc(1);  {allow('allocation', '')}\n"},
     "http/h1/hot.cc:1"),
    ("allow", {"http/h1/hot.cc": f"int one();  {allow('allocation')}\n"}, "http/h1/hot.cc:1"),
    ("allow", {"http/h1/hot.cc": f"{allow('lock')}\nint one();\n"}, "http/h1/hot.cc:1"),
]

# Trees without a finding.
GOOD = [
    policy_shown_by("`Suite.Name`"),
    {},
    {"core/a.cc": '#include <sys/mman.h>\n\n#include "core/thing.h"\n'},
    {"io/a.cc": '#include <sys/socket.h>\n\n#include "core/thing.h"\n#include "io/b.h"\n'},
    {"io/uring_backend.cc": "#include <liburing.h>\n"},
    {"io/uring_setup.h": HEADER + "\n#include <liburing.h>\n"},
    {"http/a.cc": '#include <array>\n\n#include "core/thing.h"\n#include "http/b.h"\n'},
    {"http/h1/a.cc": "#include <immintrin.h>\n"},
    {"http/server/a.cc": '#include <signal.h>\n\n#include "http/b.h"\n#include "io/b.h"\n'},
    {"http/server/main.cc": "#include <mimalloc.h>\n\n#include <CLI/CLI.hpp>\n"},
    {"http/server/options.cc": "#include <CLI/CLI.hpp>\n"},
    {"http/server/a.cc": "auto now = std::chrono::steady_clock::now();\n"},
    {"tests/a_test.cc": '#include <gtest/gtest.h>\n\n#include "io/b.h"\n#include "tests/c.h"\n'},
    {"bench/a.cc": "#include <benchmark/benchmark.h>\n#include <liburing.h>\n#include <time.h>\n"},
    {"core/a.h": "// Words.\n#pragma once\n"},
    # Inputs of fuzz targets are data.
    {"tests/fuzz/corpus/path/control": "/a\t \r"},
    {"tests/fuzz/regressions/session/pipeline": "GET / HTTP/1.1\r\n\r\n\n"},
    # Comments, literals and the like are not code.
    hot("// new, malloc(1), std::mutex, throw, #include <thread>"),
    hot("/* new\n   throw */"),
    hot('auto a = "throw new std::string";'),
    hot('auto a = R"(throw "new" std::string)";'),
    hot("auto a = '\"';\nauto b = '\\'';\nauto c = \"//\";"),
    # Words that only look like the banned ones.
    hot("std::string_view name;"),
    hot("auto* p = new (place) Thing;"),
    hot("void operator=(const A&) = delete;"),
    hot("void f(Slab& s) { s.free(1); }"),
    hot("void Slab::free(int i) {}"),
    hot("int new_size = retry + try_count;"),
    hot("auto m = Method::delete_;"),
    hot("#include <new>"),
    # Not hot: the same is allowed elsewhere.
    {"http/server/options.cc": "std::string name = std::to_string(1);\n"},
    {"http/server/worker_thread.h": HEADER + "class A {\n  virtual int f();\n};\n"},
    {"core/a.cc": "std::mutex m;\n"},
    # Exceptions with a reason, on the line and above it.
    {"http/h1/hot.cc": f"void* p = malloc(1);  {allow('allocation')}\n"},
    {"http/h1/hot.cc": f"{allow('allocation')}\nvoid* p = malloc(1);\n"},
    {"tools/a.py": "# tidy: " "allow(absolute-path) an example\np = '/ho" "me/a'\n"},
    # Exactly at the limits.
    {"core/a.cc": f"// {'a' * 97}\n"},
    {"README.md": "a" * 500 + "\n"},
    {"core/a.cc": "//\n" * 600, "tests/a_test.cc": "//\n" * 900},
    # Files with names of their own, and what is no text.
    {"CMakeLists.txt": "# A tree\n", "tests/package-lock.json": "{}\n",
     "tools/a/__init__.py": "", "tools/demo/My-Page.html": "<p>\n"},
    {"tools/demo/a.png": "\0\t \r\n"},
    {"core/a.cc": ""},
    # Paths of a server and of the web.
    {"README.md": "GET /home HTTP/1.1, https://example.com/home/a, /var/www, $HOME/work/a\n"},
]


class Tree:
    """A clean tree with changes, in a temporary folder."""

    def __init__(self, changes: dict[str, str]):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        layout = (ROOT / ".clang-format").read_text()
        for name, text in {".clang-format": layout, **CLEAN_TREE, **changes}.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.folder.cleanup()

    def run(self, *options: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(ROOT / "tools/tidy"), "--root", str(self.root), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def check(changes: dict[str, str]) -> list[tuple[str, str]]:
    """The rule and the place of each finding. The layout of the snippets is not looked at."""
    with Tree(changes) as tree:
        findings = runner.check_sources(tree.root, source.list_files(tree.root))
        return [(finding.rule, f"{finding.path}:{finding.line}") for finding in findings]


NO_CLANG_FORMAT = compilers.find_clang_format()[1]


class TidyTest(unittest.TestCase):
    def test_each_rule_finds_what_it_is_there_for(self):
        for rule, changes, place in BAD:
            with self.subTest(rule=rule, changes=changes):
                self.assertEqual(check(changes), [(rule, place)])

    def test_what_is_right_is_left_alone(self):
        for changes in GOOD:
            with self.subTest(changes=changes):
                self.assertEqual(check(changes), [])

    def test_every_rule_has_a_case(self):
        elsewhere = {"format", "headers"}  # CommandTest
        self.assertEqual({rule for rule, _, _ in BAD} | elsewhere, source.RULES)

    def test_patterns_of_hot_files_match_files_of_this_repository(self):
        paths = source.list_files(ROOT)
        for pattern in policy.HOT_FILES:
            self.assertTrue(any(pattern.fullmatch(path) for path in paths), pattern.pattern)

    def test_every_hot_token_and_alternative_is_a_pattern_of_words(self):
        # A pattern that matched an empty text would find something on every line.
        for pattern in [*policy.HOT_TOKENS.values(), policy.CLOCK_TOKEN, policy.IO_TOKEN,
                        policy.UNFINISHED, policy.REGISTRY_HOST, policy.ABSOLUTE_PATH]:
            self.assertIsNone(pattern.search(""), pattern.pattern)
            self.assertIsNone(pattern.search("int x = y + 1;"), pattern.pattern)


class CommandTest(unittest.TestCase):
    def test_a_clean_tree_exits_with_0_and_prints_nothing(self):
        with Tree({}) as tree:
            result = tree.run()
            self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_a_finding_exits_with_1_and_prints_a_line(self):
        with Tree({"core/a.cc": '\n#include "io/b.h"\n'}) as tree:
            result = tree.run()
            self.assertEqual(result.returncode, 1)
            self.assertIn("core/a.cc:2: include-direction: core must not include io\n",
                          result.stdout)

    @unittest.skipIf(NO_CLANG_FORMAT, NO_CLANG_FORMAT)
    def test_layout_is_one_finding_per_file(self):
        with Tree({"core/a.cc": "int one( );\nint two( );\n", "core/b.cc": "int  a;\n"}) as tree:
            places = re.findall(r"^(\S+): format: ", tree.run().stdout, re.MULTILINE)
            self.assertEqual(places, ["core/a.cc:1", "core/b.cc:1"])

    def test_files_that_git_ignores_are_not_checked(self):
        changes = {".gitignore": "/bench/out/\n", "bench/out/a.cc": "int a;\t\n",
                   "bench/b.cc": "int b;  \n"}
        with Tree(changes) as tree:
            subprocess.run(["git", "init", "--quiet", str(tree.root)], check=True)
            result = tree.run()
            self.assertIn("bench/b.cc:1: whitespace", result.stdout)
            self.assertNotIn("bench/out", result.stdout)

    def test_headers_compile_alone(self):
        changes = {"core/bad.h": "#pragma once\n\n\nstd::size_t size();\n",
                   "core/user.h": '#pragma once\n\n#include "core/bad.h"\n',
                   "core/warns.h": "#pragma once\n\ninline int f(long x) { return x; }\n"}
        with Tree(changes) as tree:
            result = tree.run("--headers")
            self.assertEqual(result.returncode, 1)
            places = re.findall(r"^(\S+): headers: ", result.stdout, re.MULTILINE)
            self.assertEqual(places, ["core/bad.h:4", "core/bad.h:4", "core/warns.h:3"])
        with Tree({}) as tree:
            result = tree.run("--headers")
            self.assertEqual((result.returncode, result.stdout), (0, ""))
            self.assertIn("1 compiled alone", result.stderr)

    def test_generated_headers_are_found(self):
        with Tree({"core/a.h": '#pragma once\n\n#include "core/made.h"\n'}) as tree:
            self.assertEqual(tree.run("--headers").returncode, 1)
            with tempfile.TemporaryDirectory() as generated:
                (pathlib.Path(generated) / "core").mkdir()
                (pathlib.Path(generated) / "core/made.h").write_text(HEADER)
                self.assertEqual(tree.run("--headers", "--include", generated).returncode, 0)


if __name__ == "__main__":
    unittest.main()
