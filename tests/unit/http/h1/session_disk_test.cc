// Requests whose files can not be had without waiting for the disk: nothing of an answer is queued
// and nothing of the request is taken, and when it is made again it gets the answer that it would
// have got at once.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using test_support::get;
using test_support::HttpConnection;
using test_support::HttpServer;
using test_support::kOld;
using test_support::kSecond;
using test_support::MemoryFileSystem;
using Call = MemoryFileSystem::Call;

struct Case {
  const char* name;
  std::string request;
};

class SessionDiskTest : public ::testing::TestWithParam<Case> {
 protected:
  struct Site {
    Site() : server(test_support::kRoomyLimits, listing_policy()) {
      server.files.put("a.txt", test_support::pattern(900), kOld);
      server.files.put("a.txt.br", test_support::pattern(300), kOld);
      server.files.put("large.bin", test_support::pattern(40'000), kOld);
      server.files.put("d/index.html", "index", kOld);
      server.files.put("list/x", "x", kOld);
    }
    static http::ContentPolicy listing_policy() {
      http::ContentPolicy policy;
      policy.listings = true;
      return policy;
    }
    // The `number`th call that may wait does so, once. Calls of an open file never do, but reads.
    void make_wait(uint64_t number) {
      left = number;
      for (const Call call : {Call::look, Call::open, Call::read, Call::list, Call::refresh}) {
        server.files.before(call, [this, call] {
          if (is_asking && left-- == 0) server.files.fail_next(call, core::kWouldWait);
        });
      }
    }

    HttpServer server;
    uint64_t left = UINT64_MAX;
    bool is_asking = false;  // and not sending, which reads files too
  };

  // How often the disk had to be waited for.
  static int answer_at_last(Site& site, HttpConnection& connection, const std::string& request) {
    int waits = 0;
    site.is_asking = true;
    connection.receive_without_sending(request);
    while (connection.waits_for_disk()) {
      ++waits;
      EXPECT_TRUE(connection.queue.empty()) << "a part of an answer";
      EXPECT_EQ(connection.carry(), request) << "a part of the request was taken";
      EXPECT_EQ(connection.session.phase(), Phase::head);
      connection.receive_without_sending("");
    }
    site.is_asking = false;
    connection.send_all();
    return waits;
  }
};

TEST_P(SessionDiskTest, WaitsAtAnyCallAndAnswersAsIfItHadNot) {
  const std::string& request = GetParam().request;
  Site calm;
  HttpConnection undisturbed(calm.server);
  undisturbed.receive(request);
  calm.server.pass(kSecond);
  undisturbed.receive(request);  // compared with its file
  ASSERT_FALSE(undisturbed.output.empty());

  bool has_waited = true;
  for (uint64_t number = 0; has_waited; ++number) {
    ASSERT_LT(number, 100U);
    Site site;
    site.make_wait(number);
    HttpConnection connection(site.server);
    int waits = answer_at_last(site, connection, request);
    site.server.pass(kSecond);
    waits += answer_at_last(site, connection, request);
    EXPECT_EQ(connection.output, undisturbed.output) << "call " << number;
    has_waited = waits > 0;
    EXPECT_EQ(site.server.counters.requests, 2U);
  }
}

TEST_P(SessionDiskTest, IsGivenUpWith503) {
  Site site;
  site.server.files.fail_always(Call::refresh, core::kWouldWait);
  HttpConnection connection(site.server);
  connection.receive_without_sending(GetParam().request);
  ASSERT_TRUE(connection.waits_for_disk());
  connection.session.on_disk_timeout(connection.carry(), site.server.context, connection.queue);
  connection.send_all();
  EXPECT_TRUE(connection.output.starts_with("HTTP/1.1 503 ")) << connection.output;
  EXPECT_NE(connection.output.find("\r\nRetry-After: 1\r\n"), std::string::npos);
  EXPECT_NE(connection.output.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(connection.session.phase(), Phase::finished);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, SessionDiskTest,
    ::testing::Values(Case{"Small", get("/a.txt")},
                      Case{"Sibling", get("/a.txt", "Accept-Encoding: br\r\n")},
                      Case{"Spelling", get("/%61.txt")}, Case{"Large", get("/large.bin")},
                      Case{"Range", get("/large.bin", "Range: bytes=1-2\r\n")},
                      Case{"Index", get("/d/")}, Case{"Redirect", get("/d")},
                      Case{"Listing", get("/list/")}, Case{"Missing", get("/missing")},
                      Case{"MissingDirectory", get("/missing/")},
                      Case{"Body",
                           "GET /a.txt HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                           "Content-Length: 0\r\n\r\n"}),
    [](const auto& info) { return info.param.name; });

// The original is believed for longer than the root. A call that would have waited and whose
// request is answered all the same would be left for the next request to wait for, in vain.
TEST(SiblingDiskTest, WaitsForTheRootBehindAFreshOriginal) {
  HttpServer server;
  server.files.put("a.txt", test_support::pattern(900), kOld);
  server.files.put("a.txt.br", test_support::pattern(300), kOld);
  HttpConnection connection(server);
  connection.receive(get("/a.txt"));
  server.pass(kSecond / 2);
  server.files.fail_always(Call::refresh, core::kWouldWait);
  connection.receive_without_sending(get("/a.txt", "Accept-Encoding: br\r\n"));
  EXPECT_TRUE(connection.waits_for_disk());
  server.files.fail_always(Call::refresh, 0);
  connection.receive("");
  EXPECT_FALSE(connection.waits_for_disk());
  EXPECT_NE(connection.output.find("\r\nContent-Encoding: br\r\n"), std::string::npos);
}

}  // namespace
}  // namespace http::h1
