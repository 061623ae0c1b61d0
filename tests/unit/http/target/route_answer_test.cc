// The answers of routes, through a session and without a socket: exact bytes.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/target/target.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"
#include "tests/support/scenario.h"

namespace http::target {
namespace {

using namespace test_support;

class RouteAnswerTest : public ::testing::Test {
 protected:
  RouteAnswerTest() {
    server.files.put("file.txt", "a file", kOld);
    server.files.put("api/users", "shadowed", kOld);
    server.files.put("json", "a file too", kOld);
    server.responder.add_target(target);
  }

  void set(const std::string& text) {
    scenario = make_scenario(text);
    target.set_scenario(scenario.get());
  }
  std::string answer(const std::string& request) { return test_support::answer(server, request); }
  std::string answer_to(const std::string& method, const std::string& path) {
    return answer(method + " " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  // Inlined, GCC 12 takes the short texts of some callers for overruns.
  [[gnu::noinline]] std::string answer_get(const std::string& path,
                                           const std::string& fields = "") {
    return answer(get(path, fields));
  }
  static std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
  }
  static std::string expected(const std::string& status, const std::string& rest) {
    return "HTTP/1.1 " + status + "\r\nServer: spate\r\nDate: " + date_text(kNow) + "\r\n" + rest;
  }

  HttpServer server;
  Target target{"/", 7};
  std::unique_ptr<const scenario::Scenario> scenario;
};

TEST_F(RouteAnswerTest, SaysWhatTheFileSays) {
  set(R"(
[[route]]
path = "/api/users"
status = 201
headers = { Content-Type = "application/json", Set-Cookie = ["a=1", "b=2"] }
body = '[]'
[[route]]
path = "/gone"
status = 410
[[route]]
path = "/none"
status = 204
headers = { X-A = "b" }
[[route]]
path = "/teapot"
status = 299
body = ""
)");
  EXPECT_EQ(answer_get("/api/users"),
            expected("201 Created",
                     "Content-Type: application/json\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
                     "Content-Length: 2\r\n\r\n[]"));
  EXPECT_EQ(answer_to("HEAD", "/api/users"),
            expected("201 Created",
                     "Content-Type: application/json\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
                     "Content-Length: 2\r\n\r\n"));
  EXPECT_EQ(answer_get("/gone"), expected("410 Gone", "Content-Length: 0\r\n\r\n"));
  EXPECT_EQ(answer_get("/none"), expected("204 No Content", "X-A: b\r\n\r\n"));
  EXPECT_EQ(
      answer_get("/teapot?x"),
      expected("299 ", "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(body_of(answer_get("/file.txt")), "a file") << "what is no route";
  EXPECT_EQ(body_of(answer_get("/bytes/10")).size(), 10U);
}

TEST_F(RouteAnswerTest, ComesBeforeAllElse) {
  set("[[route]]\npath = '/json'\nbody = 'route'\n[[route]]\npath = '/bytes/*'\nbody = 'all'\n");
  EXPECT_EQ(body_of(answer_get("/json")), "route");
  EXPECT_EQ(body_of(answer_get("http://a/json?x")), "route");
  EXPECT_EQ(body_of(answer_get("/bytes/10")), "all");
  EXPECT_EQ(body_of(answer_get("/plaintext")), "Hello, World!");
}

// However a path is spelled: no file is reached by a name that is a route's.
TEST_F(RouteAnswerTest, OtherSpellingsOfItsPathAreIts) {
  set("[[route]]\npath = '/api/users'\ntemplate = '{path} {query:q}'\n");
  for (const std::string path : {"/api/users", "/x/../api/users", "/%61pi/users", "/./api/users"}) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(body_of(answer_get(path + "?q=5")).substr(0, 10), "/api/users") << path;
      EXPECT_EQ(body_of(answer_get(path)).substr(0, 10), "/api/users") << path;
    }
  }
}

TEST_F(RouteAnswerTest, Methods) {
  set(R"(
[[route]]
path = "/a"
body = "get"
[[route]]
path = "/a"
methods = ["POST", "DELETE"]
status = 202
[[route]]
path = "/all"
methods = ["*"]
body = "all"
)");
  EXPECT_EQ(body_of(answer_get("/a")), "get");
  EXPECT_TRUE(answer_to("POST", "/a").starts_with("HTTP/1.1 202 "));
  EXPECT_TRUE(answer_to("DELETE", "/a").starts_with("HTTP/1.1 202 "));
  const std::string allow = "\r\nAllow: GET, HEAD, POST, DELETE, OPTIONS\r\n";
  for (const std::string method : {"PUT", "TRACE"}) {
    const std::string response = answer_to(method, "/a");
    EXPECT_TRUE(response.starts_with("HTTP/1.1 405 ")) << method;
    EXPECT_NE(response.find(allow), std::string::npos) << response;
  }
  const std::string options = answer_to("OPTIONS", "/a");
  EXPECT_TRUE(options.starts_with("HTTP/1.1 204 "));
  EXPECT_NE(options.find(allow), std::string::npos) << options;
  EXPECT_TRUE(answer_to("PURGE", "/a").starts_with("HTTP/1.1 501 "));
  for (const std::string method : {"GET", "PUT", "OPTIONS", "PURGE"}) {
    EXPECT_EQ(body_of(answer_to(method, "/all")), "all") << method;
  }
  EXPECT_TRUE(answer_to("CONNECT", "a:80").starts_with("HTTP/1.1 405 "));
}

TEST_F(RouteAnswerTest, PassesOverTheBodyOfARequest) {
  set("[[route]]\npath = '/a'\nmethods = ['POST']\nbody = 'ok'\n");
  const std::string request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  const std::string response = answer(request + request);
  EXPECT_EQ(response.size() % 2, 0U);
  EXPECT_EQ(response.substr(0, response.size() / 2), response.substr(response.size() / 2));
  EXPECT_TRUE(response.ends_with("\r\n\r\nok"));
}

TEST_F(RouteAnswerTest, TemplatesAreFilledIn) {
  set(R"(
[[route]]
path = "/users/*"
headers = { Content-Type = "application/json" }
template = '{"path":"{path}","q":"{query:q}","agent":"{header:user-agent}","n":{counter}}'
[[route]]
path = "/dice"
template = "{random:1..6}"
[[route]]
path = "/now"
template = "{now}"
)");
  EXPECT_EQ(body_of(answer_get("/users/5?q=%22", "User-Agent: me\r\n")),
            "{\"path\":\"/users/5\",\"q\":\"\\\"\",\"agent\":\"me\",\"n\":1}");
  EXPECT_EQ(body_of(answer_get("/users/")),
            "{\"path\":\"/users/\",\"q\":\"\",\"agent\":\"\",\"n\":2}");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(body_of(answer_get("/dice")));
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(body_of(answer_get("/now")), "2023-11-14T22:13:20Z");
}

// The longest that the reader of the file lets through has room in an output that is empty.
TEST_F(RouteAnswerTest, LongestTemplateAndFields) {
  std::string text =
      "[[route]]\npath = '/a'\nheaders = {A = '" + std::string(4048, 'x') + "'}\ntemplate = '";
  for (int i = 0; i < 16; ++i) text += "{header:h}";
  set(text + "'\n");
  const std::string value(1024, 'v');
  const std::string body = body_of(answer_get("/a", "H: " + value + "\r\n"));
  EXPECT_EQ(body.size(), 16U * 1024);
  EXPECT_EQ(body.find_first_not_of('v'), std::string::npos);
}

TEST_F(RouteAnswerTest, GeneratedBodies) {
  set(R"(
[[route]]
path = "/exact"
size = "300KiB"
[[route]]
path = "/some"
size = "uniform:10,12"
)");
  const std::string exact = body_of(answer_get("/exact"));
  EXPECT_EQ(exact.size(), 300U * 1024);
  EXPECT_NE(body_of(answer_get("/exact")), exact);
  std::set<std::size_t> sizes;
  for (int i = 0; i < 100; ++i) sizes.insert(body_of(answer_get("/some")).size());
  EXPECT_EQ(sizes, (std::set<std::size_t>{10, 11, 12}));
  EXPECT_NE(answer_to("HEAD", "/exact").find("\r\nContent-Length: 307200\r\n"), std::string::npos);
}

// Short bodies are copied, long ones referred to; both in pipelines.
TEST_F(RouteAnswerTest, BodiesOfEverySize) {
  for (const std::size_t size : {1U, 4095U, 4096U, 4097U, 30'000U, 200'000U}) {
    const std::string body = pattern(size);
    set("[[route]]\npath = '/a'\nbody = '" + body + "'\n");
    std::string requests;
    for (int i = 0; i < 40; ++i) requests += get("/a");
    std::string responses = answer(requests);
    const std::string one = answer_get("/a");
    EXPECT_TRUE(body_of(one) == body) << size;
    ASSERT_EQ(responses.size(), 40 * one.size());
    for (std::size_t i = 0; i < 40; ++i) {
      ASSERT_TRUE(responses.substr(one.size() * i, one.size()) == one);
    }
  }
}

TEST_F(RouteAnswerTest, RatesAreCapped) {
  set("[[route]]\npath = '/a'\nrate = 2\nbody = 'x'\n[[route]]\npath = '/b'\nbody = 'y'\n");
  EXPECT_EQ(body_of(answer_get("/a")), "x");
  const std::string refused =
      expected("429 Too Many Requests", "Retry-After: 1\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer_get("/a"), refused);
  EXPECT_EQ(answer_get("/a"), refused);
  EXPECT_EQ(body_of(answer_get("/b")), "y");
  server.pass(test_support::kSecond / 2);
  EXPECT_EQ(body_of(answer_get("/a")), "x");
}

// By the delays of http/target: the request is kept, and answered when it is due.
TEST_F(RouteAnswerTest, AnswersLate) {
  set(R"(
[[route]]
path = "/a"
methods = ["*"]
delay = "20ms"
rate = 1
template = "{path} {query:q} {counter}"
)");
  for (const std::string path : {"/a?q=x", "/./a?q=x"}) {
    server.pass(test_support::kSecond);
    HttpConnection connection(server);
    connection.receive("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_TRUE(connection.waits_for_time());
    EXPECT_EQ(connection.paced.until - server.clock.now(), 20'000'000U);
    EXPECT_TRUE(answer_get("/a").starts_with("HTTP/1.1 429 ")) << "at once";
    server.pass(20'000'000 - 1);
    connection.receive("");
    EXPECT_EQ(connection.output, "");
    server.pass(1);
    connection.receive("");
    const std::string count = path == "/a?q=x" ? "1" : "2";
    EXPECT_EQ(body_of(connection.output), "/a x " + count) << "the rate counts a request once";
  }
}

// Who waits is answered by the routes that there are when the time has come.
TEST_F(RouteAnswerTest, WaitsAcrossAChange) {
  set("[[route]]\npath = '/a'\ndelay = '20ms'\nbody = 'one'\n");
  HttpConnection stays(server);
  stays.receive(get("/a"));
  EXPECT_TRUE(stays.waits_for_time());
  set("[[route]]\npath = '/a'\nbody = 'two'\n");
  server.pass(20'000'000);
  stays.receive("");
  EXPECT_EQ(body_of(stays.output), "two");

  set("[[route]]\npath = '/a'\ndelay = '20ms'\nbody = 'one'\n");
  HttpConnection goes(server);
  goes.receive(get("/a"));
  set("");
  server.pass(20'000'000);
  goes.receive("");
  EXPECT_TRUE(goes.output.starts_with("HTTP/1.1 404 "));
}

// A path that becomes a route's is not answered by the file that was kept, nor by an endpoint.
TEST_F(RouteAnswerTest, ChangesAreSeenAtOnce) {
  set("[[route]]\npath = '/a'\nbody = 'one'\n");
  const auto first = std::move(scenario);
  EXPECT_EQ(body_of(answer_get("/a")), "one");
  EXPECT_EQ(body_of(answer_get("/api/users")), "shadowed");
  EXPECT_EQ(body_of(answer_get("/json")), "{\"message\":\"Hello, World!\"}");
  set("[[route]]\npath = '/api/users'\nbody = 'two'\n[[route]]\npath = '/json'\nbody = 'three'\n");
  server.store.forget_all();
  EXPECT_TRUE(answer_get("/a").starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(body_of(answer_get("/api/users")), "two");
  EXPECT_EQ(body_of(answer_get("/json")), "three");
  target.set_scenario(first.get());
  server.store.forget_all();
  EXPECT_EQ(body_of(answer_get("/json")), "{\"message\":\"Hello, World!\"}");
  EXPECT_EQ(body_of(answer_get("/api/users")), "shadowed");
}

TEST(RouteWithoutPrefix, HasNoEndpoints) {
  HttpServer server;
  Target target{"", 7};
  const auto scenario = make_scenario("[[route]]\npath = '/a'\nbody = 'one'\n");
  target.set_scenario(scenario.get());
  server.responder.add_target(target);
  EXPECT_TRUE(answer(server, get("/a")).ends_with("one"));
  EXPECT_TRUE(answer(server, get("/json")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(answer(server, get("/bytes/10")).starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace http::target
