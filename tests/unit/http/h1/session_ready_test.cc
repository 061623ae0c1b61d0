// Session::ready_answer(): which requests it answers, with the very bytes that on_bytes() sends,
// and that it does nothing at all to the others.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "http/h1/head_parser.h"
#include "http/h1/session.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using namespace test_support;

class SessionReadyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (head_parser_isa() == core::Isa::scalar) GTEST_SKIP() << "needs a vector parser";
    server.files.put("a.txt", small.content, kOld);
    server.files.put("large.bin", large.content, kOld);
    server.files.put("a.css", "original", kOld);
    server.files.put("a.css.br", "br", kOld);
    server.files.put("dir/b.txt", "b", kOld);
    warm({get("/a.txt"), get("/large.bin"), get("/dir/"), get("/a.css"),
          get("/a.css", "Accept-Encoding: br\r\n")});
  }

  // Has them answered on connections of their own: what they ask for lies ready then.
  void warm(const std::vector<std::string>& requests) {
    for (const std::string& request : requests) answer(server, request);
  }

  // The bytes of a ready answer, which is asked for on a connection of its own; or nothing.
  std::string ready(const std::string& request) {
    Session session;
    const PaddedBytes padded(request, server.random);
    return text_of(session.ready_answer(padded.bytes(), server.context));
  }
  static std::string text_of(const Session::Ready& ready) {
    if (ready.entry == nullptr) return "";
    const RenderedHead& head = ready.entry->head;
    // As the worker does it, which relies on both lying together.
    EXPECT_EQ(head.bytes + head.length, ready.entry->body.data());
    return {head.bytes, head.length + ready.entry->body.size()};
  }

  // A request that has no ready answer changes nothing, and on_bytes() answers it the same whether
  // it is told what has been parsed or not.
  void expect_not_ready(const std::string& request, std::size_t parsed, Session session = {}) {
    const PaddedBytes padded(request, server.random);
    const SessionCounters before = server.counters;
    const Phase phase = session.phase();
    const Session::Ready ready = session.ready_answer(padded.bytes(), server.context);
    EXPECT_EQ(ready.entry, nullptr) << request;
    EXPECT_EQ(ready.parsed, parsed) << request;
    EXPECT_EQ(session.phase(), phase) << request;
    EXPECT_TRUE(session.is_between_requests()) << request;
    EXPECT_EQ(server.counters.requests, before.requests) << request;
    EXPECT_EQ(server.counters.bad_requests, before.bad_requests) << request;

    Session anew = session;
    const std::string told = answer_of(session, padded.bytes(), ready.parsed);
    EXPECT_EQ(told, answer_of(anew, padded.bytes(), 0)) << request;
    EXPECT_EQ(session.phase(), anew.phase()) << request;
  }

  // What on_bytes() makes of bytes of which so many have been parsed: how it ended, and the output.
  std::string answer_of(Session& session, core::Bytes bytes, uint32_t parsed) {
    const auto chunk = std::make_unique<char[]>(core::ChunkPool::kStride);
    OutputQueue queue(server.store);
    queue.give_chunk(chunk.get());
    const Session::Step step = session.on_bytes(bytes, server.context, queue, parsed);
    return std::to_string(static_cast<int>(step.outcome)) + ", " + std::to_string(step.consumed) +
           " taken:\n" + take_output(queue, server.files, queued_bytes(queue));
  }

  HttpServer server{kRoomyLimits, {.listings = true}};
  const ExpectedFile small{"hello, world", kOld, "text/plain; charset=utf-8"};
  const ExpectedFile large{pattern(16 * 1024 + 1), kOld, "application/octet-stream"};
};

// --- what is ready ------------------------------------------------------------------------------

TEST_F(SessionReadyTest, AnswersAWholePlainGetAsOnBytesDoes) {
  // Around what is copied behind a head, and the largest that is kept in memory.
  for (const std::size_t size : {0U, 1U, 12U, 4096U, 4097U, 16U * 1024}) {
    const ExpectedFile file{pattern(size), kOld, "text/html; charset=utf-8"};
    const std::string path = "/f" + std::to_string(size) + ".html";
    server.files.put(path.substr(1), file.content, kOld);
    for (const std::string fields : {"", "User-Agent: x\r\nAccept: */*\r\nX-Other: y\r\n"}) {
      const std::string request = get(path, fields);
      const std::string sent = answer(server, request);
      EXPECT_EQ(sent, expected_file(file, kNow));
      EXPECT_EQ(ready(request), sent) << request;
    }
  }
}

TEST_F(SessionReadyTest, IsOneRequestAnswered) {
  const PaddedBytes padded(get("/a.txt"), server.random);
  Session session;
  EXPECT_EQ(session.phase(), Phase::head);
  const SessionCounters before = server.counters;
  for (uint64_t answered = 1; answered <= 3; ++answered) {
    ASSERT_TRUE(session.is_between_requests());
    EXPECT_EQ(text_of(session.ready_answer(padded.bytes(), server.context)),
              expected_file(small, kNow));
    EXPECT_EQ(session.phase(), Phase::idle);
    EXPECT_FALSE(session.lingers());
    EXPECT_EQ(server.counters.requests, before.requests + answered);
    EXPECT_EQ(server.counters.bad_requests, before.bad_requests);
  }
}

// The two ways of answering take turns on one connection.
TEST_F(SessionReadyTest, GoesTogetherWithOnBytes) {
  HttpConnection connection(server);
  const PaddedBytes padded(get("/a.txt"), server.random);
  const auto expect_ready = [&] {
    ASSERT_TRUE(connection.session.is_between_requests());
    EXPECT_EQ(text_of(connection.session.ready_answer(padded.bytes(), server.context)),
              expected_file(small, kNow));
  };
  expect_ready();
  connection.receive(get("/missing") + "HEAD /a.txt HTTP/1.1\r\n");
  EXPECT_FALSE(connection.session.is_between_requests()) << "a head has begun";
  connection.receive("Host: a\r\n\r\n");
  expect_ready();
  connection.receive(get("/a.txt", "Content-Length: 3\r\n") + "ab");
  EXPECT_FALSE(connection.session.is_between_requests()) << "a body is being passed over";
  connection.receive("c");
  expect_ready();
  connection.receive(get("/a.txt", "Connection: close\r\n"));
  EXPECT_FALSE(connection.session.is_between_requests());
  EXPECT_EQ(connection.output,
            expected_error(Status::not_found, kNow) + expected_file(small, kNow, kHeadOnly) +
                expected_file(small, kNow) + expected_file(small, kNow, kCloses));
}

// What Accept-Encoding chooses is as ready as a file without siblings.
TEST_F(SessionReadyTest, AnswersWithTheSiblingThatIsAccepted) {
  for (const std::string coding : {"br", "gzip", "br;q=0", "identity"}) {
    const std::string request = get("/a.css", "Accept-Encoding: " + coding + "\r\n");
    const std::string text = ready(request);
    EXPECT_EQ(text.ends_with(coding == "br" ? "\r\n\r\nbr" : "\r\n\r\noriginal"), true) << text;
    EXPECT_EQ(text.find("\r\nContent-Encoding: br\r\n") != text.npos, coding == "br") << text;
    EXPECT_EQ(text, answer(server, request));
  }
  const std::string text = ready(get("/a.css"));
  EXPECT_TRUE(text.ends_with("\r\n\r\noriginal")) << text;
  EXPECT_EQ(text, answer(server, get("/a.css")));
  EXPECT_EQ(ready(get("/a.txt", "Accept-Encoding: br\r\n")), expected_file(small, kNow))
      << "there is nothing to choose from";
}

// --- what is not --------------------------------------------------------------------------------

TEST_F(SessionReadyTest, LeavesEveryOtherRequestToOnBytes) {
  const std::string host = "Host: a\r\n";
  const std::string line = "GET /a.txt HTTP/1.1\r\n";
  // A body in the same bytes is not part of the head.
  const std::string with_length = get("/a.txt", "Content-Length: 3\r\n");
  const std::string chunked = get("/a.txt", "Transfer-Encoding: chunked\r\n");
  struct Case {
    std::string request;
    bool whole = true;  // a vector parser accepts it as a whole head
    std::size_t behind = 0;
  };
  const std::vector<Case> cases = {
      {"HEAD /a.txt HTTP/1.1\r\n" + host + "\r\n"},
      {"POST /a.txt HTTP/1.1\r\n" + host + "\r\n"},
      {"OPTIONS /a.txt HTTP/1.1\r\n" + host + "\r\n"},
      {"GET /a.txt HTTP/1.0\r\n" + host + "\r\n"},
      {"GET /a.txt HTTP/1.0\r\n" + host + "Connection: keep-alive\r\n\r\n"},
      // More or less than one request.
      {get("/a.txt") + get("/a.txt"), true, get("/a.txt").size()},
      {get("/a.txt") + "G", true, 1},
      {get("/a.txt") + "\r\n", true, 2},
      {"G", false},
      {line, false},
      {line + host, false},
      {line + host + "\r", false},
      {"\r\n" + get("/a.txt"), false},
      {"GET  /a.txt HTTP/1.1\r\n" + host + "\r\n", false},
      {"GET /a.txt HTTP/3.0\r\n" + host + "\r\n", false},
      {line + "Host : a\r\n\r\n", false},
      {line + host + "X: \x01\r\n\r\n", false},
      // RFC 9112 sections 9.6, 6.2, 6.1 and RFC 9110 section 10.1.1.
      {get("/a.txt", "Connection: close\r\n")},
      {get("/a.txt", "Connection: keep-alive\r\n")},
      {with_length + "abc", true, 3},
      {get("/a.txt", "Content-Length: 0\r\n")},
      {get("/a.txt", "Content-Length: x\r\n")},
      {chunked + "0\r\n\r\n", true, 5},
      {chunked},
      {get("/a.txt", "Expect: 100-continue\r\n")},
      {get("/a.txt", "Expect: x\r\n")},
      // RFC 9112 section 3.2.
      {line + "\r\n"},
      {line + "Host: a b\r\n\r\n"},
      {line + "Host: \r\n\r\n"},
      {line + host + host + "\r\n"},
      {line + host + "Host: b\r\n\r\n"},
      // RFC 9110 sections 13.1 and 14.2.
      {get("/a.txt", "If-None-Match: \"x\"\r\n")},
      {get("/a.txt", "If-None-Match: *\r\n")},
      {get("/a.txt", "If-Match: *\r\n")},
      {get("/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")},
      {get("/a.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")},
      {get("/a.txt", "Range: bytes=0-1\r\n")},
      {get("/a.txt", "If-Range: \"x\"\r\n")},
      // Not in memory under this name.
      {get("/missing")},
      {get("/a.txt?query")},
      {get("/%61.txt")},
      {get("http://a/a.txt")},
      {get("/dir")},
      {get("/dir/")},
      {get("/dir/", "Accept: application/json\r\n")},
      {get("/large.bin")},
  };
  for (const Case& one : cases) {
    const std::size_t parsed = one.whole ? one.request.size() - one.behind : 0;
    for (const bool is_first : {true, false}) {
      // Nothing but this request is in the way.
      warm({get("/a.txt")});
      Session session;
      const PaddedBytes padded(get("/a.txt"), server.random);
      ASSERT_NE(session.ready_answer(padded.bytes(), server.context).entry, nullptr);
      expect_not_ready(one.request, parsed, is_first ? Session() : session);
    }
  }
}

// A Host is compared with the last valid one; another is ready when it has been found valid.
TEST_F(SessionReadyTest, AnotherHostIsReadyTheNextTime) {
  const std::string request = "GET /a.txt HTTP/1.1\r\nHost: example.org:8080\r\n\r\n";
  expect_not_ready(request, request.size());
  EXPECT_EQ(ready(request), expected_file(small, kNow));
  expect_not_ready(get("/a.txt"), get("/a.txt").size());
  EXPECT_EQ(ready(get("/a.txt")), expected_file(small, kNow));
}

TEST_F(SessionReadyTest, AHeadOfAnotherSecondIsRenewedByOnBytes) {
  const std::string request = get("/a.txt");
  // Also when the clock is set back.
  for (const int64_t wall : {kNow + 1, kNow + 3600, kNow - 5}) {
    ASSERT_NE(ready(request), "");
    server.set_time(server.clock.now(), wall);
    expect_not_ready(request, request.size());
    EXPECT_EQ(ready(request), expected_file(small, wall));
  }
}

TEST_F(SessionReadyTest, AStaleEntryIsLookedAtAgainFirst) {
  const std::string request = get("/a.txt");
  server.set_time(server.clock.now() + ContentStore::kFreshness - 1, kNow);
  EXPECT_EQ(ready(request), expected_file(small, kNow));
  server.set_time(server.clock.now() + 1, kNow);
  expect_not_ready(request, request.size());
  EXPECT_EQ(ready(request), expected_file(small, kNow)) << "the file is as it was";

  const ExpectedFile other{"another text", kOld + 1, small.content_type};
  server.files.write("a.txt", other.content, other.modified_seconds);
  server.set_time(server.clock.now() + ContentStore::kFreshness, kNow);
  expect_not_ready(request, request.size());
  EXPECT_EQ(ready(request), expected_file(other, kNow));
}

// Siblings that come change the head: it says Vary then.
TEST_F(SessionReadyTest, AHeadThatIsToBeRenderedAnewIsNotReady) {
  const std::string request = get("/a.txt");
  server.files.put("a.txt.br", "br", kOld);
  server.set_time(server.clock.now() + ContentStore::kFreshness, kNow);
  // A conditional request looks at the file and renders no head.
  EXPECT_EQ(answer(server, get("/a.txt", "If-None-Match: *\r\n")).substr(9, 3), "304");
  expect_not_ready(request, request.size());
  const std::string text = ready(request);
  EXPECT_NE(text.find("\r\nVary: Accept-Encoding\r\n"), text.npos) << text;
  EXPECT_EQ(text, answer(server, request));
}

TEST_F(SessionReadyTest, NothingIsReadyForWhoIsTurnedAway) {
  Session session;
  session.turn_away();
  expect_not_ready(get("/a.txt"), get("/a.txt").size(), session);
}

TEST_F(SessionReadyTest, NothingIsReadyWhileDraining) {
  server.context.draining = true;
  expect_not_ready(get("/a.txt"), get("/a.txt").size());
}

// The response that is the last one has to say so.
TEST_F(SessionReadyTest, NothingIsReadyWhereRequestsAreCounted) {
  server.limits.requests = 2;
  expect_not_ready(get("/a.txt"), get("/a.txt").size());
  server.limits.requests = 0;
  EXPECT_EQ(ready(get("/a.txt")), expected_file(small, kNow));
}

// The limits of a head count here too, and on_bytes() words the refusal.
TEST_F(SessionReadyTest, AHeadBeyondItsLimitsIsNotReady) {
  const std::string request = get("/a.txt", "X: y\r\n");
  for (const HeadLimits& limits :
       {HeadLimits{.head_bytes = static_cast<uint32_t>(request.size()) - 1},
        HeadLimits{.target_bytes = 5}, HeadLimits{.fields = 1}}) {
    server.limits.head = limits;
    expect_not_ready(request, 0);
  }
  server.limits.head = {
      .head_bytes = static_cast<uint32_t>(request.size()), .target_bytes = 6, .fields = 2};
  EXPECT_EQ(ready(request), expected_file(small, kNow));
}

// Whatever part of a request has come: only the whole is answered.
TEST_F(SessionReadyTest, EveryBeginningOfARequest) {
  const std::string request = get("/a.txt", "User-Agent: x\r\nAccept: text/html, */*;q=0.8\r\n");
  for (std::size_t size = 1; size < request.size(); ++size) {
    expect_not_ready(request.substr(0, size), 0);
  }
  EXPECT_EQ(ready(request), expected_file(small, kNow));
}

}  // namespace
}  // namespace http::h1
