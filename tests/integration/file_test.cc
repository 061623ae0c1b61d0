// Files of every size around the places where spate changes its way of sending, whole and in parts.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class FileTest : public ServerTest {};

// 4096: copied into the output or referred to; 12288: memory or sendfile (http/server/budget.cc).
constexpr std::size_t kSizes[] = {0,      1,      4095,   4096,      4097,      16'383,
                                  12'288, 12'289, 65'536, 1'048'576, 20'971'520};

TEST_P(FileTest, ServesEverySizeExactly) {
  std::vector<std::string> contents;
  for (const std::size_t size : kSizes) {
    contents.push_back(write_content("file" + std::to_string(size) + ".bin", size, size));
  }
  start();
  HttpClient client = connect();
  // The second time from the cache.
  for (int round = 0; round < 2; ++round) {
    for (const std::string& content : contents) {
      const std::string path = "/file" + std::to_string(content.size()) + ".bin";
      const Response head = client.head(path);
      const Response response = client.get(path);
      ASSERT_EQ(response.status, 200);
      ASSERT_EQ(difference(response.body, content), "") << path;
      EXPECT_EQ(response.field("content-length"), std::to_string(content.size()));
      EXPECT_EQ(response.field("content-type"), "application/octet-stream");
      EXPECT_EQ(response.field("accept-ranges"), "bytes");
      EXPECT_EQ(head.status, 200);
      for (const char* field : {"content-length", "content-type", "etag", "last-modified"}) {
        EXPECT_EQ(head.field(field), response.field(field)) << field;
        EXPECT_NE(head.field(field), "") << field;
      }
    }
  }
}

TEST_P(FileTest, ServesRanges) {
  for (const std::size_t size : {1000U, 12'288U, 3'000'000U}) {
    root_.write("file" + std::to_string(size), make_content(size, size));
  }
  start();
  HttpClient client = connect();
  for (const std::size_t size : {1000U, 12'288U, 3'000'000U}) {
    const std::string content = make_content(size, size);
    const std::string path = "/file" + std::to_string(size);
    struct Case {
      std::size_t first;
      std::size_t last;
      std::string range;
    };
    const Case cases[] = {
        {0, 0, "bytes=0-0"},
        {10, 99, "bytes=10-99"},
        {size / 2, size - 1, "bytes=" + std::to_string(size / 2) + "-"},
        {size - 7, size - 1, "bytes=-7"},
        {0, size - 1, "bytes=0-"},
        {500, size - 1, "bytes=500-999999999"},
    };
    for (const Case& part : cases) {
      const Response response = client.get(path, "Range: " + part.range + "\r\n");
      ASSERT_EQ(response.status, 206) << part.range;
      EXPECT_EQ(response.field("content-range"), "bytes " + std::to_string(part.first) + "-" +
                                                     std::to_string(part.last) + "/" +
                                                     std::to_string(size));
      EXPECT_EQ(difference(response.body, content.substr(part.first, part.last - part.first + 1)),
                "")
          << part.range << " of " << size;
    }
    const Response beyond = client.get(path, "Range: bytes=" + std::to_string(size) + "-\r\n");
    EXPECT_EQ(beyond.status, 416);
    EXPECT_EQ(beyond.field("content-range"), "bytes */" + std::to_string(size));
  }
}

TEST_P(FileTest, AnswersConditions) {
  for (const std::size_t size : {100U, 100'000U}) {
    root_.write("file" + std::to_string(size), make_content(size, size));
  }
  start();
  HttpClient client = connect();
  for (const std::string path : {"/file100", "/file100000"}) {
    const Response plain = client.get(path);
    const std::string tag = plain.field("etag");
    const std::string date = plain.field("last-modified");
    for (const std::string& condition :
         {"If-None-Match: " + tag, "If-None-Match: \"x\", " + tag, "If-Modified-Since: " + date}) {
      const Response unchanged = client.get(path, condition + "\r\n");
      EXPECT_EQ(unchanged.status, 304) << condition;
      EXPECT_EQ(unchanged.field("etag"), tag);
      EXPECT_EQ(unchanged.body, "");
    }
    EXPECT_EQ(client.get(path, "If-Match: \"x\"\r\n").status, 412);
    EXPECT_EQ(client.get(path, "If-None-Match: \"x\"\r\n").status, 200);
    EXPECT_EQ(client.get(path, "Range: bytes=0-9\r\nIf-Range: " + tag + "\r\n").status, 206);
    EXPECT_EQ(client.get(path, "Range: bytes=0-9\r\nIf-Range: \"x\"\r\n").status, 200);
  }
}

TEST_P(FileTest, ServesIndexAndRedirects) {
  root_.write("index.html", "<p>start");
  root_.write("docs/index.html", "<p>docs");
  root_.write("empty/nothing.txt", "x");
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/").body, "<p>start");
  EXPECT_EQ(client.get("/").field("content-type").substr(0, 9), "text/html");
  EXPECT_EQ(client.get("/docs/").body, "<p>docs");
  const Response redirect = client.get("/docs?a=b");
  EXPECT_EQ(redirect.status, 301);
  EXPECT_EQ(redirect.field("location"), "/docs/?a=b");
  EXPECT_EQ(client.get("/empty/").status, 403);
  EXPECT_EQ(client.get("/index.html/").status, 404);
}

TEST_P(FileTest, StaysBeneathTheRoot) {
  TemporaryDirectory outside;
  outside.write("secret.txt", "secret");
  root_.write("real.txt", "inside");
  root_.write("folder/file.txt", "below");
  ASSERT_EQ(symlink(outside.path("secret.txt").c_str(), root_.path("absolute").c_str()), 0);
  ASSERT_EQ(symlink(outside.path().c_str(), root_.path("directory").c_str()), 0);
  ASSERT_EQ(symlink("../", root_.path("up").c_str()), 0);
  ASSERT_EQ(symlink("../real.txt", root_.path("folder/inside").c_str()), 0);
  ASSERT_EQ(symlink("loop", root_.path("loop").c_str()), 0);
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/absolute").status, 403);
  EXPECT_EQ(client.get("/directory/secret.txt").status, 403);
  EXPECT_EQ(client.get("/up/").status, 403);
  EXPECT_EQ(client.get("/loop").status, 403);
  EXPECT_EQ(client.get("/folder/inside").body, "inside");
  EXPECT_EQ(client.get("/folder/../real.txt").body, "inside");
  for (const char* path : {"/../real.txt", "/%2e%2e/real.txt", "/folder/../../x", "/folder/%00"}) {
    EXPECT_EQ(connect().get(path).status, 400) << path;
  }
  EXPECT_EQ(client.get("/..%2freal.txt").status, 404);
}

// A FIFO would block whoever opens it; a socket and a device are no files either.
TEST_P(FileTest, DoesNotTouchWhatIsNoFile) {
  root_.write("hello.txt", "hello\n");
  ASSERT_EQ(mkfifo(root_.path("fifo").c_str(), 0644), 0);
  ASSERT_EQ(mkfifo(root_.path("index.html").c_str(), 0644), 0);
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/fifo").status, 403);
  EXPECT_EQ(client.get("/").status, 403);
  EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
}

TEST_P(FileTest, RefusesUnreadableFile) {
  root_.write("private.txt", "private");
  ASSERT_EQ(chmod(root_.path("private.txt").c_str(), 0), 0);
  Restrictions restrictions;
  restrictions.no_permission_override = true;
  start({}, restrictions);
  EXPECT_EQ(get("/private.txt").status, 403);
}

TEST_P(FileTest, ServesNamesOfAnyBytes) {
  root_.write("a b+c&d.txt", "blank");
  root_.write("gr\xc3\xbc\xc3\x9f\x65.txt", "umlaut");
  root_.write("100%.txt", "percent");
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/a%20b+c&d.txt").body, "blank");
  EXPECT_EQ(client.get("/gr%C3%BC%c3%9fe.txt?query").body, "umlaut");
  EXPECT_EQ(client.get("/100%25.txt").body, "percent");
}

SPATE_ON_BOTH_BACKENDS(FileTest);

}  // namespace
}  // namespace integration
