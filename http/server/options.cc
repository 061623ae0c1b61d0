#include "http/server/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "http/server/version.h"

namespace http::server {

namespace {

constexpr int kUsageError = 2;

// "30", "30s", "1500ms", "5m" or "1h" as nanoseconds.
core::Result<uint64_t> parse_duration(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  double scale = 0;
  if (unit.empty() || unit == "s") scale = 1e9;
  if (unit == "ms") scale = 1e6;
  if (unit == "m") scale = 60e9;
  if (unit == "h") scale = 3600e9;
  if (error != std::errc() || scale == 0 || !(value > 0) || value * scale > 1e18) {
    return core::Error{"\"" + text + "\" is not a time above 0, such as 30s, 1500ms or 5m"};
  }
  return static_cast<uint64_t>(value * scale);
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
    return core::Error{"\"" + text + "\" is not a size, such as 65536, 512k, 64M or 1G"};
  }
  return value * scale;
}

// A CLI11 callback that stores a parsed value or throws its error, which CLI11 then reports with
// the option's name.
template <class Value, class Parse>
auto store(Value& target, Parse parse) {
  return [&target, parse](const std::string& text) {
    auto parsed = parse(text);
    if (!parsed.ok()) throw CLI::ValidationError(parsed.error().message);
    target = std::move(parsed.value());
  };
}

core::Result<uint32_t> parse_count(const std::string& text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 1U << 23) {
    return core::Error{"\"" + text + "\" is not a number from 1 to 8388608"};
  }
  return value;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions result;
  Options& options = result.options;
  options.keep_alive_timeout = 60'000'000'000;
  options.header_timeout = 10'000'000'000;
  options.write_timeout = 30'000'000'000;
  options.drain_timeout = 30'000'000'000;

  CLI::App app{"spate serves the files of a directory over HTTP/1.1, at the kernel's own speed.",
               "spate"};
  app.set_version_flag("--version", std::string("spate ") + kVersion)->group("Other");
  app.set_help_flag("-h,--help", "Print this help and exit")->group("Other");
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("REQUIRED", "");

  app.add_option("ROOT", options.root, "Directory to serve (default: the current one)")
      ->option_text("");

  const auto add = [&app](const char* name, const char* text, const char* group,
                          const char* description, auto callback) {
    return app.add_option_function<std::string>(name, callback, description)
        ->option_text(text)
        ->group(group);
  };

  app.add_option_function<std::vector<std::string>>(
         "--listen",
         [&options](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto address = io::parse_address(text);
             if (!address.ok()) throw CLI::ValidationError("--listen: " + address.error().message);
             options.listen.push_back(address.value());
           }
         },
         "Address to listen on: 127.0.0.1:8080, [::1]:8080, or :8080 for every address; port 0 "
         "takes a free one; may be repeated (default: 127.0.0.1:8080)")
      ->option_text("ADDR:PORT")
      ->group("Listening")
      ->expected(1)
      ->take_all();
  add("--max-connections", "N", "Listening",
      "Most connections open at a time (default: what RLIMIT_NOFILE allows)",
      store(options.max_connections, parse_count));

  add("--keep-alive-timeout", "TIME", "Timeouts",
      "Close a connection this long after its last request (default: 60s)",
      store(options.keep_alive_timeout, parse_duration));
  add("--header-timeout", "TIME", "Timeouts",
      "A request head must be complete this long after it began (default: 10s)",
      store(options.header_timeout, parse_duration));
  add("--write-timeout", "TIME", "Timeouts",
      "Close a connection that takes no byte of its response for this long (default: 30s)",
      store(options.write_timeout, parse_duration));
  add("--drain-timeout", "TIME", "Timeouts",
      "After SIGTERM or SIGINT, let responses finish for at most this long (default: 30s)",
      store(options.drain_timeout, parse_duration));

  add("--threads", "N", "Performance",
      "Worker threads (default: the CPUs this process may use, by affinity and cgroup quota)",
      store(options.threads, parse_count));
  app.add_option_function<std::string>(
         "--io",
         [&options](const std::string& text) {
           options.io = text == "uring"   ? IoChoice::uring
                        : text == "epoll" ? IoChoice::epoll
                                          : IoChoice::automatic;
         },
         "Backend: io_uring, epoll, or the best that works here (default: auto)")
      ->option_text("auto|uring|epoll")
      ->group("Performance")
      ->check(CLI::IsMember({"auto", "uring", "epoll"}));
  add("--cache-size", "BYTES", "Performance",
      "Memory for small files, of all workers together (default: 64M)",
      store(options.cache_bytes, parse_size));
  app.add_flag_function(
         "--pin,!--no-pin",
         [&options](int64_t count) {
           options.pin = count > 0 ? Options::Pin::yes : Options::Pin::no;
         },
         "Bind each worker to one CPU, or do not (default: if there is one worker for each CPU)")
      ->group("Performance");

  app.add_flag("--check-system", options.check_system,
               "Print what spate would use here and how to tune this machine, then exit")
      ->group("Other");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    result.output = app.help();
    return result;
  } catch (const CLI::CallForVersion&) {
    result.output = std::string("spate ") + kVersion + "\n";
    return result;
  } catch (const CLI::ParseError& error) {
    result.exit_code = kUsageError;
    result.output = one_line(error.what()) + " (see spate --help)";
    return result;
  }
  if (options.listen.empty()) options.listen.push_back(io::Address{"127.0.0.1", 8080, false});
  result.run = true;
  return result;
}

}  // namespace http::server
