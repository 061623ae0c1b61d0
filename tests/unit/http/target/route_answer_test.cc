// The answers of routes, through a session and without a socket: exact bytes.
#include <gtest/gtest.h>

#include <map>
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
[[route]]
path = "/mostly"
size = "9*20;normal:1000,0"
)");
  const std::string exact = body_of(answer_get("/exact"));
  EXPECT_EQ(exact.size(), 300U * 1024);
  EXPECT_NE(body_of(answer_get("/exact")), exact);
  std::set<std::size_t> sizes;
  for (int i = 0; i < 100; ++i) sizes.insert(body_of(answer_get("/some")).size());
  EXPECT_EQ(sizes, (std::set<std::size_t>{10, 11, 12}));
  sizes.clear();
  for (int i = 0; i < 200; ++i) sizes.insert(body_of(answer_get("/mostly")).size());
  EXPECT_EQ(sizes, (std::set<std::size_t>{20, 1000}));
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

// Also where the output is full in the middle of a pipeline, and the answer is asked for again.
TEST_F(RouteAnswerTest, CountsARequestOnce) {
  const std::string text(4'000, 'x');
  set("[[route]]\npath = '/rate'\nrate = 200\nbody = '" + text +
      "'\n[[route]]\npath = '/counter'\nmethods = ['GET', 'POST']\ntemplate = '{counter} " + text +
      "'\n");
  const auto count = [](const std::string& responses, const std::string& line) {
    int found = 0;
    for (std::size_t at = 0; (at = responses.find(line, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  std::string requests;
  for (int i = 0; i < 30; ++i) requests += get("/rate");
  const std::string limited = answer(requests);
  EXPECT_EQ(count(limited, "HTTP/1.1 200 OK\r\n"), 20) << "a tenth of a second";
  EXPECT_EQ(count(limited, "HTTP/1.1 429 "), 10);

  requests.clear();
  for (int i = 0; i < 40; ++i) {
    requests += get("/counter");
    requests +=
        "POST /counter HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx";
  }
  const std::string counted = answer(requests);
  EXPECT_EQ(count(counted, "HTTP/1.1 100 Continue\r\n"), 40);
  for (int i = 1; i <= 80; ++i) {
    EXPECT_EQ(count(counted, "\r\n\r\n" + std::to_string(i) + " x"), 1) << i;
  }
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

// Lets the connection go on whenever it wants to, until it waits no more or has stalled.
void run(HttpServer& server, HttpConnection& connection) {
  while (connection.waits_for_time() && connection.session.phase() != h1::Phase::stalled) {
    server.pass(connection.paced.until - server.clock.now());
    connection.receive("");
  }
}

// As the faults of a query, on every kind of body.
TEST_F(RouteAnswerTest, AnswersAreBroken) {
  const std::string body = pattern(30'000);
  for (const std::string& kind : {"body = '" + body + "'\n", std::string("size = 30000\n"),
                                  std::string("template = 'a text for {path}'\n")}) {
    const auto answer_with = [&](const std::string& fault, bool& finished) {
      set("[[route]]\npath = '/a'\n" + kind + "fault = '" + fault + "'\n");
      HttpConnection connection(server);
      const uint64_t faults = server.counters.faults;
      connection.receive(get("/a"));
      run(server, connection);
      EXPECT_EQ(server.counters.faults, faults + 1) << fault;
      EXPECT_EQ(connection.session.resets(), fault == "reset");
      finished = connection.finished();
      return connection.output;
    };
    set("[[route]]\npath = '/a'\n" + kind);
    const std::string whole = answer_get("/a");
    const std::size_t head = whole.find("\r\n\r\n") + 4;
    bool finished = false;
    EXPECT_EQ(answer_with("reset", finished), "");
    EXPECT_TRUE(finished);
    EXPECT_EQ(answer_with("fin-before@100%", finished), "");
    EXPECT_TRUE(finished);
    EXPECT_EQ(answer_with("fin-in-head", finished), whole.substr(0, head / 2));
    EXPECT_TRUE(finished);
    const std::string cut = answer_with("fin-in-body:10@100%", finished);
    EXPECT_EQ(cut.size(), head + 10);
    EXPECT_EQ(cut.substr(0, head), whole.substr(0, head));
    EXPECT_TRUE(finished);
    EXPECT_EQ(answer_with("stall:20", finished), whole.substr(0, 20));
    EXPECT_FALSE(finished);
    EXPECT_TRUE(answer_with("503@100%", finished).starts_with("HTTP/1.1 503 Service Unavailable"));
    EXPECT_FALSE(finished);
    const std::string chunked = answer_with("bad-chunk", finished);
    EXPECT_EQ(chunked.substr(chunked.find("\r\n\r\n") + 4, 6), "none\r\n");
    EXPECT_TRUE(chunked.ends_with("\r\n0\r\n\r\n"));
    EXPECT_EQ(chunked.size() - chunked.find("none\r\n"), 6 + whole.size() - head + 7);
    EXPECT_TRUE(finished);
    EXPECT_EQ(answer_with("wrong-length:-1", finished).size(), whole.size());
    EXPECT_FALSE(finished);
    EXPECT_NE(answer_with("truncated-gzip", finished).find("\r\nContent-Encoding: gzip\r\n"),
              std::string::npos);
  }
}

// What is refused for its rate or its method is neither late nor broken.
TEST_F(RouteAnswerTest, RefusalsAreNotBroken) {
  set("[[route]]\npath = '/a'\nrate = 1\ndelay = '1s'\nfault = 'reset'\n");
  HttpConnection first(server);
  first.receive(get("/a"));
  EXPECT_TRUE(first.waits_for_time());
  EXPECT_TRUE(answer_get("/a").starts_with("HTTP/1.1 429 "));
  EXPECT_TRUE(answer_to("POST", "/a").starts_with("HTTP/1.1 405 "));
  EXPECT_EQ(server.counters.faults, 0U);
  run(server, first);
  EXPECT_TRUE(first.session.resets());
  EXPECT_EQ(server.counters.faults, 1U);
}

// Each request draws for itself.
TEST_F(RouteAnswerTest, AMixtureOfFaults) {
  set("[[route]]\npath = '/a'\nbody = 'x'\nfault = '404@30%, 503@20%'\n");
  std::map<std::string, int> counts;
  constexpr int kRequests = 2000;
  for (int i = 0; i < kRequests; ++i) ++counts[answer_get("/a").substr(9, 3)];
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_NEAR(counts["200"], 1000, 100);
  EXPECT_NEAR(counts["404"], 600, 100);
  EXPECT_NEAR(counts["503"], 400, 100);
  for (const auto& [status, count] : counts) {
    const auto number = static_cast<uint32_t>(std::stoul(status));
    EXPECT_EQ(server.counters.responses.of(number), static_cast<uint64_t>(count));
  }
}

// It is made anew for each byte, and is one answer: of one date, one number and one length, which
// others who are answered meanwhile do not change.
TEST_F(RouteAnswerTest, ASlowHeadIsOneAnswer) {
  set(R"(
[[route]]
path = "/slow"
size = "uniform:1,1000000"
fault = "slow-head:300ms"
[[route]]
path = "/count"
template = "{counter} {random:1..1000000} {now}"
fault = "slow-head:300ms@100%"
[[route]]
path = "/other"
template = "{counter}"
)");
  const std::string sized = [&] {
    HttpConnection connection(server);
    connection.receive(get("/slow"));
    run(server, connection);
    return connection.output;
  }();
  EXPECT_EQ(std::stoul(sized.substr(sized.find("Content-Length: ") + 16)), body_of(sized).size());
  for (int round = 1; round <= 2; ++round) {
    const uint64_t answered = server.counters.responses.of(200);
    HttpConnection connection(server);
    connection.receive(get("/count") + get("/other"));
    const int64_t begun = server.clock.wall_seconds();
    for (int i = 0; i < 20; ++i) {
      HttpConnection meanwhile(server);
      meanwhile.receive(get("/count"));
      server.pass(connection.paced.until - server.clock.now());
      connection.receive("");
    }
    run(server, connection);
    const std::string first = connection.output.substr(0, connection.output.rfind("HTTP/1.1 200"));
    EXPECT_EQ(first.find("HTTP/1.1 200 OK\r\nServer: spate\r\nDate: " + date_text(begun)), 0U)
        << first;
    EXPECT_EQ(std::stoul(first.substr(first.find("Content-Length: ") + 16)), body_of(first).size());
    const std::string number = std::to_string(round == 1 ? 1 : 22) + " ";
    EXPECT_TRUE(body_of(first).starts_with(number)) << first;
    EXPECT_TRUE(connection.output.ends_with("\r\n\r\n" + std::to_string(round)));
    EXPECT_FALSE(connection.finished());
    EXPECT_EQ(server.counters.responses.of(200), answered + 2) << "each once";
  }
}

// What is no more can not be told to its end.
TEST_F(RouteAnswerTest, ASlowHeadEndsWithItsRoute) {
  const std::string fault = "fault = 'slow-head:1ms'\n";
  const std::string one =
      "[[route]]\npath = '/a'\nheaders = {X-Long = 'xxxxxxxxx'}\nbody = 'one'\n";
  for (const std::string& later :
       {"[[route]]\npath = '/a'\n" + fault, "[[route]]\npath = '/a'\nbody = 'three'\n" + fault,
        std::string("[[route]]\npath = '/a'\nstatus = 204\n"),
        std::string("[[route]]\npath = '/b'\n"),
        std::string("[[route]]\npath = '/a'\nfault = '503'\n")}) {
    set(one + fault);
    HttpConnection connection(server);
    connection.receive(get("/a"));
    for (int i = 0; i < 130; ++i) {
      server.pass(connection.paced.until - server.clock.now());
      connection.receive("");
    }
    ASSERT_EQ(connection.output.size(), 131U) << "within the head, and longer than another one";
    const std::string begun = connection.output;
    set(later);
    run(server, connection);
    EXPECT_TRUE(connection.finished()) << later;
    EXPECT_TRUE(connection.output.starts_with(begun));
    if (later.find("'/a'") != std::string::npos) {
      EXPECT_EQ(connection.output, begun) << later;
    }
  }
  // The same route of a later file goes on.
  set(one + fault);
  HttpConnection connection(server);
  connection.receive(get("/a"));
  server.pass(1'000'000);
  connection.receive("");
  set(one + fault);
  run(server, connection);
  EXPECT_TRUE(connection.output.ends_with("\r\n\r\none"));
  EXPECT_FALSE(connection.finished());
}

// A fault is drawn with the request, and happens to the answer of the route that there is then.
TEST_F(RouteAnswerTest, AFaultThatWaitsAcrossAChange) {
  const std::string path = "[[route]]\npath = '/a'\nbody = 'one'\n";
  set(path + "delay = '1ms'\n");
  HttpConnection right(server);
  right.receive(get("/a"));
  set(path + "fault = 'bad-chunk'\n");
  run(server, right);
  EXPECT_EQ(body_of(right.output), "one");
  EXPECT_FALSE(right.finished());

  set(path + "delay = '1ms'\nfault = 'fin-in-body:2'\n");
  HttpConnection broken(server);
  broken.receive(get("/a"));
  set(path);
  run(server, broken);
  EXPECT_EQ(body_of(broken.output), "on");
  EXPECT_TRUE(broken.finished());
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
