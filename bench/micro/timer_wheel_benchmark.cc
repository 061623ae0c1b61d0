// What deadlines cost: the store that every request does, a full turn of the wheel, and expiry.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>

#include "core/timer_wheel.h"

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

void check(bool right, benchmark::State& state) {
  if (!right) state.SkipWithError("the wheel gave a wrong answer");
}

// A busy connection: its deadline moves later with every request.
void schedule_later(benchmark::State& state) {
  const auto connections = static_cast<uint32_t>(state.range(0));
  core::TimerWheel wheel(connections, kSecond);
  for (uint32_t i = 0; i < connections; ++i) wheel.schedule(i, 60 * kSecond);
  uint64_t deadline = 61 * kSecond;
  uint32_t index = 0;
  for (auto _ : state) {
    wheel.schedule(index, deadline);
    deadline += 1000;
    index = index + 1 < connections ? index + 1 : 0;
  }
  uint32_t expired = 0;
  check(!wheel.pop_expired(59 * kSecond, expired), state);
  check(wheel.next_wakeup() <= 61 * kSecond, state);
}
BENCHMARK(schedule_later)->Arg(64)->Arg(8000);

// A deadline that moves earlier has to be linked again.
void schedule_earlier_and_later(benchmark::State& state) {
  const auto connections = static_cast<uint32_t>(state.range(0));
  core::TimerWheel wheel(connections, kSecond);
  uint32_t index = 0;
  uint64_t turn = 0;
  for (auto _ : state) {
    wheel.schedule(index, (turn++ % 2 == 0 ? 20 : 40) * kSecond);
    index = index + 1 < connections ? index + 1 : 0;
  }
  wheel.check_invariants();
}
BENCHMARK(schedule_earlier_and_later)->Arg(64)->Arg(8000);

// The whole life of a deadline: set, and taken when it has passed.
void expire(benchmark::State& state) {
  const auto connections = static_cast<uint32_t>(state.range(0));
  uint64_t now = kSecond;
  core::TimerWheel wheel(connections, now);
  for (auto _ : state) {
    for (uint32_t i = 0; i < connections; ++i) wheel.schedule(i, now + kSecond);
    now += 2 * kSecond;
    uint32_t expired = 0;
    uint32_t count = 0;
    while (wheel.pop_expired(now, expired)) ++count;
    if (count != connections) return check(false, state);
  }
  state.SetItemsProcessed(state.iterations() * connections);
}
BENCHMARK(expire)->Arg(64)->Arg(8000);

// The question of every turn.
void next_wakeup(benchmark::State& state) {
  core::TimerWheel wheel(64, kSecond);
  for (uint32_t i = 0; i < 64; ++i) wheel.schedule(i, 60 * kSecond + i * 1000);
  uint64_t wakeup = 0;
  for (auto _ : state) benchmark::DoNotOptimize(wakeup = wheel.next_wakeup());
  check(wakeup > 59 * kSecond && wakeup <= 60 * kSecond + core::TimerWheel::kTick, state);
}
BENCHMARK(next_wakeup);

}  // namespace
