#include "http/content/entry_table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace http {
namespace {

const auto kAny = [](uint32_t) { return true; };
constexpr auto is(uint32_t wanted) {
  return [wanted](uint32_t index) { return index == wanted; };
}

uint64_t hash_with_tag(uint64_t tag) {
  return tag << 32;
}

TEST(EntryTable, FindsWhatWasInserted) {
  EntryTable table(4);
  EXPECT_EQ(table.find(1, kAny), EntryTable::kNone);
  table.insert(hash_with_tag(7), 0);
  table.insert(hash_with_tag(8), 3);
  EXPECT_EQ(table.find(hash_with_tag(7), kAny), 0u);
  EXPECT_EQ(table.find(hash_with_tag(8), kAny), 3u);
  EXPECT_EQ(table.find(hash_with_tag(9), kAny), EntryTable::kNone);
  table.erase(hash_with_tag(7), 0);
  EXPECT_EQ(table.find(hash_with_tag(7), kAny), EntryTable::kNone);
  EXPECT_EQ(table.find(hash_with_tag(8), kAny), 3u);
}

TEST(EntryTable, OneEntry) {
  EntryTable table(1);
  for (uint64_t tag = 0; tag < 100; ++tag) {
    table.insert(hash_with_tag(tag), 0);
    EXPECT_EQ(table.find(hash_with_tag(tag), kAny), 0u);
    EXPECT_EQ(table.find(hash_with_tag(tag + 2), kAny), EntryTable::kNone);
    table.erase(hash_with_tag(tag), 0);
  }
}

TEST(EntryTable, EqualHashesAreToldApartByTheCaller) {
  EntryTable table(8);
  for (uint32_t index = 0; index < 8; ++index) table.insert(hash_with_tag(5), index);
  for (uint32_t index = 0; index < 8; ++index) {
    EXPECT_EQ(table.find(hash_with_tag(5), is(index)), index);
  }
  EXPECT_EQ(table.find(hash_with_tag(5), is(9)), EntryTable::kNone);
  for (const uint32_t index : {3u, 0u, 7u}) {
    table.erase(hash_with_tag(5), index);
    EXPECT_EQ(table.find(hash_with_tag(5), is(index)), EntryTable::kNone);
  }
  for (const uint32_t index : {1u, 2u, 4u, 5u, 6u}) {
    EXPECT_EQ(table.find(hash_with_tag(5), is(index)), index);
  }
}

// The candidates that are offered have the hash asked for; others are passed over unseen.
TEST(EntryTable, OffersOnlyEqualHashes) {
  EntryTable table(64);
  for (uint32_t index = 0; index < 64; ++index) {
    table.insert(hash_with_tag(uint64_t{index % 4} << 24 | 1), index);  // all in one run
  }
  std::set<uint32_t> offered;
  table.find(hash_with_tag(2 << 24 | 1), [&offered](uint32_t index) {
    offered.insert(index);
    return false;
  });
  EXPECT_EQ(offered.size(), 16u);
  for (const uint32_t index : offered) EXPECT_EQ(index % 4, 2u);
}

// Erasing out of the middle of runs, also of runs around the end of the table, loses no entry.
TEST(EntryTable, RandomInsertsAndErasesAgainstAMap) {
  for (const uint32_t capacity : {1u, 2u, 3u, 7u, 64u, 1000u}) {
    // From hashes that nearly all collide to hashes that rarely do.
    for (const uint64_t spread : {1u, 3u, 8u, 64u, 1u << 20}) {
      std::mt19937_64 random(capacity * spread);
      EntryTable table(capacity);
      std::unordered_map<uint32_t, uint64_t> model;  // index to hash
      std::vector<uint32_t> free;
      for (uint32_t i = 0; i < capacity; ++i) free.push_back(i);
      const uint64_t offset = random() % 2 == 0 ? 0 : UINT32_MAX - spread / 2;
      for (int step = 0; step < 20'000 / static_cast<int>(spread > 64 ? 1 : 4); ++step) {
        const bool insert = !free.empty() && (model.empty() || random() % 5 < 3);
        if (insert) {
          const std::size_t at = random() % free.size();
          const uint32_t index = free[at];
          free.erase(free.begin() + static_cast<std::ptrdiff_t>(at));
          const uint64_t hash =
              hash_with_tag((offset + random() % spread) & UINT32_MAX) | (random() & UINT32_MAX);
          table.insert(hash, index);
          model[index] = hash;
        } else {
          const auto victim = std::next(
              model.begin(),
              static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(model.size(), 5)));
          table.erase(victim->second, victim->first);
          ASSERT_EQ(table.find(victim->second, is(victim->first)), EntryTable::kNone);
          free.push_back(victim->first);
          model.erase(victim);
        }
        if (step % 64 != 0) continue;
        for (const auto& [index, hash] : model) ASSERT_EQ(table.find(hash, is(index)), index);
      }
    }
  }
}

TEST(EntryTable, MemoryIsForTwiceTheEntries) {
  EXPECT_EQ(EntryTable::memory_for(1), 2 * 8u);
  EXPECT_EQ(EntryTable::memory_for(1000), 2048 * 8u);
  EXPECT_EQ(EntryTable::memory_for(1024), 2048 * 8u);
  EXPECT_EQ(EntryTable::memory_for(1025), 4096 * 8u);
}

// --- hash_bytes ---------------------------------------------------------------------------------

TEST(HashBytes, DependsOnEveryByteTheLengthAndTheSeed) {
  std::mt19937 random(3);
  std::set<uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t length = 0; length <= 70; ++length) {
    std::string text(length, 'a');
    seen.insert(hash_bytes(text, 1));
    seen.insert(hash_bytes(text, 2));
    made += 2;
    for (std::size_t i = 0; i < length; ++i) {
      text[i] = 'b';
      seen.insert(hash_bytes(text, 1));
      text[i] = 'A';
      seen.insert(hash_bytes(text, 1));
      text[i] = 'a';
      made += 2;
    }
  }
  EXPECT_EQ(seen.size(), made);
}

TEST(HashBytes, ReadsOnlyTheBytesGiven) {
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::vector<char> exact(length, 'x');  // a sanitizer guards its end
    const std::string copy(length + 20, 'x');
    EXPECT_EQ(hash_bytes({exact.data(), length}, 9), hash_bytes({copy.data(), length}, 9));
  }
}

TEST(HashBytes, SpreadsPathsThatDifferLittle) {
  // The table uses the upper half; of 20,000 paths about 0.05 pairs would collide by chance.
  std::set<uint32_t> tags;
  for (int i = 0; i < 20'000; ++i) {
    tags.insert(
        static_cast<uint32_t>(hash_bytes("/images/" + std::to_string(i) + ".png", 5) >> 32));
  }
  EXPECT_GE(tags.size(), 19'998u);
}

}  // namespace
}  // namespace http
