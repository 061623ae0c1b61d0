// A request whose answer is not due: the head of it, so that it can be asked again without a chunk
// to keep it in. Who sends a longer head has it kept where what waits is kept.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/bytes.h"

namespace http::h1 {

class HeldRequest {
 public:
  // What nearly every client sends is shorter, and a connection takes 1 KiB with all that is kept
  // of an answer that takes time.
  static constexpr std::size_t kLongest = 704;

  // Keeps a head, unless it is too long; then head() is empty. `chance` is for Caller::chance.
  void hold(core::Bytes head, uint64_t chance, bool takes_body) {
    is_held_ = true;
    chance_ = chance;
    count_ = 0;
    takes_body_ = takes_body;
    length_ = head.size() <= kLongest ? static_cast<uint16_t>(head.size()) : uint16_t{0};
    std::copy_n(head.data(), length_, head_.data());
  }
  // It has been answered, and may have to be again. `count` is for Caller::count.
  void keep_count(uint64_t count) { count_ = count; }
  void forget() { is_held_ = false; }

  bool is_held() const { return is_held_; }
  // Whether its body comes before the answer, and is then not part of what is asked again.
  bool takes_body() const { return takes_body_; }
  uint64_t chance() const { return chance_; }
  uint64_t count() const { return count_; }
  // With core::kPadding readable bytes behind it.
  core::Bytes head() const { return {head_.data(), length_}; }

 private:
  uint64_t chance_ = 0;
  uint64_t count_ = 0;
  uint16_t length_ = 0;
  bool is_held_ = false;
  bool takes_body_ = false;
  std::array<char, kLongest + core::kPadding> head_;
};

}  // namespace http::h1
