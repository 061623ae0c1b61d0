// How the io_uring backend is made and ends.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "core/check.h"
#include "io/uring_backend.h"

namespace io {

namespace {

// Best first. Kernels before 6.1 lack DEFER_TASKRUN, before 6.0 SINGLE_ISSUER.
constexpr unsigned kSetupLadder[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
    IORING_SETUP_COOP_TASKRUN,
};

}  // namespace

core::Result<std::unique_ptr<UringBackend>> UringBackend::create(const Capacity& capacity) {
  CHECK(capacity.sockets <= 1U << kIndexBits && capacity.listeners <= 1U << kIndexBits);
  io_uring ring;
  int error = -EINVAL;
  for (const unsigned flags : kSetupLadder) {
    io_uring_params parameters{};
    parameters.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
    parameters.cq_entries = kCompletions;
    error = io_uring_queue_init_params(kSubmissions, &ring, &parameters);
    if (error != -EINVAL) break;
  }
  if (error != 0) return core::system_error("io_uring_setup", -error);
  if ((ring.features & IORING_FEAT_EXT_ARG) == 0) {
    io_uring_queue_exit(&ring);
    return core::Error{"this kernel's io_uring can not wait with a timeout"};
  }
  const int wake_descriptor = eventfd(0, EFD_CLOEXEC);
  if (wake_descriptor < 0) {
    const core::Error failure = core::system_error("eventfd", errno);
    io_uring_queue_exit(&ring);
    return failure;
  }
  std::unique_ptr<UringBackend> backend(new UringBackend(capacity, ring, wake_descriptor));
  error = backend->buffers_.attach(backend->ring_);
  if (error != 0) return core::system_error("io_uring buffer ring", -error);
  // Saves a look-up of the ring's descriptor in each system call; 5.18, and fine without.
  io_uring_register_ring_fd(&backend->ring_);
  backend->arm_wake();
  return backend;
}

uint64_t UringBackend::memory_for(const Capacity& capacity) {
  return static_cast<uint64_t>(capacity.sockets) * sizeof(Socket) +
         ColdSends::memory_for(capacity.sockets) + UringRecvBuffers::memory() +
         kSubmissions * (sizeof(io_uring_sqe) + sizeof(uint32_t)) +
         kCompletions * sizeof(io_uring_cqe);
}

UringBackend::UringBackend(const Capacity& capacity, const io_uring& ring, int wake_descriptor)
    : ring_(ring),
      memory_(capacity.sockets * sizeof(Socket)),
      sockets_(reinterpret_cast<Socket*>(memory_.data())),
      capacity_(capacity),
      listeners_(std::make_unique<Listener[]>(capacity.listeners)),
      work_(sockets_),
      bulk_(sockets_),
      cold_(capacity.sockets),
      wake_descriptor_(wake_descriptor) {}

UringBackend::~UringBackend() {
  // The ring ends its operations a little after it is closed; none may send from memory that its
  // owner frees next.
  for (uint32_t i = 0; i < open_high_water_; ++i) {
    if (sockets_[i].open) ::shutdown(sockets_[i].descriptor, SHUT_RDWR);
  }
  // Closes that are only queued, then connections that were accepted but not delivered.
  io_uring_submit(&ring_);
  io_uring_cqe* cqe = nullptr;
  while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
    if (request_of(cqe->user_data) == Request::accept && cqe->res >= 0) {
      ::close(cqe->res);
    }
    io_uring_cqe_seen(&ring_, cqe);
  }
  for (uint32_t i = 0; i < open_high_water_; ++i) {
    if (sockets_[i].open) ::close(sockets_[i].descriptor);
  }
  for (uint32_t i = 0; i < listener_count_; ++i) {
    if (listeners_[i].descriptor >= 0) ::close(listeners_[i].descriptor);
  }
  io_uring_queue_exit(&ring_);
  ::close(wake_descriptor_);
}

}  // namespace io
