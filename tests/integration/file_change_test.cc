// Files that change while they are served. A response is of one version, or it is broken off.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLarge = 30'000'000;  // more than all socket buffers together

class FileChangeTest : public ServerTest {
 protected:
  // Changed content is served a second after the change at the latest.
  static void let_a_second_pass() { std::this_thread::sleep_for(milliseconds(1000)); }

  // A client that has begun to read a large file and then stops. The server has sent what the
  // buffers take and waits.
  HttpClient begin_download(const std::string& path, std::size_t size) {
    HttpClient client = connect(64 * 1024);
    client.request("GET", path);
    EXPECT_EQ(client.read_response(true).field("content-length"), std::to_string(size));
    EXPECT_EQ(client.read(10'000).size(), 10'000U);
    std::this_thread::sleep_for(milliseconds(50));
    return client;
  }

  // What the server has handed to the kernel and the test has not read, by the kernel's table of
  // connections.
  static std::size_t bytes_on_their_way(const HttpClient& client) {
    const uint16_t port = client.local_port();
    std::ifstream table("/proc/net/tcp");
    std::size_t sum = client.received_size();
    std::string line;
    while (std::getline(table, line)) {
      unsigned local = 0;
      unsigned remote = 0;
      std::size_t sending = 0;
      std::size_t receiving = 0;
      if (std::sscanf(line.c_str(), "%*d: %*x:%x %*x:%x %*x %zx:%zx", &local, &remote, &sending,
                      &receiving) != 4) {
        continue;
      }
      if (remote == port) sum += sending;
      if (local == port) sum += receiving;
    }
    return sum;
  }
};

TEST_P(FileChangeTest, ReplacedFileIsSeenWithinASecond) {
  start();
  for (const std::size_t size : {100U, 10'000U, 100'000U}) {
    const std::string name = "file" + std::to_string(size);
    const std::string before = make_content(1, size);
    const std::string after = make_content(2, size);
    root_.write(name, before);
    HttpClient client = connect();
    Response response = client.get("/" + name);
    const std::string tag = response.field("etag");
    ASSERT_EQ(difference(response.body, before), "");
    // Two versions of one size made within one tick of the file system's clock (4 to 10 ms) have
    // one entity tag; see http/semantics/etag.h.
    std::this_thread::sleep_for(milliseconds(30));
    root_.replace(name, after);
    // Whatever comes in between is one of the two.
    for (int i = 0; i < 20; ++i) {
      response = client.get("/" + name);
      ASSERT_TRUE(response.body == before || response.body == after);
      std::this_thread::sleep_for(milliseconds(50));
    }
    response = client.get("/" + name, "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(difference(response.body, after), "");
  }
}

TEST_P(FileChangeTest, DeletedFileIsGoneWithinASecond) {
  root_.write("file", make_content(1, 100'000));
  root_.write("small", "small");
  start();
  HttpClient client = connect();
  ASSERT_EQ(client.get("/file").status, 200);
  ASSERT_EQ(client.get("/small").body, "small");
  unlink(root_.path("file").c_str());
  unlink(root_.path("small").c_str());
  let_a_second_pass();
  EXPECT_EQ(client.get("/file").status, 404);
  EXPECT_EQ(client.get("/small").status, 404);
}

// A deployment or a deletion does not touch the bytes of the file that is being sent.
TEST_P(FileChangeTest, DownloadOfReplacedOrDeletedFileCompletes) {
  const std::string content = write_content("file", 1, kLarge);
  start();
  HttpClient first = begin_download("/file", kLarge);
  root_.replace("file", make_content(2, 100'000));
  EXPECT_EQ(difference(first.read(kLarge - 10'000), content.substr(10'000)), "");
  EXPECT_EQ(first.get("/file").body.size(), 100'000U);

  root_.write("file", content);
  HttpClient second = begin_download("/file", kLarge);
  unlink(root_.path("file").c_str());
  EXPECT_EQ(difference(second.read(kLarge - 10'000), content.substr(10'000)), "");
  EXPECT_EQ(second.get("/file").status, 404);
}

TEST_P(FileChangeTest, CreatedFileIsSeenAtOnce) {
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/file").status, 404);
  root_.write("file", "here");
  EXPECT_EQ(client.get("/file").body, "here");
}

// The deployment that is never half done: "current" is swapped from one tree to another.
TEST_P(FileChangeTest, SwappedLinkNeverShowsAGap) {
  for (const std::string version : {"1", "2"}) {
    root_.write("release" + version + "/index.html", "version " + version);
    root_.write("release" + version + "/large", make_content(3, 50'000) + version);
  }
  const auto point_to = [&](const char* target) {
    ASSERT_EQ(symlink(target, root_.path("next").c_str()), 0);
    std::filesystem::rename(root_.path("next"), root_.path("current"));
  };
  point_to("release1");
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/current/").body, "version 1");
  EXPECT_EQ(client.get("/current/large").body.back(), '1');
  point_to("release2");
  const Stopwatch watch;
  while (watch.elapsed() < milliseconds(1000)) {
    ASSERT_EQ(client.get("/current/").status, 200);
    ASSERT_EQ(client.get("/current/large").status, 200);
  }
  EXPECT_EQ(client.get("/current/").body, "version 2");
  EXPECT_EQ(client.get("/current/large").body.back(), '2');
}

TEST_P(FileChangeTest, TruncatedFileBreaksOffTheDownload) {
  const std::string content = write_content("file", 1, kLarge);
  start();
  HttpClient client = begin_download("/file", kLarge);
  ASSERT_EQ(truncate(root_.path("file").c_str(), 0), 0);
  const std::string rest = client.read_to_end();
  EXPECT_LT(rest.size(), kLarge - 10'000);
  EXPECT_EQ(difference(rest, content.substr(10'000, rest.size())), "");
  EXPECT_EQ(get("/file").body, "");
}

TEST_P(FileChangeTest, GrownFileBreaksOffTheDownload) {
  const std::string content = write_content("file", 1, kLarge);
  start();
  HttpClient client = begin_download("/file", kLarge);
  const int file = open(root_.path("file").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  ASSERT_EQ(write(file, "more", 4), 4);
  close(file);
  const std::string rest = client.read_to_end();
  EXPECT_LT(rest.size(), kLarge - 10'000);
  EXPECT_EQ(difference(rest, content.substr(10'000, rest.size())), "");
  EXPECT_EQ(get("/file").body.size(), kLarge + 4);
}

// Pages that are already on their way are the file's own and change with it: what is left to check
// is that the client can not take the result for a whole response.
TEST_P(FileChangeTest, FileWrittenInPlaceBreaksOffTheDownload) {
  write_content("file", 1, kLarge);
  start();
  HttpClient client = begin_download("/file", kLarge);
  const std::string after = make_content(2, kLarge);
  const int file = open(root_.path("file").c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(write(file, after.data(), after.size()), static_cast<ssize_t>(after.size()));
  close(file);
  EXPECT_LT(client.read_to_end().size(), kLarge - 10'000);
  EXPECT_EQ(difference(get("/file").body, after), "");
}

// All but the last piece is sent and the server waits for room to send that one, when the file
// changes. Nothing comes after it that could find out.
// Whatever a response waits behind, its entity tag is that of its bytes, or it is broken off.
TEST_P(FileChangeTest, ResponseThatWaitsIsOfTheVersionItNames) {
  write_content("first.bin", 1, kLarge);
  start();
  const std::string fresh = make_content(3, 400'000);
  for (const std::string before : {"/first.bin", "/second.bin"}) {
    for (const std::string fields : {"", "Range: bytes=0-\r\n"}) {
      const std::string old = write_content("second.bin", 2, 400'000);
      std::this_thread::sleep_for(milliseconds(1000));
      HttpClient client = connect(16 * 1024);
      const int ahead = before == "/first.bin" ? 1 : 30;
      for (int i = 0; i < ahead; ++i) client.request("GET", before);
      client.request("GET", "/second.bin", fields + "Connection: close\r\n");
      ASSERT_EQ(client.read(10'000).size(), 10'000U);
      std::this_thread::sleep_for(milliseconds(50));
      const int file = ::open((root_.path() + "/second.bin").c_str(), O_WRONLY);
      ASSERT_EQ(::pwrite(file, fresh.data(), fresh.size(), 0), 400'000);
      ::close(file);
      // The last response is what stands behind the last head.
      const std::string rest = client.read_to_end();
      const std::size_t head = rest.rfind("HTTP/1.1 20");
      const std::size_t body = rest.find("\r\n\r\n", head);
      if (head == std::string::npos || body == std::string::npos) continue;
      const std::string tag = get("/second.bin").field("etag");
      if (rest.size() - (body + 4) < 400'000) continue;  // broken off
      const bool names_fresh = rest.substr(head, body - head).find(tag) != std::string::npos;
      EXPECT_EQ(difference(rest.substr(body + 4), names_fresh ? fresh : old), "")
          << before << " " << fields;
    }
  }
}

TEST_P(FileChangeTest, LastPieceIsNotOfAnotherVersion) {
  const std::string content = write_content("file", 1, kLarge);
  start();
  std::size_t taken_by_buffers = 0;
  {
    HttpClient client = begin_download("/file", kLarge);
    taken_by_buffers = 10'000 + bytes_on_their_way(client);
    ASSERT_LT(taken_by_buffers, kLarge - 1'000'000);
  }
  // That is about the same each time: ask for a little more.
  for (std::size_t more = 50'000; more < 1'000'000; more += 50'000) {
    HttpClient client = connect(64 * 1024);
    const std::size_t size = taken_by_buffers + more;
    client.request("GET", "/file", "Range: bytes=0-" + std::to_string(size - 1) + "\r\n");
    ASSERT_EQ(client.read_response(true).field("content-length"), std::to_string(size));
    ASSERT_EQ(client.read(10'000).size(), 10'000U);
    std::this_thread::sleep_for(milliseconds(50));
    const std::size_t unsent = size - 10'000 - bytes_on_their_way(client);
    if (unsent == 0 || unsent > 400'000) continue;
    const int file = open(root_.path("file").c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(pwrite(file, "x", 1, static_cast<off_t>(size - 1)), 1);
    close(file);
    // Bytes that have arrived and are not acknowledged yet were counted twice, so that a little
    // more may have been unsent.
    const std::string rest = client.read(size - 10'000);
    EXPECT_LE(rest.size(), size - 10'000 - unsent);
    EXPECT_EQ(difference(rest, content.substr(10'000, rest.size())), "");
    return;
  }
  GTEST_SKIP() << "the socket buffers of this machine take too different amounts each time";
}

// Writers that never pause: every response is of one version, or short.
TEST_P(FileChangeTest, NeverMixesVersionsOfAReplacedFile) {
  constexpr std::size_t kSize = 700'000;
  const std::string versions[] = {make_content(1, kSize), make_content(2, kSize + 1000)};
  root_.write("file", versions[0]);
  start({"--threads", "2"});
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done; ++i) root_.replace("file", versions[i % 2]);
  });
  int whole = 0;
  for (int i = 0; i < 100; ++i) {
    const Response response = get("/file");
    if (response.status == 503 || !response.complete) continue;
    ++whole;
    const std::string& expected = versions[response.body.size() == kSize ? 0 : 1];
    EXPECT_EQ(difference(response.body, expected), "");
  }
  done = true;
  writer.join();
  EXPECT_GT(whole, 0);
  EXPECT_EQ(get("/file").status, 200);
}

SPATE_ON_BOTH_BACKENDS(FileChangeTest);

}  // namespace
}  // namespace integration
