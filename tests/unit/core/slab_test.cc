// The slab against a naive model: who occupies which handle.
#include "core/slab.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <random>
#include <vector>

namespace core {

namespace {

struct Item {
  uint64_t value = 42;
};

struct Pair {
  Pair(int first, int& second) : sum(first + second) { ++second; }
  int sum;
};

TEST(Slab, StartsEmpty) {
  Slab<Item> slab(3);
  EXPECT_EQ(slab.capacity(), 3U);
  EXPECT_EQ(slab.size(), 0U);
  EXPECT_EQ(slab.high_water(), 0U);
  EXPECT_FALSE(slab.full());
  for (uint32_t index = 0; index < 4; ++index) {
    EXPECT_FALSE(slab.occupied(index));
    EXPECT_EQ(slab.find(Handle{index, 0}), nullptr);
    EXPECT_EQ(slab.find(Handle{index, 1}), nullptr);
  }
}

TEST(Slab, TheZeroHandleNeverRefersToAnything) {
  Slab<Item> slab(2);
  EXPECT_EQ(slab.find(Handle{}), nullptr);
  const Handle first = slab.acquire();
  EXPECT_EQ(slab.find(Handle{}), nullptr);
  slab.release(first);
  EXPECT_EQ(slab.find(Handle{}), nullptr);
}

TEST(Slab, FullGivesTheZeroHandle) {
  Slab<Item> slab(2);
  const Handle first = slab.acquire();
  slab.acquire();
  EXPECT_TRUE(slab.full());
  EXPECT_EQ(slab.acquire(), Handle{});
  EXPECT_EQ(slab.size(), 2U);
  slab.release(first);
  EXPECT_FALSE(slab.full());
  EXPECT_NE(slab.acquire(), Handle{});
}

TEST(Slab, NoCapacity) {
  Slab<Item> slab(0);
  EXPECT_TRUE(slab.full());
  EXPECT_EQ(slab.acquire(), Handle{});
}

TEST(Slab, ReusesTheLastFreedFirst) {
  Slab<Item> slab(8);
  std::vector<Handle> handles;
  for (int i = 0; i < 8; ++i) handles.push_back(slab.acquire());
  for (const int i : {3, 1, 6}) slab.release(handles[static_cast<std::size_t>(i)]);
  EXPECT_EQ(slab.acquire().index, 6U);
  EXPECT_EQ(slab.acquire().index, 1U);
  EXPECT_EQ(slab.acquire().index, 3U);
}

TEST(Slab, AReusedSlotHoldsAFreshValue) {
  Slab<Item> slab(1);
  const Handle first = slab.acquire();
  slab.at(first.index).value = 7;
  slab.release(first);
  const Handle second = slab.acquire();
  EXPECT_EQ(second.index, first.index);
  EXPECT_NE(second.generation, first.generation);
  EXPECT_EQ(slab.find(second)->value, 42U);
  EXPECT_EQ(slab.find(first), nullptr);
}

TEST(Slab, ArgumentsAreForwarded) {
  Slab<Pair> slab(1);
  int second = 5;
  const Handle handle = slab.acquire(10, second);
  EXPECT_EQ(slab.at(handle.index).sum, 15);
  EXPECT_EQ(second, 6);
}

TEST(Slab, RandomOperationsAgreeWithAModel) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const uint32_t capacity = static_cast<uint32_t>(1 + random() % 40);
    Slab<Item> slab(capacity);
    std::map<uint32_t, std::pair<Handle, uint64_t>> occupants;  // by index
    std::vector<Handle> stale;
    std::vector<uint32_t> freed;
    for (int step = 0; step < 5'000; ++step) {
      if (random() % 2 == 0) {
        const Handle handle = slab.acquire();
        if (occupants.size() == capacity) {
          ASSERT_EQ(handle, Handle{});
        } else {
          ASSERT_FALSE(occupants.contains(handle.index));
          ASSERT_EQ(handle.generation % 2, 1U);
          if (!freed.empty()) {
            ASSERT_EQ(handle.index, freed.back());
            freed.pop_back();
          }
          const uint64_t value = random();
          slab.find(handle)->value = value;
          occupants[handle.index] = {handle, value};
        }
      } else if (!occupants.empty()) {
        auto leaving =
            std::next(occupants.begin(), static_cast<std::ptrdiff_t>(random() % occupants.size()));
        slab.release(leaving->second.first);
        stale.push_back(leaving->second.first);
        freed.push_back(leaving->first);
        occupants.erase(leaving);
      }
      ASSERT_EQ(slab.size(), occupants.size());
      ASSERT_EQ(slab.full(), occupants.size() == capacity);
      for (uint32_t index = 0; index < capacity; ++index) {
        ASSERT_EQ(slab.occupied(index), occupants.contains(index));
      }
      for (const auto& [index, occupant] : occupants) {
        ASSERT_NE(slab.find(occupant.first), nullptr);
        ASSERT_EQ(slab.find(occupant.first)->value, occupant.second);
        ASSERT_EQ(slab.handle_of(index), occupant.first);
        ASSERT_EQ(&slab.at(index), slab.find(occupant.first));
        ASSERT_LT(index, slab.high_water());
      }
      if (stale.empty()) continue;
      ASSERT_EQ(slab.find(stale[random() % stale.size()]), nullptr);
    }
    for (const Handle handle : stale) ASSERT_EQ(slab.find(handle), nullptr);
  }
}

TEST(Slab, HandlesOutOfRangeAreNotFound) {
  Slab<Item> slab(4);
  const Handle handle = slab.acquire();
  EXPECT_EQ(slab.find(Handle{4, handle.generation}), nullptr);
  EXPECT_EQ(slab.find(Handle{UINT32_MAX, handle.generation}), nullptr);
  EXPECT_EQ(slab.find(Handle{handle.index, handle.generation + 1}), nullptr);
  EXPECT_EQ(slab.find(Handle{handle.index, handle.generation + 2}), nullptr);
}

// A big slab that is barely used costs barely any memory.
TEST(Slab, UntouchedSlotsAreNotResident) {
  struct Page {
    char bytes[4000];
  };
  constexpr uint32_t kCapacity = 4'000;
  Slab<Page> slab(kCapacity);
  Handle last;
  for (int i = 0; i < 10; ++i) last = slab.acquire();
  const std::size_t page_size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t inside = reinterpret_cast<uintptr_t>(&slab.at(last.index));
  // From two pages behind the last occupied slot to the end of the slab.
  const uintptr_t from = (inside + 3 * page_size) / page_size * page_size;
  const std::size_t pages = (kCapacity - 20) * Slab<Page>::slot_size() / page_size;
  std::vector<unsigned char> resident(pages);
  ASSERT_EQ(mincore(reinterpret_cast<void*>(from), pages * page_size, resident.data()), 0);
  std::size_t count = 0;
  for (const unsigned char page : resident) count += page & 1;
  EXPECT_EQ(count, 0U);
}

TEST(SlabDeathTest, ReleasingAStaleHandleIsABug) {
  Slab<Item> slab(2);
  const Handle handle = slab.acquire();
  slab.release(handle);
  EXPECT_DEATH(slab.release(handle), "check failed");
  EXPECT_DEATH(slab.release(Handle{}), "check failed");
}

}  // namespace
}  // namespace core
