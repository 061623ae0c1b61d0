// The answers of the load-test target, through a session and without a socket: exact bytes.
#include "http/target/target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

class TargetTest : public ::testing::Test {
 protected:
  TargetTest() {
    server.files.put("file.txt", "a file", kOld);
    server.files.put("json", "shadowed", kOld);
    server.responder.add_target(target);
  }

  std::string answer(const std::string& request) { return test_support::answer(server, request); }
  std::string answer_get(const std::string& path, const std::string& fields = "") {
    return answer(get(path, fields));
  }
  // The status line and the fields that are not those of every response.
  static std::string head_of(const std::string& response) {
    std::string head = response.substr(0, response.find("\r\n\r\n"));
    const std::string common = "\r\nServer: spate\r\nDate: " + date_text(kNow);
    const std::size_t at = head.find(common);
    EXPECT_NE(at, std::string::npos) << head;
    return head.erase(at, common.size());
  }
  static std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
  }

  HttpServer server;
  Target target{"/", 7};
};

const std::string kJsonHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n";

TEST_F(TargetTest, Documents) {
  const std::string plain = answer_get("/plaintext");
  EXPECT_NE(head_of(plain).find("\r\nContent-Type: text/plain\r\n"), std::string::npos);
  EXPECT_NE(head_of(plain).find("\r\nContent-Length: 13\r\n"), std::string::npos);
  EXPECT_EQ(body_of(plain), "Hello, World!");
  const std::string json = answer_get("/json");
  EXPECT_NE(head_of(json).find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(body_of(json), "{\"message\":\"Hello, World!\"}") << "before the file of that name";
  EXPECT_EQ(answer_get("/json?query"), json);
  EXPECT_EQ(answer_get("http://a/json?query"), json);
  EXPECT_EQ(head_of(answer_get("/json", "Range: bytes=0-3\r\n")).substr(0, 12), "HTTP/1.1 206");
  EXPECT_EQ(answer("HEAD /json HTTP/1.1\r\nHost: a\r\n\r\n"), json.substr(0, json.find("{")));
  EXPECT_EQ(body_of(answer_get("/file.txt")), "a file");
}

// They are hits of the store: what a request that comes alone gets needs no output.
TEST_F(TargetTest, DocumentsLieReady) {
  for (const std::string path : {"/plaintext", "/json"}) {
    const std::string expected = answer_get(path);
    h1::Session session;
    const PaddedBytes padded(get(path), server.random);
    const h1::Session::Ready ready = session.ready_answer(padded.bytes(), server.context);
    ASSERT_NE(ready.entry, nullptr);
    const RenderedHead& head = ready.entry->head;
    EXPECT_EQ(std::string(head.bytes, head.length + ready.entry->body.size()), expected);
  }
}

// What was found last is known; what a target is asked in between does not change what it means.
TEST_F(TargetTest, OneAfterTheOther) {
  const std::vector<std::string> paths = {"/bytes/10?seed=1",
                                          "/bytes/10?seed=1",
                                          "/bytes/x",
                                          "/bytes/10?seed=1",
                                          "/status/418",
                                          "/bytes/x",
                                          "/bytes/x",
                                          "/status/418",
                                          "/status/418",
                                          "/bytes/11?seed=1",
                                          "/etag/abc",
                                          "/etag/abc",
                                          "/etag/abd",
                                          "/none",
                                          "/etag/abd",
                                          "/bytes/11?seed=1",
                                          "/none",
                                          "/redirect/3",
                                          "/redirect/3",
                                          "/bytes/11?seed=" + std::string(200, '1'),
                                          "/bytes/" + std::string(120, '0') + "5?seed=1",
                                          "/redirect/3"};
  for (const std::string& path : paths) {
    HttpServer other;
    Target fresh{"/", 7};
    other.responder.add_target(fresh);
    other.files.put("file.txt", "a file", kOld);
    EXPECT_EQ(answer_get(path), test_support::answer(other, get(path))) << path;
  }
}

TEST_F(TargetTest, Bytes) {
  EXPECT_EQ(head_of(answer_get("/bytes/0")),
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
            "X-Content-Type-Options: nosniff\r\nContent-Length: 0");
  // Around what is copied, and the ends of the block.
  for (const std::size_t size : {1U, 4096U, 4097U, 65'535U, 65'536U, 65'537U, 1'000'000U}) {
    const std::string path = "/bytes/" + std::to_string(size) + "?seed=9";
    const std::string body = body_of(answer_get(path));
    ASSERT_EQ(body.size(), size);
    EXPECT_EQ(body_of(answer_get(path)), body) << "the same seed";
    // A longer body begins with a shorter one.
    EXPECT_EQ(body_of(answer_get("/bytes/2000000?seed=9")).substr(0, size), body);
  }
  const std::string body = body_of(answer_get("/bytes/4000?seed=9"));
  EXPECT_NE(body_of(answer_get("/bytes/4000?seed=10")), body);
  EXPECT_NE(body_of(answer_get("/bytes/4000")), body_of(answer_get("/bytes/4000")));
  const Pattern pattern;
  for (std::size_t i = 0; i < body.size(); ++i) ASSERT_EQ(body[i], *pattern.at(9, i)) << i;
}

TEST_F(TargetTest, Ranges) {
  const std::string whole = body_of(answer_get("/bytes/200000?seed=0"));
  const std::string fields = "Accept-Ranges: bytes\r\nETag: \"200000-0\"\r\n";
  const std::string binary =
      "Content-Type: application/octet-stream\r\nX-Content-Type-Options: nosniff\r\n";
  EXPECT_EQ(head_of(answer_get("/range/200000")),
            "HTTP/1.1 200 OK\r\n" + binary + fields + "Content-Length: 200000");
  EXPECT_TRUE(body_of(answer_get("/range/200000")) == whole);
  struct Case {
    std::string range;
    std::size_t first;
    std::size_t last;
  };
  for (const Case& part : {Case{"0-0", 0, 0},
                           {"65535-65537", 65'535, 65'537},
                           {"-5", 199'995, 199'999},
                           {"100000-", 100'000, 199'999}}) {
    const std::string response = answer_get("/range/200000", "Range: bytes=" + part.range + "\r\n");
    const std::size_t length = part.last - part.first + 1;
    EXPECT_EQ(head_of(response), "HTTP/1.1 206 Partial Content\r\n" + binary + fields +
                                     "Content-Range: bytes " + std::to_string(part.first) + "-" +
                                     std::to_string(part.last) +
                                     "/200000\r\nContent-Length: " + std::to_string(length));
    EXPECT_TRUE(body_of(response) == whole.substr(part.first, length)) << part.range;
  }
  EXPECT_EQ(head_of(answer_get("/range/200000", "Range: bytes=200000-\r\n")),
            "HTTP/1.1 416 Range Not Satisfiable\r\n" + fields +
                "Content-Range: bytes */200000\r\n"
                "Content-Length: 0");
  EXPECT_EQ(answer_get("/range/200000", "If-None-Match: \"200000-0\"\r\n"),
            start_line(Status::not_modified, kNow) + fields + "\r\n");
  const std::string part = "Range: bytes=0-9\r\n";
  EXPECT_EQ(answer_get("/range/200000", part + "If-Range: \"200000-0\"\r\n"),
            answer_get("/range/200000", part));
  EXPECT_EQ(answer_get("/range/200000", part + "If-Range: \"x\"\r\n"), answer_get("/range/200000"));
  EXPECT_TRUE(answer_get("/bytes/20?seed=5", part).starts_with("HTTP/1.1 206"));
  EXPECT_TRUE(answer_get("/bytes/20", part).starts_with("HTTP/1.1 200")) << "never the same";
}

TEST_F(TargetTest, Statuses) {
  EXPECT_EQ(head_of(answer_get("/status/404")), "HTTP/1.1 404 Not Found\r\nContent-Length: 0");
  EXPECT_EQ(head_of(answer_get("/status/299")), "HTTP/1.1 299 \r\nContent-Length: 0");
  EXPECT_EQ(head_of(answer_get("/status/204")), "HTTP/1.1 204 No Content");
  EXPECT_EQ(head_of(answer_get("/status/304")), "HTTP/1.1 304 Not Modified");
  EXPECT_EQ(head_of(answer_get("/status/401")),
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"spate\"\r\n"
            "Content-Length: 0");
  EXPECT_EQ(head_of(answer_get("/status/307")),
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /json\r\nContent-Length: 0");
  for (const char* method : {"POST", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_EQ(head_of(answer(std::string(method) + " /status/503 HTTP/1.1\r\nHost: a\r\n\r\n")),
              "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0");
  }
}

TEST_F(TargetTest, SeededStatusesAreTheSameOnEveryConnection) {
  std::string first;
  for (int round = 0; round < 2; ++round) {
    HttpConnection connection(server);
    std::string seen;
    for (int i = 0; i < 200; ++i) {
      connection.output.clear();
      connection.receive(get("/status/200:0.9,500:0.1?seed=1"));
      seen += connection.output.substr(9, 1);
    }
    if (round == 0) first = seen;
    EXPECT_EQ(seen, first);
    const auto failures = std::count(seen.begin(), seen.end(), '5');
    EXPECT_GT(failures, 5) << "20 are expected";
    EXPECT_LT(failures, 45);
  }
}

TEST_F(TargetTest, Headers) {
  EXPECT_EQ(answer_get("/headers", "X-A: 1\r\nx-a: 2\r\nB: \"\\\xe9\r\n"),
            start_line(Status::ok, kNow) +
                "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
                "Content-Length: 55\r\n\r\n"
                "{\"headers\":{\"Host\":\"a\",\"X-A\":\"1, 2\",\"B\":\"\\\"\\\\\\u00e9\"}}\n");
  const std::string huge = "B: " + std::string(15'000, '"') + "\r\n";
  EXPECT_EQ(answer_get("/headers", huge).substr(0, 12), "HTTP/1.1 431");
}

TEST_F(TargetTest, AddressOfTheCaller) {
  EXPECT_EQ(body_of(answer_get("/ip")), "{\"origin\":\"\"}\n");
  server.context.caller.connection = 5;
  server.context.caller.address = [](void*, uint64_t connection,
                                     std::span<char, kAddressCapacity> out) {
    out[0] = static_cast<char>('0' + connection);
    return core::Bytes(out.data(), 1);
  };
  EXPECT_EQ(body_of(answer_get("/ip")), "{\"origin\":\"5\"}\n");
}

TEST_F(TargetTest, Redirects) {
  EXPECT_EQ(head_of(answer_get("/redirect/3")),
            "HTTP/1.1 302 Found\r\nLocation: /redirect/2\r\nContent-Length: 0");
  EXPECT_EQ(head_of(answer_get("/redirect/1")),
            "HTTP/1.1 302 Found\r\nLocation: /json\r\nContent-Length: 0");
}

TEST_F(TargetTest, BasicAuthentication) {
  const std::string path = "/basic-auth/Aladdin/open%20sesame";
  // RFC 7617 section 2.
  const std::string right = "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n";
  EXPECT_EQ(body_of(answer_get(path, right)), "{\"authenticated\":true,\"user\":\"Aladdin\"}\n");
  EXPECT_EQ(head_of(answer_get(path, right)), kJsonHead + "Content-Length: 40");
  const std::string refusal =
      "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
      "X-Content-Type-Options: nosniff\r\nWWW-Authenticate: Basic realm=\"spate\"\r\n"
      "Content-Length: 41";
  EXPECT_EQ(head_of(answer_get(path)), refusal);
  for (const std::string fields :
       {"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=\r\n", "Authorization: Basic\r\n",
        "Authorization: Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n",
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==x\r\n"}) {
    EXPECT_EQ(head_of(answer_get(path, fields)), refusal) << fields;
  }
  EXPECT_EQ(head_of(answer_get(path, right + right)), refusal) << "twice";
  EXPECT_EQ(answer_get(path, "AUTHORIZATION:  basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
            answer_get(path, right));
  EXPECT_EQ(answer_get("/basic-auth/a/%zz").substr(0, 12), "HTTP/1.1 400");
}

TEST_F(TargetTest, Caches) {
  const std::string validators = "ETag: \"spate\"\r\nLast-Modified: " + date_text(kNow) + "\r\n";
  EXPECT_EQ(head_of(answer_get("/cache")), kJsonHead + validators + "Content-Length: 27");
  for (const std::string fields : {"If-None-Match: \"x\"\r\n", "If-Modified-Since: x\r\n"}) {
    EXPECT_EQ(answer_get("/cache", fields),
              start_line(Status::not_modified, kNow) + validators + "\r\n");
  }
  EXPECT_EQ(head_of(answer_get("/cache/60")),
            kJsonHead + "Cache-Control: public, max-age=60\r\nContent-Length: 27");
}

TEST_F(TargetTest, EntityTags) {
  EXPECT_EQ(head_of(answer_get("/etag/abc")), kJsonHead + "ETag: \"abc\"\r\nContent-Length: 27");
  EXPECT_EQ(answer_get("/etag/abc", "If-None-Match: \"x\", W/\"abc\"\r\n"),
            start_line(Status::not_modified, kNow) + "ETag: \"abc\"\r\n\r\n");
  EXPECT_EQ(head_of(answer_get("/etag/abc", "If-Match: \"x\"\r\n")),
            "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0");
  EXPECT_EQ(answer_get("/etag/abc", "If-Match: \"abc\"\r\n"), answer_get("/etag/abc"));
  EXPECT_EQ(answer_get("/etag/a%22b").substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(answer_get("/etag/" + std::string(5000, 'x')).substr(0, 12), "HTTP/1.1 400");
}

TEST_F(TargetTest, Trailers) {
  const std::string body = "{\"message\":\"Hello, World!\"}";
  EXPECT_EQ(head_of(answer_get("/trailers?X-A=b%20c&d=")),
            kJsonHead + "Trailer: X-A, d\r\nTransfer-Encoding: chunked");
  EXPECT_EQ(body_of(answer_get("/trailers?X-A=b%20c&d=")),
            "1b\r\n" + body + "\r\n0\r\nX-A: b c\r\nd: \r\n\r\n");
  EXPECT_EQ(head_of(answer_get("/trailers")), kJsonHead + "Content-Length: 27");
  EXPECT_EQ(head_of(answer("GET /trailers?a=b HTTP/1.0\r\n\r\n")),
            kJsonHead + "Content-Length: 27\r\nConnection: close");
  for (const std::string query :
       {"=x", "a(b=c", "Content-Length=5", "host=x", "a=%0d%0aX:y", "a=%zz", "a=%20b"}) {
    EXPECT_TRUE(answer_get("/trailers?" + query).starts_with("HTTP/1.1 400")) << query;
  }
  const std::string many = "/trailers?a=" + std::string(1000, 'x') + "&b=" + std::string(1000, 'x');
  EXPECT_TRUE(answer_get(many).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(answer_get(many + "&" + many.substr(10) + "&c=" + std::string(1000, 'x'))
                  .starts_with("HTTP/1.1 400"));
}

TEST_F(TargetTest, BadParametersKeepTheConnection) {
  HttpConnection connection(server);
  connection.receive(get("/bytes/x") + get("/file.txt"));
  EXPECT_FALSE(connection.finished());
  const std::string text =
      "/bytes/N: N must be a whole number of bytes from 0 to 1099511627776, such as 1000 or "
      "64KiB, found 'x'\n";
  const std::string refusal = start_line(Status::bad_request, kNow) +
                              "Content-Type: text/plain; charset=utf-8\r\n"
                              "X-Content-Type-Options: nosniff\r\nContent-Length: " +
                              std::to_string(text.size()) + "\r\n\r\n" + text;
  EXPECT_EQ(connection.output, refusal + answer_get("/file.txt"));
  EXPECT_EQ(server.counters.bad_requests, 0U);
}

TEST_F(TargetTest, Methods) {
  const auto with = [&](const std::string& method, const std::string& path) {
    return head_of(answer(method + " " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"));
  };
  const std::string allow = "\r\nAllow: GET, HEAD, OPTIONS";
  EXPECT_EQ(with("OPTIONS", "/bytes/1"), "HTTP/1.1 204 No Content" + allow);
  EXPECT_TRUE(
      with("POST", "/json").starts_with("HTTP/1.1 405 Method Not Allowed" + allow + "\r\n"));
  EXPECT_EQ(with("BREW", "/json").substr(0, 12), "HTTP/1.1 501");
  EXPECT_EQ(with("CONNECT", "/json").substr(0, 12), "HTTP/1.1 400");
}

// Every answer alone, and all of them in one pipeline with files between them: the same bytes, also
// to HEAD (without the body), to HTTP/1.0, and when the output is full in between.
TEST_F(TargetTest, PipelinesAreAnsweredInOrder) {
  const std::string paths[] = {
      "/plaintext",  "/file.txt", "/bytes/100?seed=1", "/bytes/200000?seed=1",
      "/status/404", "/missing",  "/headers",          "/bytes/x",
      "/redirect/2", "/cache/1",  "/etag/a",           "/basic-auth/a/b",
      "/ip"};
  std::string pipeline;
  std::string expected;
  for (int round = 0; round < 10; ++round) {
    for (const std::string& path : paths) {
      const std::string whole = answer_get(path);
      const std::string head = "HEAD " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
      EXPECT_EQ(answer(head), whole.substr(0, whole.find("\r\n\r\n") + 4)) << path;
      const std::string old = answer("GET " + path + " HTTP/1.0\r\nHost: a\r\n\r\n");
      const std::size_t end = whole.find("\r\n\r\n") + 2;
      EXPECT_EQ(old, whole.substr(0, end) + "Connection: close\r\n" + whole.substr(end)) << path;
      pipeline += get(path) + head;
      expected += whole + answer(head);
    }
  }
  HttpConnection connection(server);
  connection.receive(pipeline);
  EXPECT_EQ(connection.output.size(), expected.size());
  EXPECT_TRUE(connection.output == expected);
}

TEST_F(TargetTest, RequestBodiesArePassedOver) {
  HttpConnection connection(server);
  connection.receive("POST /status/201 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  connection.receive("lo" + get("/file.txt"));
  EXPECT_EQ(head_of(connection.output.substr(0, connection.output.find("\r\n\r\n"))),
            "HTTP/1.1 201 Created\r\nContent-Length: 0");
  EXPECT_TRUE(connection.output.ends_with("a file"));
}

}  // namespace
}  // namespace http::target
