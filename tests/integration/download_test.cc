// Many downloads of a large file at once, each checked byte by byte.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class DownloadTest : public ServerTest {
 protected:
  // One of many downloads that a single thread reads in turn. Nothing is kept: every piece is
  // compared with its place in the content.
  struct Download {
    HttpClient client;
    std::size_t position = 0;
    bool correct = true;
  };

  // Asks for `path` and reads the head of the response.
  Download begin(const std::string& path, std::size_t size, int receive_buffer = 0) {
    Download download{connect(receive_buffer)};
    download.client.request("GET", path);
    const Response head = download.client.read_response(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("content-length"), std::to_string(size));
    return download;
  }

  // Reads all downloads to their ends.
  static void finish(std::vector<Download>& downloads, const std::string& content) {
    std::vector<char> piece(256 * 1024);
    for (Download& download : downloads) {
      // What came together with the head.
      const std::string first = download.client.take_received();
      download.correct = content.compare(0, first.size(), first) == 0;
      download.position = first.size();
    }
    while (true) {
      std::vector<pollfd> wanted;
      for (Download& download : downloads) {
        if (!download.correct || download.position == content.size()) continue;
        wanted.push_back({download.client.descriptor(), POLLIN, 0});
      }
      if (wanted.empty()) return;
      ASSERT_GT(poll(wanted.data(), wanted.size(), 30'000), 0) << "downloads stand still";
      auto ready = wanted.begin();
      for (Download& download : downloads) {
        if (ready == wanted.end() || ready->fd != download.client.descriptor()) continue;
        const bool readable = (ready++)->revents != 0;
        if (readable) receive(download, content, piece);
      }
    }
  }

 private:
  static void receive(Download& download, const std::string& content, std::vector<char>& piece) {
    const ssize_t got = recv(download.client.descriptor(), piece.data(), piece.size(), 0);
    const std::size_t size = got > 0 ? static_cast<std::size_t>(got) : 0;
    download.correct = size > 0 && size <= content.size() - download.position &&
                       content.compare(download.position, size, piece.data(), size) == 0;
    EXPECT_TRUE(download.correct) << "at byte " << download.position << ": " << got;
    download.position += size;
  }
};

TEST_P(DownloadTest, FiftyAtOnceAreExact) {
  const std::string content = write_content("large.bin", 1, 50 * 1024 * 1024);
  start({"--threads", "2"});
  std::vector<Download> downloads;
  for (int i = 0; i < 50; ++i) downloads.push_back(begin("/large.bin", content.size()));
  finish(downloads, content);
  // The connections are as good as new.
  for (Download& download : downloads) {
    ASSERT_EQ(download.client.get("/missing").status, 404);
  }
}

// Clients that do not read at all hold up nobody.
TEST_P(DownloadTest, StalledClientsDoNotDelayOthers) {
  const std::string content = write_content("large.bin", 1, 20'000'000);
  root_.write("small.txt", "small");
  start();
  std::vector<Download> stalled;
  for (int i = 0; i < 20; ++i) stalled.push_back(begin("/large.bin", content.size(), 4096));
  HttpClient client = connect();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.get("/small.txt").body, "small");
  std::vector<Download> fast;
  for (int i = 0; i < 3; ++i) fast.push_back(begin("/large.bin", content.size()));
  finish(fast, content);
  // Nor have they lost anything.
  stalled.erase(stalled.begin() + 2, stalled.end());
  finish(stalled, content);
}

// A client whose receive buffer is as small as it gets, so that most sends are short.
TEST_P(DownloadTest, SmallWindowGetsEverything) {
  const std::string content = write_content("large.bin", 1, 2'000'000);
  const std::string medium = write_content("medium.bin", 2, 16'000);
  start();
  std::vector<Download> downloads;
  downloads.push_back(begin("/large.bin", content.size(), 2048));
  finish(downloads, content);
  HttpClient client = connect(2048);
  std::string pipeline;
  constexpr int kRequests = 100;
  for (int i = 0; i < kRequests; ++i) pipeline += "GET /medium.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.send(pipeline));
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(difference(client.read_response().body, medium), "") << i;
  }
}

// More hot files than descriptors and memory for them: each is served all the same.
TEST_P(DownloadTest, MoreFilesThanTheCacheHolds) {
  constexpr std::size_t kFiles = 60;
  std::vector<std::string> contents;
  for (std::size_t i = 0; i < kFiles; ++i) {
    contents.push_back(write_content("file" + std::to_string(i), i, i % 2 == 0 ? 40'000 : 9'000));
  }
  Restrictions restrictions;
  restrictions.descriptors = 256;
  start({"--cache-size", "64k", "--max-connections", "50"}, restrictions);
  HttpClient client = connect();
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kFiles; ++i) {
      const Response response = client.get("/file" + std::to_string(i));
      ASSERT_EQ(response.status, 200);
      ASSERT_EQ(difference(response.body, contents[i]), "") << i;
    }
  }
}

SPATE_ON_BOTH_BACKENDS(DownloadTest);

}  // namespace
}  // namespace integration
