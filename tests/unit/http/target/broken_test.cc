// Any answer can be broken: requests with `?fault=`, through a session whose clock is set by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

constexpr uint64_t kMillisecondOfTest = 1'000'000;

struct Requested {
  std::string path;  // ends with ? or &
  std::string method = "GET";
  std::string body = "";
};

class BrokenTest : public ::testing::Test {
 protected:
  BrokenTest() {
    server.files.put("a.txt", "a file", kOld);
    server.responder.add_target(target);
  }

  std::string answer(const std::string& request) {
    HttpConnection connection(server);
    connection.receive(request);
    return run(connection);
  }
  static std::string request(const std::string& method, const std::string& target,
                             const std::string& fields = "") {
    return method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }
  // Lets the connection go on whenever it wants to, until it waits no more or has stalled. All that
  // came.
  std::string run(HttpConnection& connection) {
    while (connection.waits_for_time() && connection.session.phase() != h1::Phase::stalled) {
      server.pass(connection.paced.until - server.clock.now());
      connection.receive("");
    }
    return std::exchange(connection.output, "");
  }
  static std::size_t head_length(const std::string& text) { return text.find("\r\n\r\n") + 4; }
  static std::string body_of(const std::string& text) { return text.substr(head_length(text)); }
  // Without the date, which may be another one.
  static std::string dateless(std::string text) {
    const std::size_t date = text.find("\r\nDate: ");
    if (date != std::string::npos && text.size() >= date + 37) text.erase(date, 37);
    const std::size_t modified = text.find("\r\nLast-Modified: ");
    if (modified != std::string::npos) text.erase(modified, 46);
    return text;
  }
  std::string whole_answer(const Requested& each);

  HttpServer server;
  Target target{"/", 7};
};

const Requested kRequests[] = {{"/plaintext?"},
                               {"/json?"},
                               {"/bytes/100?seed=1&"},
                               {"/bytes/100000?seed=1&"},
                               {"/range/50000?"},
                               {"/delay/0?"},
                               {"/stream-bytes/30000?seed=1&"},
                               {"/stream/3?"},
                               {"/sse?count=3&gap=0&"},
                               {"/drip?duration=0&delay=1ms&"},
                               {"/echo?"},
                               {"/echo?", "POST", pattern(100)},
                               {"/echo?", "POST", pattern(50'000)},
                               {"/upload?", "PUT", "hello"},
                               {"/status/503?"},
                               {"/status/201?", "POST", "hello"},
                               {"/headers?"},
                               {"/ip?"},
                               {"/redirect/2?"},
                               {"/basic-auth/a/b?"},
                               {"/cache?"},
                               {"/cache/60?"},
                               {"/etag/x?"},
                               {"/trailers?a=b&"}};

std::string with(const Requested& each, const std::string& parameters) {
  std::string text = each.method + " " + each.path + parameters + " HTTP/1.1\r\nHost: a\r\n";
  if (!each.body.empty()) text += "Content-Length: " + std::to_string(each.body.size()) + "\r\n";
  return text + "\r\n" + each.body;
}

// What the broken answers are parts of: the answer without a fault. One of a document that is
// broken is not made by the content store, which says more in its head.
std::string BrokenTest::whole_answer(const Requested& each) {
  const bool is_document = each.path == "/plaintext?" || each.path == "/json?";
  const std::string right = answer(with(each, ""));
  if (!is_document) return right;
  const std::string made = answer(with(each, "fault=fin-in-body:1000000000"));
  EXPECT_EQ(body_of(made), body_of(right));
  return made;
}

TEST_F(BrokenTest, ResetsInsteadOfAnAnswer) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    HttpConnection connection(server);
    const uint64_t faults = server.counters.faults;
    connection.receive(get("/a.txt") + with(each, "fault=reset"));
    EXPECT_EQ(run(connection), answer(get("/a.txt"))) << "what came before goes out";
    EXPECT_TRUE(connection.finished());
    EXPECT_TRUE(connection.session.resets());
    EXPECT_FALSE(connection.paced.broken.refuses());
    EXPECT_EQ(server.counters.faults, faults + 1);
  }
}

// It says for how long, and leaves it to others to refuse.
TEST_F(BrokenTest, RefusesAlmostAsItResets) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    for (const std::string delay : {"", "&delay=20ms"}) {
      HttpConnection connection(server);
      const uint64_t faults = server.counters.faults;
      connection.receive(get("/a.txt") + with(each, "fault=refuse:1.5s" + delay));
      EXPECT_EQ(run(connection), answer(get("/a.txt"))) << "what came before goes out";
      EXPECT_TRUE(connection.finished());
      EXPECT_TRUE(connection.session.resets());
      EXPECT_TRUE(connection.paced.broken.refuses());
      EXPECT_EQ(connection.paced.broken.refusal(), 1'500'000'000U);
      EXPECT_EQ(server.counters.faults, faults + 1);
    }
  }
}

TEST_F(BrokenTest, ClosesAtEveryPlace) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    const std::string whole = whole_answer(each);
    const std::size_t head = head_length(whole);
    struct Case {
      std::string fault;
      std::size_t length;
    };
    const Case cases[] = {{"fin-before", 0},
                          {"fin-in-head", head / 2},
                          {"fin-in-body:0", head},
                          {"fin-in-body:5", head + 5},
                          {"fin-in-body:20000", head + 20'000},
                          {"fin-in-body:1099511627776", SIZE_MAX}};
    for (const Case& broken : cases) {
      HttpConnection connection(server);
      const uint64_t faults = server.counters.faults;
      connection.receive(with(each, "fault=" + broken.fault));
      EXPECT_TRUE(dateless(run(connection)) == dateless(whole.substr(0, broken.length)))
          << broken.fault;
      EXPECT_TRUE(connection.finished());
      EXPECT_TRUE(connection.session.lingers()) << "the client sees an end and not a reset";
      EXPECT_FALSE(connection.session.resets());
      EXPECT_EQ(server.counters.faults, faults + 1);
    }
  }
}

TEST_F(BrokenTest, Stalls) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    const std::string whole = whole_answer(each);
    for (const std::size_t length : {std::size_t{0}, std::size_t{10}, head_length(whole) + 3,
                                     std::size_t{20'000}, std::size_t{1} << 30}) {
      HttpConnection connection(server);
      connection.receive(with(each, "fault=stall:" + std::to_string(length)) + get("/a.txt"));
      EXPECT_TRUE(dateless(run(connection)) == dateless(whole.substr(0, length))) << length;
      EXPECT_EQ(connection.session.phase(), h1::Phase::stalled);
      connection.receive(get("/a.txt"));
      EXPECT_EQ(connection.output, "");
      EXPECT_EQ(connection.carry(), "") << "what comes is dropped";
      EXPECT_EQ(connection.paced.until - server.clock.now(), 3600 * kSecond);
      server.pass(3600 * test_support::kSecond);
      connection.receive("");
      EXPECT_TRUE(connection.finished());
    }
  }
}

TEST_F(BrokenTest, SendsTheHeadByteByByte) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    // It takes seconds, so the date changes meanwhile, and a drain begins.
    HttpConnection connection(server);
    connection.receive(with(each, "fault=slow-head:20ms") + get("/a.txt"));
    std::string text;
    std::size_t waits = 0;
    const uint64_t start = server.clock.now();
    while (connection.waits_for_time()) {
      text += std::exchange(connection.output, "");
      server.pass(connection.paced.until - server.clock.now());
      server.context.draining = waits > 100;  // is not said any more
      connection.receive("");
      ++waits;
    }
    server.context.draining = false;
    text += connection.output;
    const uint64_t passed = server.clock.now() - start;
    const std::string whole = whole_answer(each);
    const std::string file = answer(get("/a.txt"));
    EXPECT_TRUE(dateless(text.substr(0, whole.size())) == dateless(whole)) << text.substr(0, 400);
    EXPECT_NE(text.find("a file"), std::string::npos);
    const std::size_t head = head_length(whole);
    const uint64_t extra = each.path.starts_with("/drip") ? kMillisecondOfTest : 0;
    EXPECT_EQ(passed, (head - 1) * 20 * kMillisecondOfTest + extra);
  }
}

TEST_F(BrokenTest, ASlowHeadHasOneDate) {
  HttpConnection connection(server);
  server.set_time(server.clock.now(), 1'700'006'399);  // one second before midnight
  connection.receive(get("/cache?fault=slow-head:100ms"));
  const std::string text = run(connection);
  EXPECT_NE(text.find("Date: Tue, 14 Nov 2023 23:59:59 GMT\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Last-Modified: Tue, 14 Nov 2023 23:59:59 GMT\r\n"), std::string::npos);
}

TEST_F(BrokenTest, SaysWrongLengths) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    const std::string whole = whole_answer(each);
    for (const int64_t difference : {10, -10, -1'000'000'000}) {
      HttpConnection connection(server);
      const std::string sign = difference > 0 ? "+" : "";
      connection.receive(with(each, "fault=wrong-length:" + sign + std::to_string(difference)));
      const std::string text = run(connection);
      const auto wrong = [difference](std::size_t right) {
        return static_cast<std::size_t>(
            std::max<int64_t>(static_cast<int64_t>(right) + difference, 0));
      };
      const std::size_t field = whole.find("Content-Length: ");
      std::string expected = whole;
      if (field != std::string::npos) {
        const std::size_t right = std::stoul(whole.substr(field + 16));
        expected.replace(field + 16, std::to_string(right).size(), std::to_string(wrong(right)));
      } else {  // of the first chunk
        std::size_t digits = 0;
        const std::size_t right = std::stoul(body_of(whole), &digits, 16);
        char size[20];
        std::snprintf(size, sizeof(size), "%zx", wrong(right));
        expected.replace(head_length(whole), digits, size);
      }
      EXPECT_TRUE(dateless(text) == dateless(expected)) << difference << text.substr(0, 500);
      EXPECT_EQ(connection.finished(), difference > 0);
    }
  }
}

TEST_F(BrokenTest, SendsBadChunks) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    const std::string whole = whole_answer(each);
    HttpConnection connection(server);
    connection.receive(with(each, "fault=bad-chunk"));
    const std::string text = run(connection);
    EXPECT_NE(text.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(text.find("Content-Length"), std::string::npos);
    const std::string body = body_of(text);
    EXPECT_TRUE(body.starts_with("none\r\n")) << body.substr(0, 100);
    EXPECT_TRUE(body.find("0\r\n") != std::string::npos || body == "none\r\n\r\n") << body;
    if (whole.find("chunked") == std::string::npos && each.method == "GET" &&
        each.path.find("drip") == std::string::npos) {
      EXPECT_TRUE(body == "none\r\n" + body_of(whole) + "\r\n0\r\n\r\n");
    }
    EXPECT_TRUE(connection.finished());
  }
}

TEST_F(BrokenTest, AnswersWithAnotherStatus) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    HttpConnection connection(server);
    connection.receive(with(each, "fault=429") + get("/a.txt"));
    const std::string text = run(connection);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    EXPECT_TRUE(text.ends_with("a file")) << text;
    EXPECT_TRUE(answer(with(each, "fault=5xx")).starts_with("HTTP/1.1 50"));
  }
}

// What inflate would make of it: a whole head of a member, and a block that is not whole.
TEST_F(BrokenTest, TruncatesGzip) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.method + " " + each.path);
    HttpConnection connection(server);
    connection.receive(with(each, "fault=truncated-gzip") + get("/a.txt"));
    const std::string text = run(connection);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(text.find("\r\nContent-Encoding: gzip\r\n"), std::string::npos);
    EXPECT_NE(text.find("\r\nContent-Length: 271\r\n"), std::string::npos);
    EXPECT_EQ(body_of(text).substr(0, 15),
              std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\0\x02\xff\xfd", 15));
    EXPECT_TRUE(text.ends_with("a file")) << "the framing is right";
  }
}

TEST_F(BrokenTest, TheDelayComesFirst) {
  for (const Requested& each : kRequests) {
    for (const std::string fault : {"reset", "fin-before", "fin-in-head", "stall:20", "429",
                                    "truncated-gzip", "bad-chunk", "wrong-length:3"}) {
      SCOPED_TRACE(each.path + fault);
      if (each.path.starts_with("/drip")) continue;  // its own is 1 ms
      HttpConnection connection(server);
      connection.receive(with(each, "delay=10ms&fault=" + fault));
      EXPECT_EQ(connection.output, "");
      EXPECT_TRUE(connection.waits_for_time());
      EXPECT_EQ(connection.paced.until - server.clock.now(), 10 * kMillisecondOfTest);
      EXPECT_EQ(run(connection).empty(), fault == "reset" || fault == "fin-before");
    }
  }
}

TEST_F(BrokenTest, OldClientsAndHead) {
  for (const std::string fault : {"reset", "fin-before", "fin-in-head", "fin-in-body:3", "stall:20",
                                  "slow-head:1ms", "wrong-length:3", "bad-chunk", "429"}) {
    for (const Requested& each : kRequests) {
      SCOPED_TRACE(each.path + fault);
      const uint64_t faults = server.counters.faults;
      answer("GET " + each.path + "fault=" + fault + " HTTP/1.0\r\n\r\n");
      const std::string head =
          answer("HEAD " + each.path + "fault=" + fault + " HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_TRUE(head.empty() || head.find("\r\n\r\n") >= head.size() - 4);
      if (each.method == "GET") {
        EXPECT_EQ(server.counters.faults, faults + 2);
      }
    }
  }
}

TEST_F(BrokenTest, ExpectationsDoNotHoldUpFaults) {
  const std::string fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
  for (const std::string fault : {"reset", "fin-before", "fin-in-head", "slow-head:1ms", "429"}) {
    for (const std::string path : {"/echo", "/upload", "/status/201"}) {
      HttpConnection connection(server);
      connection.receive(request("POST", path + "?fault=" + fault, fields));
      connection.receive("hello");
      const std::string text = run(connection);
      EXPECT_TRUE(connection.finished() || text.find("HTTP/1.1 ") != std::string::npos)
          << path << fault;
    }
  }
}

// As often as asked for, and exactly the same again with a seed.
TEST_F(BrokenTest, FaultsComeByTheirProbability) {
  std::map<std::string, int> counts;
  HttpConnection connection(server);
  constexpr int kCount = 3000;
  const FaultMix mix = *FaultMix::parse("404@10%,5xx@20%");
  for (uint64_t i = 0; i < kCount; ++i) {
    connection.receive(get("/json?fault=404@10%25,5xx@20%25"));
    ++counts[connection.output.substr(9, 1)];
    connection.output.clear();
  }
  EXPECT_NEAR(counts["4"], 300, 70);
  EXPECT_NEAR(counts["5"], 600, 90);
  EXPECT_EQ(server.counters.faults, static_cast<uint64_t>(counts["4"] + counts["5"]));
  for (int round = 0; round < 2; ++round) {
    HttpConnection seeded(server);
    for (uint64_t i = 0; i < 200; ++i) {
      seeded.receive(get("/json?fault=404@10%,5xx@20%&fault-seed=8"));
      core::Random random = core::Random(8).derive(i);
      const Fault fault = mix.decide(random);
      const int64_t expected = fault.kind == FaultKind::none ? 200 : fault.amount;
      EXPECT_EQ(seeded.output.substr(9, 3), std::to_string(expected)) << i;
      seeded.output.clear();
    }
  }
}

TEST_F(BrokenTest, ABadFaultIsNamed) {
  const std::string text = answer(get("/json?fault=reset@200%"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(body_of(text),
            "/json: fault: expected a percentage from 0 to 100, found \"200%\" at character 7\n");
  EXPECT_EQ(server.counters.faults, 0U);
}

}  // namespace
}  // namespace http::target
