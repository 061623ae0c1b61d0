#include "http/h1/session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using namespace test_support;

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    server.files.put("a.txt", small.content, kOld);
    server.files.put("medium.html", medium.content, kOld);
    server.files.put("large.bin", large.content, kOld);
    server.files.put("dir/index.html", "index", kOld);
  }

  std::string answer(const std::string& request) { return test_support::answer(server, request); }
  // "200", "400 close" and the like, from the head of the first response.
  std::string verdict(const std::string& request) {
    HttpConnection connection(server);
    connection.receive(request);
    const std::string& output = connection.output;
    if (output.empty()) return "nothing";
    const std::string head = output.substr(0, output.find("\r\n\r\n"));
    const bool closes = head.find("\r\nConnection: close") != std::string::npos;
    const bool keeps = head.find("\r\nConnection: keep-alive") != std::string::npos;
    EXPECT_EQ(closes, connection.finished()) << request;
    return output.substr(9, 3) + (closes ? " close" : "") + (keeps ? " keep-alive" : "");
  }

  HttpServer server;
  const ExpectedFile small{"hello, world", kOld, "text/plain; charset=utf-8"};
  const ExpectedFile medium{pattern(6000), kOld, "text/html; charset=utf-8"};
  const ExpectedFile large{pattern(40'000), kOld, "application/octet-stream"};
};

// --- one request --------------------------------------------------------------------------------

TEST_F(SessionTest, ExactBytes) {
  EXPECT_EQ(answer(get("/a.txt")), expected_file(small, kNow));
  EXPECT_EQ(answer(get("/medium.html")), expected_file(medium, kNow));
  EXPECT_EQ(answer(get("/large.bin")), expected_file(large, kNow));
  EXPECT_EQ(answer(get("/missing")), expected_error(Status::not_found, kNow));
  EXPECT_EQ(answer(get("/dir")),
            expected_error(Status::moved_permanently, kNow, kGoesOn, "Location: /dir/\r\n"));
  EXPECT_EQ(
      answer("POST /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"),
      expected_error(Status::method_not_allowed, kNow, kGoesOn, "Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(answer("GET /a.txt HTTP/1.0\r\n\r\n"), expected_file(small, kNow, kCloses));
  EXPECT_EQ(server.counters.requests, 7u);
  EXPECT_EQ(server.counters.bad_requests, 0u);
}

TEST_F(SessionTest, NothingForNothing) {
  HttpConnection connection(server);
  EXPECT_EQ(connection.session.phase(), Phase::head);
  connection.receive("");
  EXPECT_EQ(connection.output, "");
  EXPECT_EQ(connection.session.phase(), Phase::head);
  EXPECT_FALSE(connection.session.lingers());
}

TEST_F(SessionTest, Phases) {
  HttpConnection connection(server);
  connection.receive("GET /a.txt HT");
  EXPECT_EQ(connection.session.phase(), Phase::head);
  EXPECT_EQ(connection.carry(), "GET /a.txt HT") << "an incomplete head is not consumed";
  connection.receive("TP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(connection.session.phase(), Phase::body);
  connection.receive("1234");
  EXPECT_EQ(connection.session.phase(), Phase::body);
  EXPECT_EQ(connection.carry(), "") << "a body is consumed as it comes";
  connection.receive("5");
  EXPECT_EQ(connection.session.phase(), Phase::idle);
  connection.receive("G");
  EXPECT_EQ(connection.session.phase(), Phase::head);
  connection.receive("ET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(connection.session.phase(), Phase::finished);
}

// --- HEAD (RFC 9110 section 9.3.2) --------------------------------------------------------------

TEST_F(SessionTest, HeadIsAsGetWithoutTheBody) {
  for (const std::string& rest : std::vector<std::string>{
           "/a.txt HTTP/1.1\r\nHost: a\r\n\r\n", "/medium.html HTTP/1.1\r\nHost: a\r\n\r\n",
           "/large.bin HTTP/1.1\r\nHost: a\r\n\r\n", "/missing HTTP/1.1\r\nHost: a\r\n\r\n",
           "/dir HTTP/1.1\r\nHost: a\r\n\r\n", "/dir/x/ HTTP/1.1\r\nHost: a\r\n\r\n",
           "/ HTTP/1.1\r\nHost: a\r\n\r\n", "/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n", "/a.txt HTTP/1.1\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n",
           "/a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
           "/a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    const std::string whole = answer("GET " + rest);
    EXPECT_EQ(answer("HEAD " + rest), whole.substr(0, whole.find("\r\n\r\n") + 4)) << rest;
  }
}

// --- keep-alive (RFC 9112 section 9.3) ----------------------------------------------------------

TEST_F(SessionTest, KeepAlive) {
  const auto in_1_1 = [this](const std::string& fields) {
    return verdict("GET /a.txt HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  };
  EXPECT_EQ(in_1_1(""), "200");
  EXPECT_EQ(in_1_1("Connection: keep-alive\r\n"), "200");
  EXPECT_EQ(in_1_1("Connection: close\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: CLOSE\r\n"), "200 close");
  EXPECT_EQ(in_1_1("connection:Close\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: upgrade, close\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: close,upgrade\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: ,\t, close \t,\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: keep-alive\r\nConnection: close\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: keep-alive, close\r\n"), "200 close");
  EXPECT_EQ(in_1_1("Connection: closed\r\n"), "200");
  EXPECT_EQ(in_1_1("Connection: clos\r\n"), "200");
  EXPECT_EQ(in_1_1("Connection: not close\r\n"), "200");
  EXPECT_EQ(in_1_1("Connection: \"close\"\r\n"), "200");
  EXPECT_EQ(in_1_1("Connection:\r\n"), "200");
  EXPECT_EQ(in_1_1("Connection: ,,,\r\n"), "200");
  EXPECT_EQ(in_1_1("Proxy-Connection: close\r\n"), "200");

  const auto in_1_0 = [this](const std::string& fields) {
    return verdict("GET /a.txt HTTP/1.0\r\n" + fields + "\r\n");
  };
  EXPECT_EQ(in_1_0(""), "200 close");
  EXPECT_EQ(in_1_0("Connection: keep-alive\r\n"), "200 keep-alive");
  EXPECT_EQ(in_1_0("Connection: Keep-Alive\r\n"), "200 keep-alive");
  EXPECT_EQ(in_1_0("Connection: te, KEEP-alive\r\n"), "200 keep-alive");
  EXPECT_EQ(in_1_0("Connection: keep-alive, close\r\n"), "200 close");
  EXPECT_EQ(in_1_0("Connection: close, keep-alive\r\n"), "200 close");
  EXPECT_EQ(in_1_0("Connection: keep-alive\r\nConnection: close\r\n"), "200 close");
  EXPECT_EQ(in_1_0("Connection: keepalive\r\n"), "200 close");
  EXPECT_EQ(in_1_0("Keep-Alive: timeout=5\r\n"), "200 close");
  EXPECT_EQ(in_1_0("Host: a\r\n"), "200 close");

  // A higher minor version is answered as 1.1 (RFC 9110 section 2.5).
  EXPECT_EQ(verdict("GET /a.txt HTTP/1.9\r\nHost: a\r\n\r\n"), "200");
}

TEST_F(SessionTest, AConnectionIsUsedAgain) {
  HttpConnection connection(server);
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    connection.receive(get("/a.txt"));
    connection.receive("HEAD /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.receive("GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    connection.receive(get("/missing"));
    expected += expected_file(small, kNow) + expected_file(large, kNow, kHeadOnly) +
                expected_file(small, kNow, kKeepsAlive) + expected_error(Status::not_found, kNow);
  }
  EXPECT_EQ(connection.output, expected);
  EXPECT_EQ(server.counters.requests, 200u);
}

// --- errors -------------------------------------------------------------------------------------

TEST_F(SessionTest, Host) {
  const auto host = [this](const std::string& lines, const std::string& version = "1.1") {
    return verdict("GET /a.txt HTTP/" + version + "\r\n" + lines + "\r\n");
  };
  // RFC 9112 section 3.2: exactly one, and valid.
  EXPECT_EQ(host(""), "400 close");
  EXPECT_EQ(host("Host: a\r\nHost: a\r\n"), "400 close");
  EXPECT_EQ(host("Host: a\r\nHost: b\r\n"), "400 close");
  EXPECT_EQ(host("Host: a b\r\n"), "400 close");
  EXPECT_EQ(host("Host: a/b\r\n"), "400 close");
  EXPECT_EQ(host("Host: a, b\r\n"), "400 close");
  EXPECT_EQ(host("Host: user@a\r\n"), "400 close");
  EXPECT_EQ(host("Host: a:x\r\n"), "400 close");
  EXPECT_EQ(host("Host: [::1\r\n"), "400 close");
  EXPECT_EQ(host("Host: http://a\r\n"), "400 close");
  EXPECT_EQ(host("Host:\r\n"), "200");
  EXPECT_EQ(host("Host: a\r\n"), "200");
  EXPECT_EQ(host("Host: a:\r\n"), "200");
  EXPECT_EQ(host("Host: a:8080\r\n"), "200");
  EXPECT_EQ(host("Host: 127.0.0.1:8080\r\n"), "200");
  EXPECT_EQ(host("Host: [::1]:8080\r\n"), "200");
  EXPECT_EQ(host("", "1.0"), "200 close");
  EXPECT_EQ(host("Host: a\r\nHost: b\r\n", "1.0"), "400 close");
  EXPECT_EQ(host("Host: a b\r\n", "1.0"), "400 close");
  EXPECT_EQ(server.counters.bad_requests, 12u);
}

// A host that was found valid before is not checked again; whatever it is like, another one is.
TEST_F(SessionTest, HostsThatAreLikeTheLastOne) {
  const auto host = [this](const std::string& value) {
    return verdict("GET /a.txt HTTP/1.1\r\nHost: " + value + "\r\n\r\n");
  };
  for (const std::size_t length : std::vector<std::size_t>{1, 2, 63, 127, 128, 129, 200, 1000}) {
    const std::string valid(length, 'h');
    const std::string invalid = valid.substr(1) + "/";
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(host(valid), "200");
      EXPECT_EQ(host(valid), "200");
      EXPECT_EQ(host(invalid), "400 close");
      EXPECT_EQ(host(invalid), "400 close");
      EXPECT_EQ(host(valid + "/"), "400 close");
      EXPECT_EQ(host(valid + " "), "200");
      EXPECT_EQ(host("/" + valid), "400 close");
      EXPECT_EQ(host(""), "200");
      EXPECT_EQ(host(valid + ":80"), "200");
    }
  }
}

// RFC 9112 section 3: what follows a request line that is invalid is not read as a request.
TEST_F(SessionTest, BadTargetsEndTheConnection) {
  for (const std::string target : {"/%zz", "/%00", "/../a", "/a#b", "*", "a:80"}) {
    HttpConnection connection(server);
    connection.receive(get(target) + get("/a.txt"));
    EXPECT_EQ(connection.output, expected_error(http::Status::bad_request, kNow, kCloses))
        << target;
    EXPECT_TRUE(connection.finished() && connection.session.lingers()) << target;
  }
}

TEST_F(SessionTest, BadHeads) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\r\n\r\n\r\n\r\n", "400 close"},
      {"GET\r\n\r\n", "400 close"},
      {"GET /\r\n\r\n", "400 close"},
      {"GET  / HTTP/1.1\r\n\r\n", "400 close"},
      {"GET / HTTP/1.1\nHost: a\n\n", "400 close"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 close"},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 close"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 close"},
      {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505 close"},
      {"GET / HTTP/1.x\r\n\r\n", "400 close"},
      {"\x16\x03\x01\x02", "400 close"},  // TLS
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414 close"},
      {"GET /" + std::string(20'000, 'a'), "414 close"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n", "431 close"},
      {"GET / HTTP/1.1\r\nHost: a\r\n" +
           [] {
             std::string lines;
             for (int i = 0; i < 100; ++i) lines += "X: y\r\n";
             return lines;
           }() +
           "\r\n",
       "431 close"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", "400 close"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "400 close"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 close"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", "413 close"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", "413 close"},
  };
  for (const auto& [request, expected] : cases) {
    EXPECT_EQ(verdict(request), expected) << request.substr(0, 100);
  }
  EXPECT_EQ(server.counters.bad_requests, cases.size());
  EXPECT_EQ(server.counters.requests, 0u);
}

// RFC 9113 section 3.4: a client that begins with HTTP/2 is told so in HTTP/2.
TEST_F(SessionTest, TheHttp2PrefaceIsAnsweredInHttp2) {
  constexpr core::Bytes kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string settings("\0\0\0\x04\0\0\0\0\0", 9);
  const std::string goaway("\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\x0d", 17);
  for (std::size_t split = 0; split <= kPreface.size(); ++split) {
    HttpConnection connection(server);
    connection.receive(kPreface.substr(0, split));
    if (!connection.finished()) connection.receive(kPreface.substr(split));
    EXPECT_EQ(connection.output, settings + goaway) << split;
    EXPECT_TRUE(connection.finished());
    EXPECT_TRUE(connection.session.lingers());
  }
  // Behind as many requests as fill the output, it waits for room like any other answer.
  server.files.put("large.bin", pattern(10'000), kOld);
  for (const std::string path : {"/a.txt", "/large.bin", "/missing"}) {
    bool blocked = false;
    for (int before = 1; before < 100; ++before) {
      std::string pipeline;
      for (int i = 0; i < before; ++i) pipeline += get(path);
      HttpConnection connection(server);
      connection.receive_without_sending(pipeline);
      const bool had_room = !connection.blocked();
      connection.receive_without_sending(kPreface);
      blocked = blocked || (had_room && connection.blocked());
      connection.receive("");
      EXPECT_TRUE(connection.output.ends_with(settings + goaway)) << before;
      EXPECT_TRUE(connection.finished());
    }
    EXPECT_TRUE(blocked || path != "/large.bin");
  }
  EXPECT_EQ(verdict("PRI * HTTP/2.1\r\n\r\n"), "505 close");
  EXPECT_EQ(verdict("PRI / HTTP/2.0\r\n\r\n"), "505 close");
}

TEST_F(SessionTest, ConnectEndsTheConnection) {
  EXPECT_EQ(verdict("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"),
            "405 close");
}

TEST_F(SessionTest, OptionsHasNoBody) {
  EXPECT_EQ(test_support::answer(server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + get("/missing")),
            start_line(Status::no_content, kNow) + "Allow: GET, HEAD, OPTIONS\r\n\r\n" +
                expected_error(Status::not_found, kNow));
}

TEST_F(SessionTest, ErrorsOfAResourceDoNotEndTheConnection) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", "404"},
      {"DELETE /a.txt HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"BREW /a.txt HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "403"},
      {"POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "405"},
      {"GET /a.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n", "412"},
      {"GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=99-\r\n\r\n", "416"},
  };
  for (const auto& [request, expected] : cases) {
    EXPECT_EQ(verdict(request), expected);
    HttpConnection connection(server);
    connection.receive(request + get("/a.txt"));
    EXPECT_TRUE(connection.output.ends_with(expected_file(small, kNow))) << request;
  }
}

// A split must not hide that a head is bad until the deadline.
TEST_F(SessionTest, ABadHeadIsRefusedWhenItsLineIsThere) {
  for (const std::string& bad : std::vector<std::string>{
           "GET / HTTP/1.1\nHost: a\n\n", "GE\x01T / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA B: c\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n"}) {
    const std::string expected = answer(bad);
    EXPECT_TRUE(expected.starts_with("HTTP/1.1 400 ")) << bad;
    for (std::size_t split = 1; split < bad.size(); ++split) {
      HttpConnection connection(server);
      connection.receive(bad.substr(0, split));
      connection.receive(bad.substr(split));
      ASSERT_EQ(connection.output, expected) << bad << " at " << split;
      ASSERT_TRUE(connection.session.lingers());
    }
  }
}

// --- Expect (RFC 9110 section 10.1.1) -----------------------------------------------------------

TEST_F(SessionTest, Expect) {
  const std::string head = "GET /a.txt HTTP/1.1\r\nHost: a\r\n";
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::string file = expected_file(small, kNow);
  EXPECT_EQ(answer(head + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"), go_on + file);
  EXPECT_EQ(answer(head + "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
            go_on + file);
  EXPECT_EQ(answer(head + "Expect: 100-continue\r\n\r\n"), file) << "there is nothing to send";
  EXPECT_EQ(answer(head + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n"), file);
  EXPECT_EQ(answer("GET /a.txt HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
            expected_file(small, kNow, kCloses))
      << "an HTTP/1.0 client does not know 100";
  // A final status instead of 100: the body may come or not, so that the connection ends.
  EXPECT_EQ(answer("GET /missing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 3\r\n\r\n"),
            expected_error(Status::not_found, kNow, kCloses));
  EXPECT_EQ(
      answer("PUT /a.txt HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
             "Content-Length: 3\r\n\r\n"),
      expected_error(Status::method_not_allowed, kNow, kCloses, "Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(
      answer("PUT /a.txt HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"),
      expected_error(Status::method_not_allowed, kNow, kGoesOn, "Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(answer(head + "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"),
            expected_error(Status::content_too_large, kNow, kCloses));
  // Unknown expectations.
  // A list, in which a member may be empty or named again.
  const std::string body = "Content-Length: 3\r\n\r\n";
  EXPECT_EQ(answer(head + "Expect: 100-continue,, 100-CONTINUE\r\n" + body), go_on + file);
  EXPECT_EQ(answer(head + "Expect: 100-continue\r\nExpect: 100-continue\r\n" + body), go_on + file);
  EXPECT_EQ(answer(head + "Expect:\r\n" + body), file) << "nothing is expected";
  EXPECT_EQ(answer(head + "Expect: 200-ok\r\n\r\n"),
            expected_error(Status::expectation_failed, kNow));
  EXPECT_EQ(answer(head + "Expect: 100-continue, x\r\n\r\n"),
            expected_error(Status::expectation_failed, kNow));
  EXPECT_EQ(answer(head + "Expect: x\r\nExpect: 100-continue\r\n\r\n"),
            expected_error(Status::expectation_failed, kNow));
  EXPECT_EQ(answer(head + "Expect: x\r\nContent-Length: 3\r\n\r\n"),
            expected_error(Status::expectation_failed, kNow, kCloses));
  EXPECT_EQ(verdict(head + "Expect: x\r\nConnection: close\r\n\r\n"), "417 close");
}

TEST_F(SessionTest, TheBodyThatWasExpectedIsPassedOver) {
  HttpConnection connection(server);
  connection.receive(get("/a.txt", "Expect: 100-continue\r\nContent-Length: 3\r\n"));
  connection.receive("abc" + get("/medium.html"));
  EXPECT_EQ(connection.output, "HTTP/1.1 100 Continue\r\n\r\n" + expected_file(small, kNow) +
                                   expected_file(medium, kNow));
}

// Behind other responses the interim one waits for an empty queue, and comes once.
TEST_F(SessionTest, ContinueInAPipeline) {
  const std::string expecting = get("/a.txt", "Expect: 100-continue\r\nContent-Length: 3\r\n");
  HttpConnection connection(server);
  connection.receive_without_sending(get("/a.txt") + expecting + "abc" + expecting + "abc");
  EXPECT_TRUE(connection.blocked());
  EXPECT_EQ(server.counters.requests, 1u);
  connection.receive("");
  const std::string file = expected_file(small, kNow);
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(connection.output, file + go_on + file + go_on + file);
  EXPECT_EQ(server.counters.requests, 3u);
}

// --- request bodies -----------------------------------------------------------------------------

TEST_F(SessionTest, BodiesArePassedOver) {
  for (const std::string& body : std::vector<std::string>{
           "x", std::string(1000, 'x'), get("/missing"), std::string(1'048'576, '\r')}) {
    HttpConnection connection(server);
    connection.receive(get("/a.txt", "Content-Length: " + std::to_string(body.size()) + "\r\n"));
    connection.receive(body);
    connection.receive(get("/a.txt"));
    EXPECT_EQ(connection.output, expected_file(small, kNow) + expected_file(small, kNow));
  }
  char size[20];
  std::snprintf(size, sizeof(size), "%x", 1'048'576);
  for (const std::string& body : std::vector<std::string>{
           "0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "5;e=1\r\nGET /\r\n0\r\nTrailer: x\r\n\r\n",
           size + ("\r\n" + std::string(1'048'576, '\n')) + "\r\n0\r\n\r\n"}) {
    HttpConnection connection(server);
    connection.receive(get("/a.txt", "Transfer-Encoding: chunked\r\n") + body + get("/a.txt"));
    EXPECT_EQ(connection.output, expected_file(small, kNow) + expected_file(small, kNow));
  }
}

TEST_F(SessionTest, AChunkedBodyBeyondTheLimitEndsTheConnection) {
  HttpConnection connection(server);
  connection.receive(get("/a.txt", "Transfer-Encoding: chunked\r\n"));
  connection.receive("fffffff\r\n");
  EXPECT_FALSE(connection.finished());
  connection.receive(std::string(1'048'576, 'x'));
  EXPECT_FALSE(connection.finished());
  connection.receive("x");
  EXPECT_TRUE(connection.finished());
  EXPECT_TRUE(connection.session.lingers());
  EXPECT_EQ(connection.output, expected_file(small, kNow)) << "the answer was given already";
  EXPECT_EQ(server.counters.bad_requests, 1u);
}

TEST_F(SessionTest, ABadChunkEndsTheConnection) {
  for (const std::string& body : std::vector<std::string>{
           "x\r\n", "5\r\nhelloX", "0\r\nno colon\r\n\r\n", "5\nhello\n0\n\n"}) {
    HttpConnection connection(server);
    connection.receive(get("/a.txt", "Transfer-Encoding: chunked\r\n") + body + get("/a.txt"));
    EXPECT_TRUE(connection.finished());
    EXPECT_TRUE(connection.session.lingers());
    EXPECT_EQ(connection.output, expected_file(small, kNow)) << body;
  }
}

TEST_F(SessionTest, TheBodyLimitIsAParameter) {
  server.limits.body_bytes = 10;
  EXPECT_EQ(verdict(get("/a.txt", "Content-Length: 10\r\n")), "200");
  EXPECT_EQ(verdict(get("/a.txt", "Content-Length: 11\r\n")), "413 close");
  HttpConnection connection(server);
  connection.receive(get("/a.txt", "Transfer-Encoding: chunked\r\n") +
                     "a\r\n0123456789\r\n0\r\n\r\n" + get("/a.txt"));
  EXPECT_FALSE(connection.finished());
  EXPECT_EQ(server.counters.requests, 3u);
}

// --- the end ------------------------------------------------------------------------------------

TEST_F(SessionTest, AFinishedSessionAnswersNothingMore) {
  for (const std::string& last : std::vector<std::string>{
           get("/a.txt", "Connection: close\r\n"), "GET /a.txt HTTP/1.0\r\n\r\n", "bad\r\n\r\n",
           "GET /a.txt HTTP/1.1\r\n\r\n",
           get("/a.txt", "Connection: close\r\nContent-Length: 3\r\n") + "abc"}) {
    const std::string expected = answer(last);
    HttpConnection connection(server);
    connection.receive(last + get("/a.txt") + get("/a.txt"));
    EXPECT_EQ(connection.output, expected) << last;
    EXPECT_TRUE(connection.finished());
    connection.receive(get("/a.txt"));
    EXPECT_EQ(connection.output, expected);
    EXPECT_TRUE(connection.finished());
    EXPECT_TRUE(connection.session.lingers()) << "requests came that were not read as such";
  }
}

// RFC 9112 section 9.6: a close with unread bytes would destroy the response.
TEST_F(SessionTest, Lingers) {
  const auto lingers = [this](const std::string& bytes) {
    HttpConnection connection(server);
    connection.receive(bytes);
    EXPECT_TRUE(connection.finished()) << bytes;
    return connection.session.lingers();
  };
  const std::string close = "Connection: close\r\n";
  EXPECT_FALSE(lingers(get("/a.txt", close)));
  EXPECT_FALSE(lingers("GET /a.txt HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(lingers(get("/a.txt", close) + "x"));
  EXPECT_TRUE(lingers(get("/a.txt", close + "Content-Length: 3\r\n")));
  EXPECT_TRUE(lingers(get("/a.txt", close + "Transfer-Encoding: chunked\r\n")));
  EXPECT_FALSE(lingers(get("/a.txt", close + "Content-Length: 0\r\n")));
  EXPECT_TRUE(lingers("x\r\n"));
  EXPECT_TRUE(lingers(get("/a.txt", "Content-Length: x\r\n")));
  EXPECT_TRUE(lingers("GET / HTTP/1.1\r\n\r\n"));

  HttpConnection connection(server);
  connection.receive(get("/a.txt", close));
  EXPECT_FALSE(connection.session.lingers());
  connection.receive("x");
  EXPECT_TRUE(connection.session.lingers()) << "bytes that came later";
}

TEST_F(SessionTest, Draining) {
  HttpConnection connection(server);
  connection.receive(get("/a.txt"));
  server.context.draining = true;
  connection.receive(get("/medium.html") + get("/a.txt"));
  EXPECT_EQ(connection.output, expected_file(small, kNow) + expected_file(medium, kNow, kCloses));
  EXPECT_TRUE(connection.finished());

  // The client did not ask for the end, so its next request may be on its way.
  HttpConnection surprised(server);
  surprised.receive(get("/a.txt"));
  EXPECT_TRUE(surprised.session.lingers());
  HttpConnection asked(server);
  asked.receive(get("/a.txt", "Connection: close\r\n"));
  EXPECT_FALSE(asked.session.lingers());
  EXPECT_EQ(answer("GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            expected_file(small, kNow, kCloses));
}

// RFC 9110 section 15.5.9.
TEST_F(SessionTest, HeadTimeout) {
  for (const std::string& begun : std::vector<std::string>{"G", "GET / HTTP/1.1\r\nHost: a\r\n"}) {
    HttpConnection connection(server);
    connection.receive(begun);
    connection.time_out();
    EXPECT_EQ(connection.output, expected_error(Status::request_timeout, kNow, kCloses));
    EXPECT_EQ(connection.session.phase(), Phase::finished);
    EXPECT_TRUE(connection.session.lingers());
    connection.receive("\r\n");
    EXPECT_EQ(connection.output, expected_error(Status::request_timeout, kNow, kCloses));
  }
  // After earlier requests, too; and nothing when none has begun.
  HttpConnection connection(server);
  connection.receive(get("/a.txt") + "GET");
  connection.time_out();
  EXPECT_EQ(connection.output,
            expected_file(small, kNow) + expected_error(Status::request_timeout, kNow, kCloses));
  for (const std::string& earlier : std::vector<std::string>{"", get("/a.txt")}) {
    HttpConnection idle(server);
    idle.receive(earlier);
    const std::string before = idle.output;
    idle.time_out();
    EXPECT_EQ(idle.output, before);
    EXPECT_EQ(idle.session.phase(), Phase::finished);
  }
}

// RFC 9112 section 2.2: an empty line before the request line is nothing of a request.
TEST_F(SessionTest, HeadTimeoutOfAnEmptyLine) {
  for (const std::string& earlier : std::vector<std::string>{"", get("/a.txt")}) {
    for (const char* line : {"\r", "\r\n"}) {
      HttpConnection idle(server);
      idle.receive(earlier + line);
      const std::string before = idle.output;
      idle.time_out();
      EXPECT_EQ(idle.output, before);
      EXPECT_EQ(idle.session.phase(), Phase::finished);
      EXPECT_FALSE(idle.session.lingers()) << "there is no answer for it to see";
    }
  }
  HttpConnection begun(server);
  begun.receive("\r\nG");
  begun.time_out();
  EXPECT_EQ(begun.output, expected_error(Status::request_timeout, kNow, kCloses));
}

// RFC 9110 section 9.3.2: nothing but the head, as soon as it is known that it is a HEAD.
TEST_F(SessionTest, HeadTimeoutOfHead) {
  HttpConnection head(server);
  head.receive("HEAD /a.txt HTTP/1.1\r\n");
  head.time_out();
  EXPECT_EQ(head.output,
            expected_error(Status::request_timeout, kNow, {"Connection: close\r\n", true}));
  HttpConnection other(server);
  other.receive("HEAD");
  other.time_out();
  EXPECT_EQ(other.output, expected_error(Status::request_timeout, kNow, kCloses));
}

}  // namespace
}  // namespace http::h1
