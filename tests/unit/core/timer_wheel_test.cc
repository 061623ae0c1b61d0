// The wheel against a naive model: a list of deadlines.
#include "core/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

namespace core {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kTick = TimerWheel::kTick;
constexpr uint64_t kTurn = TimerWheel::kSlots * kTick;

// Drives a wheel and a model through the same operations and compares after each one.
class TimerWheelModel {
 public:
  TimerWheelModel(uint32_t capacity, uint64_t start)
      : wheel_(capacity, start), origin_(start), now_(start), due_(capacity) {}

  uint64_t now() const { return now_; }
  std::size_t pending() const {
    return static_cast<std::size_t>(
        std::count_if(due_.begin(), due_.end(), [](const auto& due) { return due.has_value(); }));
  }

  void schedule(uint32_t index, uint64_t deadline) {
    wheel_.schedule(index, deadline);
    due_[index] = Due{deadline, due_tick(deadline)};
    check();
  }

  void cancel(uint32_t index) {
    wheel_.cancel(index);
    due_[index].reset();
    check();
  }

  // Moves time and takes what has expired; at most `limit` of them (then the rest is taken by the
  // next call).
  void advance(uint64_t by, std::size_t limit = SIZE_MAX) {
    now_ += by;
    uint32_t index = 0;
    while (limit-- > 0) {
      const bool was_due = wheel_.is_due(now_);
      if (!wheel_.pop_expired(now_, index)) {
        expect_nothing_late();
        // Whoever asks again in this moment has nothing to do.
        ASSERT_FALSE(wheel_.is_due(now_));
        swept_tick_ = now_tick();
        break;
      }
      ASSERT_TRUE(was_due);
      ASSERT_LT(index, due_.size());
      ASSERT_TRUE(due_[index].has_value()) << "no deadline: " << index;
      ASSERT_LE(due_[index]->deadline, now_) << "too early: " << index;
      due_[index].reset();
      wheel_.check_invariants();
    }
    check();
  }

  // Sleeps as the worker does, until the wheel asks for it.
  void sleep_until_wakeup() {
    const uint64_t wakeup = wheel_.next_wakeup();
    if (wakeup == kNever) return;
    advance(wakeup > now_ ? wakeup - now_ : 0);
  }

  uint64_t next_wakeup() const { return wheel_.next_wakeup(); }

  std::optional<uint64_t> earliest_tick() const {
    std::optional<uint64_t> earliest;
    for (const auto& due : due_) {
      if (due && (!earliest || due->tick < *earliest)) earliest = due->tick;
    }
    return earliest;
  }

 private:
  struct Due {
    uint64_t deadline;
    uint64_t tick;
  };

  // Rounded up to whole ticks since the start, not before the first tick that is still to come, and
  // past the ones that the wheel leaves out.
  uint64_t due_tick(uint64_t deadline) const {
    const uint64_t since = deadline > origin_ ? deadline - origin_ : 0;
    const uint64_t tick = std::max(1 + (since + kTick - 1) / kTick, swept_tick_ + 1);
    return tick % (uint64_t{1} << 32) == 0 ? tick + 1 : tick;
  }
  uint64_t now_tick() const { return 1 + (now_ - origin_) / kTick; }
  uint64_t time_of(uint64_t tick) const { return origin_ + (tick - 1) * kTick; }

  void expect_nothing_late() const {
    for (std::size_t i = 0; i < due_.size(); ++i) {
      if (!due_[i]) continue;
      ASSERT_GT(due_[i]->tick, now_tick()) << "late: " << i;
    }
  }

  void check() const {
    wheel_.check_invariants();
    // Who sleeps until the wake-up has something to do then.
    const uint64_t wakeup = wheel_.next_wakeup();
    ASSERT_TRUE(wakeup == kNever || wheel_.is_due(wakeup));
    const std::optional<uint64_t> first = earliest_tick();
    // What is due already, and left over by advance(), is due at once.
    if (!first) return;
    ASSERT_LE(wheel_.next_wakeup(), std::max(time_of(*first), now_));
  }

  TimerWheel wheel_;
  uint64_t origin_;
  uint64_t now_;
  uint64_t swept_tick_ = 0;  // everything due until then was taken
  std::vector<std::optional<Due>> due_;
};

// A random time ahead: mostly seconds, sometimes a moment, sometimes many turns of the wheel.
uint64_t random_span(std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return 0;
    case 1:
      return random() % kTick;
    case 2:
      return random() % 4 * kTick;
    case 3:
      return random() % (5 * kTurn);
    case 4:
      return kTurn - kTick + random() % (2 * kTick);
    default:
      return random() % (90 * kSecond);
  }
}

void walk(TimerWheelModel& model, uint32_t capacity, std::mt19937_64& random, int steps) {
  for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
    const uint32_t index = static_cast<uint32_t>(random() % capacity);
    switch (random() % 10) {
      case 0:
      case 1:
      case 2:
        model.schedule(index, model.now() + random_span(random));
        break;
      case 3:
        model.schedule(index, model.now() - std::min(model.now(), random_span(random)));
        break;
      case 4:
        model.cancel(index);
        break;
      case 5:
        model.sleep_until_wakeup();
        break;
      case 6:
        model.advance(random() % kTick, random() % 4);
        break;
      case 7:
        model.advance(random_span(random), random() % 4);
        break;
      default:
        model.advance(random() % (2 * kSecond));
        break;
    }
  }
}

TEST(TimerWheel, RandomWalksAgreeWithAModel) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    const uint32_t capacity = static_cast<uint32_t>(1 + random() % 64);
    TimerWheelModel model(capacity, random() % (1'000'000 * kSecond));
    walk(model, capacity, random, 1'500);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

// Ticks are kept in 32 bits, which are used up after 4.3 years. Walk across that moment.
TEST(TimerWheel, RandomWalksAcrossTheWrapOfTicks) {
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    std::mt19937_64 random(seed);
    TimerWheelModel model(32, 0);
    // The wheel sees time go by, in steps of half a year; it stops up to two turns before the wrap.
    const uint64_t wrap = (uint64_t{1} << 32) * kTick;
    const uint64_t stop = wrap - random() % (2 * kTurn);
    while (model.now() < stop) {
      model.advance(std::min(stop - model.now(), (uint64_t{1} << 29) * kTick));
    }
    walk(model, 32, random, 3'000);
    EXPECT_GT(model.now(), wrap);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(TimerWheel, DeadlinesAtEachTickAroundTheWrap) {
  const uint64_t wrap = (uint64_t{1} << 32) * kTick;
  TimerWheelModel model(64, 0);
  while (model.now() < wrap - 32 * kTick) {
    model.advance(std::min(wrap - 32 * kTick - model.now(), (uint64_t{1} << 29) * kTick));
  }
  for (uint32_t i = 0; i < 64; ++i) model.schedule(i, wrap - 32 * kTick + i * kTick);
  for (int i = 0; i < 80; ++i) model.advance(kTick);
  EXPECT_EQ(model.pending(), 0U);
}

// After the wrap the wheel still sleeps until its deadline.
TEST(TimerWheel, NextWakeupAfterTheWrap) {
  TimerWheelModel model(1, 0);
  for (int i = 0; i < 9; ++i) model.advance((uint64_t{1} << 29) * kTick);
  model.schedule(0, model.now() + 30 * kSecond);
  EXPECT_GT(model.next_wakeup(), model.now() + 29 * kSecond);
}

TEST(TimerWheel, EmptyNeverWakes) {
  TimerWheel wheel(10, 5 * kSecond);
  EXPECT_EQ(wheel.next_wakeup(), kNever);
  uint32_t index = 0;
  EXPECT_FALSE(wheel.pop_expired(5 * kSecond, index));
  EXPECT_FALSE(wheel.pop_expired(500 * kSecond, index));
  EXPECT_EQ(wheel.next_wakeup(), kNever);
}

// Asking is as good as trying: pop_expired() has nothing for who comes before it is due.
TEST(TimerWheel, IsDueFromTheTickOfADeadlineOn) {
  constexpr uint64_t kStart = 5 * kSecond;
  struct Case {
    uint64_t deadline;
    uint64_t due;
  };
  for (const Case& one : std::vector<Case>{
           {kStart + 1, kStart + kTick},
           {kStart + kTick - 1, kStart + kTick},
           {kStart + kTick, kStart + kTick},
           {kStart + kTick + 1, kStart + 2 * kTick},
           {kStart + kSecond, kStart + (kSecond + kTick - 1) / kTick * kTick},
           {kStart + kTurn - kTick, kStart + kTurn - kTick},
       }) {
    for (const uint64_t now : {uint64_t{0}, kStart, one.due - kTick, one.due - 1}) {
      TimerWheel wheel(1, kStart);
      wheel.schedule(0, one.deadline);
      EXPECT_EQ(wheel.next_wakeup(), one.due);
      uint32_t index = 7;
      EXPECT_FALSE(wheel.is_due(now)) << one.deadline << " at " << now;
      EXPECT_FALSE(wheel.pop_expired(now, index)) << one.deadline << " at " << now;
      EXPECT_EQ(wheel.next_wakeup(), one.due);
    }
    for (const uint64_t now : {one.due, one.due + 1, one.due + kTick, one.due + 3 * kTurn}) {
      TimerWheel wheel(1, kStart);
      wheel.schedule(0, one.deadline);
      uint32_t index = 7;
      EXPECT_TRUE(wheel.is_due(now)) << one.deadline << " at " << now;
      EXPECT_TRUE(wheel.pop_expired(now, index)) << one.deadline << " at " << now;
      EXPECT_EQ(index, 0U);
      EXPECT_FALSE(wheel.pop_expired(now, index));
      EXPECT_FALSE(wheel.is_due(now)) << one.deadline << " at " << now;
      EXPECT_EQ(wheel.next_wakeup(), kNever);
    }
  }
}

// With several it is the first, whatever the order in which they were set.
TEST(TimerWheel, IsDueWithTheFirstOfSeveral) {
  for (const std::vector<uint64_t>& ticks :
       std::vector<std::vector<uint64_t>>{{3, 5, 9}, {9, 5, 3}, {5, 9, 3}, {3, 3, 4}}) {
    TimerWheel wheel(3, 0);
    for (uint32_t i = 0; i < 3; ++i) wheel.schedule(i, ticks[i] * kTick);
    for (uint64_t tick = 0; tick <= 9; ++tick) {
      const uint64_t now = tick * kTick;
      const auto expected = std::count(ticks.begin(), ticks.end(), tick);
      EXPECT_EQ(wheel.is_due(now), expected > 0) << tick;
      EXPECT_EQ(wheel.next_wakeup() <= now, expected > 0) << tick;
      uint32_t index = 7;
      for (auto i = expected; i > 0; --i) {
        EXPECT_TRUE(wheel.is_due(now));
        ASSERT_TRUE(wheel.pop_expired(now, index));
        EXPECT_EQ(ticks[index], tick);
      }
      EXPECT_FALSE(wheel.pop_expired(now, index)) << tick;
      EXPECT_FALSE(wheel.is_due(now)) << tick;
    }
    EXPECT_EQ(wheel.next_wakeup(), kNever);
  }
}

// An empty wheel wakes nobody. It is due now and then all the same, for who is awake anyway: so a
// deadline is never counted from long ago.
TEST(TimerWheel, AnEmptyWheelGoesOn) {
  constexpr uint64_t kStart = 5 * kSecond;
  TimerWheel wheel(1, kStart);
  uint32_t index = 7;
  for (const uint64_t now : {uint64_t{0}, kStart, kStart + kTurn - 1}) {
    EXPECT_FALSE(wheel.is_due(now)) << now;
    EXPECT_FALSE(wheel.pop_expired(now, index));
  }
  for (const uint64_t now : {kStart + kTurn, kStart + 10 * kTurn + 1}) {
    EXPECT_TRUE(wheel.is_due(now)) << now;
    EXPECT_FALSE(wheel.pop_expired(now, index));
    EXPECT_FALSE(wheel.is_due(now)) << now;
    EXPECT_FALSE(wheel.is_due(now + kTurn - kTick)) << now;
    EXPECT_EQ(wheel.next_wakeup(), kNever);
  }
}

// A deadline at the start or before it is due at any time, also in one before the start.
TEST(TimerWheel, IsDueBeforeTheStart) {
  constexpr uint64_t kStart = 100 * kSecond;
  for (const uint64_t deadline : {uint64_t{0}, kStart - 1, kStart}) {
    for (const uint64_t now : {uint64_t{0}, kStart - kTick, kStart - 1, kStart, kStart + 1}) {
      TimerWheel wheel(2, kStart);
      EXPECT_FALSE(wheel.is_due(now));
      wheel.schedule(1, kStart + 50 * kTick);
      EXPECT_FALSE(wheel.is_due(now));
      wheel.schedule(0, deadline);
      EXPECT_TRUE(wheel.is_due(now)) << deadline << " at " << now;
      EXPECT_EQ(wheel.next_wakeup(), kStart);
      uint32_t index = 7;
      EXPECT_TRUE(wheel.pop_expired(now, index));
      EXPECT_EQ(index, 0U);
      EXPECT_FALSE(wheel.pop_expired(now, index));
      EXPECT_FALSE(wheel.is_due(now));
      EXPECT_EQ(wheel.next_wakeup(), kStart + 50 * kTick);
    }
  }
}

// A deadline that moves earlier is due earlier; one that moves later or is cancelled may wake the
// wheel once for nothing, and not again.
TEST(TimerWheel, IsDueOnceForADeadlineThatHasMovedOn) {
  for (const bool cancelled : {false, true}) {
    TimerWheel wheel(1, 0);
    wheel.schedule(0, 9 * kTick);
    wheel.schedule(0, 3 * kTick);
    EXPECT_EQ(wheel.next_wakeup(), 3 * kTick);
    wheel.schedule(0, 7 * kTick);
    if (cancelled) wheel.cancel(0);
    uint32_t index = 7;
    EXPECT_FALSE(wheel.pop_expired(3 * kTick, index));
    EXPECT_FALSE(wheel.is_due(3 * kTick));
    EXPECT_EQ(wheel.next_wakeup(), cancelled ? kNever : 7 * kTick);
    EXPECT_FALSE(wheel.is_due(7 * kTick - 1));
    EXPECT_EQ(wheel.is_due(7 * kTick), !cancelled);
    EXPECT_EQ(wheel.pop_expired(7 * kTick, index), !cancelled);
  }
}

TEST(TimerWheel, TimeBeforeTheStartIsHarmless) {
  TimerWheel wheel(2, 100 * kSecond);
  wheel.schedule(0, 1 * kSecond);
  wheel.schedule(1, 101 * kSecond);
  uint32_t index = 7;
  EXPECT_TRUE(wheel.pop_expired(50 * kSecond, index));
  EXPECT_EQ(index, 0U);
  EXPECT_FALSE(wheel.pop_expired(50 * kSecond, index));
  wheel.check_invariants();
  EXPECT_TRUE(wheel.pop_expired(101 * kSecond + kTick, index));
  EXPECT_EQ(index, 1U);
}

TEST(TimerWheel, MovingLaterCostsNoWork) {
  TimerWheel wheel(1, 0);
  for (uint64_t t = 0; t < 100; ++t) wheel.schedule(0, (t + 5) * kSecond);
  uint32_t index = 7;
  EXPECT_FALSE(wheel.pop_expired(103 * kSecond, index));
  EXPECT_TRUE(wheel.pop_expired(104 * kSecond + kTick, index));
  EXPECT_EQ(index, 0U);
  EXPECT_FALSE(wheel.pop_expired(1000 * kSecond, index));
}

TEST(TimerWheel, MovingEarlierCounts) {
  TimerWheel wheel(1, 0);
  wheel.schedule(0, 1000 * kSecond);
  wheel.schedule(0, 2 * kSecond);
  EXPECT_LE(wheel.next_wakeup(), 2 * kSecond + kTick);
  uint32_t index = 7;
  EXPECT_TRUE(wheel.pop_expired(2 * kSecond + kTick, index));
  EXPECT_EQ(index, 0U);
}

TEST(TimerWheel, CancelledAndScheduledAgain) {
  TimerWheel wheel(1, 0);
  uint32_t index = 0;
  wheel.cancel(0);  // has none
  wheel.schedule(0, kSecond);
  wheel.cancel(0);
  EXPECT_FALSE(wheel.pop_expired(2 * kSecond, index));
  wheel.schedule(0, 3 * kSecond);
  wheel.cancel(0);
  wheel.schedule(0, 4 * kSecond);
  EXPECT_FALSE(wheel.pop_expired(3 * kSecond + 2 * kTick, index));
  EXPECT_TRUE(wheel.pop_expired(4 * kSecond + kTick, index));
}

// Cancelled entries cause a wake-up or two at most, then the wheel is quiet.
TEST(TimerWheel, CancelledOnesBecomeQuiet) {
  TimerWheel wheel(100, 0);
  for (uint32_t i = 0; i < 100; ++i) wheel.schedule(i, (i + 1) * kSecond);
  for (uint32_t i = 0; i < 100; ++i) wheel.cancel(i);
  uint32_t index = 0;
  int wakeups = 0;
  for (uint64_t wakeup = wheel.next_wakeup(); wakeup != kNever; wakeup = wheel.next_wakeup()) {
    ASSERT_FALSE(wheel.pop_expired(wakeup, index));
    ASSERT_LE(++wakeups, 100);
  }
}

TEST(TimerWheel, ManyInOneTick) {
  TimerWheel wheel(1000, 0);
  for (uint32_t i = 0; i < 1000; ++i) wheel.schedule(i, kSecond + i);
  std::vector<bool> seen(1000);
  uint32_t index = 0;
  while (wheel.pop_expired(2 * kSecond, index)) {
    EXPECT_FALSE(seen[index]);
    seen[index] = true;
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 1000);
  EXPECT_EQ(wheel.next_wakeup(), kNever);
}

// A handler may set a new deadline for what just expired, even one that has passed.
TEST(TimerWheel, SchedulingBetweenPops) {
  TimerWheel wheel(4, 0);
  for (uint32_t i = 0; i < 4; ++i) wheel.schedule(i, kSecond);
  uint32_t index = 0;
  int pops = 0;
  while (wheel.pop_expired(10 * kSecond, index)) {
    wheel.check_invariants();
    if (++pops <= 4) wheel.schedule(index, 20 * kSecond);
    ASSERT_LE(pops, 4);
  }
  EXPECT_EQ(pops, 4);
  while (wheel.pop_expired(20 * kSecond + kTick, index)) ++pops;
  EXPECT_EQ(pops, 8);
}

TEST(TimerWheel, FarAndNeverDoNotExpireSoon) {
  constexpr uint64_t kYear = 365 * 86'400 * kSecond;
  for (const uint64_t deadline :
       {2 * kYear, 3 * kYear, 5 * kYear, 50 * kYear, kNever - 1, kNever}) {
    TimerWheel wheel(1, 7 * kSecond);
    wheel.schedule(0, deadline);
    uint32_t index = 0;
    for (uint64_t now = 8 * kSecond; now < kYear; now += kYear / 50) {
      ASSERT_FALSE(wheel.pop_expired(now, index)) << deadline << " at " << now;
      wheel.check_invariants();
    }
  }
}

}  // namespace
}  // namespace core
