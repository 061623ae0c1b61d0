// A number that one thread counts and any other may read meanwhile.
//
// To count is one instruction, without the lock prefix of fetch_add(): with one writer none is
// needed. Who reads sees a number that was true a moment ago; several numbers may differ by what is
// being counted.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#define CORE_HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CORE_HAS_THREAD_SANITIZER 1
#endif
#endif

namespace core {

class Counter {
 public:
  Counter() = default;
  // A copy is a reading.
  Counter(const Counter& other) : value_(other.value()) {}
  Counter& operator=(const Counter& other) {
    if (this != &other) value_.store(other.value(), std::memory_order_relaxed);
    return *this;
  }

  // By the one thread that counts.
  Counter& operator+=(uint64_t more) {
#if defined(__x86_64__) && !defined(CORE_HAS_THREAD_SANITIZER)
    // What compilers make of the other form are three instructions: 20 more for a request, of 700.
    // An aligned store of eight bytes is whole for every reader.
    asm("addq %1, %0" : "+m"(value_) : "er"(more) : "cc");
#else
    value_.store(value() + more, std::memory_order_relaxed);
#endif
    return *this;
  }
  Counter& operator++() {
    return *this += 1;
  }

  uint64_t value() const {
    return value_.load(std::memory_order_relaxed);
  }
  operator uint64_t() const {
    return value();
  }  // NOLINT: it is used as the number that it is

 private:
  std::atomic<uint64_t> value_ = 0;
};

}  // namespace core
