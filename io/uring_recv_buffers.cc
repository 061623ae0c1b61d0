#include "io/uring_recv_buffers.h"

#include <algorithm>

namespace io {

uint64_t UringRecvBuffers::memory() {
  return kCount * (sizeof(io_uring_buf) + sizeof(State) + kStride);
}

// The ring comes first: the kernel wants it on a page boundary.
UringRecvBuffers::UringRecvBuffers()
    : memory_(memory()),
      ring_(reinterpret_cast<io_uring_buf_ring*>(memory_.data())),
      states_(reinterpret_cast<State*>(memory_.data() + kCount * sizeof(io_uring_buf))),
      buffers_(reinterpret_cast<char*>(states_ + kCount)) {}

int UringRecvBuffers::attach(io_uring& ring) {
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(ring_);
  registration.ring_entries = kCount;
  registration.bgid = kGroup;
  const int error = io_uring_register_buf_ring(&ring, &registration, 0);
  if (error != 0) return error;
  io_uring_buf_ring_init(ring_);
  while (provided_ < kAtFirst) recycle(static_cast<uint16_t>(provided_++));
  return 0;
}

void UringRecvBuffers::provide_more() {
  const uint32_t most = std::min(2 * provided_, kCount);
  while (provided_ < most) recycle(static_cast<uint16_t>(provided_++));
}

void UringRecvBuffers::recycle(uint16_t id) {
  io_uring_buf_ring_add(ring_, buffer(id), kBytes, id, io_uring_buf_ring_mask(kCount), 0);
  io_uring_buf_ring_advance(ring_, 1);
}

void UringRecvBuffers::keep(Kept& kept, uint16_t id, uint32_t length) {
  states_[id] = State{kNone, static_cast<uint16_t>(length)};
  if (kept.count == 0) {
    kept.head = id;
  } else {
    states_[kept.tail].next = id;
  }
  kept.tail = id;
  ++kept.count;
  ++kept_count_;
}

core::Bytes UringRecvBuffers::take(Kept& kept, uint16_t& id) {
  id = kept.head;
  kept.head = states_[id].next;
  --kept.count;
  --kept_count_;
  return bytes(id, states_[id].length);
}

void UringRecvBuffers::recycle_all(Kept& kept) {
  while (kept.count > 0) {
    uint16_t id;
    take(kept, id);
    recycle(id);
  }
}

}  // namespace io
