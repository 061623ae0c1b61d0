// The admin listener of the real server: what it tells is exact, and nothing that is sent to it
// disturbs anybody.
#include <csignal>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class AdminTest : public ServerTest {
 protected:
  void start_admin(std::vector<std::string> arguments = {}, const Restrictions& restrictions = {}) {
    arguments.insert(arguments.begin(), {"--admin", "0"});
    start(arguments, restrictions);
    const std::string output = process().output();
    std::smatch found;
    ASSERT_TRUE(
        std::regex_search(output, found, std::regex("admin +http://127\\.0\\.0\\.1:([0-9]+)/\n")))
        << output;
    admin_port_ = static_cast<uint16_t>(std::stoi(found[1]));
  }

  HttpClient admin() { return HttpClient(admin_port_); }
  Response ask(const std::string& path, const std::string& fields = "") {
    return admin().get(path, fields);
  }
  // The sum over all workers of a sample in /metrics: "name" or "name{label=...}", whose first
  // label is always the worker.
  std::map<std::string, double> metrics() {
    std::map<std::string, double> sums;
    std::istringstream lines(ask("/metrics").body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      const std::size_t space = line.rfind(' ');
      std::string name = line.substr(0, space);
      name = std::regex_replace(name, std::regex("\\{worker=\"[0-9]+\"\\}"), "");
      name = std::regex_replace(name, std::regex("\\{worker=\"[0-9]+\","), "{");
      sums[name] += std::stod(line.substr(space + 1));
    }
    return sums;
  }
  double metric(const std::string& name) { return metrics()[name]; }

  uint16_t admin_port_ = 0;
};
SPATE_ON_BOTH_BACKENDS(AdminTest);

TEST_P(AdminTest, IsOffUnlessAskedFor) {
  start();
  EXPECT_EQ(process().output().find("admin"), std::string::npos);
  EXPECT_EQ(get("/metrics").status, 404);
  EXPECT_EQ(get("/stats").status, 404);
}

TEST_P(AdminTest, CountersAreExact) {
  root_.write("a.txt", "0123456789");
  start_admin({"--threads", "2", "--target"});
  uint64_t sent = 0;
  const auto request = [&](HttpClient& client, const std::string& path) {
    const std::string text = "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    sent += text.size();
    ASSERT_TRUE(client.send(text));
  };
  constexpr int kConnections = 8;
  constexpr int kRequests = 25;
  std::vector<HttpClient> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(connect());
    for (int n = 0; n < kRequests; ++n) {
      for (const char* path : {"/a.txt", "/none", "/status/418"}) {
        request(clients.back(), path);
        const Response response = clients.back().read_response();
        ASSERT_TRUE(response.complete);
      }
    }
  }
  // A bad one on a connection of its own, and all bytes of it.
  HttpClient bad = connect();
  const std::string nonsense = "nonsense\r\n\r\n";
  ASSERT_TRUE(bad.send(nonsense));
  sent += nonsense.size();
  bad.read_to_end();
  bad.close();
  ASSERT_TRUE(eventually([&] { return metric("spate_connections_closed_total") == 1; }));
  // A client may have its answer before the worker knows that it is out.
  ASSERT_TRUE(eventually(
      [&] { return metric("spate_service_time_seconds_count") >= 3 * kConnections * kRequests; }));

  const auto counted = metrics();
  const auto of = [&counted](const std::string& name) {
    const auto found = counted.find(name);
    return found == counted.end() ? -1 : found->second;
  };
  EXPECT_EQ(of("spate_requests_total"), 3 * kConnections * kRequests);
  EXPECT_EQ(of("spate_bad_requests_total"), 1);
  EXPECT_EQ(of("spate_faults_total"), 0);
  EXPECT_EQ(of("spate_responses_total{status=\"200\"}"), kConnections * kRequests);
  EXPECT_EQ(of("spate_responses_total{status=\"404\"}"), kConnections * kRequests);
  EXPECT_EQ(of("spate_responses_total{status=\"418\"}"), kConnections * kRequests);
  EXPECT_EQ(of("spate_responses_total{status=\"400\"}"), 1);
  EXPECT_EQ(of("spate_responses_total{status=\"500\"}"), -1) << "there was none";
  EXPECT_EQ(of("spate_connections_accepted_total"), kConnections + 1);
  EXPECT_EQ(of("spate_connections_open"), kConnections);
  EXPECT_EQ(of("spate_received_bytes_total"), static_cast<double>(sent));
  EXPECT_EQ(of("spate_service_time_seconds_count"), 3 * kConnections * kRequests);
  EXPECT_EQ(of("spate_service_time_seconds_bucket{le=\"+Inf\"}"), 3 * kConnections * kRequests);
  EXPECT_GT(of("spate_service_time_seconds_sum"), 0);
  EXPECT_LT(of("spate_service_time_seconds_sum"), 60);
  EXPECT_GT(of("spate_worker_cpu_seconds_total"), 0);
}

// Answers of routes are counted as all others: once, by the status that goes out, if any does.
TEST_P(AdminTest, CountsAnswersOfRoutes) {
  root_.write("routes.toml", R"(
[[route]]
path = "/body"
status = 201
body = "made"
[[route]]
path = "/rate"
rate = 1
[[route]]
path = "/late"
status = 202
delay = "2ms"
[[route]]
path = "/slow"
status = 203
fault = "slow-head:100us"
[[route]]
path = "/status"
fault = "503@100%"
[[route]]
path = "/reset"
fault = "reset@100%"
[[route]]
path = "/cut"
status = 206
size = 1000
fault = "fin-in-body:10@100%"
)");
  start_admin({"--config", root_.path("routes.toml")});
  constexpr int kTimes = 5;
  for (int i = 0; i < kTimes; ++i) {
    HttpClient client = connect();
    for (const char* path : {"/body", "/late", "/slow", "/status"}) {
      EXPECT_TRUE(client.get(path).complete) << path;
    }
    for (const char* path : {"/reset", "/cut"}) {
      HttpClient broken = connect();
      broken.request("GET", path);
      broken.read_to_end();
    }
  }
  HttpClient client = connect();
  EXPECT_EQ(client.get("/rate").status, 200);
  EXPECT_EQ(client.get("/rate").status, 429);
  client.request("DELETE", "/rate");
  EXPECT_EQ(client.read_response().status, 405);
  ASSERT_TRUE(eventually([&] { return metric("spate_requests_total") == 6 * kTimes + 3; }));
  const auto counted = metrics();
  std::map<std::string, double> responses;
  for (const auto& [name, value] : counted) {
    const std::string start = "spate_responses_total{status=\"";
    if (name.starts_with(start) && value > 0) responses[name.substr(start.size(), 3)] = value;
  }
  EXPECT_EQ(responses, (std::map<std::string, double>{{"200", 1},
                                                      {"201", kTimes},
                                                      {"202", kTimes},
                                                      {"203", kTimes},
                                                      {"206", kTimes},
                                                      {"405", 1},
                                                      {"429", 1},
                                                      {"503", kTimes}}));
  EXPECT_EQ(counted.at("spate_faults_total"), 4 * kTimes);
  const std::string stats = ask("/stats").body;
  EXPECT_NE(stats.find("\"203\":" + std::to_string(kTimes)), std::string::npos) << stats;
}

// Every byte that a client gets is counted, of memory, of files and of what is generated.
TEST_P(AdminTest, SentBytesAreThoseThatArrive) {
  write_content("small", 1, 100);
  write_content("large", 2, 3'000'000);
  start_admin({"--target"});
  uint64_t arrived = 0;
  for (const char* path : {"/small", "/small", "/large", "/bytes/1000000", "/none",
                           "/stream-bytes/100000", "/drip?bytes=3&duration=20ms&delay=0"}) {
    HttpClient client = connect();
    client.request("GET", path, "Connection: close\r\n");
    arrived += client.read_to_end().size();
  }
  EXPECT_TRUE(eventually([&] {
    return metric("spate_sent_bytes_total") == static_cast<double>(arrived);
  })) << metric("spate_sent_bytes_total")
      << " and not " << arrived;
}

TEST_P(AdminTest, DelaysTellHowLateTheyWere) {
  start_admin({"--target"});
  HttpClient client = connect();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.get("/delay/5ms").status, 200);
  // The last one of them that is recorded.
  ASSERT_TRUE(eventually([&] { return metric("spate_delay_asked_seconds_count") == 10; }));
  EXPECT_EQ(metric("spate_delay_lateness_seconds_count"), 10);
  EXPECT_EQ(metric("spate_service_time_seconds_count"), 0);
  EXPECT_GE(metric("spate_delay_lateness_seconds_sum"), 0);
  EXPECT_EQ(metric("spate_delay_seconds_count"), 10);
  EXPECT_NEAR(metric("spate_delay_asked_seconds_sum"), 0.05, 1e-9);
  EXPECT_GE(metric("spate_delay_seconds_sum"), 0.05);
}

// Every answer is in one of two histograms: that of delays, or that of service times.
TEST_P(AdminTest, HistogramsHaveEveryBucket) {
  root_.write("a.txt", "content");
  start_admin({"--target", "--threads", "2"});
  const std::string empty = "{\"sum\":0,\"max\":0,\"buckets\":[]}";
  EXPECT_EQ(ask("/histograms").body,
            "{\"service_time_seconds\":" + empty + ",\"delay_lateness_seconds\":" + empty +
                ",\"delay_seconds\":" + empty + ",\"delay_asked_seconds\":" + empty + "}\n");
  HttpClient client = connect();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/json?delay=5ms").status, 200);
  EXPECT_EQ(client.get("/json?delay=0").status, 200);
  HttpClient other = connect();
  EXPECT_EQ(other.get("/a.txt").status, 200);
  EXPECT_EQ(other.get("/drip?bytes=2&duration=10ms&delay=20ms").status, 200);
  const std::string asked =
      "\"delay_asked_seconds\":{\"sum\":0.035,\"max\":0.02,\"buckets\":[[0.005013503,3],[0."
      "020054015,1]]}}\n";
  std::string body;
  ASSERT_TRUE(eventually([&] {
    body = ask("/histograms").body;
    return body.ends_with(asked);
  })) << body;
  EXPECT_EQ(metric("spate_delay_seconds_count"), 4);
  // A client may have its answer before the worker knows that it is out.
  EXPECT_TRUE(eventually([&] { return metric("spate_service_time_seconds_count") >= 2; }));
  EXPECT_EQ(metric("spate_service_time_seconds_count"), 2);
  EXPECT_EQ(ask("/histograms").field("content-type"), "application/json");
}

TEST_P(AdminTest, Pages) {
  start_admin();
  const Response page = ask("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.field("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("<title>spate</title>"), std::string::npos) << page.body;
  EXPECT_TRUE(page.body.ends_with("</html>\n"));
  EXPECT_TRUE(page.field("content-security-policy").starts_with("default-src 'none'; script-src "));
  EXPECT_EQ(ask("/metrics").field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ask("/metrics?name=x").status, 200);
  const Response stats = ask("/stats");
  EXPECT_EQ(stats.field("content-type"), "application/json");
  EXPECT_NE(stats.body.find("\"backend\":"), std::string::npos);
  EXPECT_NE(stats.body.find("\"service_time_buckets\":[]"), std::string::npos) << stats.body;
  EXPECT_EQ(ask("/verdict").body, "there was no load to judge\n");
  const Response verdict = ask("/verdict", "Accept: application/json\r\n");
  EXPECT_EQ(verdict.field("content-type"), "application/json");
  EXPECT_NE(verdict.body.find("{\"limit\":\"none\","), std::string::npos) << verdict.body;
  EXPECT_EQ(ask("/none").status, 404);
  EXPECT_EQ(ask("/metrics/").status, 404);

  HttpClient head = admin();
  const Response of_head = head.head("/metrics");
  EXPECT_EQ(of_head.status, 200);
  EXPECT_EQ(head.read_to_end(), "");
  HttpClient post = admin();
  post.request("POST", "/metrics", "Content-Length: 5\r\n");
  post.send("hello");
  const Response of_post = post.read_response();
  EXPECT_EQ(of_post.status, 405);
  EXPECT_EQ(of_post.field("allow"), "GET, HEAD");
  EXPECT_EQ(of_post.field("connection"), "close");
  post.read_to_end();
  EXPECT_EQ(post.end(), End::closed) << "and no reset";
}

TEST_P(AdminTest, RefusesWhatIsNoRequest) {
  start_admin();
  const auto status_of = [this](const std::string& bytes) {
    HttpClient client = admin();
    client.send(bytes);
    return client.read_response().status;
  };
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status_of(std::string("\0\xff\x16\x03\x01", 5) + "\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(9000, 'a')), 431);
  EXPECT_EQ(ask("/metrics").status, 200);
}

// Whoever sends slowly, or nothing, or reads nothing, keeps nobody else out, and goes in the end.
TEST_P(AdminTest, ManyThatAreSlowKeepNobodyOut) {
  root_.write("a.txt", "content");
  start_admin();
  std::vector<HttpClient> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(admin());
    if (i % 2 == 0) silent.back().send("GET /stats HTT");
  }
  EXPECT_EQ(ask("/metrics").status, 200);
  EXPECT_EQ(get("/a.txt").body, "content");
  const Stopwatch stopwatch;
  HttpClient slow = admin();
  slow.send("GET /stats HTT");
  EXPECT_EQ(slow.read_to_end(), "");
  EXPECT_GE(stopwatch.elapsed(), std::chrono::milliseconds(4500));
  EXPECT_LE(stopwatch.elapsed(), std::chrono::seconds(20));
}

// Connections come faster than descriptors go: it neither spins nor ends.
TEST_P(AdminTest, ClientsThatLeaveAtOnce) {
  start_admin();
  for (int i = 0; i < 300; ++i) {
    HttpClient client = admin();
    client.send("GET /stats HTTP/1.1\r\nHost: a\r\n\r\n");
    client.close();
  }
  EXPECT_EQ(ask("/stats").status, 200);
  ASSERT_TRUE(eventually([&] { return server().open_connections() == 0; }));
}

TEST_P(AdminTest, TellsOfALoadWhenItIsOver) {
  root_.write("a.txt", "content");
  start_admin();
  const Stopwatch stopwatch;
  HttpClient client = connect();
  while (stopwatch.elapsed() < std::chrono::milliseconds(4000)) client.get("/a.txt");
  std::string text;
  ASSERT_TRUE(eventually([&] {
    text = ask("/verdict").body;
    return text.starts_with("server used ");
  })) << text;
  EXPECT_NE(text.find(" s of load, with "), std::string::npos) << text;
  EXPECT_NE(text.find("busy, by worker: "), std::string::npos) << text;
  const Response json = ask("/verdict", "Accept: application/json\r\n");
  EXPECT_NE(json.body.find("\"sentence\":\"server used "), std::string::npos) << json.body;
  const std::string stats = ask("/stats").body;
  EXPECT_TRUE(
      std::regex_search(stats, std::regex("\"service_time_buckets\":\\[\\[[0-9.e-]+,[0-9]+\\],")))
      << stats;
  EXPECT_NE(ask("/stats").body.find("\"verdict\":{\"limit\":\""), std::string::npos);
}

TEST_P(AdminTest, IsThereWhileTheServerDrains) {
  write_content("large", 3, 30'000'000);
  start_admin();
  HttpClient slow = connect(4096);
  slow.request("GET", "/large");
  ASSERT_FALSE(slow.read(100).empty());
  process().signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return try_to_connect(server().port()) != 0; }));
  // Attempts that came before the drain are connections until the worker has seen their end.
  EXPECT_TRUE(eventually([&] { return metric("spate_connections_open") == 1; }));
  EXPECT_GT(slow.read_to_end().size(), 29'000'000U);
  slow.close();
  EXPECT_EQ(process().wait(), 0);
}

TEST_P(AdminTest, APortThatIsTakenIsRefused) {
  start_admin();
  const std::string taken = std::to_string(admin_port_);
  const Finished finished = run_to_end({spate_binary(), root_.path(), "--io", GetParam(),
                                        "--listen", "127.0.0.1:0", "--admin", taken});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.output, "");
  EXPECT_EQ(finished.error_output,
            "spate: --admin: cannot listen on 127.0.0.1:" + taken +
                ": Address already in use (another program has this port: stop it, or choose "
                "another port)\n");
}

}  // namespace
}  // namespace integration
