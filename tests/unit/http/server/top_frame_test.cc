#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "http/server/top/frame.h"

namespace http::server::top {
namespace {

// `requests` in the seconds after each other, all of 1 ms and one of 1 s in each.
History history_of(const std::vector<double>& requests) {
  History history;
  Statistics statistics;
  statistics.version = "1.2";
  statistics.backend = "epoll";
  statistics.workers.resize(2);
  statistics.requests = 0;
  statistics.open = 5;
  statistics.service = {{0.001, 0}, {1, 0}};
  statistics.verdict = "the verdict";
  statistics.verdict_details = {"a reason"};
  history.add(statistics);
  for (const double more : requests) {
    statistics.uptime += 1;
    *statistics.requests += more;
    statistics.workers[0].requests = *statistics.requests;
    statistics.workers[0].cpu_time = statistics.uptime / 2;
    statistics.service[0].count += more;
    if (more > 0) statistics.service[1].count += 1;
    history.add(statistics);
  }
  return history;
}

std::string drawn(const History& history, const FrameStyle& style,
                  const std::string& complaint = "") {
  std::string text;
  for (const std::string& line : draw_frame(history, style, "127.0.0.1:9090", complaint)) {
    text += line + "\n";
  }
  return text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TopFrame, HasTheNumbersTheWorkersAndTheVerdict) {
  const std::string text = drawn(history_of({0, 500, 12345}), {100, 50, true});
  EXPECT_TRUE(text.starts_with("spate 1.2, epoll, up 3 s, at 127.0.0.1:9090\n")) << text;
  EXPECT_TRUE(has(text, "\nrequests/s    12,345" + std::string(24, ' ') + " ▁█\n")) << text;
  EXPECT_TRUE(has(text, "\nsent          not known")) << "nobody told: " << text;
  EXPECT_TRUE(has(text, "\nconnections   5 open, not known/s new")) << text;
  EXPECT_TRUE(has(text, "\ntime, p50     1.00 ms")) << text;
  EXPECT_TRUE(has(text, "\nthe verdict\n  a reason\n")) << text;
  EXPECT_TRUE(has(text, "50 %\n")) << text;
  EXPECT_TRUE(has(text, "not known\n")) << "of the second worker: " << text;
}

TEST(TopFrame, SlowOnesAreSeenAmongMany) {
  const std::string text = drawn(history_of({0, 1'000'000}), {80, 50, true});
  EXPECT_TRUE(has(text, "   1.00 s  ░\n")) << text;
  EXPECT_TRUE(has(text, "  1.00 ms  █\n")) << text;
  EXPECT_TRUE(has(drawn(history_of({0}), {80, 50, true}), "no request yet"));
}

TEST(TopFrame, FitsTheTerminal) {
  const History history = history_of(std::vector<double>(1000, 77));
  for (const std::size_t columns : {1U, 20U, 60U, 200U, 900U}) {
    for (const std::size_t rows : {1U, 5U, 100U}) {
      const auto lines = draw_frame(history, {columns, rows, true}, "127.0.0.1:9090", "complaint");
      EXPECT_LE(lines.size(), rows);
      for (const std::string& line : lines) {
        const auto width =
            std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
        EXPECT_LE(static_cast<std::size_t>(width), columns) << line;
      }
    }
  }
}

TEST(TopFrame, TheVerdictIsWrapped) {
  History history = history_of({1});
  Statistics statistics = history.last();
  statistics.uptime += 1;
  statistics.verdict = "one two three four five six";
  statistics.verdict_details = {"alpha beta gamma delta"};
  history.add(statistics);
  EXPECT_TRUE(has(drawn(history, {15, 50, true}),
                  "\none two three\nfour five six\n  alpha beta\n    gamma delta\n"));
}

TEST(TopFrame, WithoutUnicodeItIsAscii) {
  const std::string text = drawn(history_of({1, 20, 300}), {80, 50, false});
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; }));
  EXPECT_TRUE(has(text, "@")) << text;
}

TEST(TopFrame, AServerThatIsGoneIsToldAndWhatWasBeforeStays) {
  const std::string text = drawn(history_of({500}), {80, 50, true}, "nobody answers");
  EXPECT_TRUE(has(text, "\nnobody answers\n")) << text;
  EXPECT_TRUE(has(text, "requests/s    500 ")) << text;
}

TEST(TopFrame, AServerThatWasStartedAnewLeavesAGap) {
  History history = history_of({500});
  Statistics young;
  young.workers.resize(2);
  history.add(young);
  ASSERT_EQ(history.rates().size(), 2U);
  EXPECT_FALSE(history.rates().back().has_value());
  EXPECT_TRUE(has(drawn(history, {80, 50, true}), "requests/s    not known"));
}

TEST(TopFrame, NumbersAndUnits) {
  EXPECT_EQ(number_text({}), "not known");
  EXPECT_EQ(number_text(0.0), "0");
  EXPECT_EQ(number_text(7.0), "7");
  EXPECT_EQ(number_text(1.234), "1.23");
  EXPECT_EQ(number_text(99.96), "100");
  EXPECT_EQ(number_text(1234567.0), "1,234,567");
  EXPECT_EQ(bits_text(999.0), "999 bit/s");
  EXPECT_EQ(bits_text(999.6e6), "1.00 Gbit/s");
  EXPECT_EQ(bits_text({}), "not known");
  EXPECT_EQ(time_text({}, true), "no request");
  EXPECT_EQ(time_text(12.34e-6, true), "12.3 µs");
  EXPECT_EQ(time_text(12.34e-6, false), "12.3 us");
  EXPECT_EQ(time_text(0.9999e-3, true), "1.00 ms");
  EXPECT_EQ(time_text(std::numeric_limits<double>::infinity(), true), "over an hour");
}

}  // namespace
}  // namespace http::server::top
