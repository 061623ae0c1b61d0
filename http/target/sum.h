// A sum to which the body of a request is added, however it comes. No allocation.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace http::target {

// What is added is a whole number that may come in pieces: blanks and line ends around it do not
// count, and none at all is 0. A plain value.
class Sum {
 public:
  explicit Sum(int64_t start = 0) : total_(start) {}

  void add(core::Bytes piece);
  // Nothing: what came is no number, or the sum does not fit into 64 bits.
  std::optional<int64_t> total() const;

 private:
  enum class Part : uint8_t { before, sign, digits, after, wrong };

  void add(char c);

  int64_t total_;
  uint64_t number_ = 0;
  bool is_negative_ = false;
  Part part_ = Part::before;
};

}  // namespace http::target
