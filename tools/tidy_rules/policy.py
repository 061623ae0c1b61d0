"""Every list that a rule needs. A rename or a new dependency is an edit of this file alone."""

import re

# What may lie in the root of the repository.
TOP_LEVEL = {
    ".ci", ".clang-format", ".clang-tidy", ".gitignore", ".github", "bench", "core", "http", "io",
    "tests", "tools", "ARCHITECTURE.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json",
    "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md",
}

# Inputs of fuzz targets, what other programs printed, and what has a library of somebody else in
# it: no rule of text is for these.
DATA = re.compile(r"tests/fuzz/(corpus|regressions)/.*|tests/auditing/outputs/.*|"
                  r"bench/results/.*|http/server/page/uplot/.*")

MAX_COLUMNS = 100
MAX_LINES = 600
MAX_TEST_LINES = 900

# Layers ---------------------------------------------------------------------------------------

# The first match is the layer of a path. Whatever is in none may include anything.
LAYERS = [
    ("core", "core/"),
    ("io", "io/"),
    ("server", "http/server/"),
    ("http", "http/"),
]
MAY_INCLUDE = {
    "core": {"core"},
    "io": {"core", "io"},
    "http": {"core", "http"},
    "server": {"core", "io", "http", "server"},
}

# Headers of libraries that only these files may see. tests, bench and tools may see all of them.
THIRD_PARTY = [
    (re.compile(r"liburing(\.h|/.*)"), re.compile(r"io/uring_\w+\.(h|cc)")),
    (re.compile(r"xxhash\.h"), re.compile(r"http/(content/content_hash|target/upload_digest)\.cc")),
    (re.compile(r"zlib\.h"), re.compile(r"http/target/deflate_coder\.cc")),
    (re.compile(r"brotli/.*"), re.compile(r"http/target/brotli_coder\.cc")),
    (re.compile(r"zstd\.h"), re.compile(r"http/target/zstd_coder\.cc")),
    (re.compile(r"toml\+\+/.*"), re.compile(r"http/configuration/toml_document\.cc")),
    (re.compile(r"CLI/.*"), re.compile(r"http/server/(main|options\w*)\.(h|cc)")),
    (re.compile(r"nlohmann/.*"), re.compile(r"http/server/top/statistics\.cc")),
    (re.compile(r"mimalloc.*"), re.compile(r"http/server/(main|options\w*)\.(h|cc)")),
]

# Headers in angle brackets that come with the compiler, libc or the kernel.
SYSTEM_HEADER = re.compile(
    r"[a-z_]+"  # C++ standard library
    r"|(sys|linux|netinet|arpa|net|asm)/[\w/]+\.h"
    r"|(cpuid|\w*intrin|arm_neon|arm_sve|sanitizer/\w+)\.h"
    r"|(assert|dirent|dlfcn|errno|fcntl|features|getopt|grp|ifaddrs|inttypes|langinfo|limits"
    r"|malloc|netdb|poll|pthread|pwd|sched|signal|spawn|stdarg|stddef|stdint|stdio|stdlib|string"
    r"|strings|syslog|termios|time|ucontext|unistd)\.h")

# Layers whose code gets bytes and gives bytes: the caller does what needs the kernel.
SANS_IO_LAYERS = {"http"}
IO_HEADER = re.compile(
    r"(sys|linux|netinet|arpa|net)/.*"
    r"|(dirent|fcntl|ifaddrs|netdb|poll|pthread|sched|signal|spawn|stdio|syslog|time|unistd)\.h"
    r"|csignal|cstdio|ctime|condition_variable|filesystem|fstream|future|iostream|mutex|random"
    r"|semaphore|shared_mutex|stop_token|thread")
SOCKET_HEADER = re.compile(r"(netinet|arpa|net)/.*|sys/(socket|epoll|un)\.h|(netdb|poll)\.h")
SOCKETLESS_LAYERS = {"core", "http"}

IO_TOKEN = re.compile(r"\bstd::(this_thread|filesystem|random_device)\b|\berrno\b")

# The hot path ---------------------------------------------------------------------------------

# Files that run per request or per event. Words in them, not whole names, so that they survive a
# rename; the self-test fails when a pattern matches no file any more.
HOT_FILES = [
    re.compile(r"core/\w*(slab|timer_wheel|random|histogram)\w*\.(h|cc)"),
    re.compile(r"io/\w*backend\w*\.(h|cc)"),
    # The loop, not the thread around it, which only start and end go through.
    re.compile(r"http/server/(?!\w*thread)\w*worker\w*\.(h|cc)"),
    re.compile(r"http/h1/\w+\.(h|cc)"),
    # Not the reader of additional types, which runs at start.
    re.compile(r"http/semantics/(?!media_types)\w+\.(h|cc)"),
    # A listing is made on a miss only, and large files are hashed by a thread of their own.
    re.compile(r"http/content/(?!listing|content_hash)\w+\.(h|cc)"),
    re.compile(r"http/target/\w*(delay|fault|specification)\w*\.(h|cc)"),
    re.compile(r"http/\w*responder\w*\.(h|cc)"),
    re.compile(r"http/target/\w+\.(h|cc)"),
    # What requests go through, not what is read from a file before them.
    re.compile(r"http/scenario/\w*(table|template|text|rate|distribution)\.(h|cc)"),
    re.compile(r"http/\w*output_queue\w*\.(h|cc)"),
]

# What must not be in them, by rule: after start a worker does not allocate, lock, throw, print,
# sleep or call through a vtable.
HOT_TOKENS = {
    "allocation": re.compile(
        # Placement new, "new (address) T", builds in memory that is there already.
        r"\bnew\b(?!\s*\()|\bnew\s*\(\s*std::nothrow|(?<!= )\bdelete\b"
        r"|(?<![\w.>])(malloc|calloc|realloc|strdup|aligned_alloc|posix_memalign)(?=\s*\()"
        r"|(?<![\w>])(std)?::free(?=\s*\()"  # a method may be called so
        r"|\bstd::(make_unique|make_shared|shared_ptr|function|any|regex|format)\b"
        r"|\bstd::(string|to_string|[io]?stringstream)\b"
        r"|\bstd::((unordered_)?(multi)?(map|set)|list|forward_list|deque)\b"
        r"|(?<=\.|>)(push_back|emplace_back|resize|reserve)(?=\s*\()"),
    "lock": re.compile(
        r"\bstd::(recursive_|timed_|shared_)*mutex\b|\bpthread_(mutex|rwlock|cond|spin)_\w+"
        r"|\bstd::(lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable)\b"),
    "exception": re.compile(r"\b(throw|try|catch)\b"),
    "rtti": re.compile(r"\b(dynamic_cast|typeid)\b"),
    "virtual-call": re.compile(r"\b(virtual|override)\b"),
    "output": re.compile(
        r"\b(v?(f|s|sn|d)?printf|f?puts|putchar|perror|syslog)(?=\s*\()|\bstd::(cout|cerr|clog)\b"),
    "sleep": re.compile(r"\b(u|nano)?sleep(?=\s*\()|\bsleep_(for|until)\b"),
}

# Neither in hot files nor in the layers without I/O: a turn of the loop has one time, which its
# code gets as an argument.
CLOCK_TOKEN = re.compile(
    r"\b(clock_gettime|gettimeofday|gmtime(_r)?|localtime(_r)?|mktime|timegm|strftime"
    r"|(system|steady|high_resolution|utc|tai|gps|file)_clock)\b"
    r"|\btime\s*\(\s*(nullptr|NULL|0)\s*\)")

# Text -----------------------------------------------------------------------------------------

# Words that leave work behind. In pieces, so that this file passes.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|HA" r"CK|X{3})\b")

# Hosts of package registries: lists of dependencies name versions, not where one machine got them.
REGISTRY_HOST = re.compile("|".join(r"\.".join(host) for host in [
    ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"), ("pypi", "org"),
    ("files", "pythonhosted", "org"), ("crates", "io"), ("proxy", "golang", "org"),
    ("rubygems", "org"), ("repo", "maven", "apache", "org"), ("repo1", "maven", "org"),
    ("deb", "debian", "org"), ("archive", "ubuntu", "com"), ("ghcr", "io"),
]) + r'|"resolved":\s*"\w+:')

# Paths of one machine.
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/%~$})-])/(home|root|work|workspace|Users)/\w")

# The layout is that of this version: others differ in details. Debian 12 has it.
CLANG_FORMAT_MAJOR = 14

# As the build has them.
HEADER_FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsyntax-only"]
