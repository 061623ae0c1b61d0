// Memory and descriptors do not grow with what is asked for: hundreds of thousands of URLs,
// spellings and queries that are all different, over one connection, in pipelines.
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iostream>

#include "tests/integration/server_process.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPATE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SPATE_SANITIZED 1
#endif
#endif

namespace integration {
namespace {

#ifdef SPATE_SANITIZED
constexpr bool kSanitized = true;  // memory is the sanitizer's, and everything is slow
#else
constexpr bool kSanitized = false;
#endif

constexpr uint64_t kMebibyte = 1 << 20;

// The name of a file that can be written in 2^20 ways.
constexpr char kName[] = "abcdefghijklmnopqrst";

class BoundsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write(kName, "small");
    root_.write(std::string("large/").append(kName), make_content(1, 100'000));
  }

  // Few descriptors and little memory, so that what grows is seen.
  void start_small() {
    Restrictions restrictions;
    restrictions.descriptors = 512;
    start({"--listing", "--max-connections", "50", "--cache-size", "1M"}, restrictions);
    const std::string report = process().output();
    double memory = 0;
    ASSERT_EQ(
        std::sscanf(report.c_str() + report.find("memory "), "memory at most %lf MiB:", &memory), 1)
        << report;
    const std::size_t cached = report.find(" cached open files; ");
    ASSERT_NE(cached, std::string::npos) << report;
    budget_ = static_cast<uint64_t>(memory * static_cast<double>(kMebibyte));
    descriptors_ = std::strtoull(report.c_str() + cached + 20, nullptr, 10);
    memory_at_start_ = process().resident_memory();
  }

  // Sends that many requests for what `target` makes of their numbers. All responses have this
  // status and, because of that, one length.
  void ask(int count, const std::string& method, int status,
           const std::function<std::string(int)>& target) {
    const std::string start = "HTTP/1.1 " + std::to_string(status) + " ";
    HttpClient first = connect();
    first.request(method, target(0), "Connection: close\r\n");
    const std::size_t length = first.read_to_end().size() - (sizeof("Connection: close\r\n") - 1);
    HttpClient client = connect();
    constexpr int kBatch = 500;
    uint64_t memory_halfway = 0;
    for (int sent = 0; sent < count; sent += kBatch) {
      std::string pipeline;
      for (int i = sent; i < sent + kBatch; ++i) {
        pipeline += method + " " + target(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
      }
      ASSERT_TRUE(client.send(pipeline));
      const std::string responses = client.read(kBatch * length);
      ASSERT_EQ(responses.size(), kBatch * length);
      for (std::size_t i = 0; i < kBatch; ++i) {
        ASSERT_EQ(responses.compare(i * length, start.size(), start), 0)
            << responses.substr(i * length, 300);
      }
      if (sent >= count / 2 && memory_halfway == 0) memory_halfway = process().resident_memory();
      if (sent % 10'000 == 0) {
        ASSERT_LE(process().descriptors().size(), descriptors_);
      }
    }
    const uint64_t memory = process().resident_memory();
    const std::string numbers = std::to_string(count) + " times " + target(1) + ": resident " +
                                std::to_string(memory_at_start_ / 1024) + " KiB at start, " +
                                std::to_string(memory_halfway / 1024) + " KiB halfway, " +
                                std::to_string(memory / 1024) + " KiB now, budget " +
                                std::to_string(budget_ / 1024) + " KiB; " +
                                std::to_string(process().descriptors().size()) + " of " +
                                std::to_string(descriptors_) + " descriptors";
    if (tell_) std::cout << numbers << "\n";
    if (kSanitized) return;
    EXPECT_LE(memory, memory_at_start_ + budget_) << numbers;
    // What was reached in the first half was enough for the second.
    EXPECT_LE(memory, memory_halfway + kMebibyte) << numbers;
  }

  void ask_for_missing(int count) {
    ask(count, "GET", 404, [](int i) { return "/missing" + std::to_string(i); });
    ask(count / 10, "GET", 404, [](int i) { return "/missing/" + std::to_string(i) + "/"; });
  }
  // Each bit of the number says whether a letter is percent-encoded.
  void ask_for_spellings(int count) {
    const auto spelling = [](int number) {
      std::string text;
      for (int i = 0; kName[i] != '\0'; ++i) {
        const std::string letter(1, kName[i]);
        text += (number >> i & 1) != 0 ? percent_encoded(letter) : letter;
      }
      return text;
    };
    ask(count, "GET", 200, [&](int i) { return "/" + spelling(i); });
    ask(count, "HEAD", 200, [&](int i) { return "/large/" + spelling(i); });
  }
  void ask_with_queries(int count) {
    ask(count, "GET", 200,
        [](int i) { return "/" + std::string(kName) + "?" + std::to_string(i); });
    ask(count, "HEAD", 200,
        [](int i) { return "/large/" + std::string(kName) + "?" + std::to_string(i); });
    ask(count / 10, "HEAD", 200, [](int i) { return "/large/?sort=" + std::to_string(i); });
  }

  bool tell_ = false;  // print the numbers

  static int fewer_if_sanitized(int count) { return kSanitized ? count / 20 : count; }

 private:
  uint64_t budget_ = 0;
  std::size_t descriptors_ = 0;
  uint64_t memory_at_start_ = 0;
};

TEST_P(BoundsTest, MissingFilesTakeNothing) {
  start_small();
  ask_for_missing(fewer_if_sanitized(300'000));
}

TEST_P(BoundsTest, SpellingsOfAFileAreBounded) {
  start_small();
  ask_for_spellings(fewer_if_sanitized(100'000));
}

TEST_P(BoundsTest, QueriesTakeNothing) {
  start_small();
  ask_with_queries(fewer_if_sanitized(200'000));
}

// Takes a minute: --gtest_also_run_disabled_tests --gtest_filter='*AMillionOfEach*'.
TEST_P(BoundsTest, DISABLED_AMillionOfEach) {
  constexpr int kMillion = 1'000'000;
  tell_ = true;
  start_small();
  ask_for_missing(kMillion);
  ask_for_spellings(kMillion);
  ask_with_queries(kMillion);
}

SPATE_ON_BOTH_BACKENDS(BoundsTest);

}  // namespace
}  // namespace integration
