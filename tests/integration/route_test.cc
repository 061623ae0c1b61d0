// The routes of a configuration file on the real server, by raw sockets.
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class RouteTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("file.txt", "a file\n");
  }

  void configure(const std::string& text) { configuration_.replace("spate.toml", text); }
  std::string file() const { return configuration_.path("spate.toml"); }
  void start_with(const std::string& text, std::vector<std::string> arguments = {}) {
    configure(text);
    arguments.insert(arguments.begin(), {"--config", file()});
    start(std::move(arguments));
  }
  // Has the file read again, and waits for what the server says about it.
  void reload(const std::string& text, const std::string& expected) {
    const std::size_t before = process().error_output().size();
    configure(text);
    process().signal(SIGHUP);
    EXPECT_TRUE(eventually([&] {
      return process().error_output().substr(before).find(expected) != std::string::npos;
    })) << process().error_output();
  }

  TemporaryDirectory configuration_;
};

std::string route_with(const std::string& body) {
  return "[[route]]\npath = '/a'\nbody = '" + body + "'\n";
}

TEST_P(RouteTest, ImitatesAnUpstream) {
  configuration_.write("users.json", "[{\"id\":1}]");
  start_with(R"(
[[route]]
path = "/api/users"
file = "users.json"
headers = { X-Upstream = "users" }

[[route]]
path = "/api/users"
methods = ["POST"]
status = 201
headers = { Content-Type = "application/json" }
template = '{"id":{random:100..100},"name":"{query:name}","n":{counter}}'

[[route]]
path = "/api/*"
status = 404
body = "no such thing\n"

[[route]]
path = "/big"
size = "3MiB"
)");
  HttpClient client = connect();
  for (int i = 0; i < 3; ++i) {
    const Response users = client.get("/api/users?page=1");
    EXPECT_EQ(users.status, 200);
    EXPECT_EQ(users.body, "[{\"id\":1}]");
    EXPECT_EQ(users.field("content-type"), "application/json");
    EXPECT_EQ(users.field("x-upstream"), "users");
    EXPECT_EQ(client.head("/api/users").field("content-length"), "10");
    client.request("POST", "/api/users?name=%22J%22", "Content-Length: 3\r\n");
    client.send("abc");
    const Response created = client.read_response();
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.body,
              "{\"id\":100,\"name\":\"\\\"J\\\"\",\"n\":" + std::to_string(i + 1) + "}");
    EXPECT_EQ(client.get("/api/other").body, "no such thing\n");
    EXPECT_EQ(client.get("/big").body.size(), 3U << 20);
    EXPECT_EQ(client.get("/file.txt").body, "a file\n");
    EXPECT_EQ(client.get("/json").status, 404) << "without --target";
    client.request("DELETE", "/api/users");
    const Response refused = client.read_response();
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.field("allow"), "GET, HEAD, POST, OPTIONS");
  }
}

TEST_P(RouteTest, AnswersLate) {
  start_with("[[route]]\npath = '/a'\ndelay = '50ms'\nbody = 'late'\n");
  HttpClient client = connect();
  for (int i = 0; i < 3; ++i) {
    const Stopwatch watch;
    EXPECT_EQ(client.get("/a").body, "late");
    EXPECT_GE(watch.elapsed(), std::chrono::milliseconds(50));
  }
  // In the order of a pipeline, and one after the other.
  const Stopwatch watch;
  for (int i = 0; i < 3; ++i) client.request("GET", i == 1 ? "/file.txt" : "/a");
  EXPECT_EQ(client.read_response().body, "late");
  EXPECT_EQ(client.read_response().body, "a file\n");
  EXPECT_EQ(client.read_response().body, "late");
  EXPECT_GE(watch.elapsed(), std::chrono::milliseconds(100));
}

TEST_P(RouteTest, FailsAsItIsTold) {
  configuration_.write("big.bin", make_content(1, 300'000));
  start_with(R"(
[[route]]
path = "/status"
body = "right"
fault = "503@100%"

[[route]]
path = "/reset"
body = "right"
fault = "reset@100%"

[[route]]
path = "/cut"
file = "big.bin"
fault = "fin-in-body:10@100%"

[[route]]
path = "/slow"
template = "{counter}"
fault = "slow-head:100us"

[[route]]
path = "/late"
delay = "20ms"
fault = "fin-before"

[[route]]
path = "/some"
body = "right"
fault = "502@30%, 503@30%"
)");
  HttpClient client = connect();
  for (int i = 1; i <= 3; ++i) {
    const Response failed = client.get("/status");
    EXPECT_EQ(failed.status, 503);
    EXPECT_EQ(failed.body, "");
    EXPECT_EQ(client.get("/slow").body, std::to_string(i));
  }
  HttpClient reset = connect();
  reset.request("GET", "/reset");
  EXPECT_EQ(reset.read_to_end(), "");
  EXPECT_EQ(reset.end(), End::reset);
  HttpClient cut = connect();
  cut.request("GET", "/cut");
  const std::string text = cut.read_to_end();
  EXPECT_NE(text.find("\r\nContent-Length: 300000\r\n"), std::string::npos);
  EXPECT_EQ(text.substr(text.find("\r\n\r\n") + 4), make_content(1, 300'000).substr(0, 10));
  EXPECT_EQ(cut.end(), End::closed);
  const Stopwatch watch;
  HttpClient late = connect();
  late.request("GET", "/late");
  EXPECT_EQ(late.read_to_end(), "");
  EXPECT_EQ(late.end(), End::closed);
  EXPECT_GE(watch.elapsed(), std::chrono::milliseconds(20));
  std::map<int, int> statuses;
  for (int i = 0; i < 300; ++i) ++statuses[client.get("/some").status];
  EXPECT_EQ(statuses.size(), 3U);
  EXPECT_GT(statuses[200], 60);
  EXPECT_GT(statuses[502], 40);
  EXPECT_GT(statuses[503], 40);
  // The faults of a file that is read again count for what is asked then.
  reload("[[route]]\npath = '/status'\nbody = 'right'\n[[route]]\npath = '/slow'\nfault = '500'\n",
         "was read again: 2 routes");
  EXPECT_TRUE(eventually([&] { return client.get("/status").body == "right"; }));
  EXPECT_EQ(client.get("/slow").status, 500);
  reload("[[route]]\npath = '/status'\nfault = '99'\n", "spate: the routes stay as they are");
  EXPECT_EQ(client.get("/status").body, "right");
}

// A route that is there no more can not end what it has begun.
TEST_P(RouteTest, ASlowHeadEndsWithItsRoute) {
  start_with("[[route]]\npath = '/a'\nbody = 'one'\nfault = 'slow-head:20ms'\n");
  HttpClient slow = connect();
  slow.request("GET", "/a");
  EXPECT_EQ(slow.read(5), "HTTP/");
  reload(route_with("another"), "was read again: 1 route");
  const std::string rest = slow.read_to_end();
  EXPECT_LT(rest.size(), 60U) << rest;
  EXPECT_EQ(rest.find("another"), std::string::npos);
  EXPECT_EQ(slow.end(), End::closed);
  EXPECT_TRUE(eventually([&] { return get("/a").body == "another"; }));
}

TEST_P(RouteTest, StandsBesideTheTarget) {
  start_with(route_with("route"), {"--target=/t"});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/a").body, "route");
  EXPECT_EQ(client.get("/t/bytes/7").body.size(), 7U);
  EXPECT_EQ(client.get("/file.txt").body, "a file\n");
}

// Whoever asks, of all workers together.
TEST_P(RouteTest, CapsTheRateOfAllThreads) {
  start_with("[[route]]\npath = '/a'\nbody = 'x'\nrate = 20\n", {"--threads", "2"});
  std::map<int, int> statuses;
  const Stopwatch watch;
  while (watch.elapsed() < std::chrono::milliseconds(1000)) {
    const Response response = get("/a");
    ++statuses[response.status];
    EXPECT_EQ(response.field("retry-after"), response.status == 429 ? "1" : "");
  }
  const auto seconds = std::chrono::duration<double>(watch.elapsed()).count();
  EXPECT_GE(statuses[200], 10);
  EXPECT_LE(statuses[200], 20 * seconds + 3);
  EXPECT_GT(statuses[429], 10);
  EXPECT_EQ(statuses.size(), 2U);
}

TEST_P(RouteTest, IsReadAgainOnHangup) {
  start_with(route_with("one"));
  HttpClient client = connect();
  EXPECT_EQ(client.get("/a").body, "one");
  EXPECT_EQ(client.get("/file.txt").body, "a file\n");
  reload(route_with("two") + "[[route]]\npath = '/file.txt'\nbody = 'a route'\n",
         "was read again: 2 routes");
  EXPECT_TRUE(eventually([&] { return client.get("/a").body == "two"; }));
  EXPECT_EQ(client.get("/file.txt").body, "a route") << "though the file was kept";
  reload("[[route]]\npath = '/a'\nbody = 5\n[[route]]\nstatus = 1\n",
         "spate: the routes stay as they are");
  const std::string errors = process().error_output();
  EXPECT_NE(errors.find("spate.toml:3:8: body of route \"/a\": expected a string, found 5\n"),
            std::string::npos)
      << errors;
  EXPECT_NE(errors.find("spate.toml:5:10: status of route"), std::string::npos) << errors;
  EXPECT_EQ(client.get("/a").body, "two");
  reload("", "was read again: 0 routes");
  EXPECT_TRUE(eventually([&] { return client.get("/a").status == 404; }));
  EXPECT_EQ(client.get("/file.txt").body, "a file\n");
}

// Each response is of one version, and the last version is there when all is quiet.
TEST_P(RouteTest, ChangesUnderLoad) {
  const auto body = [](int version) {
    return std::string(20'000, static_cast<char>('a' + version % 26));
  };
  start_with(route_with(body(0)), {"--threads", "2"});
  std::atomic<int> answered = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      HttpClient client = connect();
      while (!done) {
        const Response response = client.get("/a");
        ASSERT_EQ(response.status, 200);
        ASSERT_EQ(response.body.size(), 20'000U);
        ASSERT_EQ(response.body.find_first_not_of(response.body.front()), std::string::npos);
        ++answered;
      }
    });
  }
  constexpr int kChanges = 20;
  for (int version = 1; version <= kChanges; ++version) {
    const int before = answered;
    reload(route_with(body(version)), "was read again: 1 route");
    EXPECT_TRUE(eventually([&] { return answered > before + 30; }));
  }
  EXPECT_TRUE(eventually([&] { return get("/a").body == body(kChanges); }));
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(answered, kChanges * 30);
}

// A slow download goes on by the version that it began with; what was said meanwhile is another.
TEST_P(RouteTest, DownloadsGoOnAcrossAChange) {
  const std::string content = make_content(1, 8'000'000);
  configuration_.write("big.bin", content);
  start_with("[[route]]\npath = '/a'\nfile = 'big.bin'\n");
  HttpClient client = connect(16 * 1024);
  client.request("GET", "/a");
  ASSERT_EQ(client.read_response(true).status, 200);
  std::string body = client.read(100'000);
  configuration_.replace("big.bin", "small");
  reload("[[route]]\npath = '/a'\nfile = 'big.bin'\n", "was read again");
  EXPECT_TRUE(eventually([&] { return get("/a").body == "small"; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // earlier ones are looked for
  body += client.read(content.size() - body.size());
  EXPECT_EQ(difference(body, content), "");
  EXPECT_EQ(client.get("/a").body, "small");
}

TEST_P(RouteTest, DoesNotStartWithAnError) {
  configure("[[route]]\npath = 'a'\n[limits]\n");
  const Finished finished =
      run_to_end({spate_binary(), root_.path(), "--listen", "127.0.0.1:0", "--config", file()});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.output, "");
  EXPECT_TRUE(finished.error_output.starts_with(file() + ":2:8: path of route \"a\": expected"));
  EXPECT_NE(finished.error_output.find(file() + ":3:2: unknown table \"limits\"\n"),
            std::string::npos);
}

SPATE_ON_BOTH_BACKENDS(RouteTest);

TEST(CheckTest, SaysWhatAFileDefines) {
  const TemporaryDirectory directory;
  directory.write("spate.toml", route_with("x"));
  directory.write("bad.toml", "[[route]]\npath = '/a'\nfile = 'none'\n");
  directory.write("folder/x", "");
  const auto check = [](const std::string& file) {
    return run_to_end({spate_binary(), "check", file});
  };
  const Finished good = check(directory.path("spate.toml"));
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_EQ(good.output, directory.path("spate.toml") +
                             " is right; it has routes for\n  /a  GET, HEAD: 200, 1 B\n");
  EXPECT_EQ(good.error_output, "");
  const Finished bad = check(directory.path("bad.toml"));
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(bad.output, "");
  EXPECT_EQ(bad.error_output, directory.path("bad.toml") +
                                  ":3:8: file of route \"/a\": cannot read " +
                                  directory.path("none") + ": No such file or directory\n");
  const Finished missing = check(directory.path("missing.toml"));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.error_output, "spate: cannot read " + directory.path("missing.toml") +
                                      ": No such file or directory\n");
  const Finished folder = check(directory.path("folder"));
  EXPECT_EQ(folder.exit_code, 1);
  EXPECT_EQ(folder.error_output,
            "spate: cannot read " + directory.path("folder") + ": Is a directory\n");
}

}  // namespace
}  // namespace integration
