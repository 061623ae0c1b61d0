// What a content store keeps and what it gives up: limits, eviction, pins, and all of it at random.
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

// --- limits -------------------------------------------------------------------------------------

ContentLimits limits(uint64_t memory, uint32_t entries, uint32_t files) {
  return ContentLimits{memory, entries, files, 16 * 1024};
}

TEST(ContentStore, EvictionByEntries) {
  Store store(limits(1 << 20, 3, 10));
  for (int i = 0; i < 10; ++i) store.files.put(std::to_string(i), "x", kOld);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(store.body("/" + std::to_string(i)), "x");
  EXPECT_EQ(store->entry_count(), 3u);
  EXPECT_EQ(store->counters().evictions, 7u);
}

TEST(ContentStore, EvictionByBytes) {
  Store store(limits(64 * 1024, 100, 10));
  for (int i = 0; i < 20; ++i) {
    store.files.put(std::to_string(i), pattern(16'000), kOld);
    EXPECT_EQ(store.body("/" + std::to_string(i)), pattern(16'000));
  }
  EXPECT_EQ(store->entry_count(), 3u);
}

TEST(ContentStore, EvictionByDescriptors) {
  Store store(limits(1 << 20, 100, 4));
  for (int i = 0; i < 20; ++i) {
    store.files.put(std::to_string(i), pattern(20'000), kOld);
    EXPECT_EQ(store.body("/" + std::to_string(i)), pattern(20'000));
  }
  EXPECT_EQ(store->entry_count(), 4u);
  EXPECT_EQ(store->file_count(), 4u);
  EXPECT_LE(store.files.most_open_files(), 5u) << "one more while it replaces another";
}

// Files that are read into memory take no descriptor away from those that are kept open.
TEST(ContentStore, DescriptorsDoNotEvictWhatHasNone) {
  Store store(limits(1 << 20, 100, 2));
  for (int i = 0; i < 20; ++i) {
    store.files.put("small" + std::to_string(i), "x", kOld);
    store.files.put("large" + std::to_string(i), pattern(20'000), kOld);
    store.body("/small" + std::to_string(i));
  }
  for (int i = 0; i < 20; ++i) store.body("/large" + std::to_string(i));
  EXPECT_EQ(store->entry_count(), 22u);
  EXPECT_EQ(store->counters().evictions, 18u);

  // With every descriptor in use by slow downloads, small files are still served.
  std::vector<Entry*> pinned = {store.get("/large18").entry, store.get("/large19").entry};
  for (Entry* entry : pinned) store->pin(*entry);
  EXPECT_EQ(store.status("/large0"), 503);
  store.files.put("another", "x", kOld);
  EXPECT_EQ(store.body("/another"), "x");
  EXPECT_EQ(store->entry_count(), 23u) << "the failed one evicted nothing";
  for (Entry* entry : pinned) store->unpin(*entry);
  EXPECT_EQ(store.body("/large0"), pattern(20'000));
}

TEST(ContentStore, ASecondChanceForWhatIsUsed) {
  Store store(limits(1 << 20, 8, 10));
  for (int i = 0; i < 200; ++i) store.files.put(std::to_string(i), "x", kOld);
  store.files.put("hot", "hot", kOld);
  store.body("/hot");
  const uint64_t loads = store->counters().loads;
  for (int i = 0; i < 200; ++i) {
    store.body("/" + std::to_string(i));
    EXPECT_EQ(store.body("/hot"), "hot");
  }
  EXPECT_LE(store->counters().loads, loads + 200 + 1);
}

TEST(ContentStore, PinnedEntriesSurviveEvictionAndChange) {
  Store store(limits(64 * 1024, 4, 2));
  for (int i = 0; i < 100; ++i) store.files.put(std::to_string(i), pattern(8000), kOld);
  Entry* pinned = store.get("/0").entry;
  store->pin(*pinned);
  store->pin(*pinned);
  for (int i = 1; i < 100; ++i) EXPECT_EQ(store.body("/" + std::to_string(i)), pattern(8000));
  EXPECT_EQ(pinned->body, pattern(8000));
  EXPECT_EQ(store.get("/0").entry, pinned) << "pinned, so still in the table";

  store.files.write("0", "changed", kNow);
  store.pass(1);
  Entry* next = store.get("/0").entry;
  EXPECT_NE(next, pinned);
  EXPECT_EQ(next->body, "changed");
  EXPECT_EQ(pinned->body, pattern(8000)) << "the old version stays until it is sent";
  EXPECT_TRUE(pinned->doomed);
  const uint64_t memory = store->memory_in_use();
  store->unpin(*pinned);
  EXPECT_EQ(store->memory_in_use(), memory);
  const uint32_t entries = store->entry_count();
  store->unpin(*pinned);
  EXPECT_LT(store->memory_in_use(), memory - 8000);
  EXPECT_EQ(store->entry_count(), entries - 1);
}

TEST(ContentStore, WithEverythingPinnedTheAnswerIsLater) {
  Store store(limits(64 * 1024, 2, 2));
  for (int i = 0; i < 4; ++i) store.files.put(std::to_string(i), "x", kOld);
  Entry* first = store.get("/0").entry;
  Entry* second = store.get("/1").entry;
  store->pin(*first);
  store->pin(*second);
  EXPECT_EQ(store.status("/2"), 503);
  EXPECT_EQ(store.status("/0"), 200);
  store->unpin(*first);
  EXPECT_EQ(store.status("/2"), 200);
  store->unpin(*second);
}

TEST(ContentStore, ABodyThatCanNeverFitIsSentFromItsFile) {
  Store store(ContentLimits{2000, 10, 10, 16 * 1024});
  store.files.put("a", pattern(3000), kOld);
  store.files.put("b", "small", kOld);
  EXPECT_EQ(store.body("/b"), "small");
  EXPECT_EQ(store.body("/a"), pattern(3000));
  EXPECT_EQ(store.get("/a").entry->strategy, Entry::Strategy::file);
  Store tiny(ContentLimits{100, 10, 10, 16 * 1024});
  tiny.files.put("a", "small", kOld);
  EXPECT_EQ(tiny.status("/a"), 503) << "not even its name fits";
  EXPECT_EQ(tiny->memory_in_use(), 0u);
  EXPECT_EQ(tiny.files.open_files(), 0u);
}

// --- transients ---------------------------------------------------------------------------------

ContentLimits with_transients(ContentLimits limits, uint32_t transients) {
  limits.transients = transients;
  return limits;
}

TEST(ContentStore, WithEverythingPinnedWhoComesNextIsServedAllTheSame) {
  for (const ContentLimits& tight :
       {ContentLimits{64 * 1024, 2, 2, 16 * 1024}, ContentLimits{2000, 100, 2, 16 * 1024}}) {
    Store store(with_transients(tight, 2));
    for (int i = 0; i < 9; ++i) store.files.put(std::to_string(i), "x" + std::to_string(i), kOld);
    store->set_spare_files(10);
    std::vector<Entry*> pinned;
    while (pinned.empty() || !pinned.back()->doomed) {
      Entry* entry = store.get("/" + std::to_string(pinned.size())).entry;
      ASSERT_NE(entry, nullptr);
      store->pin(*entry);
      pinned.push_back(entry);
    }
    // The last one is not kept, and its small body comes from the file.
    EXPECT_EQ(pinned.back()->strategy, Entry::Strategy::file);
    const std::string last = "/" + std::to_string(pinned.size() - 1);
    EXPECT_EQ(store.find(last, kOriginal), nullptr);
    EXPECT_EQ(store.body(last), "x" + last.substr(1)) << "again, as another one";
    const uint64_t scans = store->counters().evictions;
    EXPECT_EQ(store.body("/8"), "x8") << "what was not pinned has gone with this load";
    EXPECT_EQ(store->counters().evictions, scans);
    Entry* second = store.get("/8").entry;
    store->pin(*second);
    EXPECT_EQ(store.status("/7"), 503) << "no more transients";
    for (Entry* entry : pinned) store->unpin(*entry);
    EXPECT_EQ(store.body("/7"), "x7");
    store->unpin(*second);
    EXPECT_EQ(store->file_count(), store.files.open_files());
  }
}

// One that answered a HEAD was never pinned, and goes although only siblings are loaded after it.
TEST(ContentStore, ASiblingThatIsNotKeptGoesWithTheNext) {
  Store store(with_transients(limits(64 * 1024, 1, 4), 2));
  store.files.put("a", "original", kOld);
  store.files.put("a.gz", "compressed", kOld);
  Entry* const original = store.get("/a").entry;
  ASSERT_NE(original, nullptr);
  for (int i = 0; i < 5; ++i) {
    ASSERT_NE(store.load_sibling(*original, ContentCoding::gzip), nullptr) << i;
    EXPECT_EQ(store->entry_count(), 2u) << i;
    EXPECT_EQ(store->file_count(), 1u) << i;
    store->check_invariants(0);
  }
}

// Downloads of more files than are kept open take the descriptors of connections that are not
// there.
TEST(ContentStore, SpareDescriptorsAreBorrowed) {
  ContentLimits tight = kRoomyLimits;
  tight.files = 3;
  tight.memory_body_bytes = 0;
  Store store(tight, {}, 2);
  for (int i = 0; i < 9; ++i) store.files.put(std::to_string(i), pattern(100), kOld);
  std::vector<Entry*> pinned;
  const auto hold = [&] {
    Entry* entry = store.get("/" + std::to_string(pinned.size())).entry;
    if (entry == nullptr) return false;
    store->pin(*entry);
    pinned.push_back(entry);
    return true;
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(hold());
  EXPECT_FALSE(hold());
  EXPECT_EQ(store->borrowed_files(), 0u);
  store->set_spare_files(2);
  EXPECT_TRUE(hold());
  EXPECT_TRUE(hold());
  EXPECT_EQ(store->borrowed_files(), 2u);
  EXPECT_FALSE(hold());
  store->unpin(*pinned.back());
  pinned.pop_back();
  EXPECT_TRUE(hold()) << "what is not in use makes room";
  for (Entry* entry : pinned) store->unpin(*entry);
  store.status("/8");
  EXPECT_EQ(store->borrowed_files(), 0u) << "and what was borrowed is given back";
}

// Whether entries are pinned or doomed, destroying the store gives everything back.
TEST(ContentStore, DestructionClosesAndFreesEverything) {
  Store store;
  for (int i = 0; i < 10; ++i) {
    store.files.put("l" + std::to_string(i), pattern(20'000), kOld);
    store.files.put("s" + std::to_string(i), "x", kOld);
    store->pin(*store.get("/l" + std::to_string(i)).entry);
    store->pin(*store.get("/s" + std::to_string(i)).entry);
  }
  store.files.write("l3", pattern(30'000), kNow);
  store.pass(1);
  store.body("/l3");
  EXPECT_EQ(store.files.open_files(), 11u);
  store.destroy();
  EXPECT_EQ(store.files.open_files(), 0u);
}

TEST(ContentStore, ReservedMemoryIsSmall) {
  const ContentLimits limits{64 << 20, 65'536, 4096, 16 * 1024};
  EXPECT_LE(ContentStore::memory_for(limits), uint64_t{65'536} * 256 + 65'536 * 2 * 8);
  EXPECT_GE(ContentStore::memory_for(limits), uint64_t{65'536} * sizeof(Entry));
}

// --- random -------------------------------------------------------------------------------------

// Thousands of paths, changes, pins and faults against a model: every answer is the content of the
// file at some moment of the last second, and no limit is ever exceeded.
TEST(ContentStore, RandomUseAgainstAModel) {
  for (const uint32_t seed : {1u, 2u, 3u}) {
    std::mt19937 random(seed);
    const ContentLimits small = limits(200 * 1024, 40, 6);
    Store store(small);
    // What each file held, with the second from which on.
    struct Version {
      double since;
      std::string content;  // "404" where there was none
    };
    std::map<std::string, std::vector<Version>> history;
    double time = 0;
    struct Pin {
      Entry* entry;
      std::string content;
    };
    std::vector<Pin> pins;
    uint64_t answers = 0;

    for (int step = 0; step < 20'000; ++step) {
      const std::string path = "d" + std::to_string(random() % 50) + "/" +
                               std::to_string(random() % (random() % 4 == 0 ? 60 : 3));
      switch (random() % 8) {
        case 0: {
          const std::size_t size = random() % 3 == 0   ? 16'380 + random() % 10
                                   : random() % 2 == 0 ? random() % 100
                                                       : random() % 30'000;
          std::string content = std::to_string(step) + ":" + pattern(size);
          // Time stamps are older than the clock, so that no file is racy and each is another one.
          const int64_t stamp = kOld + step;
          if (history[path].empty() || history[path].back().content == "404" || random() % 2 == 0) {
            store.files.put(path, content, stamp);
          } else {
            store.files.write(path, content, stamp);
          }
          history[path].push_back({time, std::move(content)});
          break;
        }
        case 1:
          if (!history[path].empty() && history[path].back().content != "404") {
            store.files.remove(path, kOld + step);
            history[path].push_back({time, "404"});
          }
          break;
        case 2: {
          const double passed = static_cast<double>(random() % 1000) / 2000;
          time += passed;
          store.pass(passed);
          break;
        }
        case 3:
          if (!pins.empty() && random() % 2 == 0) {
            const std::size_t at = random() % pins.size();
            EXPECT_GT(pins[at].entry->pins, 0u);
            if (pins[at].entry->strategy == Entry::Strategy::memory) {
              ASSERT_EQ(pins[at].entry->body, pins[at].content) << "pinned content has changed";
            }
            store->unpin(*pins[at].entry);
            pins.erase(pins.begin() + static_cast<std::ptrdiff_t>(at));
          }
          break;
        default: {
          if (random() % 50 == 0) store.files.fail_next(Call::open, EMFILE);
          std::string target = "/" + path;
          if (random() % 10 == 0) target += "?" + std::to_string(random());
          const Content content = store.get(target);
          std::string got;
          if (content.entry == nullptr) {
            got = std::to_string(static_cast<int>(content.status));
            if (got == "503") break;  // of a fault, or because all is pinned
          } else if (content.entry->strategy == Entry::Strategy::memory) {
            got = std::string(content.entry->body);
          } else {
            if (!store->unchanged(*content.entry)) break;  // the responder would load it again
            got = store.body(target);
          }
          ++answers;
          const auto& versions = history[path];
          bool known = versions.empty() && got == "404";
          for (std::size_t i = 0; i < versions.size(); ++i) {
            const double until = i + 1 < versions.size() ? versions[i + 1].since : 1e9;
            known = known || (versions[i].content == got && until >= time - 0.9);
          }
          // Before the first version there was none.
          known = known || (got == "404" && !versions.empty() && versions[0].since >= time - 0.9);
          ASSERT_TRUE(known) << "seed " << seed << " step " << step << " " << got.substr(0, 40);
          if (content.entry != nullptr && pins.size() < 8 && random() % 20 == 0) {
            store->pin(*content.entry);
            pins.push_back({content.entry, got});
          }
        }
      }
      store.check();
    }
    EXPECT_GT(answers, 5000u);
    EXPECT_GT(store->counters().evictions, 100u);
    for (const Pin& pin : pins) store->unpin(*pin.entry);
    store.destroy();
    EXPECT_EQ(store.files.open_files(), 0u);
  }
}

}  // namespace
}  // namespace http
