// Broken answers of the load-test target on the real server, by raw sockets.
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

struct Requested {
  const char* path;  // ends with ? or &
  const char* method = "GET";
  std::size_t body = 0;
};

const Requested kRequests[] = {{"/plaintext?"},
                               {"/json?"},
                               {"/bytes/100?seed=1&"},
                               {"/bytes/300000?seed=1&"},
                               {"/range/50000?"},
                               {"/delay/1ms?"},
                               {"/stream-bytes/30000?seed=1&"},
                               {"/stream/3?gap=1ms&"},
                               {"/sse?count=3&gap=1ms&"},
                               {"/drip?bytes=5&duration=5ms&delay=1ms&"},
                               {"/echo?", "POST", 5000},
                               {"/upload?", "PUT", 5000},
                               {"/status/201?", "POST", 5},
                               {"/headers?"},
                               {"/ip?"},
                               {"/redirect/2?"},
                               {"/basic-auth/a/b?"},
                               {"/cache?"},
                               {"/cache/60?"},
                               {"/etag/x?"},
                               {"/trailers?a=b&"}};

class TargetFaultTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("file.txt", "a file\n");
    start({"--target"});
  }
  // The server is as it was.
  void TearDown() override {
    EXPECT_EQ(get("/file.txt").body, "a file\n");
    EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
    ServerTest::TearDown();
  }

  // A client that has sent a request with a fault.
  HttpClient ask(const Requested& each, const std::string& parameters) {
    HttpClient client = connect();
    std::string text =
        std::string(each.method) + " " + each.path + parameters + " HTTP/1.1\r\nHost: a\r\n";
    if (each.body > 0) text += "Content-Length: " + std::to_string(each.body) + "\r\n";
    // At once, so that no send finds out that the connection has ended.
    client.send(text + "\r\n" + std::string(each.body, 'x'));
    return client;
  }
  static std::size_t head_length(const std::string& text) {
    return std::min(text.find("\r\n\r\n"), text.size()) + 4;
  }
  // The whole answer, in one that goes to the end of the connection.
  std::string whole(const Requested& each) {
    return ask(each, "fault=fin-in-body:1000000000").read_to_end();
  }
};

TEST_P(TargetFaultTest, Resets) {
  for (const Requested& each : kRequests) {
    HttpClient client = ask(each, "fault=reset");
    EXPECT_EQ(client.read_to_end(), "") << each.path;
    EXPECT_EQ(client.end(), End::reset) << each.path;
  }
}

TEST_P(TargetFaultTest, WhatCameBeforeAResetArrives) {
  HttpClient client = connect();
  client.send(
      "GET /file.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /json?fault=reset HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "a file\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::reset);
}

TEST_P(TargetFaultTest, ClosesBeforeTheHeadInItAndInTheBody) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.path);
    const std::string all = whole(each);
    const std::size_t head = head_length(all);
    const std::pair<const char*, std::size_t> cases[] = {
        {"fin-before", 0}, {"fin-in-head", head / 2}, {"fin-in-body:3", head + 3}};
    for (const auto& [fault, length] : cases) {
      HttpClient client = ask(each, std::string("fault=") + fault);
      EXPECT_EQ(client.read_to_end().size(), std::min(length, all.size())) << fault;
      EXPECT_EQ(client.end(), End::closed) << "an end and no reset: " << fault;
    }
  }
}

TEST_P(TargetFaultTest, Stalls) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.path);
    HttpClient client = ask(each, "fault=stall:25");
    EXPECT_EQ(client.read(25).size(), 25U);
    EXPECT_FALSE(client.is_readable(std::chrono::milliseconds(5)));
    EXPECT_TRUE(client.request("GET", "/json")) << "the connection is there";
    EXPECT_FALSE(client.is_readable(std::chrono::milliseconds(5)));
  }
}

// A client that has gone, or only ended its side, frees the slot: nothing more would come.
TEST_P(TargetFaultTest, StallsEndWithTheirClients) {
  HttpClient half = ask(kRequests[1], "fault=stall:25");
  EXPECT_EQ(half.read(25).size(), 25U);
  half.finish_sending();
  EXPECT_EQ(half.read_to_end(), "");
  EXPECT_EQ(half.end(), End::closed);
}

TEST_P(TargetFaultTest, ADrainDoesNotWaitForAStall) {
  HttpClient stalled = ask(kRequests[1], "fault=stall:25");
  EXPECT_EQ(stalled.read(25).size(), 25U);
  HttpClient other = ask(kRequests[1], "fault=stall:0");
  EXPECT_EQ(get("/file.txt").status, 200);
  const Stopwatch watch;
  process().signal(SIGTERM);
  EXPECT_EQ(stalled.read_to_end(), "");
  EXPECT_EQ(other.read_to_end(), "");
  EXPECT_EQ(process().wait(), 0);
  EXPECT_LT(watch.elapsed().count(), 20'000);
  start({"--target"});
}

TEST_P(TargetFaultTest, SendsTheHeadSlowly) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.path);
    const std::string all = whole(each);
    const Stopwatch watch;
    HttpClient client = ask(each, "fault=slow-head:200us");
    EXPECT_EQ(client.read(all.size()).size(), all.size());
    const auto least = static_cast<int64_t>(head_length(all) - 1) * 200 / 1000;
    EXPECT_GE(watch.elapsed().count(), least);
    EXPECT_EQ(client.get("/file.txt").status, 200) << "it is a whole answer";
  }
}

TEST_P(TargetFaultTest, SaysAWrongLength) {
  HttpClient longer = ask(kRequests[1], "fault=wrong-length:%2B10");
  const Response response = longer.read_response();
  EXPECT_EQ(response.field("content-length"), "37");
  EXPECT_FALSE(response.complete);
  EXPECT_EQ(longer.end(), End::closed);
  HttpClient shorter = ask(kRequests[1], "fault=wrong-length:-10");
  EXPECT_EQ(shorter.read_response().body, "{\"message\":\"Hello");
  shorter.request("GET", "/file.txt", "Connection: close\r\n");
  EXPECT_TRUE(shorter.read_to_end().starts_with(", World!\"}HTTP/1.1 200 OK"));
  for (const Requested& each : kRequests) {
    HttpClient client = ask(each, "fault=wrong-length:10");
    EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 "));
    EXPECT_EQ(client.end(), End::closed) << each.path;
  }
}

TEST_P(TargetFaultTest, SendsABadChunk) {
  for (const Requested& each : kRequests) {
    HttpClient client = ask(each, "fault=bad-chunk");
    const std::string text = client.read_to_end();
    EXPECT_EQ(text.substr(head_length(text), 6), "none\r\n") << each.path;
    EXPECT_EQ(client.end(), End::closed);
  }
}

TEST_P(TargetFaultTest, SendsOtherStatusesAndTruncatedContent) {
  for (const Requested& each : kRequests) {
    SCOPED_TRACE(each.path);
    HttpClient client = ask(each, "fault=429");
    EXPECT_EQ(client.read_response().status, 429);
    EXPECT_EQ(client.get("/file.txt").status, 200);
    HttpClient zipped = ask(each, "fault=truncated-gzip");
    const Response response = zipped.read_response();
    EXPECT_EQ(response.field("content-encoding"), "gzip");
    EXPECT_TRUE(response.complete);
    EXPECT_EQ(zipped.get("/file.txt").status, 200);
  }
}

TEST_P(TargetFaultTest, TheDelayComesFirst) {
  for (const std::string fault : {"reset", "fin-before", "stall:3", "503", "bad-chunk"}) {
    for (const Requested& each : {kRequests[1], kRequests[4], kRequests[7], kRequests[11]}) {
      const Stopwatch watch;
      HttpClient client = ask(each, "delay=20ms&fault=" + fault);
      client.read(1);
      EXPECT_GE(watch.elapsed().count(), 20) << each.path << fault;
    }
  }
}

// Exactly the same ones for a seed, on every connection.
TEST_P(TargetFaultTest, FaultsWithASeedCanBeHadAgain) {
  const std::string path = "/json?fault=404@10%25,5xx@20%25&fault-seed=7";
  constexpr int kCount = 1000;
  std::vector<int> first;
  for (int round = 0; round < 2; ++round) {
    HttpClient client = connect();
    std::vector<int> statuses;
    for (int i = 0; i < kCount; ++i) statuses.push_back(client.get(path).status);
    if (round == 0) first = statuses;
    EXPECT_EQ(statuses, first);
  }
  std::map<int, int> counts;
  for (const int status : first) ++counts[status];
  EXPECT_EQ(counts[404], 91);
  EXPECT_EQ(counts[200], 684);
  EXPECT_EQ(counts[500] + counts[502] + counts[503] + counts[504], 225);
}

TEST_P(TargetFaultTest, SaysWhatIsWrong) {
  const Response bad = get("/bytes/5?fault=slow-head");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body, "/bytes/N: fault: expected \":\", found the end at character 10\n");
}

// Every fault and delay at a time, to clients that go on or go.
TEST_P(TargetFaultTest, MixesDoNotConfuseTheServer) {
  const char* const mix =
      "fault=reset@10%25,fin-in-body:10@10%25,stall:40@10%25,slow-head:100us@10%25,"
      "wrong-length:5@10%25,bad-chunk@10%25,503@10%25&delay=exp:1ms";
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        const Requested& each = kRequests[static_cast<std::size_t>(i * 5 + t) % 21];
        HttpClient client = ask(each, mix);
        client.request("GET", std::string("/json?") + mix);
        client.finish_sending();
        client.read_to_end();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

SPATE_ON_BOTH_BACKENDS(TargetFaultTest);

}  // namespace
}  // namespace integration
