// Pipelines whose answers fill the output before all are made: each has to wait until the rest is
// sent, and then come whole.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

class CrowdedOutput : public ::testing::Test {
 protected:
  CrowdedOutput() { server.responder.add_target(target); }

  static std::string times(std::size_t count, const std::string& request) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += request;
    return all;
  }
  static std::string post(const std::string& path, const std::string& body) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  // What comes when nothing is sent before the output is full for the first time.
  std::string answers(const std::string& requests) {
    HttpConnection connection(server);
    connection.receive_without_sending(requests);
    EXPECT_TRUE(connection.blocked());
    connection.send_all();
    connection.receive("");
    return connection.output;
  }

  HttpServer server;
  Target target{"/", 7};
};

TEST_F(CrowdedOutput, OfSegments) {
  const std::string request = get("/bytes/5000?seed=1");  // two segments
  EXPECT_EQ(answers(times(20, request)), times(20, test_support::answer(server, request)));
}

TEST_F(CrowdedOutput, OfSegmentsBeforeAnEcho) {
  const std::string request = get("/bytes/5000?seed=1");
  for (std::size_t before = 14; before <= 18; ++before) {
    HttpConnection connection(server);
    connection.receive_without_sending(times(before, request) + post("/echo", "come back"));
    connection.send_all();
    connection.receive("");
    EXPECT_EQ(connection.output, times(before, test_support::answer(server, request)) +
                                     test_support::answer(server, post("/echo", "come back")));
  }
}

TEST_F(CrowdedOutput, OfSegmentsBeforeAnUpload) {
  const std::string request = get("/missing");  // a head, and a body that is referred to
  for (std::size_t before = 15; before <= 18; ++before) {
    HttpConnection connection(server);
    connection.receive_without_sending(times(before, request) + post("/upload", "12345"));
    connection.send_all();
    connection.receive("");
    EXPECT_EQ(connection.output, times(before, test_support::answer(server, request)) +
                                     test_support::answer(server, post("/upload", "12345")));
  }
}

// What waits for the disk can not even be told that it waits in vain.
TEST_F(CrowdedOutput, WhenTheDiskIsGivenUp) {
  const std::string request = get("/missing");
  HttpConnection connection(server);
  connection.receive_without_sending(times(17, request));
  server.files.fail_next(MemoryFileSystem::Call::look, core::kWouldWait);
  connection.receive_without_sending(get("/slow"));
  ASSERT_TRUE(connection.waits_for_disk());
  connection.session.on_disk_timeout(connection.carry(), server.context, connection.queue);
  EXPECT_EQ(connection.session.phase(), h1::Phase::finished);
  connection.send_all();
  EXPECT_EQ(connection.output, times(17, test_support::answer(server, request)));
  EXPECT_EQ(server.counters.responses.of(503), 0U);
}

TEST_F(CrowdedOutput, OfBytes) {
  const std::string request = get("/bytes/4000?seed=1");  // copied
  EXPECT_EQ(answers(times(6, request)), times(6, test_support::answer(server, request)));
}

// Whatever is left of the room, the head of a stream fits into it or waits.
TEST_F(CrowdedOutput, OfBytesBeforeAStream) {
  const std::string stream = test_support::answer(server, get("/stream/3"));
  for (int size = 3850; size <= 3960; size += 5) {
    const std::string request = get("/bytes/" + std::to_string(size) + "?seed=1");
    HttpConnection connection(server);
    connection.receive_without_sending(times(6, request) + get("/stream/3"));
    connection.send_all();
    connection.receive("");
    EXPECT_EQ(connection.output, times(6, test_support::answer(server, request)) + stream) << size;
  }
}

// Its end goes behind what is referred to, and fits as well or waits with all of it.
TEST_F(CrowdedOutput, OfBytesBeforeCodedText) {
  const std::string coded = get("/gzip/1MiB?seed=1");
  const std::string answer = test_support::answer(server, coded);
  for (int size = 3600; size <= 3960; size += 5) {
    const std::string request = get("/bytes/" + std::to_string(size) + "?seed=1");
    HttpConnection connection(server);
    connection.receive_without_sending(times(6, request) + coded);
    connection.send_all();
    connection.receive("");
    EXPECT_EQ(connection.output, times(6, test_support::answer(server, request)) + answer) << size;
  }
}

TEST_F(CrowdedOutput, WhenALateAnswerIsDue) {
  const std::string request = get("/bytes/4000?seed=1");
  const std::string late = get("/bytes/4000?seed=1&delay=1ms");
  HttpConnection connection(server);
  connection.receive_without_sending(times(5, request) + late);
  ASSERT_TRUE(connection.waits_for_time());
  server.pass(1'000'000);
  connection.receive_without_sending("");
  EXPECT_TRUE(connection.blocked());
  connection.send_all();
  connection.receive("");
  EXPECT_EQ(connection.output, times(6, test_support::answer(server, request)));
}

}  // namespace
}  // namespace http::target
