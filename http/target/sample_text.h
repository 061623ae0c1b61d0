// Text that compresses as what an API answers does: lines of JSON about things that are made up. It
// is the same in every process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "core/text_writer.h"

namespace http::target {

// One made-up thing.
struct SampleItem {
  uint64_t id;  // from 1 on
  std::array<core::Bytes, 2> name;
  core::Bytes category;
  uint64_t price;     // 1 to 500
  uint64_t quantity;  // 1 to 100
  bool active;
  std::array<core::Bytes, 4> tags;
  std::size_t tag_count;  // of them, 2 at least
  uint64_t score;         // 1 to 50
  uint64_t ratings;       // 1 to 300
};

// Static storage; pure.
SampleItem sample_item(uint64_t id);
// Its members as JSON, without the braces.
void put_members(core::TextWriter& writer, const SampleItem& item);

// What generated text repeats: whole lines.
inline constexpr std::size_t kSampleSize = 8 * 1024;
void write_sample(std::span<char, kSampleSize> out);

}  // namespace http::target
