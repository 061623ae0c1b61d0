// How a fuzz target reads the bytes that libFuzzer made: a text, and choices about what to do with
// it. The choices are the bytes behind the last 0xFF, so that a corpus file is the plain text that
// it stands for, and a change of one part leaves the other alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bytes.h"

namespace fuzz {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, std::size_t size) {
    const core::Bytes all(reinterpret_cast<const char*>(data), size);
    const std::size_t mark = all.rfind('\xff');
    text_ = all.substr(0, mark);
    if (mark != core::Bytes::npos) choices_ = all.substr(mark + 1);
  }

  core::Bytes text() const { return text_; }

  // The next choice, 0 to 254. They come again from the first one; when there is none it is 0.
  uint8_t choose() {
    if (choices_.empty()) return 0;
    return static_cast<uint8_t>(choices_[next_++ % choices_.size()]);
  }

  // How many of `size` bytes come next: at least 1 if there is one. The choice 0 means all.
  std::size_t choose_piece(std::size_t size) {
    const uint8_t choice = choose();
    // The upper half is in larger steps, so that a few pieces can cover a file.
    const std::size_t wanted = choice < 128 ? choice : (choice - 127) * std::size_t{97};
    return choice == 0 ? size : std::min(wanted, size);
  }

 private:
  core::Bytes text_;
  core::Bytes choices_;
  std::size_t next_ = 0;
};

// A copy on the heap of exactly these bytes, so that AddressSanitizer sees a read beside them.
class ExactCopy {
 public:
  explicit ExactCopy(core::Bytes bytes)
      : size_(bytes.size()), data_(std::make_unique<char[]>(bytes.size())) {
    std::copy(bytes.begin(), bytes.end(), data_.get());
  }
  core::Bytes bytes() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

}  // namespace fuzz
