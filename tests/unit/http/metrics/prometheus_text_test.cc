#include "http/metrics/prometheus_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace http::metrics {
namespace {

constexpr std::array<uint64_t, 3> kBounds = {1'000'000, 10'000'000, 2'500'000'000};

// What `write` writes into an empty string.
template <class Write>
std::string written(Write write) {
  std::string out;
  PrometheusText text(out);
  write(text);
  return out;
}

TEST(PrometheusText, CountersAndGauges) {
  EXPECT_EQ(written([](PrometheusText& text) {
              text.counter("spate_requests_total", "Requests that were answered.");
              text.sample(uint64_t{17});
              text.gauge("spate_connections", "Open connections.");
              text.sample(uint64_t{3});
            }),
            "# HELP spate_requests_total Requests that were answered.\n"
            "# TYPE spate_requests_total counter\n"
            "spate_requests_total 17\n"
            "# HELP spate_connections Open connections.\n"
            "# TYPE spate_connections gauge\n"
            "spate_connections 3\n");
}

TEST(PrometheusText, Labels) {
  EXPECT_EQ(written([](PrometheusText& text) {
              text.counter("c", "h");
              text.sample(uint64_t{1}, {{"worker", "0"}});
              text.sample(uint64_t{2}, {{"worker", "1"}, {"status", "2xx"}});
              text.sample(uint64_t{3}, {{"_empty", ""}});
            }),
            "# HELP c h\n"
            "# TYPE c counter\n"
            "c{worker=\"0\"} 1\n"
            "c{worker=\"1\",status=\"2xx\"} 2\n"
            "c{_empty=\"\"} 3\n");
}

// A quote is escaped in a value, not in help.
TEST(PrometheusText, Escapes) {
  EXPECT_EQ(written([](PrometheusText& text) {
              text.gauge("g", "a \"b\" \\ c\nd");
              text.sample(uint64_t{1}, {{"path", "a \"b\" \\ c\nd, {e} \xc3\xa4"}});
            }),
            "# HELP g a \"b\" \\\\ c\\nd\n"
            "# TYPE g gauge\n"
            "g{path=\"a \\\"b\\\" \\\\ c\\nd, {e} \xc3\xa4\"} 1\n");
}

TEST(PrometheusText, Numbers) {
  const auto number = [](auto value) {
    const std::string out = written([&](PrometheusText& text) {
      text.gauge("g", "");
      text.sample(value);
    });
    const std::string head = "# HELP g \n# TYPE g gauge\ng ";
    EXPECT_TRUE(out.starts_with(head)) << out;
    return out.substr(head.size());
  };
  EXPECT_EQ(number(uint64_t{0}), "0\n");
  EXPECT_EQ(number(UINT64_MAX), "18446744073709551615\n");
  EXPECT_EQ(number(0.0), "0\n");
  EXPECT_EQ(number(5.0), "5\n");
  EXPECT_EQ(number(-0.25), "-0.25\n");
  EXPECT_EQ(number(0.1), "0.1\n");
  EXPECT_EQ(number(1e30), "1e+30\n");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Inf\n");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "NaN\n");
  EXPECT_EQ(number(-std::numeric_limits<double>::min()), "-2.2250738585072014e-308\n");
}

TEST(PrometheusText, Histogram) {
  core::LatencyHistogram durations;
  for (const uint64_t duration : {500'000U, 1'000'000U, 5'000'000U}) durations.record(duration);
  durations.record(3'000'000'000);
  EXPECT_EQ(written([&](PrometheusText& text) {
              text.histogram("spate_service_seconds", "Time to answer.");
              text.sample(durations, kBounds);
            }),
            "# HELP spate_service_seconds Time to answer.\n"
            "# TYPE spate_service_seconds histogram\n"
            "spate_service_seconds_bucket{le=\"0.001\"} 2\n"
            "spate_service_seconds_bucket{le=\"0.01\"} 3\n"
            "spate_service_seconds_bucket{le=\"2.5\"} 3\n"
            "spate_service_seconds_bucket{le=\"+Inf\"} 4\n"
            "spate_service_seconds_sum 3.0065\n"
            "spate_service_seconds_count 4\n");
}

TEST(PrometheusText, HistogramsWithLabels) {
  const core::LatencyHistogram empty;
  EXPECT_EQ(written([&](PrometheusText& text) {
              text.histogram("h", "h");
              text.sample(empty, std::array<uint64_t, 1>{25'000}, {{"worker", "0"}});
              text.sample(empty, {}, {{"worker", "1"}});
            }),
            "# HELP h h\n"
            "# TYPE h histogram\n"
            "h_bucket{worker=\"0\",le=\"2.5e-05\"} 0\n"
            "h_bucket{worker=\"0\",le=\"+Inf\"} 0\n"
            "h_sum{worker=\"0\"} 0\n"
            "h_count{worker=\"0\"} 0\n"
            "h_bucket{worker=\"1\",le=\"+Inf\"} 0\n"
            "h_sum{worker=\"1\"} 0\n"
            "h_count{worker=\"1\"} 0\n");
}

// Prometheus refuses a histogram whose buckets count more than the next ones.
TEST(PrometheusText, HistogramThatIsRecordedMeanwhile) {
  core::LatencyHistogram durations;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (uint64_t i = 0; !done; ++i) durations.record(i % 20'000'000);
  });
  for (int i = 0; i < 100; ++i) {
    const std::string out = written([&](PrometheusText& text) {
      text.histogram("h", "h");
      text.sample(durations, kBounds);
    });
    std::vector<uint64_t> counts;
    for (std::size_t at = out.find("} "); at != std::string::npos; at = out.find("} ", at + 1)) {
      counts.push_back(std::stoull(out.substr(at + 2)));
    }
    ASSERT_EQ(counts.size(), kBounds.size() + 1);
    EXPECT_TRUE(std::ranges::is_sorted(counts)) << out;
    EXPECT_TRUE(out.ends_with("h_count " + std::to_string(counts.back()) + "\n")) << out;
  }
  done = true;
  writer.join();
}

TEST(PrometheusText, AppendsToWhatIsThere) {
  std::string out = "# before\n";
  PrometheusText(out).gauge("g", "h");
  EXPECT_EQ(out, "# before\n# HELP g h\n# TYPE g gauge\n");
}

// Names are ours, so a wrong one is a bug.
TEST(PrometheusTextDeath, WrongNames) {
  std::string out;
  PrometheusText text(out);
  for (const core::Bytes name : {"", "1a", "a-b", "a b", "\xc3\xa4"}) {
    EXPECT_DEATH(text.counter(name, "h"), "is_name");
  }
  text.counter("a:b_1", "h");
  for (const core::Bytes name : {"", "1a", "a:b", "a-b", "__a"}) {
    EXPECT_DEATH(text.sample(uint64_t{1}, {{name, "v"}}), "is_name");
  }
}

TEST(PrometheusTextDeath, SamplesFitTheirFamily) {
  std::string out;
  PrometheusText text(out);
  const core::LatencyHistogram durations;
  EXPECT_DEATH(text.sample(uint64_t{1}), "type_");
  text.counter("c", "h");
  EXPECT_DEATH(text.sample(durations, kBounds), "type_");
  text.histogram("h", "h");
  EXPECT_DEATH(text.sample(uint64_t{1}), "type_");
  EXPECT_DEATH(text.sample(durations, kBounds, {{"le", "1"}}), "le");
  EXPECT_DEATH(text.sample(durations, std::array<uint64_t, 2>{2, 2}), "bounds");
}

}  // namespace
}  // namespace http::metrics
