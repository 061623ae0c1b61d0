// Deployments while clients are loading pages: the root or a directory in it is a symbolic link
// that is swapped, and files are replaced, cut, extended, deleted and renamed. Each response is of
// one version, or it is broken off.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "core/check.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

// Kept in memory and copied, kept in memory and referred to, sent from the file.
constexpr std::size_t kSizes[] = {900, 12'000, 700'000};

std::string page_name(std::size_t size) {
  return "page" + std::to_string(size);
}

class DeployTest : public ServerTest {
 protected:
  // A release with a page of every size; each version of a page has a size of its own.
  void write_release(const std::string& directory, unsigned version) {
    for (const std::size_t size : kSizes) {
      root_.write(directory + "/" + page_name(size), page(size, version));
    }
    root_.write(directory + "/index.html", std::to_string(version));
  }
  static std::string page(std::size_t size, unsigned version) {
    return make_content(version, size + version);
  }
  // Lets the link point elsewhere in one step.
  void point(const std::string& link, const std::string& target) {
    std::filesystem::create_symlink(target, root_.path(".next"));
    std::filesystem::rename(root_.path(".next"), root_.path(link));
  }

  // Loads `paths` in turn on connections of its own until it is stopped, and looks at every
  // response with `check`.
  class Clients {
   public:
    using Check = std::function<void(const std::string& path, const Response& response)>;

    Clients(uint16_t port, std::vector<std::string> paths, const Check& check) {
      for (std::thread& thread : threads_) {
        thread = std::thread([this, port, paths, check] {
          HttpClient client(port);
          while (!stopped_) {
            for (const std::string& path : paths) {
              const Response response = client.get(path);
              check(path, response);
              ++loaded_;
              if (client.end() != End::none || !response.complete) client = HttpClient(port);
            }
            // Leaves the processor to who makes the changes.
            std::this_thread::sleep_for(milliseconds(1));
          }
        });
      }
    }
    ~Clients() {
      stopped_ = true;
      for (std::thread& thread : threads_) thread.join();
    }
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    // Waits until they have loaded that many more.
    void load(int count) const {
      const int start = loaded_;
      EXPECT_TRUE(eventually([&] { return loaded_ >= start + count; }));
    }

   private:
    std::array<std::thread, 3> threads_;
    std::atomic<bool> stopped_{false};
    std::atomic<int> loaded_{0};
  };

  // Swaps `link` between two releases under load. Every response is whole: a release that has been
  // replaced stays where it is.
  void swap_under_load(const std::string& link, const std::string& prefix) {
    constexpr unsigned kVersions = 3;
    std::vector<std::string> paths;
    for (const std::size_t size : kSizes) paths.push_back(prefix + page_name(size));
    std::atomic<unsigned> newest{1};
    const auto check = [&](const std::string& path, const Response& response) {
      const std::size_t size = std::stoul(path.substr(path.rfind("page") + 4));
      ASSERT_EQ(response.status, 200) << path;
      const std::size_t version = response.body.size() - size;
      ASSERT_TRUE(version >= 1 && version <= newest) << path << ": " << response.body.size();
      ASSERT_EQ(difference(response.body, page(size, static_cast<unsigned>(version))), "") << path;
    };
    const Clients clients(server().port(), paths, check);
    clients.load(30);
    for (unsigned version = 2; version <= kVersions; ++version) {
      newest = version;
      point(link, "release" + std::to_string(version));
      // All of it comes, and stays.
      HttpClient client = connect();
      EXPECT_TRUE(eventually([&] {
        return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
          return client.get(path).body.size() ==
                 std::stoul(path.substr(path.rfind("page") + 4)) + version;
        });
      })) << version;
      EXPECT_TRUE(eventually([&] { return client.get(prefix).body == std::to_string(version); }));
    }
    clients.load(30);
  }

  // Changes one file again and again under load. Responses may be broken off or say that there is
  // no file or no room, but what is whole is a version.
  void change_under_load(const std::function<bool(const std::string& body)>& is_version,
                         const std::function<void(int round)>& change) {
    std::atomic<int> whole{0};
    const auto check = [&](const std::string& path, const Response& response) {
      if (!response.complete || response.status == 404 || response.status == 503) return;
      ASSERT_EQ(response.status, 200) << path;
      ++whole;
      ASSERT_TRUE(is_version(response.body)) << response.body.size() << " bytes of no version";
    };
    const Clients clients(server().port(), {"/file"}, check);
    for (int round = 0; round < 30; ++round) {
      change(round);
      std::this_thread::sleep_for(milliseconds(5));
    }
    // Some get through when nothing changes any more.
    const int before = whole;
    EXPECT_TRUE(eventually([&] { return whole > before; }));
  }

  static std::function<bool(const std::string&)> one_of(
      const std::array<std::string, 2>& versions) {
    return
        [&versions](const std::string& body) { return body == versions[0] || body == versions[1]; };
  }

  void open_and_change(const std::function<void(int descriptor)>& change) {
    const int file = open(root_.path("file").c_str(), O_WRONLY | O_CLOEXEC);
    CHECK(file >= 0);
    change(file);
    close(file);
  }
};

TEST_P(DeployTest, RootIsSwapped) {
  for (const unsigned version : {1U, 2U, 3U}) {
    write_release("release" + std::to_string(version), version);
  }
  point("current", "release1");
  start_at(root_.path("current"), {"--threads", "2"});
  swap_under_load("current", "/");
}

TEST_P(DeployTest, DirectoryIsSwapped) {
  for (const unsigned version : {1U, 2U, 3U}) {
    write_release("release" + std::to_string(version), version);
  }
  point("current", "release1");
  start({"--threads", "2"});
  swap_under_load("current", "/current/");
}

// A root that is gone for a moment, as between two renames: the old one goes on.
TEST_P(DeployTest, RootMayBeMissingForAMoment) {
  write_release("release1", 1);
  write_release("release2", 2);
  std::filesystem::rename(root_.path("release1"), root_.path("current"));
  start_at(root_.path("current"), {});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/").body, "1");
  std::filesystem::rename(root_.path("current"), root_.path("old"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.get("/").body, "1");
    EXPECT_EQ(client.get("/" + page_name(kSizes[2])).body.size(), kSizes[2] + 1);
    std::this_thread::sleep_for(milliseconds(10));
  }
  std::filesystem::rename(root_.path("release2"), root_.path("current"));
  EXPECT_TRUE(eventually([&] { return client.get("/").body == "2"; }));
  // What is not in the new one is not there.
  unlink(root_.path("current/" + page_name(kSizes[0])).c_str());
  EXPECT_TRUE(eventually([&] { return client.get("/" + page_name(kSizes[0])).status == 404; }));
}

TEST_P(DeployTest, FileIsReplaced) {
  for (const std::size_t size : kSizes) {
    SCOPED_TRACE(size);
    const std::array<std::string, 2> versions{page(size, 1), page(size, 2)};
    root_.write("file", versions[0]);
    start({"--threads", "2"});
    change_under_load(one_of(versions), [&](int round) {
      root_.replace("file", versions[static_cast<std::size_t>(round) % 2]);
    });
    stop();
  }
}

// Renamed away and back: there or not there, but never in between.
TEST_P(DeployTest, FileIsRenamed) {
  for (const std::size_t size : kSizes) {
    SCOPED_TRACE(size);
    const std::array<std::string, 2> versions{page(size, 1), page(size, 2)};
    root_.write("file", versions[0]);
    root_.write("other", versions[1]);
    start({"--threads", "2"});
    change_under_load(one_of(versions), [&](int) {
      std::filesystem::rename(root_.path("file"), root_.path("away"));
      std::filesystem::rename(root_.path("other"), root_.path("file"));
      std::filesystem::rename(root_.path("away"), root_.path("other"));
    });
    stop();
  }
}

TEST_P(DeployTest, FileIsDeletedAndMadeAgain) {
  for (const std::size_t size : kSizes) {
    SCOPED_TRACE(size);
    const std::array<std::string, 2> versions{page(size, 1), page(size, 2)};
    root_.write("file", versions[0]);
    root_.write("source", versions[0]);
    start({"--threads", "2"});
    change_under_load(one_of(versions), [&](int round) {
      unlink(root_.path("file").c_str());
      if (round % 3 != 0) std::this_thread::sleep_for(milliseconds(1));
      root_.replace("file", versions[static_cast<std::size_t>(round) % 2]);
    });
    stop();
  }
}

// In place, without a new file. The kernel lets a long write be seen while it goes on, so every
// beginning of the file is a version. And the pages of a large file that it has been handed are the
// file's own: what is behind a cut may come as zeros, and cannot be called back.
TEST_P(DeployTest, FileGrowsAndShrinks) {
  for (const std::size_t size : kSizes) {
    SCOPED_TRACE(size);
    const std::string large = make_content(1, size);
    const std::string small = large.substr(0, size / 2);
    root_.write("file", large);
    start({"--threads", "2"});
    const auto is_version = [&](const std::string& body) {
      if (large.starts_with(body)) return true;
      std::string restored = body;
      for (std::size_t at = small.size(); at < std::min(body.size(), large.size()); ++at) {
        if (body[at] == '\0') restored[at] = large[at];
      }
      return size == kSizes[2] && large.starts_with(restored);
    };
    change_under_load(is_version, [&](int round) {
      open_and_change([&](int file) {
        if (round % 2 == 0) {
          CHECK(ftruncate(file, static_cast<off_t>(small.size())) == 0);
          return;
        }
        const std::size_t more = large.size() - small.size();
        CHECK(pwrite(file, large.data() + small.size(), more, static_cast<off_t>(small.size())) ==
              static_cast<ssize_t>(more));
      });
    });
    stop();
  }
}

SPATE_ON_BOTH_BACKENDS(DeployTest);

}  // namespace
}  // namespace integration
