// Entity tags as replicas see them (RFC 9110 section 8.8.3): two servers with two copies of a tree
// agree, by content whatever the times of the copies are, by default if the times are the same.
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

constexpr int64_t kHour = 3'600'000'000'000;

// Empty, small, the largest that is kept in memory, the smallest that is not, and some megabytes.
constexpr std::size_t kSizes[] = {0, 100, 12'288, 12'289, 3'000'000};

std::string name_of(std::size_t size) {
  return "file" + std::to_string(size);
}

class EtagTest : public ServerTest {
 protected:
  // A second tree, with the same content an hour later.
  void write_trees() {
    for (const std::size_t size : kSizes) {
      for (const TemporaryDirectory* root : {&root_, &replica_root_}) {
        root->write(name_of(size), make_content(size, size));
        root->write(name_of(size) + ".gz", make_content(size + 1, size));
        root->set_modified(name_of(size), kLongAgo);
        root->set_modified(name_of(size) + ".gz", kLongAgo);
      }
    }
  }
  void age_replica() {
    for (const std::size_t size : kSizes) {
      replica_root_.set_modified(name_of(size), kLongAgo + kHour);
      replica_root_.set_modified(name_of(size) + ".gz", kLongAgo + kHour);
    }
  }
  void start_both(const std::string& source) {
    start({"--etag", source});
    replica_ = std::make_unique<ServerProcess>(
        replica_root_.path(), std::vector<std::string>{"--etag", source, "--io", GetParam()},
        Restrictions());
  }

  // The tags of all files and their siblings, once there are any: those of large files are computed
  // in the background, and there is none until they are known.
  using Tags = std::map<std::string, std::string>;
  static Tags tags(uint16_t port) {
    Tags tags;
    HttpClient client(port);
    EXPECT_TRUE(eventually([&] {
      bool complete = true;
      for (const std::size_t size : kSizes) {
        for (const std::string& fields :
             {std::string(), std::string("Accept-Encoding: gzip\r\n")}) {
          const Response response = client.get("/" + name_of(size), fields);
          EXPECT_EQ(response.status, 200);
          const std::string tag = response.field("etag");
          complete = complete && !tag.empty();
          tags[name_of(size) + response.field("content-encoding")] = tag;
        }
      }
      return complete;
    }));
    return tags;
  }

  TemporaryDirectory replica_root_;
  std::unique_ptr<ServerProcess> replica_;
};

TEST_P(EtagTest, ReplicasAgreeByContent) {
  write_trees();
  age_replica();
  start_both("content");
  const Tags own = tags(server().port());
  EXPECT_EQ(own.size(), 2 * std::size(kSizes));
  EXPECT_EQ(own, tags(replica_->port()));
  // What one of them gave out, the other one knows.
  HttpClient client(replica_->port());
  for (const std::size_t size : kSizes) {
    const std::string path = "/" + name_of(size);
    const std::string tag = own.at(name_of(size));
    EXPECT_EQ(client.get(path, "If-None-Match: " + tag + "\r\n").status, 304);
    if (size < 100) continue;
    EXPECT_EQ(client.get(path, "Range: bytes=0-9\r\nIf-Range: " + tag + "\r\n").status, 206);
  }
}

TEST_P(EtagTest, ReplicasAgreeByTime) {
  write_trees();
  start_both("modified");
  const Tags own = tags(server().port());
  EXPECT_EQ(own, tags(replica_->port()));
  // The time counts to the nanosecond.
  replica_root_.set_modified(name_of(100), kLongAgo + 1);
  EXPECT_TRUE(eventually([&] {
    return HttpClient(replica_->port()).get("/" + name_of(100)).field("etag") !=
           own.at(name_of(100));
  }));
}

// By content a tag says what a file holds, and nothing of when that came there.
TEST_P(EtagTest, ContentAloneMakesTheTag) {
  write_trees();
  start({"--etag", "content"});
  const Tags before = tags(server().port());
  HttpClient client = connect();
  for (const std::size_t size : kSizes) root_.set_modified(name_of(size), kLongAgo - kHour);
  // That it has been seen shows in the other validator.
  EXPECT_TRUE(eventually([&] {
    bool seen = true;
    for (const std::size_t size : kSizes) {
      const Response response = client.get("/" + name_of(size));
      // Never another tag; none while a large file is read again.
      const std::string tag = response.field("etag");
      EXPECT_TRUE(tag == before.at(name_of(size)) || (tag.empty() && size > 12'288)) << tag;
      seen = seen && response.field("last-modified") == "Tue, 14 Nov 2023 21:13:20 GMT";
    }
    return seen;
  }));
  EXPECT_EQ(tags(server().port()), before);

  // Another byte, the same size and the same time.
  for (const std::size_t size : kSizes) {
    if (size == 0) continue;
    std::string content = make_content(size, size);
    content.back() = static_cast<char>(content.back() ^ 1);
    root_.replace(name_of(size), content);
    root_.set_modified(name_of(size), kLongAgo - kHour);
  }
  Tags after;
  EXPECT_TRUE(eventually([&] {
    after = tags(server().port());
    for (const std::size_t size : kSizes) {
      const std::string& tag = after.at(name_of(size));
      if (size != 0 && tag == before.at(name_of(size))) return false;
    }
    return true;
  }));
  EXPECT_EQ(after.at(name_of(0)), before.at(name_of(0)));
}

// A large file is served from the first request on, with the other validator alone; the hash comes
// without being waited for.
TEST_P(EtagTest, LargeFilesHaveNoTagUntilItIsKnown) {
  // A sparse one takes long enough to read that the first response comes before.
  constexpr off_t kSize = off_t{2} << 30;
  root_.write("sparse", "");
  if (truncate(root_.path("sparse").c_str(), kSize) != 0) GTEST_SKIP() << "no room for it";
  root_.set_modified("sparse", kLongAgo);
  start({"--etag", "content"});
  HttpClient client = connect();
  const Response first = client.head("/sparse");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.field("etag"), "");
  EXPECT_EQ(first.field("last-modified"), "Tue, 14 Nov 2023 22:13:20 GMT");
  // Section 13.1.1: what has no tag matches none, but it is there.
  EXPECT_EQ(client.head("/sparse", "If-Match: \"x\"\r\n").status, 412);
  EXPECT_EQ(client.head("/sparse", "If-Match: *\r\n").status, 200);
  EXPECT_EQ(client.head("/sparse", "If-None-Match: \"x\"\r\n").status, 200);
  EXPECT_EQ(
      client.head("/sparse", "If-Modified-Since: " + first.field("last-modified") + "\r\n").status,
      304);
  EXPECT_EQ(client.get("/sparse", "Range: bytes=0-9\r\n").body, std::string(10, '\0'));
  // The server ends while it is still reading.
}

SPATE_ON_BOTH_BACKENDS(EtagTest);

}  // namespace
}  // namespace integration
