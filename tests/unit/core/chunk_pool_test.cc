#include "core/chunk_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace core {

namespace {

TEST(ChunkPool, GivesItsCapacityAndNoMore) {
  ChunkPool pool(3);
  EXPECT_EQ(pool.capacity(), 3U);
  EXPECT_FALSE(pool.empty());
  std::set<char*> chunks;
  for (int i = 0; i < 3; ++i) chunks.insert(pool.acquire());
  EXPECT_EQ(chunks.size(), 3U);
  EXPECT_FALSE(chunks.contains(nullptr));
  EXPECT_TRUE(pool.empty());
  EXPECT_EQ(pool.in_use(), 3U);
  EXPECT_EQ(pool.acquire(), nullptr);
  EXPECT_EQ(pool.in_use(), 3U);
  pool.release(*chunks.begin());
  EXPECT_EQ(pool.acquire(), *chunks.begin());
}

TEST(ChunkPool, NoCapacity) {
  ChunkPool pool(0);
  EXPECT_TRUE(pool.empty());
  EXPECT_EQ(pool.acquire(), nullptr);
}

TEST(ChunkPool, ReusesTheLastReleasedFirst) {
  ChunkPool pool(5);
  std::vector<char*> chunks;
  for (int i = 0; i < 5; ++i) chunks.push_back(pool.acquire());
  for (const std::size_t i : {4U, 0U, 2U}) pool.release(chunks[i]);
  EXPECT_EQ(pool.acquire(), chunks[2]);
  EXPECT_EQ(pool.acquire(), chunks[0]);
  EXPECT_EQ(pool.acquire(), chunks[4]);
}

TEST(ChunkPool, ChunksStartOnCacheLinesAndHavePadding) {
  ChunkPool pool(4);
  std::vector<char*> chunks;
  for (int i = 0; i < 4; ++i) {
    chunks.push_back(pool.acquire());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(chunks.back()) % 64, 0U);
  }
  std::sort(chunks.begin(), chunks.end());
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    EXPECT_GE(chunks[i] - chunks[i - 1],
              static_cast<std::ptrdiff_t>(ChunkPool::kChunkSize + kPadding));
  }
}

// Every chunk keeps all of its bytes and its padding whatever the others do.
TEST(ChunkPool, RandomOperationsAgreeWithAModel) {
  std::mt19937 random(1);
  constexpr uint32_t kCapacity = 20;
  ChunkPool pool(kCapacity);
  std::map<char*, char> in_use;  // and what each one is filled with
  std::vector<char*> released;
  for (int step = 0; step < 5'000; ++step) {
    if (random() % 2 == 0) {
      char* chunk = pool.acquire();
      if (in_use.size() == kCapacity) {
        ASSERT_EQ(chunk, nullptr);
      } else {
        ASSERT_NE(chunk, nullptr);
        ASSERT_FALSE(in_use.contains(chunk));
        if (!released.empty()) {
          ASSERT_EQ(chunk, released.back());
          released.pop_back();
        }
        in_use[chunk] = static_cast<char>(random());
        std::memset(chunk, in_use[chunk], ChunkPool::kChunkSize + kPadding);
      }
    } else if (!in_use.empty()) {
      auto leaving =
          std::next(in_use.begin(), static_cast<std::ptrdiff_t>(random() % in_use.size()));
      const char* chunk = leaving->first;
      for (std::size_t i = 0; i < ChunkPool::kChunkSize + kPadding; i += 97) {
        ASSERT_EQ(chunk[i], leaving->second);
      }
      ASSERT_EQ(chunk[ChunkPool::kChunkSize + kPadding - 1], leaving->second);
      released.push_back(leaving->first);
      pool.release(leaving->first);
      in_use.erase(leaving);
    }
    ASSERT_EQ(pool.in_use(), in_use.size());
    ASSERT_EQ(pool.empty(), in_use.size() == kCapacity);
  }
}

TEST(ChunkPoolDeathTest, ReleasingWhatIsNotAChunkIsABug) {
  ChunkPool pool(3);
  char* chunk = pool.acquire();
  char other = 0;
  EXPECT_DEATH(pool.release(chunk + 1), "check failed");
  EXPECT_DEATH(pool.release(&other), "check failed");
  EXPECT_DEATH(pool.release(chunk + ChunkPool::kStride), "check failed");  // never given out
  EXPECT_DEATH(pool.release(nullptr), "check failed");
}

#ifndef NDEBUG
TEST(ChunkPoolDeathTest, ReleasingTwiceWhileOthersAreInUseIsABug) {
  ChunkPool pool(3);
  char* chunk = pool.acquire();
  pool.acquire();
  pool.release(chunk);
  EXPECT_DEATH(pool.release(chunk), "check failed");
}
#endif

TEST(ChunkPoolDeathTest, ReleasingMoreThanWasAcquiredIsABug) {
  ChunkPool pool(3);
  char* chunk = pool.acquire();
  pool.release(chunk);
  EXPECT_DEATH(pool.release(chunk), "check failed");
}

}  // namespace
}  // namespace core
