#include "http/output_queue.h"

namespace http {

void OutputQueue::advance_in_part(uint64_t bytes) {
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

void OutputQueue::clear() {
  while (first_ < end_) pass_front();
  reset();
}

}  // namespace http
