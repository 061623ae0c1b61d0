#include "http/content/content_store.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "http/content/content_hash.h"
#include "http/semantics/etag.h"
#include "tests/support/content_store.h"
#include "tests/support/http_server.h"
#include "tests/support/memory_file_system.h"

namespace http {
namespace {

using test_support::kNow;
using test_support::kOld;
using test_support::kRoomyLimits;
using test_support::kSecond;
using test_support::MemoryFileSystem;
using test_support::pattern;
using Call = MemoryFileSystem::Call;

using Store = test_support::TestStore;

// --- hits and misses ----------------------------------------------------------------------------

TEST(ContentStore, AHitAsksTheFileSystemNothing) {
  Store store;
  store.files.put("a.txt", "text", kOld);
  EXPECT_EQ(store.body("/a.txt"), "text");
  const uint64_t calls = store.files.calls();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(store.body("/a.txt"), "text");
    EXPECT_EQ(store.body("/a.txt?" + std::to_string(i)), "text") << "the query is no part of it";
  }
  EXPECT_EQ(store.files.calls(), calls);
  EXPECT_EQ(store->counters().loads, 1u);
  EXPECT_EQ(store->entry_count(), 1u);
}

TEST(ContentStore, AnEntryTellsAboutItsFile) {
  Store store;
  store.files.put("dir/page.html", "<p>", kOld);
  const Content content = store.get("/dir//page.html");
  ASSERT_NE(content.entry, nullptr);
  const Entry& entry = *content.entry;
  EXPECT_EQ(entry.key, "/dir//page.html");
  EXPECT_STREQ(entry.path, "dir/page.html");
  EXPECT_EQ(entry.body, "<p>");
  EXPECT_EQ(entry.size(), 3u);
  EXPECT_EQ(entry.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(entry.status, store.files.at("dir/page.html").status);
  EXPECT_EQ(entry.entity_tag, EntityTagText(kOld * 1'000'000'000, 3).view());
  EXPECT_EQ(entry.head.length, 0u);
  EXPECT_EQ(entry.pins, 0u);
}

TEST(ContentStore, DocumentsNeedNoFileAndStayAsTheyAre) {
  Store store;
  const uint64_t calls = store.files.calls();
  ASSERT_TRUE(store->add("/a.txt", "text/plain", "made"));
  store.files.put("a.txt", "a file", kOld);
  const Entry* entry = store->find("/a.txt", UINT64_MAX - 1);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->body, "made");
  EXPECT_EQ(entry->content_type, "text/plain");
  EXPECT_EQ(entry->size(), 4u);
  EXPECT_EQ(entry->entity_tag, EntityTagText(hash_content("made")).view());
  EXPECT_FALSE(entry->has_modified);
  EXPECT_EQ(store.files.calls(), calls);
  EXPECT_FALSE(store->add("/b.txt", "text/plain", std::string(kRoomyLimits.memory_bytes, 'x')));
  store->check_invariants(0);
}

TEST(ContentStore, MissesAreNotKept) {
  Store store;
  EXPECT_EQ(store.status("/a.txt"), 404);
  EXPECT_EQ(store->entry_count(), 0u);
  store.files.put("a.txt", "now", kOld);
  EXPECT_EQ(store.body("/a.txt"), "now");
}

TEST(ContentStore, SmallFilesAreKeptInMemoryAndLargerOnesOpen) {
  Store store;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{16'383}, std::size_t{16'384},
        std::size_t{16'385}, std::size_t{1'000'000}}) {
    const std::string path = "f" + std::to_string(size);
    store.files.put(path, pattern(size), kOld);
    const Content content = store.get("/" + path);
    ASSERT_NE(content.entry, nullptr);
    const bool in_memory = size <= kRoomyLimits.memory_body_bytes;
    EXPECT_EQ(content.entry->strategy, in_memory ? Entry::Strategy::memory : Entry::Strategy::file);
    EXPECT_EQ(content.entry->file == core::kNoFile, in_memory);
    EXPECT_EQ(content.entry->body.size(), in_memory ? size : 0);
    EXPECT_EQ(store.body("/" + path), pattern(size));
  }
  EXPECT_EQ(store->file_count(), 2u);
  EXPECT_LT(store->memory_in_use(), 6 * 1024 + 2 * 16'384u);
}

TEST(ContentStore, ShortReadsAreGoneOnWith) {
  Store store;
  store.files.put("a", pattern(5000), kOld);
  store.files.limit_reads(7);
  EXPECT_EQ(store.body("/a"), pattern(5000));
}

// The room in front of a body is for the rendered head: writing it touches nothing else.
TEST(ContentStore, RoomForTheHeadBeforeTheBody) {
  Store store;
  store.files.put("a.txt", "body", kOld);
  store.files.put("large", pattern(20'000), kOld);
  for (const char* target : {"/a.txt", "/large"}) {
    const Entry& entry = *store.get(target).entry;
    const std::string tag(entry.entity_tag);
    std::memset(const_cast<char*>(entry.body.data()) - kRenderedHeadCapacity, '#',
                kRenderedHeadCapacity);
    EXPECT_EQ(entry.entity_tag, tag);
    EXPECT_EQ(entry.key, target);
  }
  EXPECT_EQ(store.body("/a.txt"), "body");
}

// --- freshness ----------------------------------------------------------------------------------

// One look at the file and three for siblings.
TEST(ContentStore, AnUnchangedFileIsLookedAtOncePerFreshness) {
  Store store;
  store.files.put("a.txt", "text", kOld);
  store.body("/a.txt");
  const uint64_t looks = store.files.calls(Call::look);
  const uint64_t opens = store.files.calls(Call::open);
  for (uint64_t i = 1; i <= 10; ++i) {
    store.pass(0.9);
    EXPECT_EQ(store.body("/a.txt"), "text");
    EXPECT_EQ(store.body("/a.txt"), "text");
    EXPECT_EQ(store.files.calls(Call::look), looks + 4 * i);
  }
  EXPECT_EQ(store.files.calls(Call::open), opens);
  EXPECT_EQ(store->counters().revalidations, 10u);
  EXPECT_EQ(store->counters().loads, 1u);
}

TEST(ContentStore, ChangedContentIsServedWithinASecond) {
  Store store;
  store.files.put("a.txt", "old", kOld);
  EXPECT_EQ(store.body("/a.txt"), "old");
  store.files.write("a.txt", "new", kNow);
  store.pass(0.89);
  EXPECT_EQ(store.body("/a.txt"), "old");
  store.pass(0.02);
  EXPECT_EQ(store.body("/a.txt"), "new");
}

TEST(ContentStore, EveryKindOfChangeIsNoticed) {
  struct Change {
    const char* what;
    std::function<void(MemoryFileSystem&)> make;
    std::string expected;
  };
  const std::vector<Change> changes = {
      {"other content", [](auto& f) { f.write("d/a", "other", kNow); }, "other"},
      {"other content of equal size", [](auto& f) { f.write("d/a", "txet", kNow); }, "txet"},
      {"the same time stamp, another size", [](auto& f) { f.write("d/a", "longer", kOld); },
       "longer"},
      {"replaced by another file", [](auto& f) { f.put("d/a", "next", kOld); }, "next"},
      {"touched", [](auto& f) { f.at("d/a").status.modified += 1; }, "text"},
      {"an old time stamp put back",
       [](auto& f) {
         f.write("d/a", "evil", kOld);
         f.at("d/a").status.changed = kNow * 1'000'000'000;
       },
       "evil"},
      {"another device", [](auto& f) { f.at("d/a").status.device = 2; }, "text"},
      {"deleted", [](auto& f) { f.remove("d/a", kNow); }, "404"},
      {"a directory now",
       [](auto& f) {
         f.remove("d/a", kNow);
         f.put("d/a/index.html", "x", kOld);
       },
       "301"},
      {"a FIFO now", [](auto& f) { f.make("d/a", core::FileKind::other, kNow); }, "403"},
      {"above it is no directory now",
       [](auto& f) {
         f.remove("d/a", kNow);
         f.make("d", core::FileKind::regular, kNow);
       },
       "404"},
      {"not to be looked at", [](auto& f) { f.fail_path("d/a", EACCES); }, "403"},
      {"grown beyond the memory threshold", [](auto& f) { f.write("d/a", pattern(20'000), kNow); },
       pattern(20'000)},
  };
  for (const Change& change : changes) {
    Store store;
    store.files.put("d/a", "text", kOld);
    EXPECT_EQ(store.body("/d/a"), "text");
    change.make(store.files);
    EXPECT_EQ(store.body("/d/a"), "text") << change.what;
    store.pass(0.9);
    EXPECT_EQ(store.body("/d/a"), change.expected) << change.what;
    EXPECT_LE(store->entry_count(), 1u) << change.what;
  }
}

TEST(ContentStore, ALargeFileThatShrinksIsKeptInMemory) {
  Store store;
  store.files.put("a", pattern(20'000), kOld);
  EXPECT_EQ(store.body("/a"), pattern(20'000));
  EXPECT_EQ(store->file_count(), 1u);
  store.files.write("a", "small", kNow);
  store.pass(1);
  EXPECT_EQ(store.body("/a"), "small");
  EXPECT_EQ(store->file_count(), 0u);
}

// A file that changed in this very second may change again without another time stamp.
TEST(ContentStore, ARacyFileIsReadAgainUntilItHasSettled) {
  Store store;
  store.files.put("a", "one", store.wall());
  EXPECT_EQ(store.body("/a"), "one");
  store.files.at("a").content = "two";  // within the same tick: not one field of the status differs
  store.pass(0.9);
  EXPECT_EQ(store.body("/a"), "two");
  store.pass(2);
  EXPECT_EQ(store.body("/a"), "two");
  EXPECT_FALSE(store.get("/a").entry->racy);
  const uint64_t opens = store.files.calls(Call::open);
  store.pass(1);
  EXPECT_EQ(store.body("/a"), "two");
  EXPECT_EQ(store.files.calls(Call::open), opens) << "settled";
}

// The same with a modification time that was set back, as tar, rsync and cp -p do.
TEST(ContentStore, ARacyFileWithAnOldModificationTime) {
  Store store;
  store.files.put("a", "one", kOld);
  store.files.at("a").status.changed = store.wall() * 1'000'000'000;
  EXPECT_EQ(store.body("/a"), "one");
  store.files.at("a").content = "two";
  store.pass(0.9);
  EXPECT_EQ(store.body("/a"), "two");
}

TEST(ContentStore, Expire) {
  Store store;
  store.files.put("a", "one", kOld);
  store->expire(*store.get("/a").entry);
  store.files.write("a", "two", kNow);
  EXPECT_EQ(store.body("/a"), "two");
}

TEST(ContentStore, Unchanged) {
  Store store;
  store.files.put("a", pattern(20'000), kOld);
  Entry& entry = *store.get("/a").entry;
  store->pin(entry);
  EXPECT_TRUE(store->unchanged(entry));
  store.files.at("a").status.changed = kNow * 1'000'000'000;
  EXPECT_FALSE(store->unchanged(entry));
  store.files.put("a", "replaced", kNow);
  EXPECT_EQ(store.body("/a"), pattern(20'000)) << "fresh, as far as the store knows";
  store->expire(entry);
  EXPECT_EQ(store.body("/a"), "replaced");
  store->unpin(entry);
}

// --- a file that changes while it is read -------------------------------------------------------

TEST(ContentStore, AFileThatChangesWhileItIsReadIsNeverAMixture) {
  const std::string before = pattern(10'000);
  for (const std::string& after : {std::string(10'000, 'x'), std::string(5'000, 'x'),
                                   std::string(12'000, 'x'), std::string()}) {
    for (int at_read = 1; at_read <= 10; ++at_read) {
      Store store;
      store.files.put("a", before, kOld);
      store.files.limit_reads(1000);
      int reads = 0;
      store.files.before(Call::read, [&] {
        if (++reads == at_read) store.files.write("a", after, kNow);
      });
      EXPECT_EQ(store.status("/a"), 503);
      EXPECT_EQ(store->entry_count(), 0u);
      EXPECT_EQ(store->memory_in_use(), 0u);
      EXPECT_EQ(store.files.open_files(), 0u);
      store.files.before(Call::read, {});
      EXPECT_EQ(store.body("/a"), after);
    }
  }
}

// What counts is what was opened, not what was seen before.
TEST(ContentStore, AFileThatIsReplacedBetweenTheLookAndTheOpen) {
  const auto replaced = [](const std::function<void(MemoryFileSystem&)>& replace) {
    Store store;
    store.files.put("a", "seen", kOld);
    store.files.before(Call::open, [&] { replace(store.files); });
    const std::string body = store.body("/a");
    EXPECT_EQ(store->file_count(), store.files.open_files());
    return body;
  };
  const std::string large = pattern(20'000);
  EXPECT_EQ(replaced([&](auto& files) { files.put("a", large, kOld); }), large);
  EXPECT_EQ(replaced([](auto& files) { files.put("a", "opened", kOld); }), "opened");
  EXPECT_EQ(replaced([](auto& f) { f.make("a", core::FileKind::other, kOld); }), "403");
  EXPECT_EQ(replaced([](auto& files) { files.remove("a", kNow); }), "404");
}

TEST(ContentStore, FaultsAtEveryCallLeaveNothingBehind) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{20'000}}) {
    for (const Call call : {Call::look, Call::open, Call::inspect, Call::read}) {
      for (const int error : {EIO, EMFILE, EACCES, ENOENT}) {
        Store store;
        store.files.put("a", pattern(size), kOld);
        store.files.fail_next(call, error);
        const bool not_used = size > 16'384 && call == Call::read;
        EXPECT_EQ(store.status("/a") != 200, !not_used);
        if (not_used) continue;
        EXPECT_EQ(store->entry_count(), 0u);
        EXPECT_EQ(store->memory_in_use(), 0u);
        EXPECT_EQ(store.files.open_files(), 0u);
        EXPECT_EQ(store.body("/a"), pattern(size)) << "the next request finds it";
      }
    }
  }
}

// --- directories --------------------------------------------------------------------------------

TEST(ContentStore, DirectoriesHaveAnIndex) {
  Store store;
  store.files.put("index.html", "root", kOld);
  store.files.put("a/index.html", "of a", kOld);
  store.files.put("b/c/x.txt", "x", kOld);
  EXPECT_EQ(store.body("/"), "root");
  EXPECT_EQ(store.body("/a/"), "of a");
  EXPECT_EQ(store.get("/a/").entry->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(store.status("/a"), 301);
  EXPECT_EQ(store.status("/b/c"), 301);
  EXPECT_EQ(store.status("/b/c/"), 403);
  EXPECT_EQ(store.status("/b/x/"), 404);
  EXPECT_EQ(store.status("/b/c/x.txt/"), 404);

  store.files.remove("a/index.html", kNow);
  store.pass(1);
  EXPECT_EQ(store.status("/a/"), 403);
  store.files.put("a/index.html", "again", kOld);
  EXPECT_EQ(store.body("/a/"), "again");
}

TEST(ContentStore, PathsNearTheLimit) {
  Store store;
  // With "/index.html" behind it, the path would be longer than PATH_MAX allows.
  std::string path;
  while (path.size() + 101 < kPathCapacity) path += "/" + std::string(100, 'd');
  for (std::size_t length = path.size(); length + 1 < kPathCapacity; ++length) {
    std::string target = path;
    target.resize(length, 'x');
    target += "/";
    EXPECT_EQ(store.status(target), 404) << length;
  }
}

}  // namespace
}  // namespace http
