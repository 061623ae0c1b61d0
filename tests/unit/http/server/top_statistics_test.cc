#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "http/server/top/statistics.h"

namespace http::server::top {
namespace {

// An answer of /stats after `uptime` seconds, with so many requests.
std::string answer(double uptime, int requests, const std::string& buckets) {
  const std::string number = std::to_string(requests);
  return R"({"version":"1.2","backend":"epoll","uptime_seconds":)" + std::to_string(uptime) +
         R"(,"workers":[{"requests":)" + number + R"(,"cpu_seconds":0.5},{"requests":0,)" +
         R"("cpu_seconds":null}],"sum":{"requests":)" + number +
         R"(,"connections_open":7,"connections_accepted":)" + number + R"(,"sent_bytes":)" +
         number + R"(,"service_time_buckets":)" + buckets +
         R"(},"verdict":{"sentence":"no\u001b[2Jload","details":["a","b"]}})";
}

Statistics read(const std::string& json) {
  auto statistics = read_statistics(json);
  EXPECT_TRUE(statistics.ok()) << statistics.error().message;
  return *statistics;
}

TEST(TopStatistics, ReadsAnAnswer) {
  const Statistics statistics = read(answer(3.5, 10, "[[0.001,9],[null,1]]"));
  EXPECT_EQ(statistics.version, "1.2");
  EXPECT_EQ(statistics.backend, "epoll");
  EXPECT_EQ(statistics.uptime, 3.5);
  ASSERT_EQ(statistics.workers.size(), 2U);
  EXPECT_EQ(statistics.workers[0].requests, 10.0);
  EXPECT_EQ(statistics.workers[1].cpu_time, std::nullopt);
  EXPECT_EQ(statistics.requests, 10.0);
  EXPECT_EQ(statistics.received_bytes, std::nullopt) << "not told is not 0";
  ASSERT_EQ(statistics.service.size(), 2U);
  EXPECT_EQ(statistics.service[0].longest, 0.001);
  EXPECT_TRUE(std::isinf(statistics.service[1].longest));
  EXPECT_EQ(statistics.verdict, "no [2Jload") << "terminals obey control bytes";
  EXPECT_EQ(statistics.verdict_details, (std::vector<std::string>{"a", "b"}));
}

TEST(TopStatistics, WhatIsNoStatisticsIsRefused) {
  for (const char* json : {"", "hello", "{", "[]", "null", "7", "{}", R"({"uptime_seconds":1})",
                           R"({"uptime_seconds":"1","sum":{}})", "\xff\xfe"}) {
    EXPECT_FALSE(read_statistics(json).ok()) << json;
  }
  // Members of other types are as if they were not there.
  const Statistics odd =
      read(R"({"uptime_seconds":1,"workers":7,"version":[],"sum":{"requests":"9",)"
           R"("service_time_buckets":[1,[2],[1,"a"],{}]},"verdict":[]})");
  EXPECT_EQ(odd.requests, std::nullopt);
  EXPECT_TRUE(odd.service.empty());
  EXPECT_EQ(odd.verdict, "");
}

TEST(TopStatistics, RatesGoByTheClockOfTheServer) {
  const Statistics before = read(answer(10, 100, "[[0.001,90],[0.002,10]]"));
  const Statistics after = read(answer(12, 300, "[[0.0005,8],[0.001,90],[0.002,201],[null,1]]"));
  const auto rates = rates_between(before, after);
  ASSERT_TRUE(rates.has_value());
  EXPECT_EQ(rates->seconds, 2);
  EXPECT_EQ(rates->requests, 100.0);
  EXPECT_EQ(rates->sent_bits, 800.0);
  EXPECT_EQ(rates->received_bits, std::nullopt);
  EXPECT_EQ(rates->accepted, 100.0);
  EXPECT_EQ(rates->open, 7.0);
  EXPECT_EQ(rates->workers[0].busy, 0.0);
  EXPECT_EQ(rates->workers[1].busy, std::nullopt);
  ASSERT_EQ(rates->service.size(), 3U) << "without the one that did not grow";
  EXPECT_EQ(rates->percentile(0.01), 0.0005);
  EXPECT_EQ(rates->percentile(0.5), 0.002);
  EXPECT_TRUE(std::isinf(rates->percentile(1).value()));
  EXPECT_FALSE(rates_between(before, before).has_value()) << "the same moment";
  EXPECT_FALSE(rates_between(after, before).has_value()) << "started anew";
}

TEST(TopStatistics, WithoutRequestsThereIsNoPercentile) {
  const auto rates = rates_between(read(answer(1, 5, "[[1,5]]")), read(answer(2, 5, "[[1,5]]")));
  ASSERT_TRUE(rates.has_value());
  EXPECT_EQ(rates->requests, 0.0);
  EXPECT_EQ(rates->percentile(0.5), std::nullopt);
}

}  // namespace
}  // namespace http::server::top
