// Which pieces of files were in the page cache a moment ago. To ask the kernel costs 0.2
// microseconds, which is 3 % of a response of 64 KiB, and pages that were just sent are the last
// ones it would give up: an answer is believed for kTrust. Should it have given them up all the
// same, one send waits for the disk.
//
// A table that forgets: a piece has one place, which it shares with others. One thread; no
// allocation. 10 KiB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "io/backend.h"

namespace io {

class WarmFiles {
 public:
  static constexpr uint64_t kTrust = 1'000'000'000;  // nanoseconds

  // Whether the byte at `last`, and with it those before it in the file, was there lately. `now` in
  // monotonic nanoseconds. Never for a file without a version, which nothing tells from another
  // one.
  bool has(const FileRange& file, uint64_t last, uint64_t now) const {
    if (file.version == nullptr) return false;
    const Piece& piece = pieces_[place_of(file, last)];
    return piece.inode == file.version->inode && piece.device == file.version->device &&
           piece.number == last / kPiece && last <= piece.last && now < piece.until;
  }

  void note(const FileRange& file, uint64_t last, uint64_t now) {
    if (file.version == nullptr) return;
    pieces_[place_of(file, last)] = {file.version->device, file.version->inode, last / kPiece, last,
                                     now + kTrust};
  }

 private:
  // What one send moves at most, so that few pieces are those of a file in use.
  static constexpr uint64_t kPiece = kFileQuantum;
  static constexpr std::size_t kPieces = 256;

  struct Piece {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint64_t number = 0;
    uint64_t last = 0;
    uint64_t until = 0;
  };

  static std::size_t place_of(const FileRange& file, uint64_t last) {
    return static_cast<std::size_t>(file.version->inode * 31 + last / kPiece) % kPieces;
  }

  std::array<Piece, kPieces> pieces_;
};

}  // namespace io
