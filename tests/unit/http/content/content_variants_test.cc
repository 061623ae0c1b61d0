// The representations of a path besides the file itself: precompressed siblings, listings, entity
// tags by content; and the root that they all lie beneath.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "http/content/content_store.h"
#include "http/semantics/etag.h"
#include "tests/support/content_store.h"
#include "tests/support/http_server.h"
#include "tests/support/memory_file_system.h"

namespace http {
namespace {

using test_support::kNow;
using test_support::kOld;
using test_support::kRoomyLimits;
using test_support::pattern;
using test_support::TestStore;
using Call = test_support::MemoryFileSystem::Call;

constexpr ContentCoding kAll[] = {ContentCoding::gzip, ContentCoding::br, ContentCoding::zstd};

// Hashes that come when the test says so.
class SlowHashes : public ContentHashes {
 public:
  std::optional<ContentHash> hash_of(core::Bytes path, const core::FileStatus& status) override {
    ++asked;
    last_path = path;
    last_status = status;
    return known;
  }
  std::optional<ContentHash> known;
  int asked = 0;
  std::string last_path;
  core::FileStatus last_status;
};

std::string siblings_of(const Entry& entry) {
  std::string text;
  for (const ContentCoding coding : kAll) {
    if (entry.siblings.has(coding)) text += std::string(coding_extension(coding));
  }
  return text;
}

// --- siblings -----------------------------------------------------------------------------------

TEST(Siblings, AreFoundBesideTheOriginal) {
  TestStore store;
  store.files.put("a.css", "original", kOld);
  store.files.put("a.css.br", "br", kOld);
  store.files.put("a.css.zst", "zst!", kOld + 5);
  store.files.put("alone.css", "alone", kOld);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), ".br.zst");
  EXPECT_EQ(store.get("/a.css").entry->vary, "Accept-Encoding");
  EXPECT_EQ(siblings_of(*store.get("/alone.css").entry), "");
  EXPECT_EQ(store.get("/alone.css").entry->vary, "");
  EXPECT_EQ(siblings_of(*store.get("/a.css.br").entry), "") << "by its own name it is a file";
  EXPECT_EQ(store.get("/a.css.br").entry->coding, ContentCoding::identity);
}

TEST(Siblings, AreEntriesOfTheirOwn) {
  TestStore store;
  store.files.put("dir/a.css", "original", kOld);
  store.files.put("dir/a.css.gz", "gzip", kOld);
  Entry& original = *store.get("/dir/a.css").entry;
  Entry* sibling = store.load_sibling(original, ContentCoding::gzip);
  ASSERT_NE(sibling, nullptr);
  EXPECT_EQ(sibling->body, "gzip");
  EXPECT_EQ(sibling->key, "/dir/a.css");
  EXPECT_STREQ(sibling->path, "dir/a.css.gz");
  EXPECT_EQ(sibling->content_type, "text/css; charset=utf-8") << "the original's";
  EXPECT_EQ(sibling->coding, ContentCoding::gzip);
  EXPECT_EQ(sibling->vary, "Accept-Encoding");
  EXPECT_EQ(sibling->entity_tag,
            EntityTagText(kOld * 1'000'000'000, 4, ContentCoding::gzip).view());
  EXPECT_TRUE(sibling->entity_tag.ends_with("-gzip\""));
  // RFC 9110 section 8.8.3.3: tags differ even where time and size are the same.
  store.files.put("dir/b.css", "same", kOld);
  store.files.put("dir/b.css.gz", "size", kOld);
  Entry& b = *store.get("/dir/b.css").entry;
  EXPECT_NE(b.entity_tag, store.load_sibling(b, ContentCoding::gzip)->entity_tag);

  // Neither is found by the other's key.
  EXPECT_EQ(store.find("/dir/a.css", kOriginal), &original);
  EXPECT_EQ(store.find("/dir/a.css", variant_of(ContentCoding::gzip)), sibling);
  EXPECT_EQ(store.find("/dir/a.css", variant_of(ContentCoding::br)), nullptr);
}

TEST(Siblings, CostNothingOnAHit) {
  TestStore store;
  store.files.put("a.css", "original", kOld);
  store.files.put("a.css.br", "br", kOld);
  store.load_sibling(*store.get("/a.css").entry, ContentCoding::br);
  const uint64_t calls = store.files.calls();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(store.find("/a.css", variant_of(ContentCoding::br))->body, "br");
    EXPECT_EQ(siblings_of(*store.get("/a.css").entry), ".br");
  }
  EXPECT_EQ(store.files.calls(), calls);
}

// A tool that compresses may copy the time without its fraction, and only then whole seconds count.
TEST(Siblings, ThatAreOlderAreNotUsed) {
  constexpr int64_t kHalf = 500'000'000;
  const auto verdict = [](int64_t original, int64_t sibling) {
    TestStore store;
    store.files.put("a.css", "original", kOld).status.modified += original;
    store.files.put("a.css.br", "sibling", kOld).status.modified += sibling;
    return !store.get("/a.css").entry->siblings.empty();
  };
  EXPECT_TRUE(verdict(0, 0));
  EXPECT_TRUE(verdict(kHalf, kHalf));
  EXPECT_TRUE(verdict(kHalf, kHalf + 1));
  EXPECT_FALSE(verdict(kHalf, kHalf - 1));
  EXPECT_FALSE(verdict(kHalf, 1)) << "made earlier in the same second";
  EXPECT_TRUE(verdict(kHalf, 0)) << "copied without the fraction";
  EXPECT_FALSE(verdict(0, -1));
  EXPECT_FALSE(verdict(kHalf, -2 * kHalf)) << "whole, and a second too old";
}

TEST(Siblings, OnlyFilesCount) {
  TestStore store;
  store.files.put("a.css", "original", kOld);
  store.files.make("a.css.gz", core::FileKind::directory, kOld);
  store.files.make("a.css.br", core::FileKind::other, kOld);
  store.files.put("a.css.zst", "x", kOld);
  store.files.fail_path("a.css.zst", EXDEV);  // a link out of the root
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), "");
}

TEST(Siblings, ComeAndGoWithinASecond) {
  TestStore store;
  store.files.put("a.css", "original", kOld);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), "");
  store.get("/a.css").entry->head.length = 7;  // as if it were rendered

  store.files.put("a.css.br", "br", kOld);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), "");
  store.pass(0.9);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), ".br");
  EXPECT_EQ(store.get("/a.css").entry->vary, "Accept-Encoding");
  EXPECT_EQ(store.get("/a.css").entry->head.length, 0) << "it says something else now";
  store.get("/a.css").entry->head.length = 7;

  store.files.put("a.css.gz", "gz", kOld);
  store.pass(0.9);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), ".gz.br");
  EXPECT_EQ(store.get("/a.css").entry->head.length, 7) << "it says the same";

  store.files.remove("a.css.br", kNow);
  store.files.remove("a.css.gz", kNow);
  store.pass(0.9);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), "");
  EXPECT_EQ(store.get("/a.css").entry->vary, "");
}

TEST(Siblings, OfAnOriginalThatChangesAreStale) {
  TestStore store;
  store.files.put("a.css", "original", kOld);
  store.files.put("a.css.br", "br", kOld);
  store.load_sibling(*store.get("/a.css").entry, ContentCoding::br);
  store.files.put("a.css", "changed", kOld + 100);
  store.pass(0.9);
  EXPECT_EQ(store.body("/a.css"), "changed");
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), "");
  store.files.put("a.css.br", "new br", kOld + 101);
  store.pass(0.9);
  Entry& original = *store.get("/a.css").entry;
  EXPECT_EQ(siblings_of(original), ".br");
  EXPECT_EQ(store.load_sibling(original, ContentCoding::br)->body, "new br");
}

TEST(Siblings, ThatCannotBeHadAreNoneAnyMore) {
  TestStore store;
  store.files.put("a.css", "original", kOld);
  store.files.put("a.css.br", "br", kOld);
  store.files.put("a.css.gz", "gz", kOld);
  Entry& original = *store.get("/a.css").entry;
  store.files.fail_next(Call::open, EACCES);
  EXPECT_EQ(store.load_sibling(original, ContentCoding::br), nullptr);
  EXPECT_EQ(siblings_of(original), ".gz");
  EXPECT_EQ(original.vary, "Accept-Encoding") << "what was sent before varied";
  EXPECT_EQ(original.pins, 0u);
  EXPECT_EQ(original.body, "original");
  store.pass(0.9);
  EXPECT_EQ(siblings_of(*store.get("/a.css").entry), ".gz.br") << "it is looked for again";
}

// The sibling needs the room of the original, which is in use.
TEST(Siblings, DoNotEvictTheirOriginal) {
  http::ContentLimits limits = kRoomyLimits;
  limits.entries = 1;
  TestStore store(limits);
  store.files.put("a.css", "original", kOld);
  store.files.put("a.css.br", "br", kOld);
  Entry& original = *store.get("/a.css").entry;
  EXPECT_EQ(store.load_sibling(original, ContentCoding::br), nullptr);
  EXPECT_EQ(store.find("/a.css", kOriginal), &original);
  EXPECT_EQ(original.body, "original");
}

TEST(Siblings, LargeOnesAreKeptOpen) {
  TestStore store;
  store.files.put("a.js", pattern(100'000), kOld);
  store.files.put("a.js.zst", pattern(50'000), kOld);
  Entry& original = *store.get("/a.js").entry;
  Entry* sibling = store.load_sibling(original, ContentCoding::zstd);
  ASSERT_NE(sibling, nullptr);
  EXPECT_EQ(sibling->strategy, Entry::Strategy::file);
  EXPECT_EQ(sibling->size(), 50'000u);
  EXPECT_EQ(store->file_count(), 2u);
}

TEST(Siblings, OfALongPath) {
  TestStore store;
  std::string path;
  while (path.size() + 101 < kPathCapacity - 250) path.append(100, 'd').append("/");
  path.append(std::min<std::size_t>(kPathCapacity - 1 - path.size(), 255), 'n');
  store.files.put(path, "long", kOld);
  EXPECT_EQ(store.body("/" + path), "long");
  EXPECT_EQ(siblings_of(*store.get("/" + path).entry), "") << "no name can be longer";
}

// --- listings -----------------------------------------------------------------------------------

const ContentPolicy kListing{EntityTagSource::modified, true, nullptr, nullptr};

TEST(Listings, AreMadeOfDirectoriesWithoutAnIndex) {
  TestStore store(kRoomyLimits, kListing);
  store.files.put("a/b.txt", "text", kOld);
  store.files.put("c/index.html", "index", kOld);
  EXPECT_TRUE(store.get("/a/").is_directory);
  EXPECT_EQ(store.status("/a/"), 403) << "whoever asks decides whether it is listed";
  EXPECT_FALSE(store.get("/c/").is_directory);
  EXPECT_FALSE(store.get("/missing/").is_directory);

  const Content listing = store.load_listing("a", {});
  ASSERT_NE(listing.entry, nullptr);
  const Entry& entry = *listing.entry;
  EXPECT_NE(entry.body.find("b.txt"), core::Bytes::npos);
  EXPECT_EQ(entry.size(), entry.body.size());
  EXPECT_EQ(entry.content_type, listing_content_type(ListingFormat::html));
  EXPECT_EQ(entry.vary, "Accept");
  EXPECT_EQ(entry.security_policy, kListingPolicy);
  EXPECT_FALSE(entry.modified_seconds());
  EXPECT_EQ(entry.entity_tag, EntityTagText(hash_content(entry.body)).view());
}

TEST(Listings, AreEntriesByView) {
  TestStore store(kRoomyLimits, kListing);
  store.files.put("a/b.txt", "text", kOld);
  for (const ListingFormat format : {ListingFormat::html, ListingFormat::json}) {
    for (const ListingSort sort : {ListingSort::name, ListingSort::size, ListingSort::modified}) {
      for (const bool descending : {false, true}) {
        const ListingView view{format, sort, descending};
        const Content listing = store.load_listing("a", view);
        ASSERT_NE(listing.entry, nullptr);
        EXPECT_EQ(store.find("a", variant_of(view)), listing.entry);
      }
    }
  }
  EXPECT_EQ(store->entry_count(), ListingView::kCount + 0u);
  EXPECT_EQ(store.load_listing("a", {ListingFormat::json}).entry->security_policy, "");
  EXPECT_EQ(store->entry_count(), ListingView::kCount + 0u) << "made anew, not besides";
}

TEST(Listings, AreFreshForLessThanASecond) {
  TestStore store(kRoomyLimits, kListing);
  store.files.put("a/b.txt", "text", kOld);
  const std::string tag(store.load_listing("a", {}).entry->entity_tag);
  EXPECT_NE(store.find("a", variant_of(ListingView{})), nullptr);
  store.pass(0.9);
  EXPECT_EQ(store.find("a", variant_of(ListingView{})), nullptr);
  EXPECT_EQ(store.load_listing("a", {}).entry->entity_tag, tag);
  store.files.put("a/c.txt", "text", kOld);
  store.pass(0.9);
  EXPECT_NE(store.load_listing("a", {}).entry->entity_tag, tag);
}

// All views of a directory cost one look at its files, and are no fresher than that look.
TEST(Listings, ShareALookAtTheDirectory) {
  TestStore store(kRoomyLimits, kListing);
  store.files.put("a/b.txt", "text", kOld);
  store.files.put("c/d.txt", "text", kOld);
  const ListingView by_size{ListingFormat::json, ListingSort::size, true};
  store.load_listing("a", {});
  store.pass(0.5);
  store.load_listing("a", by_size);
  EXPECT_EQ(store.files.calls(Call::list), 1u);
  store.pass(0.4);
  EXPECT_EQ(store.find("a", variant_of(by_size)), nullptr);
  store.load_listing("a", by_size);
  EXPECT_EQ(store.files.calls(Call::list), 2u);
  EXPECT_NE(store.load_listing("c", {}).entry->body.find("d.txt"), core::Bytes::npos);
  EXPECT_EQ(store.files.calls(Call::list), 3u);
}

TEST(Listings, TakeHalfOfTheCacheAtMost) {
  http::ContentLimits limits = kRoomyLimits;
  limits.memory_bytes = 40'000;
  TestStore store(limits, kListing);
  for (int i = 0; i < 300; ++i) store.files.put("a/" + std::to_string(i), "text", kOld);
  const Content listing = store.load_listing("a", {ListingFormat::json});
  ASSERT_NE(listing.entry, nullptr);
  EXPECT_LE(listing.entry->size(), 20'000u);
  EXPECT_GT(listing.entry->size(), 10'000u);
  EXPECT_NE(listing.entry->body.find("\"complete\":false"), core::Bytes::npos);
}

TEST(Listings, ThatFailLeaveNothing) {
  TestStore store(kRoomyLimits, kListing);
  store.files.put("a/b.txt", "text", kOld);
  store.files.fail_next(Call::list, EACCES);
  EXPECT_EQ(store.load_listing("a", {}).status, Status::forbidden);
  EXPECT_EQ(store.load_listing("missing", {}).status, Status::not_found);
  http::ContentLimits tiny = kRoomyLimits;
  tiny.memory_bytes = 2000;
  TestStore small(tiny, kListing);
  small.files.put("a/b.txt", "text", kOld);
  EXPECT_EQ(small.load_listing("a", {}).status, Status::service_unavailable);
  EXPECT_EQ(small->entry_count(), 0u);
  EXPECT_EQ(small->memory_in_use(), 0u);
}

// --- entity tags by content ---------------------------------------------------------------------

TEST(ContentTags, ReplicasAgreeWhateverTheirTimes) {
  SlowHashes hashes;
  const ContentPolicy policy{EntityTagSource::content, false, nullptr, &hashes};
  TestStore store(kRoomyLimits, policy);
  store.files.put("a.txt", "the same", kOld);
  store.files.put("b.txt", "the same", kOld + 1000);
  store.files.put("c.txt", "the sane", kOld);
  const std::string tag(store.get("/a.txt").entry->entity_tag);
  EXPECT_EQ(tag.size(), 34u);
  EXPECT_EQ(store.get("/b.txt").entry->entity_tag, tag);
  EXPECT_NE(store.get("/c.txt").entry->entity_tag, tag);
  EXPECT_EQ(hashes.asked, 0) << "small files are hashed as they are read";
}

TEST(ContentTags, OfSiblingsDiffer) {
  SlowHashes hashes;
  const ContentPolicy policy{EntityTagSource::content, false, nullptr, &hashes};
  TestStore store(kRoomyLimits, policy);
  store.files.put("a.txt", "the same", kOld);
  store.files.put("a.txt.br", "the same", kOld);
  Entry& original = *store.get("/a.txt").entry;
  EXPECT_NE(store.load_sibling(original, ContentCoding::br)->entity_tag, original.entity_tag);
}

TEST(ContentTags, OfLargeFilesComeWhenTheyAreKnown) {
  SlowHashes hashes;
  const ContentPolicy policy{EntityTagSource::content, false, nullptr, &hashes};
  TestStore store(kRoomyLimits, policy);
  store.files.put("large.bin", pattern(100'000), kOld);
  store.files.put("log.bin", pattern(100'000), kNow);
  EXPECT_EQ(store.get("/log.bin").entry->entity_tag, "");
  EXPECT_EQ(hashes.asked, 0) << "it has just changed and may go on changing";
  EXPECT_EQ(store.get("/large.bin").entry->entity_tag, "");
  EXPECT_EQ(hashes.last_path, "large.bin");
  EXPECT_EQ(hashes.last_status, store.files.at("large.bin").status);
  EXPECT_EQ(hashes.asked, 1);
  store.get("/large.bin");
  EXPECT_EQ(hashes.asked, 1) << "not on a hit";

  store.get("/large.bin").entry->head.length = 7;  // as if it were rendered
  hashes.known = ContentHash{1, 2};
  store.pass(0.9);
  EXPECT_EQ(store.get("/large.bin").entry->entity_tag, "\"00000000000000010000000000000002\"");
  EXPECT_EQ(store.get("/large.bin").entry->head.length, 0);
  EXPECT_EQ(hashes.asked, 2);
  store.pass(0.9);
  store.get("/large.bin");
  EXPECT_EQ(hashes.asked, 2);
}

// --- the root -----------------------------------------------------------------------------------

TEST(Root, IsLookedAtTenTimesASecondAtMost) {
  TestStore store;
  store.files.put("a.txt", "a", kOld);
  store.body("/a.txt");
  const uint64_t looks = store.files.calls(Call::refresh);
  EXPECT_EQ(looks, 1u);
  for (int i = 0; i < 50; ++i) store.status("/missing");
  EXPECT_EQ(store.files.calls(Call::refresh), looks);
  for (uint64_t i = 1; i <= 20; ++i) {
    store.pass(0.1);
    store.status("/missing");
    EXPECT_EQ(store.files.calls(Call::refresh), looks + i);
  }
}

// The original is fresh then, so nothing else has looked: a sibling of the old root would be served
// for 0.9 s more.
TEST(Root, IsLookedAtForASibling) {
  TestStore store;
  store.files.put("a.txt", "a", kOld);
  store.files.put("a.txt.gz", "compressed", kOld);
  Entry* const original = store.get("/a.txt").entry;
  ASSERT_NE(original, nullptr);
  const uint64_t looks = store.files.calls(Call::refresh);
  store.pass(0.5);
  ASSERT_NE(store.load_sibling(*original, ContentCoding::gzip), nullptr);
  EXPECT_EQ(store.files.calls(Call::refresh), looks + 1);
}

}  // namespace
}  // namespace http
