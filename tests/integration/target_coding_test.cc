// Answers in content codings on the real server, decoded by programs that know nothing of spate.
#include <string>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

struct Coding {
  std::string name;
  std::vector<std::string> decoder;  // reads a file that is named behind it, writes to its output
};

// Python's zlib wants to see the end of the stream, and nothing behind it.
const Coding kCodings[] = {
    {"gzip", {"gzip", "-dc", "--"}},
    {"deflate",
     {"python3", "-c",
      "import sys, zlib\n"
      "d = zlib.decompressobj()\n"
      "sys.stdout.buffer.write(d.decompress(open(sys.argv[1], 'rb').read()))\n"
      "sys.exit(not d.eof or len(d.unused_data))"}},
    {"br", {"brotli", "-dc", "--"}},
    {"zstd", {"zstd", "-dc", "-q", "--"}}};

class TargetCodingTest : public ServerTest {
 protected:
  std::string decoded(const Coding& coding, const std::string& body) {
    root_.write("coded", body);
    std::vector<std::string> command = coding.decoder;
    command.push_back(root_.path("coded"));
    const Finished finished = run_to_end(command);
    EXPECT_EQ(finished.exit_code, 0) << coding.name << ": " << finished.error_output;
    return finished.output;
  }
  std::string curl(const std::string& path) {
    const Finished finished = run_to_end({"curl", "--silent", "--show-error", "--fail", "--noproxy",
                                          "*", "--compressed", server().url(path)});
    EXPECT_EQ(finished.exit_code, 0) << path << ": " << finished.error_output;
    return finished.output;
  }
};

TEST_P(TargetCodingTest, GeneratedTextIsTheSameInEveryCoding) {
  start({"--target"});
  HttpClient client = connect();
  constexpr std::size_t kSize = 3'000'000;
  const std::string expected = decoded(kCodings[0], client.get("/gzip/3000000?seed=7").body);
  ASSERT_EQ(expected.size(), kSize);
  EXPECT_TRUE(expected.starts_with("{\"seed\":7}\n{\"id\":1,\"name\":\""));
  for (const Coding& coding : kCodings) {
    for (const std::size_t size : {0U, 1U, 11U, 8000U, 8203U, 100'000U, 1'000'000U, 3'000'000U}) {
      const std::string path = "/" + coding.name + "/" + std::to_string(size) + "?seed=7";
      const Response response = client.get(path);  // on one connection
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.field("content-encoding"), coding.name);
      EXPECT_EQ(response.field("content-length"), std::to_string(response.body.size()));
      EXPECT_EQ(response.field("content-type"), "text/plain; charset=utf-8");
      EXPECT_EQ(difference(decoded(coding, response.body), expected.substr(0, size)), "") << path;
      EXPECT_TRUE(client.get(path).body == response.body) << "the same again";
      const Response head = client.head(path);
      EXPECT_EQ(head.field("content-length"), response.field("content-length"));
      EXPECT_EQ(head.field("content-encoding"), coding.name);
    }
    EXPECT_LT(client.get("/" + coding.name + "/3000000").body.size(), kSize / 4);
  }
}

TEST_P(TargetCodingTest, WithoutASizeItSaysWhatWasAsked) {
  start({"--target"});
  HttpClient client = connect();
  const std::string participles[] = {"gzipped", "deflated", "brotli", "zstd"};
  for (std::size_t i = 0; i < std::size(kCodings); ++i) {
    const Response response = client.get("/" + kCodings[i].name, "X: y\r\n");
    EXPECT_EQ(response.field("content-encoding"), kCodings[i].name);
    EXPECT_EQ(response.field("content-type"), "application/json");
    const std::string host = "127.0.0.1:" + std::to_string(server().port());
    const std::string body = decoded(kCodings[i], response.body);
    EXPECT_TRUE(
        body.starts_with("{\"" + participles[i] +
                         "\":true,\"method\":\"GET\",\"origin\":\"127.0.0.1\",\"headers\":{"))
        << body;
    EXPECT_NE(body.find("\"X\":\"y\""), std::string::npos) << body;
  }
  // More fields than can be sent back.
  const std::string quotes(8000, '"');
  EXPECT_EQ(client.get("/br", "A: " + quotes + "\r\nB: " + quotes.substr(1000) + "\r\n").status,
            431);
}

TEST_P(TargetCodingTest, CurlDecodesThem) {
  start({"--target"});
  const std::string expected = curl("/gzip/20MiB");
  EXPECT_EQ(expected.size(), 20U << 20);
  for (const char* coding : {"deflate", "br", "zstd"}) {
    EXPECT_TRUE(curl("/" + std::string(coding) + "/20MiB") == expected) << coding;
    EXPECT_NE(curl("/" + std::string(coding)).find("\"User-Agent\":\"curl/"), std::string::npos);
  }
}

// Whatever is accepted, as the names say.
TEST_P(TargetCodingTest, IsCodedForWhoAcceptsNone) {
  start({"--target"});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/gzip/100", "Accept-Encoding: identity, gzip;q=0\r\n")
                .field("content-"
                       "encoding"),
            "gzip");
}

TEST_P(TargetCodingTest, PipelinesAndSlowReaders) {
  start({"--target"});
  HttpClient client(server().port(), 4096);
  std::string pipeline;
  for (int i = 0; i < 40; ++i) {
    pipeline += "GET /br/" + std::to_string(i * 30'000) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(pipeline);
  std::string last;
  for (int i = 0; i < 40; ++i) {
    const Response response = client.read_response();
    EXPECT_TRUE(response.complete);
    last = decoded(kCodings[2], response.body);
    EXPECT_EQ(last.size(), static_cast<std::size_t>(i) * 30'000);
  }
}

TEST_P(TargetCodingTest, BadParametersAreNamed) {
  start({"--target"});
  HttpClient client = connect();
  const Response response = client.get("/zstd/much");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "/zstd/N: N must be a whole number of bytes from 0 to 1099511627776, such as 1000 or "
            "64KiB, found 'much'\n");
  EXPECT_EQ(client.request("POST", "/gzip/1", "Content-Length: 0\r\n"), true);
  EXPECT_EQ(client.read_response().status, 405);
}

SPATE_ON_BOTH_BACKENDS(TargetCodingTest);

}  // namespace
}  // namespace integration
