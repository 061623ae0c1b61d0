#include "http/server/options.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "http/server/version.h"

namespace http::server {
namespace {

ParsedOptions parse(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"spate"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

// The options of a command line that is expected to be right.
Options options_of(const std::vector<std::string>& arguments) {
  const ParsedOptions parsed = parse(arguments);
  EXPECT_TRUE(parsed.run) << parsed.output;
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_EQ(parsed.output, "");
  return parsed.options;
}

// The line for standard error of a command line that is expected to be wrong.
std::string error_of(const std::vector<std::string>& arguments) {
  const ParsedOptions parsed = parse(arguments);
  EXPECT_FALSE(parsed.run);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_EQ(parsed.output.find_first_of("\r\n"), std::string::npos) << "one line";
  EXPECT_TRUE(parsed.output.ends_with(" (see spate --help)")) << parsed.output;
  return parsed.output.substr(0, parsed.output.rfind(" (see"));
}

TEST(Options, Defaults) {
  const Options options = options_of({});
  EXPECT_EQ(options.root, ".");
  ASSERT_EQ(options.listen.size(), 1u);
  EXPECT_EQ(options.listen[0].text(), "127.0.0.1:8080");
  EXPECT_EQ(options.threads, 0u);
  EXPECT_EQ(options.io, IoChoice::automatic);
  EXPECT_EQ(options.symlinks, SymlinkChoice::beneath);
  EXPECT_FALSE(options.listing);
  EXPECT_EQ(options.etag, EtagChoice::modified);
  EXPECT_EQ(options.mime_types, "");
  EXPECT_EQ(options.max_connections, 0u);
  EXPECT_EQ(options.max_connections_per_address, 0u);
  EXPECT_EQ(options.max_requests, 0u);
  EXPECT_EQ(options.max_head_bytes, 16u << 10);
  EXPECT_EQ(options.max_target_bytes, 8u << 10);
  EXPECT_EQ(options.max_fields, 100u);
  EXPECT_EQ(options.max_body_bytes, 1u << 20);
  EXPECT_EQ(options.min_rate, 256u);
  EXPECT_EQ(options.cache_bytes, 64u << 20);
  EXPECT_EQ(options.keep_alive_timeout, 60'000'000'000u);
  EXPECT_EQ(options.header_timeout, 10'000'000'000u);
  EXPECT_EQ(options.body_timeout, 10'000'000'000u);
  EXPECT_EQ(options.write_timeout, 60'000'000'000u);
  EXPECT_EQ(options.drain_timeout, 30'000'000'000u);
  EXPECT_EQ(options.pin, Options::Pin::automatic);
  EXPECT_FALSE(options.check_system);
}

TEST(Options, EveryOptionAtOnce) {
  const Options options = options_of({"--listen",
                                      "127.0.0.1:1",
                                      "--threads",
                                      "3",
                                      "--io",
                                      "epoll",
                                      "--max-connections",
                                      "77",
                                      "--cache-size",
                                      "5M",
                                      "--keep-alive-timeout",
                                      "1s",
                                      "--header-timeout",
                                      "2s",
                                      "--write-timeout",
                                      "3s",
                                      "--drain-timeout",
                                      "4s",
                                      "--body-timeout",
                                      "5s",
                                      "--min-rate",
                                      "1k",
                                      "--symlinks",
                                      "all",
                                      "--listing",
                                      "--etag",
                                      "content",
                                      "--mime-types",
                                      "types",
                                      "--max-connections-per-address",
                                      "7",
                                      "--max-requests",
                                      "8",
                                      "--max-head-size",
                                      "4K",
                                      "--max-target-size",
                                      "100",
                                      "--max-fields",
                                      "20",
                                      "--max-body-size",
                                      "3G",
                                      "--no-pin",
                                      "--check-system",
                                      "/srv"});
  EXPECT_EQ(options.root, "/srv");
  EXPECT_EQ(options.listen[0].port, 1);
  EXPECT_EQ(options.threads, 3u);
  EXPECT_EQ(options.io, IoChoice::epoll);
  EXPECT_EQ(options.max_connections, 77u);
  EXPECT_EQ(options.cache_bytes, 5u << 20);
  EXPECT_EQ(options.keep_alive_timeout, 1'000'000'000u);
  EXPECT_EQ(options.header_timeout, 2'000'000'000u);
  EXPECT_EQ(options.write_timeout, 3'000'000'000u);
  EXPECT_EQ(options.drain_timeout, 4'000'000'000u);
  EXPECT_EQ(options.body_timeout, 5'000'000'000u);
  EXPECT_EQ(options.min_rate, 1024u);
  EXPECT_EQ(options.symlinks, SymlinkChoice::all);
  EXPECT_TRUE(options.listing);
  EXPECT_EQ(options.etag, EtagChoice::content);
  EXPECT_EQ(options.mime_types, "types");
  EXPECT_EQ(options.max_connections_per_address, 7u);
  EXPECT_EQ(options.max_requests, 8u);
  EXPECT_EQ(options.max_head_bytes, 4096u);
  EXPECT_EQ(options.max_target_bytes, 100u);
  EXPECT_EQ(options.max_fields, 20u);
  EXPECT_EQ(options.max_body_bytes, uint64_t{3} << 30);
  EXPECT_EQ(options.pin, Options::Pin::no);
  EXPECT_TRUE(options.check_system);
  EXPECT_EQ(options_of({"--threads=4"}).threads, 4u);
  EXPECT_EQ(options_of({"--pin"}).pin, Options::Pin::yes);
}

TEST(Options, Root) {
  EXPECT_EQ(options_of({"a dir"}).root, "a dir");
  EXPECT_EQ(options_of({"dir", "--threads", "1"}).root, "dir");
  EXPECT_EQ(options_of({"--threads", "1", "dir"}).root, "dir");
  EXPECT_EQ(options_of({"--pin", "dir"}).root, "dir");
  EXPECT_EQ(options_of({"--", "--dir"}).root, "--dir") << "behind -- nothing is an option";
  EXPECT_EQ(error_of({"a", "b"}), "only one ROOT can be served, but \"b\" is a second one");
  EXPECT_EQ(error_of({""}), "ROOT is empty: name a directory");
}

TEST(Options, Listen) {
  // The word behind an address is ROOT and not another address.
  const Options options = options_of({"--listen", "127.0.0.1:0", "dir"});
  EXPECT_EQ(options.root, "dir");
  EXPECT_EQ(options.listen.size(), 1u);
  const Options several =
      options_of({"--listen", "1.2.3.4:5", "dir", "--listen=[::1]:6", "--listen", ":7"});
  EXPECT_EQ(several.root, "dir");
  ASSERT_EQ(several.listen.size(), 3u);
  EXPECT_EQ(several.listen[0].text(), "1.2.3.4:5");
  EXPECT_EQ(several.listen[1].text(), "[::1]:6");
  EXPECT_EQ(several.listen[2].text(), "[::]:7");
  EXPECT_EQ(error_of({"--listen", "8080"}),
            "--listen \"8080\" is not ADDR:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080");
  EXPECT_TRUE(error_of({"--listen", ":1", "--listen", "x"}).starts_with("--listen \"x\" is not "));
  EXPECT_EQ(error_of({"--listen"}), "--listen takes exactly one value: --listen ADDR:PORT");
}

TEST(Options, Durations) {
  const auto duration = [](const std::string& text) {
    return options_of({"--header-timeout", text}).header_timeout;
  };
  EXPECT_EQ(duration("30"), 30'000'000'000u);
  EXPECT_EQ(duration("30s"), 30'000'000'000u);
  EXPECT_EQ(duration("1500ms"), 1'500'000'000u);
  EXPECT_EQ(duration("1ms"), 1'000'000u);
  EXPECT_EQ(duration("0.5"), 500'000'000u);
  EXPECT_EQ(duration("2.5s"), 2'500'000'000u);
  EXPECT_EQ(duration("5m"), 300'000'000'000u);
  EXPECT_EQ(duration("1h"), 3'600'000'000'000u);
  EXPECT_EQ(duration("8760h"), 31'536'000'000'000'000u);
  for (const char* option : {"--header-timeout", "--body-timeout", "--keep-alive-timeout",
                             "--write-timeout", "--drain-timeout"}) {
    for (const char* text :
         {"0",     "0s",   "-1s",      "-5",    "x",    "s",    "5x",  "5 s",
          "5ss",   "1d",   "0.0001ms", "1e-30", "1e30", "nan",  "inf", "infinity",
          "9999h", "0x10", "+5",       "5,5s",  "٥s",   "1e999"}) {
      EXPECT_EQ(error_of({option, text}),
                std::string(option) + " \"" + text +
                    "\" is not a time from 1ms to 8760h, such as 30s, 1500ms or 5m");
    }
  }
}

TEST(Options, Sizes) {
  const auto size = [](const std::string& text) {
    return options_of({"--cache-size", text}).cache_bytes;
  };
  EXPECT_EQ(size("0"), 0u);
  EXPECT_EQ(size("65536"), 65'536u);
  EXPECT_EQ(size("65536B"), 65'536u);
  for (const char* text : {"2k", "2K", "2KiB"}) EXPECT_EQ(size(text), 2048u);
  for (const char* text : {"3m", "3M", "3MiB"}) EXPECT_EQ(size(text), 3u << 20);
  for (const char* text : {"4g", "4G", "4GiB"}) EXPECT_EQ(size(text), uint64_t{4} << 30);
  EXPECT_EQ(size("16384G"), uint64_t{1} << 44);
  for (const char* text : {"", "-1", "x", "M", "1T", "1.5M", "1 M", "16385G", "17592186044417",
                           "99999999999999999999", "18446744073709551615G", "64Mi", "0x10", "+1"}) {
    if (*text == '\0') continue;  // a missing value, see below
    EXPECT_EQ(error_of({"--cache-size", text}),
              std::string("--cache-size \"") + text +
                  "\" is not a size up to 16384G, such as 65536, 512k, 64M or 1G");
  }
}

// The longest head leaves room in a chunk for one more receive (http/server/worker.h).
TEST(Options, SizesWithBounds) {
  const auto head = [](const std::string& text) {
    return options_of({"--max-head-size", text}).max_head_bytes;
  };
  EXPECT_EQ(head("1K"), 1024u);
  EXPECT_EQ(head("16K"), 16'384u);
  EXPECT_EQ(head("5000"), 5000u);
  for (const char* text : {"0", "1023", "16385", "17K", "1M", "x", "-1", "4294968320"}) {
    EXPECT_EQ(error_of({"--max-head-size", text}),
              std::string("--max-head-size \"") + text + "\" is not a size from 1K to 16K");
  }
  EXPECT_EQ(options_of({"--max-target-size", "1"}).max_target_bytes, 1u);
  EXPECT_EQ(options_of({"--max-target-size", "16K"}).max_target_bytes, 16'384u);
  for (const char* text : {"0", "16385", "1.5K"}) {
    EXPECT_EQ(error_of({"--max-target-size", text}),
              std::string("--max-target-size \"") + text + "\" is not a size from 1 to 16K");
  }
  EXPECT_EQ(options_of({"--min-rate", "1"}).min_rate, 1u);
  EXPECT_EQ(options_of({"--min-rate", "1G"}).min_rate, 1u << 30);
  for (const char* text : {"0", "2G", "fast"}) {
    EXPECT_EQ(error_of({"--min-rate", text}),
              std::string("--min-rate \"") + text + "\" is not a size from 1 to 1G");
  }
  EXPECT_EQ(options_of({"--max-body-size", "0"}).max_body_bytes, 0u);
  EXPECT_EQ(error_of({"--max-body-size", "big"}),
            "--max-body-size \"big\" is not a size up to 16384G, such as 65536, 512k, 64M or 1G");
}

TEST(Options, Counts) {
  EXPECT_EQ(options_of({"--threads", "1"}).threads, 1u);
  EXPECT_EQ(options_of({"--threads", "1024"}).threads, 1024u);
  EXPECT_EQ(options_of({"--max-connections", "8388608"}).max_connections, 8'388'608u);
  for (const char* text : {"0", "-1", "1025", "4294967297", "x", "1x", "1.0", "1e3", " 1", "+1",
                           "99999999999999999999"}) {
    EXPECT_EQ(error_of({"--threads", text}),
              std::string("--threads \"") + text + "\" is not a number from 1 to 1024");
  }
  for (const char* text : {"0", "-1", "8388609"}) {
    EXPECT_EQ(error_of({"--max-connections", text}),
              std::string("--max-connections \"") + text + "\" is not a number from 1 to 8388608");
  }
}

TEST(Options, Io) {
  EXPECT_EQ(options_of({"--io", "auto"}).io, IoChoice::automatic);
  EXPECT_EQ(options_of({"--io", "uring"}).io, IoChoice::uring);
  EXPECT_EQ(options_of({"--io", "epoll"}).io, IoChoice::epoll);
  for (const char* text : {"Epoll", "io_uring", "kqueue"}) {
    EXPECT_EQ(error_of({"--io", text}),
              std::string("--io \"") + text + "\" is not auto, uring or epoll");
  }
}

TEST(Options, CountsOfLimits) {
  EXPECT_EQ(options_of({"--max-fields", "1"}).max_fields, 1u);
  EXPECT_EQ(options_of({"--max-fields", "100"}).max_fields, 100u);
  EXPECT_EQ(options_of({"--max-requests", "1"}).max_requests, 1u);
  EXPECT_EQ(options_of({"--max-requests", "65535"}).max_requests, 65'535u);
  const std::vector<std::pair<std::string, std::string>> limits = {
      {"--max-fields", "100"},
      {"--max-requests", "65535"},
      {"--max-connections-per-address", "8388608"}};
  for (const auto& [option, most] : limits) {
    const std::string beyond = std::to_string(std::stoul(most) + 1);
    for (const std::string& text : {std::string("0"), beyond, std::string("none")}) {
      EXPECT_EQ(error_of({option, text}),
                option + " \"" + text + "\" is not a number from 1 to " + most);
    }
  }
}

TEST(Options, Files) {
  EXPECT_EQ(options_of({"--symlinks", "beneath"}).symlinks, SymlinkChoice::beneath);
  EXPECT_EQ(options_of({"--symlinks=none"}).symlinks, SymlinkChoice::none);
  EXPECT_EQ(options_of({"--symlinks", "all"}).symlinks, SymlinkChoice::all);
  for (const char* text : {"None", "yes", "beneath,all"}) {
    EXPECT_EQ(error_of({"--symlinks", text}),
              std::string("--symlinks \"") + text + "\" is not beneath, none or all");
  }
  EXPECT_EQ(options_of({"--etag=modified"}).etag, EtagChoice::modified);
  EXPECT_EQ(options_of({"--etag=content"}).etag, EtagChoice::content);
  EXPECT_EQ(error_of({"--etag", "inode"}), "--etag \"inode\" is not modified or content");
  EXPECT_EQ(options_of({"--mime-types", "a file"}).mime_types, "a file");
  const Options listing = options_of({"--listing", "dir"});
  EXPECT_TRUE(listing.listing);
  EXPECT_EQ(listing.root, "dir");
}

TEST(Options, UnknownOptions) {
  EXPECT_EQ(error_of({"--foo"}), "unknown option --foo");
  EXPECT_EQ(error_of({"--foo=3"}), "unknown option --foo=3");
  EXPECT_EQ(error_of({"--foo", "3"}), "unknown option --foo");
  EXPECT_EQ(error_of({"dir", "-x"}), "unknown option -x");
  EXPECT_EQ(error_of({"--thread", "2"}), "unknown option --thread");
  EXPECT_EQ(error_of({"--Threads", "2"}), "unknown option --Threads");
  EXPECT_EQ(error_of({"--two\nlines"}), "unknown option --two lines");
}

TEST(Options, MissingAndRepeatedValues) {
  const std::vector<std::pair<std::string, std::string>> options = {
      {"--max-connections", "N"},
      {"--header-timeout", "TIME"},
      {"--keep-alive-timeout", "TIME"},
      {"--write-timeout", "TIME"},
      {"--drain-timeout", "TIME"},
      {"--threads", "N"},
      {"--io", "auto|uring|epoll"},
      {"--cache-size", "BYTES"},
      {"--symlinks", "beneath|none|all"},
      {"--etag", "modified|content"},
      {"--mime-types", "FILE"},
      {"--max-connections-per-address", "N"},
      {"--max-requests", "N"},
      {"--max-head-size", "BYTES"},
      {"--max-target-size", "BYTES"},
      {"--max-fields", "N"},
      {"--max-body-size", "BYTES"},
      {"--body-timeout", "TIME"},
      {"--min-rate", "BYTES"}};
  for (const auto& [name, value] : options) {
    const std::string expected = name + " takes exactly one value: " + name + " " + value;
    EXPECT_EQ(error_of({name}), expected);
    EXPECT_EQ(error_of({name + "="}), expected);
    EXPECT_EQ(error_of({name, "1", name, "1"}), expected);
  }
}

TEST(Options, Flags) {
  EXPECT_EQ(error_of({"--pin=3"}), "--pin takes no value");
  EXPECT_EQ(error_of({"--listing=no"}), "--listing takes no value");
  EXPECT_EQ(error_of({"--check-system=yes"}), "--check-system takes no value");
  const std::string both = error_of({"--pin", "--no-pin"});
  EXPECT_NE(both.find("--pin"), std::string::npos) << both;
  EXPECT_NE(both.find("--no-pin"), std::string::npos) << both;
}

// A port alone is one of the loopback address.
TEST(Options, Admin) {
  EXPECT_FALSE(options_of({}).admin.has_value()) << "off unless asked for";
  EXPECT_EQ(options_of({"--admin", "9090"}).admin->text(), "127.0.0.1:9090");
  EXPECT_EQ(options_of({"--admin=0"}).admin->text(), "127.0.0.1:0");
  EXPECT_EQ(options_of({"--admin", "10.0.0.1:9090"}).admin->text(), "10.0.0.1:9090");
  EXPECT_EQ(options_of({"--admin", "[::1]:9090"}).admin->text(), "[::1]:9090");
  EXPECT_EQ(options_of({"--admin", ":9090"}).admin->text(), "[::]:9090");
  EXPECT_EQ(options_of({"--admin", "9090", "site"}).root, "site");
  for (const std::string value : {"", "65536", "-1", "port", "127.0.0.1", "[::1]", "a:1", "80x"}) {
    const std::string error = error_of({"--admin", value});
    EXPECT_NE(error.find("--admin \"" + value + "\" is not [ADDRESS:]PORT"), std::string::npos)
        << error;
  }
}

TEST(Options, Target) {
  EXPECT_EQ(parse({}).options.target, "");
  EXPECT_EQ(parse({"--target"}).options.target, "/");
  EXPECT_EQ(parse({"--target=/"}).options.target, "/");
  EXPECT_EQ(parse({"--target=/t"}).options.target, "/t/");
  EXPECT_EQ(parse({"--target=/a/b-c_d.e/"}).options.target, "/a/b-c_d.e/");
  const ParsedOptions with_root = parse({"--target", "site"});
  EXPECT_EQ(with_root.options.target, "/") << "a word behind it is ROOT";
  EXPECT_EQ(with_root.options.root, "site");
  for (const std::string value : {"t", "//", "/a//b", "/a?b", "/a%20", "/a b", "/\""}) {
    const ParsedOptions parsed = parse({"--target=" + value});
    EXPECT_EQ(parsed.exit_code, 2) << value;
    EXPECT_NE(parsed.output.find("--target"), std::string::npos) << parsed.output;
  }
}

TEST(Options, Version) {
  const ParsedOptions parsed = parse({"--version"});
  EXPECT_FALSE(parsed.run);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_EQ(parsed.output, std::string("spate ") + kVersion + "\n");
}

TEST(Options, HelpIsReadable) {
  const ParsedOptions parsed = parse({"--help"});
  EXPECT_FALSE(parsed.run);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_EQ(parse({"-h"}).output, parsed.output);

  // Every option in its group, in this order, each with its value on the line where it begins.
  const std::vector<std::string> landmarks = {
      "Usage: spate [OPTIONS] [ROOT]\n",
      "\n  ROOT ",
      "\nListening:\n",
      "\n  --listen ADDR:PORT ",
      "(default: 127.0.0.1:8080)",
      "\nFiles:\n",
      "\n  --symlinks beneath|none|all ",
      "(default: beneath)",
      "\n  --listing ",
      "\n  --etag modified|content ",
      "(default: modified)",
      "\n  --mime-types FILE ",
      "\nLoad tests:\n",
      "\n  --target[=PREFIX] ",
      "(default: /)",
      "\nLimits:\n",
      "\n  --max-connections N ",
      "\n  --max-connections-per-address N ",
      "(default: no limit)",
      "\n  --max-requests N ",
      "(default: no limit)",
      "\n  --max-head-size BYTES ",
      "(default: 16K,",
      "\n  --max-target-size BYTES ",
      "(default: 8K)",
      "\n  --max-fields N ",
      "(default: 100,",
      "\n  --max-body-size BYTES ",
      "(default: 1M)",
      "\nTimeouts:\n",
      "\n  --header-timeout TIME ",
      "(default: 10s)",
      "\n  --body-timeout TIME ",
      "(default: 10s)",
      "\n  --keep-alive-timeout TIME ",
      "(default: 60s)",
      "\n  --write-timeout TIME ",
      "(default: 60s)",
      "\n  --min-rate BYTES ",
      "(default: 256)",
      "\n  --drain-timeout TIME ",
      "(default: 30s)",
      "\nPerformance:\n",
      "\n  --threads N ",
      "\n  --io auto|uring|epoll ",
      "(default: auto)",
      "\n  --cache-size BYTES ",
      "(default: 64M)",
      "\n  --pin ",
      "\n  --no-pin ",
      "\nOther:\n",
      "\n  --check-system ",
      "\n  --version ",
      "\n  -h, --help ",
  };
  const std::string flat = [&] {  // descriptions are wrapped; defaults are looked for across lines
    std::string text = parsed.output;
    for (std::size_t at; (at = text.find("\n          ")) != std::string::npos;) {
      text.replace(at, text.find_first_not_of(" \n", at) - at, " ");
    }
    return text;
  }();
  std::size_t at = 0;
  for (const std::string& landmark : landmarks) {
    const std::size_t found = flat.find(landmark, at);
    ASSERT_NE(found, std::string::npos) << landmark << " in\n" << flat;
    at = found + 1;
  }

  std::istringstream lines(parsed.output);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 88u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
    for (const char c : line) EXPECT_TRUE(c >= ' ' && c < 0x7f) << line;
  }
  EXPECT_TRUE(parsed.output.ends_with("\n"));
  EXPECT_EQ(parsed.output.find("\n\n\n"), std::string::npos);
}

TEST(Options, Configuration) {
  EXPECT_EQ(options_of({}).configuration, "");
  EXPECT_EQ(options_of({"--config", "a.toml", "root"}).configuration, "a.toml");
  EXPECT_EQ(options_of({"--config=a.toml"}).configuration, "a.toml");
  EXPECT_EQ(error_of({"--config", ""}), "--config is empty: name a file");
  EXPECT_EQ(error_of({"--config"}), "--config takes exactly one value: --config FILE");
}

TEST(Options, Check) {
  const Options options = options_of({"check", "a.toml"});
  EXPECT_TRUE(options.check_configuration);
  EXPECT_EQ(options.configuration, "a.toml");
  EXPECT_FALSE(options_of({"./check"}).check_configuration);
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"check"}, {"check", ""}, {"check", "a", "b"}}) {
    EXPECT_EQ(
        error_of(bad),
        "check takes exactly one value: spate check FILE; a directory of that name is ./check");
  }
}

// Every option that the program knows is in the help, and the help names no other.
TEST(Options, HelpNamesWhatExists) {
  const std::string help = parse({"--help"}).output;
  std::size_t options = 0;
  for (std::size_t at = help.find("\n  -"); at != std::string::npos;
       at = help.find("\n  -", at + 1)) {
    const std::size_t begin = help.find("--", at);
    const std::string name = help.substr(begin, help.find_first_of(" [\n", begin) - begin);
    const ParsedOptions parsed = parse({name});
    EXPECT_EQ(parsed.output.find("unknown option"), std::string::npos) << name;
    ++options;
  }
  EXPECT_EQ(options, 29u);
}

TEST(Options, Top) {
  const auto top = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "top");
    return options_of(arguments).top.value();
  };
  EXPECT_EQ(top({}).address.text(), "127.0.0.1:9090");
  EXPECT_FALSE(top({}).once);
  EXPECT_TRUE(top({"--once"}).once);
  EXPECT_EQ(top({"9191"}).address.text(), "127.0.0.1:9191");
  EXPECT_EQ(top({"[::1]:9191", "--once"}).address.text(), "[::1]:9191");
  EXPECT_FALSE(options_of({"./top"}).top.has_value()) << "a directory";
  EXPECT_FALSE(options_of({}).top.has_value());
  EXPECT_EQ(error_of({"top", "a"}),
            "top: \"a\" is not [ADDRESS:]PORT, such as 9090, 127.0.0.1:9090 or [::1]:9090");
  EXPECT_EQ(error_of({"top", "0"}), "top: port 0 is nobody's");
  for (const std::vector<std::string>& extra :
       {std::vector<std::string>{"1", "2"}, {"--threads"}}) {
    std::vector<std::string> arguments = {"top"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    EXPECT_EQ(error_of(arguments), "\"" + extra.back() +
                                       "\" is too much: spate top [--once] [[ADDR:]PORT]; a "
                                       "directory of that name is ./top");
  }
}

}  // namespace
}  // namespace http::server
