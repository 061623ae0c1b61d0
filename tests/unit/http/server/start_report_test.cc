#include "http/server/start_report.h"

#include <gtest/gtest.h>

#include <string>

namespace http::server {
namespace {

std::string report(const Options& options, bool follows_links = true) {
  SystemFacts system;
  system.cpus = {0, 1};
  system.descriptors = system.descriptors_hard = 20'000;
  const auto budget = make_budget(options, system, false);
  EXPECT_TRUE(budget.ok());
  return describe(options, system, BackendChoice{false, "a reason"}, budget.value(), true,
                  follows_links);
}

// The line that begins with a label, and those that go on from it.
std::string line(const std::string& report, const std::string& label) {
  const std::size_t begin = report.find("\n  " + label + " ");
  if (begin == std::string::npos) return "";
  std::size_t end = report.find('\n', begin + 1);
  while (report.compare(end, 15, "\n              ") == 0) end = report.find('\n', end + 1);
  return report.substr(begin + 1, end - begin - 1);
}

TEST(StartReport, Files) {
  Options options;
  EXPECT_EQ(line(report(options), "files"),
            "  files        symbolic links are followed beneath the root; no listings; entity tags "
            "by time and size");
  EXPECT_EQ(line(report(options, false), "files"),
            "  files        symbolic links are refused (openat2 does not work here); no listings; "
            "entity tags by time and size");
  options.symlinks = SymlinkChoice::none;
  options.listing = true;
  options.etag = EtagChoice::content;
  EXPECT_EQ(line(report(options), "files"),
            "  files        symbolic links are refused; directories are listed; entity tags by "
            "content");
  EXPECT_EQ(report(options, false), report(options)) << "only following needs the kernel";
  options.symlinks = SymlinkChoice::all;
  EXPECT_EQ(
      line(report(options, false), "files"),
      "  files        symbolic links are followed wherever they lead; directories are listed; "
      "entity tags by content");
}

TEST(StartReport, Limits) {
  Options options;
  EXPECT_EQ(line(report(options), "limits"),
            "  limits       head 16.0 KiB (target 8.0 KiB, fields 100), body 1.0 MiB\n"
            "               requests per connection: no limit; connections per address: no limit");
  options.max_head_bytes = 2048;
  options.max_target_bytes = 1000;
  options.max_fields = 20;
  options.max_body_bytes = 0;
  options.max_requests = 5;
  options.max_connections_per_address = 6;
  EXPECT_EQ(line(report(options), "limits"),
            "  limits       head 2.0 KiB (target 1000 B, fields 20), body 0 B\n"
            "               requests per connection: 5; connections per address: 6");
}

TEST(StartReport, Timeouts) {
  Options options;
  options.body_timeout = 1'500'000'000;
  options.min_rate = 1024;
  EXPECT_EQ(line(report(options), "timeouts"),
            "  timeouts     header 10s, body 1.5s, write 60s, keep-alive 60s, drain 30s; at least "
            "1.0 KiB/s");
}

}  // namespace
}  // namespace http::server
