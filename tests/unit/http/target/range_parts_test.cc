// Several ranges of generated content (RFC 9110 section 14.6), through a session and without a
// socket: exact bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

// Positions of the first and the last byte, both included.
using Parts = std::vector<std::pair<uint64_t, uint64_t>>;

class RangePartsTest : public ::testing::Test {
 protected:
  RangePartsTest() { server.responder.add_target(target); }

  static std::string ranged(const std::string& path, const std::string& ranges,
                            const std::string& fields = "") {
    return get(path, "Range: bytes=" + ranges + "\r\n" + fields);
  }
  std::string answer(const std::string& request) {
    HttpConnection connection(server);
    connection.receive(request);
    return run(connection);
  }
  // Lets it go on whenever it wants to. All that came.
  std::string run(HttpConnection& connection) {
    while (connection.waits_for_time() && connection.session.phase() != h1::Phase::stalled) {
      server.pass(connection.paced.until - server.clock.now());
      connection.receive("");
    }
    return std::exchange(connection.output, "");
  }

  static std::string boundary_of(const std::string& response) {
    const std::string before = "; boundary=";
    const std::size_t at = response.find(before);
    return at == std::string::npos ? "" : response.substr(at + before.size(), 16);
  }
  // With another boundary for that of each response.
  static std::string with_one_boundary(std::string text) {
    const std::string one = "################";
    for (std::string boundary = boundary_of(text); !boundary.empty() && boundary != one;) {
      for (std::size_t at = 0; (at = text.find(boundary, at)) != std::string::npos;) {
        text.replace(at, one.size(), one);
      }
      // The first one that is left; those that have been replaced are not looked at again.
      const std::size_t at = text.find("; boundary=", text.rfind(one));
      boundary = at == std::string::npos ? "" : text.substr(at + 11, 16);
    }
    return text;
  }
  // The whole response, put together by hand; byte i of the content is that of the pattern.
  std::string expected(uint64_t seed, uint64_t size, const Parts& parts,
                       const std::string& boundary) const {
    std::string body;
    for (const auto& [first, last] : parts) {
      body += "\r\n--" + boundary + "\r\nContent-Type: application/octet-stream\r\n" +
              "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
              std::to_string(size) + "\r\n\r\n";
      for (uint64_t i = first; i <= last; ++i) body += *pattern.at(seed, i);
    }
    body += "\r\n--" + boundary + "--\r\n";
    return start_line(Status::partial_content, kNow) +
           "Content-Type: multipart/byteranges; boundary=" + boundary +
           "\r\nX-Content-Type-Options: nosniff\r\nAccept-Ranges: bytes\r\nETag: \"" +
           std::to_string(size) + "-" + std::to_string(seed) +
           "\"\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  HttpServer server;
  Target target{"/", 7};
  const Pattern pattern;
};

constexpr uint64_t kTebibyte = uint64_t{1} << 40;

TEST_F(RangePartsTest, EveryByte) {
  struct Case {
    std::string path;
    uint64_t seed;
    uint64_t size;
    std::string ranges;
    Parts parts;
  };
  const std::string large = std::to_string(kTebibyte);
  const Case cases[] = {
      {"/range/200000", 0, 200'000, "0-1,500-506", {{0, 1}, {500, 506}}},
      {"/bytes/200000?seed=5", 5, 200'000, "0-1,500-506", {{0, 1}, {500, 506}}},
      // In the order in which they are asked for.
      {"/range/200000", 0, 200'000, "-5,0-9", {{199'995, 199'999}, {0, 9}}},
      // Around the ends of the block, copied and referred to.
      {"/range/200000",
       0,
       200'000,
       "65000-66000,131000-131100",
       {{65'000, 66'000}, {131'000, 131'100}}},
      {"/range/200000",
       0,
       200'000,
       "65000-100000,131000-199999",
       {{65'000, 100'000}, {131'000, 199'999}}},
      {"/range/200000", 0, 200'000, "100-101,1000-199000", {{100, 101}, {1000, 199'000}}},
      // Those that overlap, touch or nearly do are one, and those that are not there are none.
      {"/range/200000",
       0,
       200'000,
       "0-9,5-15,16-20,40-50,1000-,999999-",
       {{0, 50}, {1000, 199'999}}},
      {"/bytes/1TiB?seed=3",
       3,
       kTebibyte,
       "7-9,-1000,549755813888-549755813900",
       {{7, 9}, {kTebibyte - 1000, kTebibyte - 1}, {kTebibyte / 2, kTebibyte / 2 + 12}}},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.path + " " + each.ranges);
    const std::string response = answer(ranged(each.path, each.ranges));
    const std::string boundary = boundary_of(response);
    EXPECT_EQ(boundary.size(), 16U);
    EXPECT_TRUE(response == expected(each.seed, each.size, each.parts, boundary))
        << response.substr(0, 600);
  }
}

TEST_F(RangePartsTest, HasAnotherBoundaryEachTime) {
  const std::string request = ranged("/range/1000", "0-1,500-506");
  EXPECT_NE(boundary_of(answer(request)), boundary_of(answer(request)));
}

// As many as a response may have, the longest heads, and one more.
TEST_F(RangePartsTest, SixteenAtMost) {
  std::string ranges = "0-4999";
  Parts parts = {{0, 4999}};
  for (uint64_t i = 1; i < kMaxRangeParts; ++i) {
    const uint64_t first = kTebibyte - 20'000 * i;
    ranges += "," + std::to_string(first) + "-" + std::to_string(first + 4999);
    parts.emplace_back(first, first + 4999);
  }
  const std::string path = "/bytes/1TiB?seed=18446744073709551615";
  const std::string response = answer(ranged(path, ranges));
  EXPECT_TRUE(response == expected(UINT64_MAX, kTebibyte, parts, boundary_of(response)));
  HttpConnection connection(server);
  connection.receive_without_sending(ranged(path, ranges + ",900000-900009"));
  EXPECT_EQ(queued_bytes(connection.queue) & ~uint64_t{0xfff}, kTebibyte) << "the whole";
  connection.queue.clear();
}

// What is asked for, and that it may be whole instead, is the same as for a file with that content.
TEST_F(RangePartsTest, SameAsOfAFile) {
  const std::string content = [&] {
    const std::string response = answer(get("/range/9000"));
    return response.substr(response.find("\r\n\r\n") + 4);
  }();
  server.files.put("file", content, kOld);
  core::Random random(1);
  const auto body = [](const std::string& response) {
    return with_one_boundary(response.substr(response.find("Content-Type: ")))
        .substr(response.find("\r\n\r\n") + 4 - response.find("Content-Type: "));
  };
  int several = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string ranges;
    for (uint64_t left = 1 + random.below(random.below(4) == 0 ? 24 : 5); left > 0; --left) {
      const uint64_t first = random.below(random.below(8) == 0 ? 12'000 : 9000);
      const uint64_t length = random.below(random.below(8) == 0 ? 9000 : 200);
      const uint64_t kind = random.below(10);
      ranges += ranges.empty() ? "" : ",";
      if (kind == 0) {
        ranges += "-" + std::to_string(random.below(10'000));
      } else {
        ranges += std::to_string(first) + "-" + (kind == 1 ? "" : std::to_string(first + length));
      }
    }
    const std::string ours = answer(ranged("/range/9000", ranges));
    const std::string files = answer(ranged("/file", ranges));
    ASSERT_EQ(ours.substr(0, 13), files.substr(0, 13)) << ranges;
    if (ours.starts_with("HTTP/1.1 416")) continue;  // with other pages
    ASSERT_TRUE(body(ours) == body(files)) << ranges;
    several += !boundary_of(ours).empty();
  }
  EXPECT_GT(several, 1000);
}

TEST_F(RangePartsTest, OnlyWhenRangesApply) {
  const std::string whole = answer(get("/range/1000"));
  const std::string ranges = "0-1,500-506";
  EXPECT_EQ(answer(ranged("/range/1000", ranges, "If-Range: \"x\"\r\n")), whole);
  EXPECT_NE(boundary_of(answer(ranged("/range/1000", ranges, "If-Range: \"1000-0\"\r\n"))), "");
  EXPECT_EQ(answer(ranged("/range/1000", "0-499,500-")), whole) << "all of it";
  EXPECT_EQ(answer("HEAD /range/1000 HTTP/1.1\r\nHost: a\r\nRange: bytes=" + ranges + "\r\n\r\n"),
            whole.substr(0, whole.find("\r\n\r\n") + 4));
  EXPECT_TRUE(answer(ranged("/bytes/1000", ranges)).starts_with("HTTP/1.1 200")) << "by chance";
}

// In sends of any size, and in a pipeline whose answers fill the output before all are made.
TEST_F(RangePartsTest, InPieces) {
  for (const std::string ranges : {"0-9,500-509", "100-70000,71000-199999,0-1"}) {
    const std::string request = ranged("/range/200000", ranges);
    const std::string whole = with_one_boundary(answer(request));
    for (const std::size_t size : {7U, 333U, 5000U, 66'000U}) {
      HttpConnection connection(server);
      connection.receive_without_sending(request);
      while (queued_bytes(connection.queue) > 0) connection.send(size);
      EXPECT_TRUE(with_one_boundary(connection.output) == whole) << ranges << " " << size;
    }
    for (std::size_t before = 0; before < 34; ++before) {
      const std::string other = get("/range/5000");
      HttpConnection connection(server);
      std::string requests;
      std::string expected;
      for (std::size_t i = 0; i < before; ++i) {
        requests += before % 2 == 0 ? other : get("/bytes/900?seed=1");
        expected += answer(before % 2 == 0 ? other : get("/bytes/900?seed=1"));
      }
      connection.receive_without_sending(requests + request + other);
      for (int sends = 0; connection.blocked() && sends < 10; ++sends) {
        connection.send_all();
        connection.receive_without_sending("");
      }
      connection.send_all();
      EXPECT_TRUE(with_one_boundary(connection.output) == expected + whole + answer(other))
          << ranges << " behind " << before;
    }
  }
}

// Whatever is left of the chunk behind others.
TEST_F(RangePartsTest, WithLittleRoom) {
  for (const std::string ranges : {"0-9,500-509", "0-999,1500-3999"}) {
    const std::string request = get("/range/200000", "Range: bytes=" + ranges + "\r\n");
    const std::string whole = with_one_boundary(answer(request));
    for (int size = 3700; size < 4096; size += 3) {
      const std::string other = get("/bytes/" + std::to_string(size) + "?seed=1");
      const std::string other_answer = answer(other);
      std::string requests;
      std::string expected;
      for (int i = 0; i < 6; ++i) {
        requests += other;
        expected += other_answer;
      }
      HttpConnection connection(server);
      connection.receive_without_sending(requests + request);
      for (int sends = 0; connection.blocked() && sends < 10; ++sends) {
        connection.send_all();
        connection.receive_without_sending("");
      }
      connection.send_all();
      ASSERT_TRUE(with_one_boundary(connection.output) == expected + whole)
          << ranges << " " << size;
    }
  }
}

TEST_F(RangePartsTest, LateAndBroken) {
  for (const std::string ranges : {"0-9,500-509", "100-70000,71000-199999,0-1"}) {
    SCOPED_TRACE(ranges);
    const std::string whole = with_one_boundary(answer(ranged("/range/200000", ranges)));
    const std::size_t head = whole.find("\r\n\r\n") + 4;
    const auto with = [&](const std::string& parameters) {
      return with_one_boundary(answer(ranged("/range/200000?" + parameters, ranges)));
    };
    EXPECT_TRUE(with("delay=20ms") == whole);
    for (std::size_t length = 0; length < whole.size() - head; length += 1 + length / 2) {
      // A boundary that is cut off is not found.
      const std::string cut = whole.substr(0, head + length);
      const std::size_t compared = cut.size() - std::min<std::size_t>(length, 16);
      for (const std::string& fault :
           {"fin-in-body:" + std::to_string(length), "stall:" + std::to_string(head + length)}) {
        const std::string response = with("fault=" + fault);
        EXPECT_EQ(response.size(), cut.size()) << fault;
        EXPECT_TRUE(response.substr(0, compared) == cut.substr(0, compared)) << fault;
      }
    }
    std::string longer = whole;
    const std::string length = "Content-Length: " + std::to_string(whole.size() - head);
    longer.replace(longer.find(length), length.size(),
                   "Content-Length: " + std::to_string(whole.size() - head + 10));
    EXPECT_TRUE(with("fault=wrong-length:10") == longer);
    std::string chunked = whole;
    chunked.replace(chunked.find(length), length.size(), "Transfer-Encoding: chunked");
    chunked.insert(chunked.find("\r\n\r\n") + 4, "none\r\n");
    EXPECT_TRUE(with("fault=bad-chunk") == chunked + "\r\n0\r\n\r\n");
    std::string slow = with("fault=slow-head:1ms");  // in less than a second
    EXPECT_TRUE(slow == whole) << slow.substr(0, 500);
  }
}

}  // namespace
}  // namespace http::target
