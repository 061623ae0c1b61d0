#include "http/h1/broken_answer.h"

#include <algorithm>

#include "core/check.h"
#include "http/content/entry_table.h"
#include "http/h1/head_text.h"

namespace http::h1 {

using target::Fault;
using target::FaultKind;

namespace {

// Of the head that begins there.
uint64_t head_length(core::Bytes text) {
  constexpr core::Bytes kEnd = "\r\n\r\n";
  const std::size_t end = text.find(kEnd);
  CHECK(end != core::Bytes::npos);
  return end + kEnd.size();
}

}  // namespace

void BrokenAnswer::begin(const Fault& fault) {
  *this = BrokenAnswer();
  fault_ = fault;
}

bool BrokenAnswer::ends_connection() const {
  switch (fault_.kind) {
    case FaultKind::reset:
    case FaultKind::refuse:
    case FaultKind::fin_before:
    case FaultKind::fin_in_head:
    case FaultKind::fin_in_body:
    case FaultKind::bad_chunk:
      return true;
    case FaultKind::wrong_length:
      return fault_.amount > 0;
    default:
      return false;
  }
}

bool BrokenAnswer::is_cut() const {
  return fault_.kind == FaultKind::fin_in_head || fault_.kind == FaultKind::fin_in_body ||
         fault_.kind == FaultKind::stall;
}

bool BrokenAnswer::cut(uint64_t before, const char* start, OutputQueue& out) {
  const uint64_t added = out.size() - before;
  if (added == 0) return false;
  if (!has_begun_) {
    has_begun_ = true;
    const auto amount = static_cast<uint64_t>(fault_.amount);
    const uint64_t head = head_length({start, static_cast<std::size_t>(out.tail() - start)});
    left_ = fault_.kind == FaultKind::stall         ? amount
            : fault_.kind == FaultKind::fin_in_head ? head / 2
                                                    : head + amount;
  }
  if (added < left_) {
    left_ -= added;
    return false;
  }
  out.truncate(before + left_);
  left_ = 0;
  return true;
}

bool BrokenAnswer::leave_next_of_head(OutputQueue& out) {
  const Segment& front = *out.begin();
  const uint64_t head = head_length({front.memory, front.length});
  const uint64_t hash = hash_bytes({front.memory, head}, 0);
  if (head_bytes_ == 0) head_hash_ = hash;
  if (hash != head_hash_) {
    out.clear();
    return true;
  }
  out.advance(head_bytes_);
  is_head_out_ = ++head_bytes_ == head;
  if (!is_head_out_) out.truncate(1);
  return is_head_out_;
}

Framing BrokenAnswer::keep_framing(const Framing& now) {
  if (head_bytes_ == 0) framing_ = now;
  return framing_;
}

int64_t BrokenAnswer::keep_time(int64_t wall_seconds_now) {
  if (head_bytes_ == 0) wall_seconds_ = wall_seconds_now;
  return wall_seconds_;
}

Fault BrokenAnswer::take_chunk_fault() {
  const Fault fault = has_chunk_ ? Fault() : fault_;
  has_chunk_ = true;
  return fault;
}

void put_faulty_chunk_size(core::TextWriter& writer, uint64_t size, const Fault& fault) {
  if (fault.kind == FaultKind::bad_chunk) {
    writer.put("none").put(kLineEnd);
  } else {
    put_chunk_size(writer, faulty_length(size, fault));
  }
}

uint64_t faulty_length(uint64_t length, const Fault& fault) {
  if (fault.kind != FaultKind::wrong_length) return length;
  return static_cast<uint64_t>(std::max<int64_t>(static_cast<int64_t>(length) + fault.amount, 0));
}

}  // namespace http::h1
