#include "http/server/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <sstream>
#include <utility>

#include "http/server/version.h"

namespace http::server {

namespace {

constexpr int kUsageError = 2;

constexpr double kMillisecond = 1e6;
// The timer wheel tells earlier from later over two years (core/timer_wheel.h); one is plenty.
constexpr double kLongestTime = 365.0 * 24 * 3600 * 1e9;

constexpr uint32_t kMostThreads = 1024;
constexpr uint32_t kMostConnections = 1U << 23;
constexpr uint32_t kMostRequests = 65'535;  // counted in 16 bits (http/h1/session.h)
constexpr uint32_t kLeastHeadBytes = 1024;
constexpr uint32_t kMostRate = 1U << 30;

// "30", "30s", "1500ms", "5m" or "1h" as nanoseconds.
core::Result<uint64_t> parse_duration(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  double scale = 0;
  if (unit.empty() || unit == "s") scale = 1e9;
  if (unit == "ms") scale = kMillisecond;
  if (unit == "m") scale = 60e9;
  if (unit == "h") scale = 3600e9;
  const double nanoseconds = value * scale;
  if (error != std::errc() || !(nanoseconds >= kMillisecond && nanoseconds <= kLongestTime)) {
    return core::Error{"is not a time from 1ms to 8760h, such as 30s, 1500ms or 5m"};
  }
  return static_cast<uint64_t>(nanoseconds);
}

// "65536", "64k", "64M" or "1G" (powers of 1024) as bytes.
core::Result<uint64_t> parse_size(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  uint64_t scale = 0;
  if (unit.empty() || unit == "B") scale = 1;
  if (unit == "k" || unit == "K" || unit == "KiB") scale = uint64_t{1} << 10;
  if (unit == "m" || unit == "M" || unit == "MiB") scale = uint64_t{1} << 20;
  if (unit == "g" || unit == "G" || unit == "GiB") scale = uint64_t{1} << 30;
  if (error != std::errc() || scale == 0 || value > (uint64_t{1} << 44) / scale) {
    return core::Error{"is not a size up to 16384G, such as 65536, 512k, 64M or 1G"};
  }
  return value * scale;
}

std::string size_text(uint32_t bytes) {
  if (bytes % (1U << 30) == 0) return std::to_string(bytes >> 30) + "G";
  if (bytes % (1U << 10) == 0) return std::to_string(bytes >> 10) + "K";
  return std::to_string(bytes);
}

template <uint32_t kLeast, uint32_t kMost>
core::Result<uint32_t> parse_size_between(const std::string& text) {
  const core::Result<uint64_t> size = parse_size(text);
  if (!size.ok() || size.value() < kLeast || size.value() > kMost) {
    return core::Error{"is not a size from " + size_text(kLeast) + " to " + size_text(kMost)};
  }
  return static_cast<uint32_t>(size.value());
}

template <uint32_t kMost>
core::Result<uint32_t> parse_count(const std::string& text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > kMost) {
    return core::Error{"is not a number from 1 to " + std::to_string(kMost)};
  }
  return value;
}

// Anything; whether there is such a file shows when it is read.
core::Result<std::string> parse_file_name(const std::string& text) {
  return text;
}

core::Result<SymlinkChoice> parse_symlinks(const std::string& text) {
  if (text == "beneath") return SymlinkChoice::beneath;
  if (text == "none") return SymlinkChoice::none;
  if (text == "all") return SymlinkChoice::all;
  return core::Error{"is not beneath, none or all"};
}

core::Result<EtagChoice> parse_etag(const std::string& text) {
  if (text == "modified") return EtagChoice::modified;
  if (text == "content") return EtagChoice::content;
  return core::Error{"is not modified or content"};
}

core::Result<IoChoice> parse_io(const std::string& text) {
  if (text == "auto") return IoChoice::automatic;
  if (text == "uring") return IoChoice::uring;
  if (text == "epoll") return IoChoice::epoll;
  return core::Error{"is not auto, uring or epoll"};
}

// CLI11 leaves the wording of a bad value to whoever finds it.
[[noreturn]] void reject(const std::string& option, const std::string& message) {
  throw CLI::ValidationError(option + " " + message);
}

// The help as a person reads it: an option and its value on one line, what it does beside it,
// wrapped. (CLI11's own layout runs a description on to the edge of the terminal.)
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    std::string text = is_positional ? "" : group + ":\n";
    for (const CLI::Option* option : options) text += make_option(option, is_positional);
    return is_positional ? text + "\n" : text;
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    return CLI::Formatter::make_usage(app, name) +
           "       spate check FILE\n       spate top [--once] [[ADDR:]PORT]\n\n";
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string text = "  " + make_option_name(option, is_positional);
    if (const std::size_t comma = text.find(','); comma != std::string::npos) {
      text.insert(comma + 1, " ");
    }
    const std::string value = option->get_option_text();
    if (!value.empty()) text += (value.starts_with("[=") ? "" : " ") + value;
    // Beside a long name there is no room.
    std::size_t column = text.size() < kDescriptionColumn ? text.size() : kWidth;
    std::istringstream words(option->get_description());
    for (std::string word; words >> word;) {
      if (column + 1 + word.size() > kWidth) {
        text += "\n";
        column = 0;
      }
      const std::size_t indent = column < kDescriptionColumn ? kDescriptionColumn - column : 1;
      text += std::string(indent, ' ') + word;
      column += indent + word.size();
    }
    return text + "\n";
  }

 private:
  static constexpr std::size_t kWidth = 88;
  static constexpr std::size_t kDescriptionColumn = 30;
};

void add_root(CLI::App& app, Options& options) {
  app.add_option("ROOT", options.root, "Directory to serve (default: the current one)")
      ->option_text(" ");
}

void add_listen(CLI::App& app, Options& options) {
  app.add_option_function<std::vector<std::string>>(
         "--listen",
         [&options](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto address = io::parse_address(text);
             if (!address.ok()) reject("--listen", address.error().message);
             options.listen.push_back(address.value());
           }
         },
         "Address to listen on, such as 127.0.0.1:8080, [::1]:8080, or :8080 for every address "
         "of this machine. Port 0 takes a free one. May be repeated (default: 127.0.0.1:8080)")
      ->option_text("ADDR:PORT")
      ->group("Listening")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);  // the word behind the address is ROOT
}

// Adds options of one group that take one value.
class ValueOptions {
 public:
  ValueOptions(CLI::App& app, const char* group) : app_(app), group_(group) {}

  template <class Value>
  void add(const std::string& name, const char* value_text, Value& target,
           core::Result<Value> (*parse)(const std::string&), const char* description) {
    app_.add_option_function<std::string>(
            name,
            [name, &target, parse](const std::string& text) {
              auto parsed = parse(text);
              if (!parsed.ok()) reject(name, "\"" + text + "\" " + parsed.error().message);
              target = parsed.value();
            },
            description)
        ->option_text(value_text)
        ->group(group_);
  }

 private:
  CLI::App& app_;
  const char* group_;
};

void add_files(CLI::App& app, Options& options) {
  constexpr const char* kGroup = "Files";
  ValueOptions files(app, kGroup);
  files.add("--symlinks", "beneath|none|all", options.symlinks, parse_symlinks,
            "Symbolic links to follow: those that stay beneath ROOT, none, or all, wherever they "
            "lead (default: beneath)");
  app.add_flag("--listing", options.listing, "List directories that have no index.html")
      ->group(kGroup)
      ->disable_flag_override();
  files.add("--etag", "modified|content", options.etag, parse_etag,
            "What an entity tag is made of: the time of modification and the size, or a hash of "
            "the content (default: modified)");
  files.add("--mime-types", "FILE", options.mime_types, parse_file_name,
            "More media types: lines of a type and its file name extensions");
}

// As typed; parse_target() makes a prefix of it. A flag, so that a word behind it is ROOT.
void add_target(CLI::App& app, std::string& text) {
  app.add_flag("--target", text,
               "Be a load-test target too: answer /plaintext, /json, /bytes/N and many others, "
               "beneath PREFIX and before the files there (default: /). See README.md")
      ->option_text("[=PREFIX]")
      ->group("Load tests");
}

void add_configuration(CLI::App& app, Options& options) {
  ValueOptions configuration(app, "Load tests");
  configuration.add("--config", "FILE", options.configuration, parse_file_name,
                    "Answer by the routes of this file, before all else: status, headers, body, "
                    "delay, faults and rate of an upstream. SIGHUP has it read again; "
                    "\"spate check FILE\" says what is wrong with it. See README.md");
}

// Where names begin: "/t" and "/t/" are "/t/". A flag without a value is "true".
core::Result<std::string> parse_target(const std::string& text) {
  if (text.empty() || text == "true") return std::string(text.empty() ? "" : "/");
  const auto is_plain = [](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '/';
  };
  constexpr std::size_t kLongest = 200;
  const bool is_path = text.front() == '/' && text.size() <= kLongest &&
                       std::all_of(text.begin(), text.end(), is_plain) &&
                       text.find("//") == std::string::npos;
  if (!is_path) {
    return core::Error{"--target=" + text +
                       " is not a path of letters, digits, \"-\", \".\" and \"_\", such as "
                       "--target=/t"};
  }
  return text.ends_with('/') ? text : text + "/";
}

// A port alone is one of the loopback address: what is told there is not for everybody.
core::Result<std::optional<io::Address>> parse_admin(const std::string& text) {
  const bool has_address = text.find(':') != std::string::npos;
  auto address = io::parse_address(has_address ? text : "127.0.0.1:" + text);
  if (!address.ok()) {
    return core::Error{"is not [ADDRESS:]PORT, such as 9090, 127.0.0.1:9090 or [::1]:9090"};
  }
  return std::optional(*address);
}

void add_observability(CLI::App& app, Options& options) {
  ValueOptions observability(app, "Observability");
  observability.add("--admin", "[ADDR:]PORT", options.admin, parse_admin,
                    "Tell on this address what is going on: / as a live page, /metrics for "
                    "Prometheus, /stats as JSON, /verdict what held the last load back; \"spate "
                    "top\" shows the same in a terminal (default: nowhere; ADDR: 127.0.0.1)");
}

void add_limits(CLI::App& app, Options& options) {
  ValueOptions limits(app, "Limits");
  limits.add("--max-connections", "N", options.max_connections, parse_count<kMostConnections>,
             "Most connections open at a time (default: what RLIMIT_NOFILE allows)");
  limits.add("--max-connections-per-address", "N", options.max_connections_per_address,
             parse_count<kMostConnections>,
             "Most of them from one IPv4 address or IPv6 /64 network (default: no limit)");
  limits.add("--max-requests", "N", options.max_requests, parse_count<kMostRequests>,
             "Most requests on one connection (default: no limit)");
  limits.add("--max-head-size", "BYTES", options.max_head_bytes,
             parse_size_between<kLeastHeadBytes, kMostHeadBytes>,
             "Longest request head; beyond it 431 (default: 16K, which is the most)");
  limits.add("--max-target-size", "BYTES", options.max_target_bytes,
             parse_size_between<1, kMostHeadBytes>,
             "Longest request target; beyond it 414 (default: 8K)");
  limits.add("--max-fields", "N", options.max_fields, parse_count<kMaxFields>,
             "Most field lines in a request head; beyond it 431 (default: 100, which is the most)");
  limits.add("--max-body-size", "BYTES", options.max_body_bytes, parse_size,
             "Longest request body; beyond it 413 (default: 1M)");
}

void add_timeouts(CLI::App& app, Options& options) {
  ValueOptions timeouts(app, "Timeouts");
  timeouts.add("--header-timeout", "TIME", options.header_timeout, parse_duration,
               "A request head must be complete this long after it began; clients for whom there "
               "is no room wait for so long until they get 503 (default: 10s)");
  timeouts.add("--body-timeout", "TIME", options.body_timeout, parse_duration,
               "Close a connection whose request body comes slower than the minimum rate for this "
               "long (default: 10s)");
  timeouts.add("--keep-alive-timeout", "TIME", options.keep_alive_timeout, parse_duration,
               "Close a connection this long after its last request (default: 60s)");
  timeouts.add("--write-timeout", "TIME", options.write_timeout, parse_duration,
               "Close a connection that takes its response slower than the minimum rate for this "
               "long (default: 60s)");
  timeouts.add("--min-rate", "BYTES", options.min_rate, parse_size_between<1, kMostRate>,
               "The minimum rate of bodies and responses, in bytes per second (default: 256)");
  timeouts.add("--drain-timeout", "TIME", options.drain_timeout, parse_duration,
               "After SIGTERM or SIGINT, let responses finish for at most this long "
               "(default: 30s)");
}

void add_performance(CLI::App& app, Options& options) {
  constexpr const char* kGroup = "Performance";
  ValueOptions performance(app, kGroup);
  performance.add("--threads", "N", options.threads, parse_count<kMostThreads>,
                  "Worker threads (default: as many as CPUs that this process may use, by "
                  "affinity and cgroup quota)");
  performance.add("--io", "auto|uring|epoll", options.io, parse_io,
                  "How to talk to the kernel; auto is the best that works here (default: auto)");
  performance.add("--cache-size", "BYTES", options.cache_bytes, parse_size,
                  "Memory for small files, all threads together (default: 64M)");
  const auto pin = [&options](Options::Pin value) {
    return [&options, value](int64_t) { options.pin = value; };
  };
  CLI::Option* yes = app.add_flag_function("--pin", pin(Options::Pin::yes),
                                           "Bind each thread to one CPU (default: only if there "
                                           "is one thread for every CPU)")
                         ->group(kGroup)
                         ->disable_flag_override();
  app.add_flag_function("--no-pin", pin(Options::Pin::no), "Leave the threads to the scheduler")
      ->group(kGroup)
      ->disable_flag_override()
      ->excludes(yes);
}

void add_other(CLI::App& app, Options& options) {
  constexpr const char* kGroup = "Other";
  app.add_flag("--check-system", options.check_system,
               "Print what spate would use here and how to tune this machine, and exit")
      ->group(kGroup)
      ->disable_flag_override();
  app.set_version_flag("--version", std::string("spate ") + kVersion, "Print the version and exit")
      ->group(kGroup);
  app.set_help_flag("-h,--help", "Print this help and exit")->group(kGroup);
}

// Whatever was typed is shown without control bytes.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return text;
}

// One line that names the option and says what was expected.
std::string describe_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    std::string name = text.substr(0, text.find_first_of(": "));
    if (!name.starts_with('-')) name = "--" + name;  // of a flag, CLI11 gives the bare name
    const CLI::Option* option = app.get_option_no_throw(name);
    const bool has_value = option != nullptr && !option->get_option_text().empty();
    text = name + (has_value ? " takes exactly one value: " + name + " " + option->get_option_text()
                             : " takes no value");
  }
  return one_line(text);
}

// spate top [--once] [[ADDR:]PORT]
ParsedOptions parse_top(int argc, const char* const* argv) {
  ParsedOptions result;
  top::TopOptions options;
  std::string address = "9090";
  bool has_address = false;
  const auto usage_error = [&result](const std::string& message) {
    result.exit_code = kUsageError;
    result.output = one_line(message) + " (see spate --help)";
    return result;
  };
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--once") {
      options.once = true;
    } else if (argument.starts_with('-') || has_address) {
      return usage_error("\"" + argument +
                         "\" is too much: spate top [--once] [[ADDR:]PORT]; a directory of that "
                         "name is ./top");
    } else {
      address = argument;
      has_address = true;
    }
  }
  const auto parsed = parse_admin(address);
  if (!parsed.ok()) return usage_error("top: \"" + address + "\" " + parsed.error().message);
  if (parsed.value()->port == 0) return usage_error("top: port 0 is nobody's");
  options.address = *parsed.value();
  result.options.top = options;
  result.run = true;
  return result;
}

// spate check FILE
ParsedOptions parse_check(int argc, const char* const* argv) {
  ParsedOptions result;
  if (argc != 3 || core::Bytes(argv[2]).empty()) {
    result.exit_code = kUsageError;
    result.output =
        "check takes exactly one value: spate check FILE; a directory of that name is "
        "./check (see spate --help)";
    return result;
  }
  result.options.configuration = argv[2];
  result.options.check_configuration = true;
  result.run = true;
  return result;
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions result;
  Options& options = result.options;

  CLI::App app{"Serves the files of a directory over HTTP/1.1.\n", "spate"};
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag();  // the default one would come first
  app.allow_extras();
  add_root(app, options);
  add_listen(app, options);
  add_files(app, options);
  std::string target;
  add_target(app, target);
  add_configuration(app, options);
  add_observability(app, options);
  add_limits(app, options);
  add_timeouts(app, options);
  add_performance(app, options);
  add_other(app, options);

  const auto usage_error = [&result](const std::string& message) {
    result.exit_code = kUsageError;
    result.output = message + " (see spate --help)";
    return result;
  };
  if (argc > 1 && core::Bytes(argv[1]) == "top") return parse_top(argc, argv);
  if (argc > 1 && core::Bytes(argv[1]) == "check") return parse_check(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    result.output = app.help();
    return result;
  } catch (const CLI::CallForVersion&) {
    result.output = std::string("spate ") + kVersion + "\n";
    return result;
  } catch (const CLI::ParseError& error) {
    return usage_error(describe_error(app, error));
  }
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;  // what is behind it is no option
    return usage_error(extra.starts_with('-') ? "unknown option " + one_line(extra)
                                              : "only one ROOT can be served, but \"" +
                                                    one_line(extra) + "\" is a second one");
  }
  auto prefix = parse_target(target);
  if (!prefix.ok()) return usage_error(one_line(prefix.error().message));
  options.target = std::move(*prefix);
  if (options.root.empty()) return usage_error("ROOT is empty: name a directory");
  if (options.configuration.empty() && app.count("--config") > 0) {
    return usage_error("--config is empty: name a file");
  }
  if (options.listen.empty()) options.listen.push_back(io::Address{"127.0.0.1", 8080, false});
  result.run = true;
  return result;
}

}  // namespace http::server
