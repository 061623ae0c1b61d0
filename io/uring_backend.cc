#include "io/uring_backend.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "io/listener.h"

namespace io {

// --- submission -------------------------------------------------------------------------------

// Queues what one of liburing's io_uring_prep_* makes of the arguments.
template <class Prepare, class... Arguments>
io_uring_sqe* UringBackend::queue(Request request, uint32_t index, uint32_t generation,
                                  Prepare prepare, Arguments... arguments) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    // The queue is full. The kernel can refuse for want of memory, and then only time helps.
    if (io_uring_submit(&ring_) <= 0) sched_yield();
    sqe = io_uring_get_sqe(&ring_);
  }
  prepare(sqe, arguments...);
  sqe->user_data = user_data(request, index, generation);
  return sqe;
}

uint32_t UringBackend::accepts_at_once() const {
  if (has_backlog_) return kAcceptsBehindBacklog;
  return has_room_for_queue() ? kAcceptsInCrowd : kAcceptsAtOnce;
}

// A crowd ends when connections are accepted some at a time, and fewer wait.
void UringBackend::note_calm() {
  for (uint32_t i = 0; i < listener_count_; ++i) {
    Listener& listener = listeners_[i];
    const bool waits = listener.armed > 0 && !listener.multishot;
    if (turn_budget_ > 0 && listener.accepts < listener.expected) listener.crowded = false;
    listener.expected = waits ? listener.armed : 0;
    listener.accepts = 0;
  }
}

void UringBackend::arm_accept(uint32_t index) {
  Listener& listener = listeners_[index];
  if (listener.armed == 0) {
    listener.multishot = may_take_queue(listener);
  } else if (listener.cancelling || (!listener.multishot && may_take_queue(listener))) {
    return;  // when the others have ended
  }
  const uint32_t wanted = listener.multishot ? 1 : accepts_at_once();
  for (; listener.armed < wanted; ++listener.armed) {
    queue(Request::accept, index, 0,
          listener.multishot ? io_uring_prep_multishot_accept : io_uring_prep_accept,
          listener.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
  }
}

void UringBackend::cancel_accept(uint32_t index) {
  Listener& listener = listeners_[index];
  if (listener.armed == 0 || listener.cancelling) return;
  listener.cancelling = true;
  cancel(Request::accept, index, 0);
}

void UringBackend::arm_recv(uint32_t index) {
  // With O_NONBLOCK the kernel would complete with -EAGAIN and not wait.
  if (sockets_[index].non_blocking) set_blocking(sockets_[index], true);
  queue_recv(index, io_uring_prep_recv_multishot);
}

template <class Prepare>
void UringBackend::queue_recv(uint32_t index, Prepare prepare) {
  Socket& receiver = sockets_[index];
  io_uring_sqe* sqe = queue(Request::recv, index, receiver.generation, prepare, receiver.descriptor,
                            nullptr, std::size_t{0}, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = UringRecvBuffers::kGroup;
  receiver.recv_armed = true;
}

// After the handler of a completion of that socket. A file that goes out soon may be its last
// answer; if it has to wait, the peer may first want to send more.
void UringBackend::arm_owed_recv(uint32_t index) {
  Socket& receiver = sockets_[index];
  if (receiver.closing) return;
  const bool has_to_wait = receiver.send_in_kernel || receiver.polling || receiver.cold;
  if (receiver.sending != nullptr && !has_to_wait && !receiver.recv_waits) {
    receiver.recv_waits = true;
    return;
  }
  receiver.recv_owed = false;
  const bool is_done = receiver.recv_armed || receiver.recv_end_pending || receiver.recv_ended;
  // A paused one is armed when it is resumed.
  if (!is_done && !receiver.recv_paused && receiver.kept.count == 0) arm_recv(index);
}

void UringBackend::arm_wake() {
  queue(Request::wake, 0, 0, io_uring_prep_read, wake_descriptor_, &wake_count_,
        static_cast<unsigned>(sizeof(wake_count_)), uint64_t{0});
}

void UringBackend::cancel(Request request, uint32_t index, uint32_t generation) {
  // There can be several accepts, of which it then says how many it found, and one of anything
  // else.
  const bool of_all = request == Request::accept;
  io_uring_sqe* sqe =
      queue(request, index, generation, io_uring_prep_cancel64,
            user_data(request, index, generation), of_all ? int{IORING_ASYNC_CANCEL_ALL} : 0);
  sqe->user_data |= kOfCancel;
  if (!of_all) sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

// A cancel does not find a request that is just then about to run again: one that the kernel took
// out of its poll queue, or a receive that let others have a turn. That request would go on for
// ever, so it is cancelled again, unless its completion came meanwhile.
void UringBackend::retry_cancel(Request request, uint32_t index, uint32_t generation,
                                int32_t found) {
  if (request == Request::accept) {
    const Listener& listener = listeners_[index];
    const bool missed = found < static_cast<int32_t>(listener.armed);
    if (listener.cancelling && missed) cancel(request, index, generation);
    return;
  }
  const Socket& owner = sockets_[index];
  if (!owner.open || owner.generation != generation) return;
  const bool goes_on = request == Request::recv   ? owner.recv_cancelling
                       : request == Request::send ? owner.send_in_kernel
                                                  : owner.polling;
  if (goes_on) cancel(request, index, generation);
}

void UringBackend::set_blocking(Socket& changed, bool blocking) {
  fcntl(changed.descriptor, F_SETFL, blocking ? 0 : O_NONBLOCK);
  changed.non_blocking = !blocking;
}

// --- listeners --------------------------------------------------------------------------------

uint32_t UringBackend::add_listener(int descriptor) {
  CHECK(listener_count_ < capacity_.listeners);
  const uint32_t index = listener_count_++;
  listeners_[index].descriptor = descriptor;
  return index;
}

void UringBackend::resume_accept(uint32_t index) {
  Listener& listener = listeners_[index];
  if (listener.descriptor < 0 || listener.closing) return;
  listener.accepting = true;
  arm_accept(index);
}

void UringBackend::pause_accept(uint32_t index) {
  Listener& listener = listeners_[index];
  if (!listener.accepting) return;
  listener.accepting = false;
  cancel_accept(index);
}

void UringBackend::close_listener(uint32_t index) {
  Listener& listener = listeners_[index];
  pause_accept(index);
  listener.closing = true;
  // An armed accept keeps the socket open until it has ended; nobody shall be accepted by it.
  if (listener.descriptor >= 0) ::shutdown(listener.descriptor, SHUT_RDWR);
  close_unused(listener);
}

void UringBackend::close_unused(Listener& listener) {
  if (!listener.closing || listener.armed > 0 || listener.descriptor < 0) return;
  ::close(std::exchange(listener.descriptor, -1));
}

bool UringBackend::listen_again(uint32_t index, uint32_t most) {
  if (!io::listen_again(listeners_[index].descriptor, most)) return false;
  if (listeners_[index].accepting) arm_accept(index);
  return true;
}

sockaddr_storage UringBackend::peer(SocketId id) {
  return peer_of(socket(id).descriptor);
}

void UringBackend::discard(int descriptor) {
  ::close(descriptor);
}

// --- sockets ----------------------------------------------------------------------------------

UringBackend::Socket& UringBackend::socket(SocketId id) {
  DCHECK(id.index < capacity_.sockets);
  Socket& socket = sockets_[id.index];
  DCHECK(socket.open && socket.generation == id.generation && !socket.closing);
  return socket;
}

void UringBackend::open(SocketId id, int descriptor) {
  CHECK(id.index < capacity_.sockets && !sockets_[id.index].open);
  open_high_water_ = std::max(open_high_water_, id.index + 1);
  Socket& opened = sockets_[id.index];
  opened = Socket{};
  opened.descriptor = descriptor;
  opened.generation = id.generation;
  opened.open = true;
  ++open_sockets_;
  queue_recv(id.index, io_uring_prep_recv);
}

void UringBackend::pause_recv(SocketId id) {
  socket(id).recv_paused = true;
}

void UringBackend::resume_recv(SocketId id) {
  Socket& resumed = socket(id);
  resumed.recv_paused = false;
  if (resumed.kept.count > 0 || resumed.recv_end_pending) {
    bulk_.append(id.index);
  } else if (!resumed.recv_armed && !resumed.recv_ended) {
    arm_recv(id.index);
  }
}

void UringBackend::send(SocketId id, const Transmission& transmission) {
  Socket& sender = socket(id);
  CHECK(sender.sending == nullptr);
  sender.sending = &transmission;
  const bool is_answer = sender.answering;
  sender.answering = false;
  if (transmission.file.length > 0 || sender.non_blocking) {
    (is_answer && transmission.file.length <= kShortFile ? work_ : bulk_).append(id.index);
    return;
  }
  if (transmission.slice_count == 1) {
    queue(Request::send, id.index, id.generation, io_uring_prep_send, sender.descriptor,
          transmission.slices[0].iov_base, transmission.slices[0].iov_len, MSG_NOSIGNAL);
  } else {
    prepare_message(transmission);
    queue(Request::send, id.index, id.generation, io_uring_prep_sendmsg, sender.descriptor,
          &transmission.message, static_cast<unsigned>(MSG_NOSIGNAL));
  }
  sender.send_in_kernel = true;
  if (++queued_sends_ == kSendsBeforeSubmit) submit();
}

void UringBackend::shutdown_send(SocketId id) {
  ::shutdown(socket(id).descriptor, SHUT_WR);
}

uint64_t UringBackend::unacknowledged(SocketId id) {
  return unacknowledged_bytes(socket(id).descriptor);
}

void UringBackend::reset_on_close(SocketId id) {
  io::reset_on_close(socket(id).descriptor);
}

void UringBackend::close(SocketId id) {
  Socket& closed = socket(id);
  closed.closing = true;
  buffers_.recycle_all(closed.kept);
  if (closed.recv_armed && !closed.recv_cancelling) {
    closed.recv_cancelling = true;
    cancel(Request::recv, id.index, id.generation);
  }
  if (closed.send_in_kernel) cancel(Request::send, id.index, id.generation);
  if (closed.polling) cancel(Request::poll, id.index, id.generation);
  work_.append(id.index);
}

void UringBackend::evict_holder() {
  uint32_t greediest = kNobody;
  for (uint32_t i = 0; i < open_high_water_; ++i) {
    const Socket& candidate = sockets_[i];
    if (!candidate.open || candidate.closing || candidate.kept.count == 0) continue;
    // What a socket that is not paused holds is about to be delivered.
    if (!candidate.recv_paused) continue;
    if (greediest == kNobody || candidate.kept.count > sockets_[greediest].kept.count)
      greediest = i;
  }
  if (greediest == kNobody) return;
  Socket& evicted = sockets_[greediest];
  buffers_.recycle_all(evicted.kept);
  evicted.recv_end_pending = true;
  evicted.recv_error = -ENOBUFS;
  evicted.evicted = true;
  work_.append(greediest);
}

// --- the turn ---------------------------------------------------------------------------------

void UringBackend::submit() {
  queued_sends_ = 0;
  io_uring_submit(&ring_);
}

void UringBackend::wait(uint64_t until) {
  ++counters_.turns;
  note_calm();
  turn_budget_ = kTurnBudget;
  bulk_budget_ = kBulkQuantum;
  has_backlog_ = bulk_.size() > kBulkBacklog;
  queued_sends_ = 0;
  if (!cold_.empty()) until = std::min(until, cold_.retry(sockets_, bulk_));

  if (!work_.empty() || !bulk_.empty() || io_uring_cq_ready(&ring_) > 0) {
    io_uring_submit_and_get_events(&ring_);
    return;
  }
  __kernel_timespec timeout{};
  if (until != core::kNever) {
    const uint64_t left = until > now_ ? until - now_ : 0;
    timeout.tv_sec = static_cast<int64_t>(left / 1'000'000'000);
    timeout.tv_nsec = static_cast<long long>(left % 1'000'000'000);
  }
  io_uring_cqe* cqe = nullptr;
  const int result = io_uring_submit_and_wait_timeout(
      &ring_, &cqe, 1, until != core::kNever ? &timeout : nullptr, nullptr);
  // A time-out, a signal, or a kernel short of memory: the next turn tries again.
  CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
        result == -EBUSY || result == -ENOMEM);
}

bool UringBackend::next(Completion& completion) {
  if (lent_ != kNoBuffer) buffers_.recycle(std::exchange(lent_, kNoBuffer));
  if (owed_ != kNobody) arm_owed_recv(std::exchange(owed_, kNobody));
  while (turn_budget_ > 0) {
    io_uring_cqe* cqe = nullptr;
    const bool has_cqe = io_uring_peek_cqe(&ring_, &cqe) == 0;
    if (has_cqe) {
      const io_uring_cqe copy = *cqe;
      io_uring_cqe_seen(&ring_, cqe);
      if (handle(copy, completion)) {
        --turn_budget_;
        ++counters_.completions;
        return true;
      }
    }
    if (!work_.empty()) {
      if (work(work_.take_first(), completion)) {
        --turn_budget_;
        ++counters_.completions;
        return true;
      }
    } else if (!has_cqe) {
      break;
    }
  }
  return work_in_bulk(completion);
}

bool UringBackend::work_in_bulk(Completion& completion) {
  while (!bulk_.empty() && bulk_budget_ > 0) {
    const bool completed = work(bulk_.take_first(), completion);
    bulk_budget_ -= std::min(bulk_budget_, completed ? bulk_cost(completion) : kBulkStep);
    if (completed) {
      ++counters_.completions;
      return true;
    }
  }
  return false;
}

bool UringBackend::handle(const io_uring_cqe& cqe, Completion& completion) {
  const uint32_t index = static_cast<uint32_t>(cqe.user_data) & ((1U << kIndexBits) - 1);
  const uint32_t generation = static_cast<uint32_t>(cqe.user_data >> 32);
  const Request request = request_of(cqe.user_data);
  if ((cqe.user_data & kOfCancel) != 0) {
    retry_cancel(request, index, generation, cqe.res);
    return false;
  }
  switch (request) {
    case Request::ignored:
      return false;
    case Request::accept:
      return handle_accept(index, cqe, completion);
    case Request::wake:
      arm_wake();
      completion = Completion{Op::wake, 0, {}, {}};
      return true;
    case Request::recv:
    case Request::send:
    case Request::poll:
      break;
  }
  Socket& owner = sockets_[index];
  if (!owner.open || owner.generation != generation) {
    ++counters_.stale;
    if ((cqe.flags & IORING_CQE_F_BUFFER) != 0) {
      buffers_.recycle(static_cast<uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT));
    }
    return false;
  }
  completion.socket = SocketId{index, generation};
  if (request == Request::recv) return handle_recv(index, cqe, completion);
  if (request == Request::send) return handle_send(index, cqe, completion);
  owner.polling = false;
  bulk_.append(index);
  return false;
}

bool UringBackend::handle_accept(uint32_t index, const io_uring_cqe& cqe, Completion& completion) {
  Listener& listener = listeners_[index];
  if (++listener.accepts == kAcceptsInCrowd) listener.crowded = true;
  if ((cqe.flags & IORING_CQE_F_MORE) == 0) --listener.armed;
  if (listener.armed == 0) listener.cancelling = false;
  // It refuses connections, or did when this one ended and listens again.
  const bool refused = cqe.res == -EINVAL;
  const bool transient = cqe.res == -ECANCELED || cqe.res == -EINTR || cqe.res == -EAGAIN ||
                         cqe.res == -ECONNABORTED || refused;
  // Accepts that are armed beside one that failed fail like it.
  const bool untold = transient || (cqe.res < 0 && !listener.accepting);
  if (cqe.res < 0 && !transient) pause_accept(index);
  const bool refuses = refused && !is_listening(listener.descriptor);
  if (listener.accepting && !refuses) arm_accept(index);
  if (listener.multishot && !may_take_queue(listener)) cancel_accept(index);
  close_unused(listener);
  if (untold) return false;
  completion = Completion{Op::accept, cqe.res, SocketId{index, 0}, {}};
  return true;
}

bool UringBackend::handle_recv(uint32_t index, const io_uring_cqe& cqe, Completion& completion) {
  Socket& receiver = sockets_[index];
  const bool has_buffer = (cqe.flags & IORING_CQE_F_BUFFER) != 0;
  const uint16_t id = static_cast<uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
  if ((cqe.flags & IORING_CQE_F_MORE) == 0) {
    receiver.recv_armed = false;
    receiver.recv_cancelling = false;
  }
  if (receiver.closing || receiver.recv_end_pending || receiver.recv_ended) {
    if (has_buffer) buffers_.recycle(id);
    if (receiver.closing) work_.append(index);
    return false;
  }

  if (cqe.res > 0) {
    CHECK(has_buffer);
    note_burst(index, (cqe.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0);
    if (receiver.recv_paused || receiver.kept.count > 0) {
      buffers_.keep(receiver.kept, id, static_cast<uint32_t>(cqe.res));
      if (receiver.kept.count >= kKeptBeforeCancel && receiver.recv_armed &&
          !receiver.recv_cancelling) {
        receiver.recv_cancelling = true;
        cancel(Request::recv, index, receiver.generation);
      }
      return false;
    }
    if (!receiver.recv_armed) {
      receiver.recv_owed = true;
      owed_ = index;
    }
    receiver.answering = true;
    lent_ = id;
    completion.op = Op::recv;
    completion.result = cqe.res;
    completion.bytes = buffers_.bytes(id, static_cast<uint32_t>(cqe.res));
    return true;
  }
  if (has_buffer) buffers_.recycle(id);
  switch (cqe.res) {
    case -ENOBUFS:
      ++counters_.no_buffers;
      buffers_.provide_more();
      if (buffers_.half_kept()) evict_holder();
      [[fallthrough]];
    case -ECANCELED:
    case -EAGAIN:
    case -EINTR:
      if (!receiver.recv_paused && receiver.kept.count == 0) arm_recv(index);
      return false;
    default:
      receiver.recv_end_pending = true;
      receiver.recv_error = static_cast<int16_t>(cqe.res);
      if (!receiver.recv_paused) work_.append(index);
      return false;
  }
}

// Kernels since 6.8 stop a multishot receive after 33 buffers to let others have a turn, and when
// it goes on and has read the last byte, they overlook a reset that had come before: no completion
// would ever tell of it. A receive that is armed anew finds it.
void UringBackend::note_burst(uint32_t index, bool more_waits) {
  Socket& receiver = sockets_[index];
  if (more_waits) {
    if (receiver.burst < kLongBurst) ++receiver.burst;
    return;
  }
  if (receiver.burst == kLongBurst && receiver.recv_armed && !receiver.recv_cancelling) {
    receiver.recv_cancelling = true;
    cancel(Request::recv, index, receiver.generation);
  }
  receiver.burst = 0;
}

bool UringBackend::handle_send(uint32_t index, const io_uring_cqe& cqe, Completion& completion) {
  Socket& sender = sockets_[index];
  sender.send_in_kernel = false;
  if (sender.closing) {
    work_.append(index);
    return false;
  }
  if (cqe.res == -EAGAIN || cqe.res == -EINTR) {
    // The kernel was short of memory, or a signal came: go on directly.
    work_.append(index);
    return false;
  }
  sender.sending = nullptr;
  if (sender.recv_owed) owed_ = index;
  completion.op = Op::send;
  completion.result = cqe.res;
  return true;
}

bool UringBackend::work(uint32_t index, Completion& completion) {
  Socket& active = sockets_[index];
  completion.socket = SocketId{index, active.generation};
  if (active.closing) {
    if (active.recv_armed || active.send_in_kernel || active.polling) return false;
    queue(Request::ignored, 0, 0, io_uring_prep_close, active.descriptor)->flags |=
        IOSQE_CQE_SKIP_SUCCESS;
    active.open = false;
    --open_sockets_;
    completion.op = Op::close;
    completion.result = 0;
    return true;
  }
  const bool has_recv = active.kept.count > 0 || active.recv_end_pending;
  const bool recv_due = has_recv && (!active.recv_paused || active.evicted);
  if (active.sending != nullptr && !active.send_in_kernel && !active.polling && !active.cold) {
    if (transmit_directly(index, completion)) {
      if (recv_due) bulk_.append(index);
      return true;
    }
    if (active.recv_owed) arm_owed_recv(index);  // it has to wait
  }
  if (!recv_due) return false;
  deliver_recv(index, completion);
  return true;
}

bool UringBackend::transmit_directly(uint32_t index, Completion& completion) {
  Socket& sender = sockets_[index];
  if (!sender.non_blocking) set_blocking(sender, false);
  const Disk disk = sender.cold_tries < ColdSends::kTries ? Disk::must_not_wait : Disk::may_wait;
  const FileRange& file = sender.sending->file;
  int32_t result = (sender.waited || file.is_old) && has_changed(file)
                       ? -ESTALE
                       : transmit(sender.descriptor, *sender.sending, disk, warm_, now_);
  sender.waited = result == -EINPROGRESS || result == -EAGAIN;
  if (result == -EINPROGRESS) {
    ++counters_.disk_waits;
    ++sender.cold_tries;
    sender.cold = cold_.add(index, core::read_monotonic_clock());
    if (sender.cold) return false;
    result = transmit(sender.descriptor, *sender.sending, Disk::may_wait, warm_, now_);
  }
  if (result == -EAGAIN) {
    ++counters_.send_waits;
    queue(Request::poll, index, sender.generation, io_uring_prep_poll_add, sender.descriptor,
          static_cast<unsigned>(POLLOUT));
    sender.polling = true;
    return false;
  }
  sender.sending = nullptr;
  sender.cold_tries = 0;
  if (sender.recv_owed) owed_ = index;
  completion.op = Op::send;
  completion.result = result;
  return true;
}

void UringBackend::deliver_recv(uint32_t index, Completion& completion) {
  Socket& receiver = sockets_[index];
  completion.op = Op::recv;
  if (receiver.kept.count > 0) {
    completion.bytes = buffers_.take(receiver.kept, lent_);
    completion.result = static_cast<int32_t>(completion.bytes.size());
    if (receiver.kept.count > 0 || receiver.recv_end_pending) {
      bulk_.append(index);
    } else if (!receiver.recv_armed) {
      arm_recv(index);
    }
    return;
  }
  receiver.recv_end_pending = false;
  receiver.recv_ended = true;
  completion.result = receiver.recv_error;
  completion.bytes = {};
}

}  // namespace io
