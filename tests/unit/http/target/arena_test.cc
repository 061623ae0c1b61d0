// What HttpArena asks for, through a session: its rules' own examples, and everything at every
// split.
#include "http/target/arena.h"

#include <gtest/gtest.h>

#include <string>

#include "http/target/sample_text.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

class ArenaTest : public ::testing::Test {
 protected:
  ArenaTest() { server.responder.add_target(target); }

  std::string answer(const std::string& request) { return test_support::answer(server, request); }
  static std::string post(const std::string& path, const std::string& body) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  static std::string plain(const std::string& body, Status status = Status::ok) {
    return start_line(status, kNow) +
           "Content-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
  }

  HttpServer server;
  Target target{"/", 7};
};

TEST_F(ArenaTest, Sums) {
  EXPECT_EQ(answer(get("/baseline11?a=13&b=42")), plain("55"));
  EXPECT_EQ(answer(get("/baseline11?a=-13&b=4")), plain("-9"));
  EXPECT_EQ(answer(post("/baseline11?a=13&b=42", "20")), plain("75"));
  EXPECT_EQ(answer("POST /baseline11?a=13&b=42 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n1\r\n2\r\n1\r\n0\r\n0\r\n\r\n"),
            plain("75"));
  EXPECT_EQ(answer(post("/baseline11?a=13&b=42", "")), plain("55"));
  EXPECT_EQ(answer("POST /baseline11?a=13 HTTP/1.1\r\nHost: a\r\n\r\n"), plain("13"));
  const std::string head = answer("HEAD /baseline11?a=13&b=42 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head, plain("55").substr(0, head.size()));
}

TEST_F(ArenaTest, SumsAtEverySplit) {
  const std::string requests = post("/baseline11?a=13&b=42", "20") + get("/baseline11?a=1&b=2") +
                               post("/baseline11?a=1", " -5\r\n") + get("/pipeline");
  const std::string expected = answer(requests);
  EXPECT_TRUE(expected.starts_with(plain("75") + plain("3") + plain("-4"))) << expected;
  EXPECT_TRUE(expected.ends_with("ok"));
  for (std::size_t at = 0; at <= requests.size(); ++at) {
    HttpConnection connection(server);
    connection.receive(requests.substr(0, at));
    connection.receive(requests.substr(at));
    EXPECT_EQ(connection.output, expected) << at;
  }
}

TEST_F(ArenaTest, SaysWhatIsNoNumber) {
  const std::string wrong =
      plain("/baseline11: the body must be a whole number, and the sum fit into 64 bits\n",
            Status::bad_request);
  for (const char* body : {"x", "1 2", "9223372036854775807"}) {
    EXPECT_EQ(answer(post("/baseline11?a=1", body) + get("/baseline11?a=1")), wrong + plain("1"))
        << body;
  }
}

TEST_F(ArenaTest, Pipeline) {
  const std::string response = answer(get("/pipeline"));
  EXPECT_NE(response.find("\r\nContent-Type: text/plain\r\n"), std::string::npos);
  EXPECT_EQ(body_of(response), "ok");
}

TEST_F(ArenaTest, Items) {
  const std::string one = body_of(answer(get("/json/1?m=3")));
  const SampleItem item = sample_item(1);
  EXPECT_TRUE(one.starts_with("{\"items\":[{\"id\":1,\"name\":\"")) << one;
  EXPECT_TRUE(one.ends_with(",\"total\":" + std::to_string(item.price * item.quantity * 3) +
                            "}],\"count\":1}"))
      << one;
  EXPECT_NE(answer(get("/json/1?m=3")).find("\r\nContent-Type: application/json\r\n"),
            std::string::npos);
  const std::string most = answer(get("/json/50?m=1000000000000"));
  EXPECT_TRUE(most.ends_with("],\"count\":50}"));
  EXPECT_EQ(most.find("Content-Encoding"), std::string::npos);
  EXPECT_NE(most.find("\r\nVary: Accept-Encoding\r\n"), std::string::npos);
  EXPECT_EQ(answer(get("/json/5")).substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(body_of(answer(get("/json"))), "{\"message\":\"Hello, World!\"}");
}

TEST_F(ArenaTest, ItemsInTheCodingThatIsAccepted) {
  const auto coding_for = [this](const std::string& accepted) {
    const std::string response =
        answer(get("/json/50?m=1", "Accept-Encoding: " + accepted + "\r\n"));
    const std::string name = "\r\nContent-Encoding: ";
    const std::size_t at = response.find(name);
    if (at == std::string::npos) return response.substr(9, 3);
    EXPECT_LT(body_of(response).size(), 3000U);
    return response.substr(at + name.size(), response.find("\r\n", at + 2) - at - name.size());
  };
  EXPECT_EQ(coding_for("gzip, br"), "br");
  EXPECT_EQ(coding_for("gzip"), "gzip");
  EXPECT_EQ(coding_for("zstd, gzip;q=0.5"), "zstd");
  EXPECT_EQ(coding_for("deflate"), "200");
  EXPECT_EQ(coding_for("identity"), "200");
  EXPECT_EQ(coding_for("*;q=0"), "406");
}

}  // namespace
}  // namespace http::target
