#include "http/output_queue.h"

namespace http {

void OutputQueue::advance_in_part(uint64_t bytes) {
  has_advanced_ = true;
  while (bytes > 0) {
    CHECK(first_ < end_);
    Segment& front = segments_[first_];
    if (bytes < front.length) {
      front.length -= bytes;
      if (front.repeats) {
        front.memory = later_in_block(front.memory, bytes);
      } else if (front.file == core::kNoFile) {
        front.memory += bytes;
      } else {
        front.offset += bytes;
      }
      return;
    }
    bytes -= front.length;
    pass_front();
  }
  if (first_ == end_) reset();
}

void OutputQueue::separate(uint64_t bytes) {
  if (bytes == 0) return;
  Segment& last = segments_[end_ - 1];
  CHECK(last.in_chunk && last.length >= bytes);
  if (last.length == bytes) return;
  last.length -= bytes;
  append(Segment{{.memory = last.memory + last.length}, bytes, nullptr, core::kNoFile, true});
  ++chunk_pieces_;
}

void OutputQueue::truncate(uint64_t size) {
  for (uint64_t excess = this->size() - size; excess > 0;) {
    Segment& last = segments_[end_ - 1];
    const uint64_t taken = std::min(excess, last.length);
    excess -= taken;
    last.length -= taken;
    if (last.length > 0) return;
    release(last);
    --end_;
  }
  if (first_ == end_) reset();
}

void OutputQueue::clear() {
  while (first_ < end_) pass_front();
  reset();
}

}  // namespace http
