// The one way to put text together in a fixed buffer: it never writes past the end, and says so.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>

#include "core/bytes.h"

namespace core {

// Appends to memory that the caller owns. After the first piece that does not fit, nothing more is
// written and complete() is false: there is no second pass that could disagree about the length.
class TextWriter {
 public:
  TextWriter(char* out, std::size_t capacity) : begin_(out), position_(out), end_(out + capacity) {}

  // Of a constant, what is left is a comparison and a move or two.
  [[gnu::always_inline]] TextWriter& put(Bytes text) {
    if (text.size() > static_cast<std::size_t>(end_ - position_)) {
      end_ = position_;
      complete_ = false;
      return *this;
    }
    if (!text.empty()) std::memcpy(position_, text.data(), text.size());
    position_ += text.size();
    return *this;
  }

  TextWriter& put(uint64_t number) {
    char digits[20];
    const auto result = std::to_chars(digits, digits + sizeof(digits), number);
    return put(Bytes(digits, static_cast<std::size_t>(result.ptr - digits)));
  }

  bool complete() const { return complete_; }
  std::size_t size() const { return static_cast<std::size_t>(position_ - begin_); }
  Bytes text() const { return {begin_, size()}; }

 private:
  char* begin_;
  char* position_;
  char* end_;
  bool complete_ = true;
};

}  // namespace core
