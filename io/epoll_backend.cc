#include "io/epoll_backend.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "io/listener.h"
#include "io/system_calls.h"

namespace io {

namespace {

// Event data is a socket's handle; indexes from here on are the waker and the listeners.
constexpr uint32_t kWakeIndex = 0xffff'0000;
constexpr uint32_t kFirstListenerIndex = kWakeIndex + 1;

// Of a listener that is not armed. That it has stopped to listen is told all the same (EPOLLHUP),
// and once only because of the edge.
constexpr uint32_t kDisarmed = EPOLLET;

uint64_t event_data(uint32_t index, uint32_t generation) {
  return static_cast<uint64_t>(generation) << 32 | index;
}

}  // namespace

core::Result<std::unique_ptr<EpollBackend>> EpollBackend::create(const Capacity& capacity) {
  CHECK(capacity.sockets < kWakeIndex && capacity.listeners < 0xffff);
  const int epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_descriptor < 0) return core::system_error("epoll_create1", errno);
  const int wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{EPOLLIN | EPOLLET, {.u64 = event_data(kWakeIndex, 0)}};
  if (wake_descriptor < 0 ||
      epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, wake_descriptor, &event) != 0) {
    const core::Error error = core::system_error("eventfd", errno);
    if (wake_descriptor >= 0) ::close(wake_descriptor);
    ::close(epoll_descriptor);
    return error;
  }
  return std::unique_ptr<EpollBackend>(
      // tidy: allow(allocation) once, at start
      new EpollBackend(capacity, epoll_descriptor, wake_descriptor));
}

uint64_t EpollBackend::memory_for(const Capacity& capacity) {
  return static_cast<uint64_t>(capacity.sockets) * sizeof(Socket) +
         ColdSends::memory_for(capacity.sockets) + kMaxRecv + core::kPadding;
}

EpollBackend::EpollBackend(const Capacity& capacity, int epoll_descriptor, int wake_descriptor)
    : memory_(capacity.sockets * sizeof(Socket) + kMaxRecv + core::kPadding),
      sockets_(reinterpret_cast<Socket*>(memory_.data())),
      capacity_(capacity),
      recv_buffer_(reinterpret_cast<char*>(sockets_ + capacity.sockets)),
      // tidy: allow(allocation) once, at start
      listeners_(std::make_unique<Listener[]>(capacity.listeners)),
      epoll_descriptor_(epoll_descriptor),
      wake_descriptor_(wake_descriptor),
      work_(sockets_),
      bulk_(sockets_),
      cold_(capacity.sockets) {}

EpollBackend::~EpollBackend() {
  for (uint32_t i = 0; i < capacity_.sockets; ++i) {
    // Untouched slots read as zero pages; nothing becomes resident.
    if (sockets_[i].open) ::close(sockets_[i].descriptor);
  }
  for (uint32_t i = 0; i < listener_count_; ++i) {
    if (listeners_[i].descriptor >= 0) ::close(listeners_[i].descriptor);
  }
  ::close(wake_descriptor_);
  ::close(epoll_descriptor_);
}

uint32_t EpollBackend::add_listener(int descriptor) {
  CHECK(listener_count_ < capacity_.listeners);
  const uint32_t index = listener_count_++;
  listeners_[index].descriptor = descriptor;
  epoll_event event{kDisarmed, {.u64 = event_data(kFirstListenerIndex + index, 0)}};
  CHECK(epoll_ctl(epoll_descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0);
  return index;
}

void EpollBackend::arm(uint32_t index, bool armed) {
  Listener& listener = listeners_[index];
  if (listener.armed == armed) return;
  listener.armed = armed;
  epoll_event event{armed ? uint32_t{EPOLLIN} : kDisarmed,
                    {.u64 = event_data(kFirstListenerIndex + index, 0)}};
  CHECK(epoll_ctl(epoll_descriptor_, EPOLL_CTL_MOD, listener.descriptor, &event) == 0);
}

void EpollBackend::resume_accept(uint32_t index) {
  Listener& listener = listeners_[index];
  if (listener.accepting || listener.descriptor < 0) return;
  listener.accepting = true;
  arm(index, true);
}

// The listener stays armed until an event comes that nobody wants: a pause is often a short one.
void EpollBackend::pause_accept(uint32_t index) {
  Listener& listener = listeners_[index];
  if (std::exchange(listener.ready, false)) --ready_listeners_;
  listener.accepting = false;
}

void EpollBackend::close_listener(uint32_t index) {
  pause_accept(index);
  Listener& listener = listeners_[index];
  if (listener.descriptor >= 0) ::close(listener.descriptor);
  listener.descriptor = -1;
}

AcceptQueue EpollBackend::accept_queue(uint32_t index) {
  return accept_queue_of(listeners_[index].descriptor);
}

void EpollBackend::limit_accept_queue(uint32_t index, uint32_t most) {
  io::limit_accept_queue(listeners_[index].descriptor, most);
}

bool EpollBackend::listen_again(uint32_t index, uint32_t most) {
  const Listener& listener = listeners_[index];
  if (!io::listen_again(listener.descriptor, most)) return false;
  if (listener.accepting) arm(index, true);
  return true;
}

sockaddr_storage EpollBackend::peer(int descriptor) {
  return peer_of(descriptor);
}

sockaddr_storage EpollBackend::peer(SocketId id) {
  return peer_of(socket(id).descriptor);
}

void EpollBackend::discard(int descriptor) {
  ::close(descriptor);
}

void EpollBackend::open(SocketId id, int descriptor) {
  CHECK(id.index < capacity_.sockets && !sockets_[id.index].open);
  Socket& socket = sockets_[id.index];
  socket = Socket{};
  socket.descriptor = descriptor;
  socket.generation = id.generation;
  socket.open = true;
  epoll_event event{EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    {.u64 = event_data(id.index, id.generation)}};
  if (epoll_ctl(epoll_descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    socket.refused = true;  // out of kernel memory or watches
    socket.readable = true;
    work_.append(id.index);
  }
}

void EpollBackend::pause_recv(SocketId id) {
  socket(id).held |= kPaused;
}

void EpollBackend::resume_recv(SocketId id) {
  Socket& resumed = socket(id);
  resumed.held = static_cast<uint8_t>(resumed.held & ~kPaused);
  if (resumed.readable && resumed.held == 0) bulk_.append(id.index);
}

void EpollBackend::send(SocketId id, const Transmission& transmission) {
  Socket& sender = socket(id);
  CHECK(sender.sending == nullptr);
  sender.sending = &transmission;
  sender.send_parked = false;
  // An answer goes at once after the handler that queued it, while it is in the cache. A socket
  // that sends on and on (a large file to a fast reader) takes its turn, or nobody else would have
  // one.
  const bool is_answer = sender.answering;
  sender.answering = false;
  if (is_answer && transmission.file.length <= kShortFile) {
    work_.prepend(id.index);
  } else {
    bulk_.append(id.index);
  }
}

void EpollBackend::shutdown_send(SocketId id) {
  ::shutdown(socket(id).descriptor, SHUT_WR);
}

uint64_t EpollBackend::unacknowledged(SocketId id) {
  return unacknowledged_bytes(socket(id).descriptor);
}

void EpollBackend::reset_on_close(SocketId id) {
  io::reset_on_close(socket(id).descriptor);
}

void EpollBackend::close(SocketId id) {
  Socket& closed = socket(id);
  closed.held |= kClosing;
  closed.sending = nullptr;
  work_.append(id.index);
}

void EpollBackend::wait(uint64_t until) {
  ++counters_.turns;
  turn_budget_ = kTurnBudget;
  bulk_budget_ = kBulkQuantum;
  if (!cold_.empty()) until = std::min(until, cold_.retry(sockets_, bulk_));
  if (event_next_ < event_count_) return;  // the last turn's budget ended before its events

  int timeout = 0;
  if (work_.empty() && bulk_.empty() && ready_listeners_ == 0) {
    timeout = -1;
    if (until != core::kNever) {
      const uint64_t left = until > now_ ? (until - now_ + 999'999) / 1'000'000 : 0;
      timeout = static_cast<int>(std::min<uint64_t>(left, 60'000));
    }
  }
  event_count_ = wait_for_events(epoll_descriptor_, events_.data(), kEventBatch, timeout);
  event_next_ = 0;
  if (event_count_ < 0) [[unlikely]] {
    CHECK(event_count_ == -EINTR);
    event_count_ = 0;
  }
}

// Returns the socket that has something to do because of the event, or kNone.
inline uint32_t EpollBackend::note_event(const epoll_event& event) {
  const uint32_t index = static_cast<uint32_t>(event.data.u64);
  const uint32_t generation = static_cast<uint32_t>(event.data.u64 >> 32);
  if (index >= kWakeIndex) [[unlikely]] {
    note_other_event(index);
    return kNone;
  }
  Socket& ready = sockets_[index];
  if (ready.generation != generation) [[unlikely]] {
    ++counters_.stale;
    return kNone;
  }
  constexpr uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  const uint32_t events = event.events;
  if (ready.send_parked && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0 &&
      (ready.held & kClosing) == 0) {
    ready.send_parked = false;
    bulk_.append(index);
  }
  if ((events & (EPOLLIN | kEnd)) == 0) return kNone;
  ready.readable = true;
  if ((events & (kEnd | EPOLLPRI)) != 0) ready.more_behind = true;
  return ready.held == 0 && !ready.listed ? index : kNone;
}

void EpollBackend::note_other_event(uint32_t index) {
  if (index == kWakeIndex) {
    uint64_t count;
    [[maybe_unused]] const ssize_t bytes = ::read(wake_descriptor_, &count, sizeof(count));
    woken_ = true;
    return;
  }
  const uint32_t number = index - kFirstListenerIndex;
  Listener& listener = listeners_[number];
  if (listener.descriptor < 0) return;
  if (!listener.accepting) return arm(number, false);
  const bool goes_on = std::exchange(listener.event_turn, counters_.turns) + 1 == counters_.turns;
  listener.burst = goes_on ? std::min(2 * listener.burst, kAcceptBudget) : 1;
  listener.left = listener.burst;
  if (!std::exchange(listener.ready, true)) ++ready_listeners_;
}

// Does one thing that the socket is ready for; a socket with more left goes to the end of the list,
// so that none holds up the others.
[[gnu::always_inline]] inline bool EpollBackend::work(uint32_t index, Completion& completion) {
  Socket& active = sockets_[index];
  completion.socket = SocketId{index, active.generation};
  if ((active.held & kClosing) != 0) [[unlikely]] {
    finish_close(active, completion);
    return true;
  }
  bool completed = active.sending != nullptr && !active.send_parked && !active.cold &&
                   try_send(index, completion);
  if (!completed && active.readable && active.held == 0) completed = try_recv(active, completion);
  if (active.readable && active.held == 0) [[unlikely]]
    bulk_.append(index);
  return completed;
}

void EpollBackend::finish_close(Socket& closed, Completion& completion) {
  ::close(closed.descriptor);
  closed.open = false;
  closed.generation = 0;  // of no event
  completion.op = Op::close;
  completion.result = 0;
}

bool EpollBackend::try_send(uint32_t index, Completion& completion) {
  Socket& sender = sockets_[index];
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
    sender.send_parked = true;
    ++counters_.send_waits;
    return false;
  }
  sender.sending = nullptr;
  sender.cold_tries = 0;
  completion.op = Op::send;
  completion.result = result;
  return true;
}

inline bool EpollBackend::try_recv(Socket& receiver, Completion& completion) {
  if (receiver.refused) [[unlikely]]
    return end_recv(receiver, -ENOMEM, completion);
  const ssize_t received = receive(receiver.descriptor, recv_buffer_, kMaxRecv, MSG_DONTWAIT);
  if (received <= 0) [[unlikely]] {
    return end_recv(receiver, static_cast<int32_t>(received), completion);
  }
  // A short read of a stream used up the edge, unless the end is already behind it or it stopped at
  // urgent data.
  if (received < static_cast<ssize_t>(kMaxRecv) && !receiver.more_behind) receiver.readable = false;
  receiver.answering = true;
  completion.op = Op::recv;
  completion.result = static_cast<int32_t>(received);
  completion.bytes = {recv_buffer_, static_cast<std::size_t>(received)};
  return true;
}

// Nothing was received; nothing more will be, unless it has to be waited for.
bool EpollBackend::end_recv(Socket& receiver, int32_t result, Completion& completion) {
  if (result == -EINTR) return false;
  if (result == -EAGAIN) {
    receiver.readable = false;
    return false;
  }
  receiver.held |= kEnded;
  completion.op = Op::recv;
  completion.result = result;
  completion.bytes = {};
  return true;
}

bool EpollBackend::next(Completion& completion) {
  while (turn_budget_ > 0) {
    uint32_t index = kNone;
    if (!work_.empty()) {
      index = work_.take_first();
    } else if (event_next_ < event_count_) {
      index = note_event(events_[static_cast<std::size_t>(event_next_++)]);
      if (index == kNone) continue;
    } else {
      break;
    }
    if (work(index, completion)) {
      ++counters_.completions;
      --turn_budget_;
      return true;
    }
  }
  if (woken_) {
    woken_ = false;
    ++counters_.completions;
    completion = Completion{Op::wake, 0, {}, {}};
    return true;
  }
  if (ready_listeners_ > 0 && try_accept(completion)) return true;
  return !bulk_.empty() && work_in_bulk(completion);
}

bool EpollBackend::work_in_bulk(Completion& completion) {
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

bool EpollBackend::try_accept(Completion& completion) {
  if (std::exchange(accept_turn_, counters_.turns) != counters_.turns) {
    accept_budget_ = bulk_.size() > kBulkBacklog ? kAcceptsBehindBacklog : kAcceptBudget;
  }
  if (accept_budget_ == 0) return false;
  for (uint32_t tried = 0; tried < listener_count_; ++tried) {
    const uint32_t index = (next_listener_ + tried) % listener_count_;
    Listener& listener = listeners_[index];
    while (listener.ready) {
      const int accepted =
          accept4(listener.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        const bool refuses = errno == EINVAL;
        if (refuses) arm(index, false);
        if (errno == EAGAIN || refuses) {
          listener.ready = false;
          --ready_listeners_;
          break;
        }
      }
      completion.op = Op::accept;
      completion.result = accepted >= 0 ? accepted : -errno;
      completion.socket = SocketId{index, 0};
      if (accepted < 0) {
        pause_accept(index);
      } else if (--listener.left == 0) {
        listener.ready = false;
        --ready_listeners_;
      }
      next_listener_ = index + 1;
      --accept_budget_;
      ++counters_.completions;
      return true;
    }
  }
  return false;
}

}  // namespace io
