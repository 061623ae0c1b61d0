#include "tests/simulator/simulated_backend.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace simulator {

namespace {

// Of the memory that is lent.
std::size_t hash_of(const io::Transmission& transmission) {
  std::size_t hash = 0;
  for (uint32_t i = 0; i < transmission.slice_count; ++i) {
    const iovec& slice = transmission.slices[i];
    const std::string_view bytes(static_cast<const char*>(slice.iov_base), slice.iov_len);
    hash = hash * 31 + std::hash<std::string_view>()(bytes);
  }
  return hash;
}

// An address of IPv4, one that is mapped into IPv6, or one of many in a network of IPv6.
sockaddr_storage address_of(const Link& link) {
  sockaddr_storage storage{};
  if (link.address == 0) return storage;
  const bool is_ipv4 = link.address == 1 && link.number % 2 == 0;
  if (is_ipv4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(link.address);
    std::memcpy(&storage, &address, sizeof(address));
    return storage;
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  uint8_t* bytes = address.sin6_addr.s6_addr;
  if (link.address == 1) {
    bytes[10] = bytes[11] = 0xff;
    bytes[15] = 1;
  } else {
    bytes[0] = 0x20;
    bytes[7] = static_cast<uint8_t>(link.address);
    bytes[15] = static_cast<uint8_t>(link.number);
  }
  std::memcpy(&storage, &address, sizeof(address));
  return storage;
}

}  // namespace

SimulatedBackend::SimulatedBackend(const io::Capacity& capacity, Timeline& timeline, Random& random,
                                   const FaultRates& faults, SimulatedFiles& files, Trace& trace)
    : timeline_(timeline),
      random_(random),
      faults_(faults),
      files_(files),
      trace_(trace),
      sockets_(capacity.sockets),
      sends_now_(random.chance(400) ? 0 : random.between(1, 1'000)),
      recv_buffer_(io::kMaxRecv + core::kPadding, '\0') {}

bool SimulatedBackend::connect(const std::shared_ptr<Link>& link, uint32_t listener) {
  Listener& asked = listeners_[listener];
  if (!asked.open || !asked.listens) return false;
  // Its client tries again until there is room.
  if (asked.waiting.size() > asked.most_waiting) ++asked.dropped;
  asked.waiting.push_back(link);
  asked.accept_at = std::max(asked.accept_at, timeline_.now() + delay());
  return true;
}

std::size_t SimulatedBackend::open_count() const {
  std::size_t count = active_.size() + descriptors_.size();
  for (const Listener& listener : listeners_) count += listener.waiting.size();
  return count;
}

uint64_t SimulatedBackend::waiting_since() const {
  uint64_t since = core::kNever;
  for (const Listener& listener : listeners_) {
    if (!listener.waiting.empty()) since = std::min(since, listener.accept_at);
  }
  return since;
}

std::size_t SimulatedBackend::count_connections_of(uint32_t address) const {
  return static_cast<std::size_t>(std::count_if(
      active_.begin(), active_.end(),
      [this, address](uint32_t index) { return sockets_[index].link->address == address; }));
}

std::size_t SimulatedBackend::count_served_connections(bool with_late) const {
  return static_cast<std::size_t>(
      std::count_if(active_.begin(), active_.end(), [this, with_late](uint32_t index) {
        const Link& link = *sockets_[index].link;
        return !sockets_[index].closing && !link.is_turned_away && (with_late || !link.is_late);
      }));
}

uint32_t SimulatedBackend::add_listener(int /*descriptor*/) {
  listeners_.emplace_back();
  return static_cast<uint32_t>(listeners_.size() - 1);
}

void SimulatedBackend::resume_accept(uint32_t index) {
  CHECK(listeners_.at(index).open);
  listeners_[index].accepting = true;
}

void SimulatedBackend::pause_accept(uint32_t index) {
  Listener& listener = listeners_.at(index);
  if (listener.accepting) listener.accepted_already = static_cast<uint32_t>(random_.below(3));
  listener.accepting = false;
}

void SimulatedBackend::close_listener(uint32_t index) {
  pause_accept(index);
  Listener& listener = listeners_[index];
  listener.open = false;
  listener.accept_at = 0;
  reset_waiting(listener);
}

// All but those that were accepted already.
void SimulatedBackend::reset_waiting(Listener& listener) {
  while (listener.waiting.size() > listener.accepted_already) {
    listener.waiting.back()->reasons |= Link::kNotAccepted;
    listener.waiting.back()->reset_client();
    listener.waiting.pop_back();
  }
}

void SimulatedBackend::stop_listening(uint32_t index) {
  Listener& listener = listeners_.at(index);
  listener.listens = false;
  reset_waiting(listener);
}

io::AcceptQueue SimulatedBackend::accept_queue(uint32_t index) {
  const Listener& listener = listeners_.at(index);
  CHECK(listener.open);
  return {static_cast<uint32_t>(listener.waiting.size()), listener.dropped};
}

void SimulatedBackend::limit_accept_queue(uint32_t index, uint32_t most) {
  CHECK(listeners_.at(index).open && listeners_[index].listens);
  listeners_[index].most_waiting = most;
}

bool SimulatedBackend::listen_again(uint32_t index, uint32_t most) {
  Listener& listener = listeners_.at(index);
  CHECK(listener.open);
  listener.listens = true;
  listener.most_waiting = most;
  return true;
}

sockaddr_storage SimulatedBackend::peer(int descriptor) {
  return address_of(*descriptors_.at(descriptor));
}

sockaddr_storage SimulatedBackend::peer(io::SocketId id) {
  return address_of(*user_socket(id).link);
}

void SimulatedBackend::discard(int descriptor) {
  const auto found = descriptors_.find(descriptor);
  CHECK(found != descriptors_.end());
  const std::shared_ptr<Link> link = std::move(found->second);
  descriptors_.erase(found);
  if (on_discard) on_discard(*link);
  link->reasons |= Link::kNotAccepted;
  link->reset_client();
}

SimulatedBackend::Socket& SimulatedBackend::user_socket(io::SocketId id) {
  CHECK(id.index < sockets_.size());
  Socket& socket = sockets_[id.index];
  CHECK(socket.open && socket.generation == id.generation && !socket.closing);
  return socket;
}

// How much later than it could a completion comes.
uint64_t SimulatedBackend::delay() {
  if (random_.chance(faults_[Fault::very_late])) {
    trace_.inject(Fault::very_late, 0);
    return random_.below(10 * kSecond);
  }
  if (random_.chance(faults_[Fault::late])) {
    trace_.inject(Fault::late, 0);
    return random_.below(50 * kMillisecond);
  }
  return 0;
}

void SimulatedBackend::open(io::SocketId id, int descriptor) {
  CHECK(id.index < sockets_.size() && id.generation % 2 == 1);
  Socket& socket = sockets_[id.index];
  CHECK(!socket.open && socket.generation != id.generation);
  const auto found = descriptors_.find(descriptor);
  CHECK(found != descriptors_.end());
  socket = Socket{};
  socket.link = std::move(found->second);
  socket.descriptor = descriptor;
  socket.generation = id.generation;
  socket.open = true;
  descriptors_.erase(found);
  if (on_open) on_open(*socket.link);
  active_.push_back(id.index);
  socket.link->opened_at = socket.link->quiet_since = timeline_.now();
  trace_.note("open", socket.link->number, id.index);
}

void SimulatedBackend::pause_recv(io::SocketId id) {
  Socket& socket = user_socket(id);
  socket.recv_paused = true;
  socket.evicted = random_.chance(faults_[Fault::no_buffers]);
}

void SimulatedBackend::resume_recv(io::SocketId id) {
  Socket& socket = user_socket(id);
  socket.recv_paused = false;
  socket.evicted = false;
}

void SimulatedBackend::send(io::SocketId id, const io::Transmission& transmission) {
  Socket& socket = user_socket(id);
  CHECK(socket.sending == nullptr && socket.link->shut_at == 0);
  CHECK(transmission.slice_count <= io::Transmission::kMaxSlices);
  CHECK(transmission.slice_count > 0 || transmission.file.length > 0);
  socket.sending = &transmission;
  socket.answering = false;
  socket.link->is_sending = true;
  count_sending(1);
  if (!delivered_) ++late_announcements_;
  socket.lent = hash_of(transmission);
  socket.link->send_asked_at = timeline_.now();
  socket.link->delivered_before_send = socket.link->delivered;
  socket.send_at = timeline_.now() + delay();
  if (transmission.file.length > 0 && random_.chance(faults_[Fault::cold_file])) {
    trace_.inject(Fault::cold_file, socket.link->number);
    ++counters_.disk_waits;
    socket.send_at += 1 + random_.below(100 * kMillisecond);
  }
  socket.waited = false;
}

uint64_t SimulatedBackend::send_now(io::SocketId id, core::Bytes bytes) {
  Socket& socket = user_socket(id);
  Link& link = *socket.link;
  CHECK(socket.sending == nullptr && link.shut_at == 0 && !bytes.empty());
  if (!std::exchange(socket.answering, false)) return 0;
  if (link.client_reset || link.room() == 0 || !random_.chance(sends_now_)) return 0;
  std::size_t most = link.room();
  if (random_.chance(faults_[Fault::short_send])) {
    trace_.inject(Fault::short_send, link.number);
    most = 1 + random_.below(std::min<std::size_t>(most, 4'000));
  }
  link.send_asked_at = timeline_.now();
  link.delivered_before_send = link.delivered;
  const std::size_t count = put(link, bytes.data(), bytes.size(), most);
  if (count == bytes.size()) {
    link.quiet_since = timeline_.now();
    if (!delivered_) ++late_announcements_;
    sent_now_ = &link;
  }
  trace_.note("send now", link.number, static_cast<int64_t>(count));
  if (link.on_readable) link.on_readable();
  return count;
}

void SimulatedBackend::shutdown_send(io::SocketId id) {
  Socket& socket = user_socket(id);
  CHECK(socket.sending == nullptr);
  trace_.note("shutdown", socket.link->number);
  if (!delivered_ && sent_now_ != socket.link.get()) ++late_announcements_;
  if (on_shutdown) on_shutdown(*socket.link);
  socket.link->server_finished = true;
  socket.link->shut_at = timeline_.now();
  if (socket.link->on_readable) socket.link->on_readable();
}

uint64_t SimulatedBackend::unacknowledged(io::SocketId id) {
  return user_socket(id).link->to_client.size();
}

void SimulatedBackend::reset_on_close(io::SocketId id) {
  Socket& socket = user_socket(id);
  socket.resets = true;
  // What was taken and is not yet told looks to the worker as if it had not been read.
  if (on_reset && socket.result == 0) on_reset(*socket.link);
}

void SimulatedBackend::close(io::SocketId id) {
  Socket& socket = user_socket(id);
  if (on_close) on_close(*socket.link);
  trace_.note("close", socket.link->number);
  socket.closing = true;
  socket.close_at = timeline_.now() + delay();
  if (random_.chance(faults_[Fault::late_close])) {
    trace_.inject(Fault::late_close, socket.link->number);
    socket.close_at += random_.below(2 * kSecond);
  }
}

bool SimulatedBackend::may_recv(const Socket& socket) const {
  const Link& link = *socket.link;
  if (socket.closing || socket.recv_ended || socket.recv_turn > counters_.turns) return false;
  if (socket.recv_paused) return socket.evicted && !link.to_server.empty();
  return !link.to_server.empty() || link.client_finished || link.client_reset;
}

bool SimulatedBackend::may_send(const Socket& socket) const {
  return !socket.closing && socket.sending != nullptr &&
         (socket.result > 0 || socket.link->room() > 0 || socket.link->client_reset);
}

SimulatedBackend::Work SimulatedBackend::work_of(const Socket& socket) const {
  const uint64_t now = timeline_.now();
  if (socket.closing) return socket.close_at <= now ? Work::close : Work::none;
  const bool sends = may_send(socket) && socket.send_at <= now;
  const bool receives = may_recv(socket) && socket.recv_at <= now;
  if (sends && receives) return random_.chance(500) ? Work::send : Work::recv;
  return sends ? Work::send : receives ? Work::recv : Work::none;
}

// Draws how late a recv sees what has come.
void SimulatedBackend::notice_arrivals() {
  for (const uint32_t index : active_) {
    Socket& socket = sockets_[index];
    if (socket.noticed == socket.link->arrived_at) continue;
    socket.noticed = socket.link->arrived_at;
    if (socket.recv_at <= timeline_.now()) socket.recv_at = timeline_.now() + delay();
  }
}

// The time of the next completion, as far as it is known.
uint64_t SimulatedBackend::next_work() const {
  if (woken_) return 0;
  uint64_t time = core::kNever;
  for (const uint32_t index : active_) {
    const Socket& socket = sockets_[index];
    if (socket.closing) {
      time = std::min(time, socket.close_at);
    } else {
      if (may_recv(socket)) time = std::min(time, socket.recv_at);
      if (may_send(socket)) time = std::min(time, socket.send_at);
    }
  }
  for (const Listener& listener : listeners_) {
    if (may_accept(listener)) time = std::min(time, listener.accept_at);
  }
  return time;
}

// As after SIGSTOP or a suspended machine: the world goes on, and this thread sees it late. It is
// stopped where it sleeps, so what is to be sent has been tried before.
void SimulatedBackend::stop_for_a_while() {
  static constexpr uint64_t kLongest[] = {3 * kSecond, 100 * kSecond, 3 * 3'600 * kSecond};
  const uint64_t end = timeline_.now() + random_.below(random_.pick(kLongest));
  stopped_for_ += end - timeline_.now();
  trace_.inject(Fault::stopped, 0);
  for (const uint32_t index : active_) sockets_[index].waited = true;
  while (timeline_.next_event() <= end) {
    timeline_.advance(timeline_.next_event());
    timeline_.run_due_events();
  }
  timeline_.advance(end);
}

void SimulatedBackend::wait(uint64_t until) {
  if (random_.chance(faults_[Fault::stopped])) stop_for_a_while();
  ++counters_.turns;
  scribble();
  late_announcements_ = changes_told_ = 0;
  turn_budget_ = static_cast<uint32_t>(random_.between(1, 40));
  dead_ = false;
  // Now and then a turn goes by without a look at the world.
  if (next_work() <= timeline_.now() && random_.chance(300)) return;
  for (const uint32_t index : active_) sockets_[index].waited = true;
  while (true) {
    timeline_.run_due_events();
    notice_arrivals();
    const uint64_t now = timeline_.now();
    const uint64_t work = next_work();
    if (work <= now || until <= now) return;
    const uint64_t time = std::min({work, until, timeline_.next_event()});
    if (time == core::kNever) {
      dead_ = true;
      return;
    }
    // Rounded up to what the kernel can measure.
    timeline_.advance(time == until ? time + random_.below(kMillisecond) : time);
  }
}

void SimulatedBackend::scribble() {
  static constexpr std::string_view kTraps = "\r\n\r\nGET / HTTP/1.1\r\n\r\n :\0";
  for (std::size_t i = 0; i < recv_buffer_.size(); i += kTraps.size()) {
    kTraps.copy(recv_buffer_.data() + i, recv_buffer_.size() - i);
    if (i > 1'024) break;
  }
}

bool SimulatedBackend::next(io::Completion& completion) {
  scribble();
  delivered_.reset();
  sent_now_ = nullptr;
  if (!deliver(completion)) return false;
  delivered_ = {completion.op, nullptr, completion.result};
  if (completion.op == io::Op::recv || completion.op == io::Op::send) {
    Link& link = *sockets_[completion.socket.index].link;
    delivered_->link = &link;
    if (completion.op == io::Op::send) link.quiet_since = timeline_.now();
    if (completion.op == io::Op::recv && completion.result == 0) link.end_delivered = true;
  }
  return true;
}

void SimulatedBackend::count_sending(int change) {
  sending_ += static_cast<std::size_t>(change);
  sending_history_.emplace_back(timeline_.now(), sending_);
}

std::size_t SimulatedBackend::most_sending(uint64_t from, uint64_t to) const {
  std::size_t most = 0;
  for (std::size_t i = sending_history_.size(); i-- > 0;) {
    const auto& [since, count] = sending_history_[i];
    if (since <= to) most = std::max(most, count);
    if (since < from) break;
  }
  return most;
}

bool SimulatedBackend::deliver(io::Completion& completion) {
  if (woken_) {
    woken_ = false;
    completion = {io::Op::wake, 0, {}, {}};
    return true;
  }
  // What was accepted before the listener closed comes in the next turn at the latest.
  for (uint32_t index = 0; index < listeners_.size(); ++index) {
    if (!listeners_[index].open && accept_at(index, completion)) return true;
  }
  while (turn_budget_ > 0) {
    --turn_budget_;
    // Any socket that has work, and the listener, with the same chance.
    const std::size_t first = random_.below(active_.size() + 1);
    if (first == active_.size() && accept(completion)) return true;
    bool found = false;
    for (std::size_t i = 0; i < active_.size() && !found; ++i) {
      const uint32_t index = active_[(first + i) % active_.size()];
      const Work work = work_of(sockets_[index]);
      if (work == Work::none) continue;
      found = true;
      completion.socket = {index, sockets_[index].generation};
      completion.bytes = {};
      ++counters_.completions;
      if (work == Work::close) {
        finish_close(index, completion);
        return true;
      }
      if (work == Work::recv ? recv(index, completion) : send(index, completion)) return true;
    }
    if (!found) return accept(completion);
  }
  return false;
}

bool SimulatedBackend::may_accept(const Listener& listener) const {
  return !listener.waiting.empty() && (listener.accepting || listener.accepted_already > 0) &&
         (listener.turn <= counters_.turns || !listener.open);
}

// At any of the listeners.
bool SimulatedBackend::accept(io::Completion& completion) {
  const auto count = static_cast<uint32_t>(listeners_.size());
  const auto first = static_cast<uint32_t>(random_.below(count));
  for (uint32_t i = 0; i < count; ++i) {
    if (accept_at((first + i) % count, completion)) return true;
  }
  return false;
}

bool SimulatedBackend::accept_at(uint32_t index, io::Completion& completion) {
  Listener& listener = listeners_[index];
  if (!may_accept(listener) || listener.accept_at > timeline_.now()) return false;
  const std::shared_ptr<Link> link = listener.waiting.front();
  completion = {io::Op::accept, 0, {index, 0}, {}};
  if (!listener.accepting) {
    --listener.accepted_already;
    link->is_late = true;
    trace_.inject(Fault::late_accept, link->number);
  } else if (random_.chance(faults_[Fault::accept_error])) {
    const int error = draw_error(Fault::accept_error, random_);
    trace_.inject(Fault::accept_error, index, error);
    completion.result = -error;
    listener.accepting = false;
    return true;
  }
  completion.result = next_descriptor_++;
  trace_.note("accept", link->number, completion.result);
  descriptors_[completion.result] = link;
  listener.waiting.pop_front();
  if (random_.chance(faults_[Fault::rearmed_accept])) {
    trace_.inject(Fault::rearmed_accept, index);
    listener.turn = counters_.turns + 1;
  }
  return true;
}

// The errno value that the recv ends with, or 0.
int SimulatedBackend::recv_error(const Socket& socket) {
  Link& link = *socket.link;
  if (link.client_reset) {
    trace_.note("recv finds a reset", link.number);
    return ECONNRESET;
  }
  const Fault fault = socket.evicted ? Fault::no_buffers : Fault::recv_error;
  if (!socket.evicted && !random_.chance(faults_[fault])) return 0;
  const int error = draw_error(fault, random_);
  trace_.inject(fault, link.number, error);
  link.reasons |= Link::kFault;
  return error;
}

bool SimulatedBackend::recv(uint32_t index, io::Completion& completion) {
  Socket& socket = sockets_[index];
  Link& link = *socket.link;
  completion.op = io::Op::recv;
  if (const int error = recv_error(socket)) {
    completion.result = -error;
    socket.recv_ended = true;
    return true;
  }
  std::size_t count = std::min<std::size_t>(link.to_server.size(), io::kMaxRecv);
  if (count > 1 && random_.chance(faults_[Fault::short_recv])) {
    count = 1 + random_.below(count - 1);
    trace_.inject(Fault::short_recv, link.number);
  }
  if (count == 0) socket.recv_ended = true;
  std::memcpy(recv_buffer_.data(), link.to_server.data(), count);
  link.to_server.erase(0, count);
  link.delivered += count;
  if (link.on_delivered) link.on_delivered();
  completion.result = static_cast<int32_t>(count);
  completion.bytes = {recv_buffer_.data(), count};
  socket.answering = count > 0;
  if (!link.to_server.empty()) socket.recv_at = timeline_.now() + delay();
  if (random_.chance(faults_[Fault::rearmed_recv])) {
    trace_.inject(Fault::rearmed_recv, link.number);
    socket.recv_turn = counters_.turns + 1;
  }
  trace_.note("recv", link.number, completion.result);
  if (trace_.is_printed()) trace_.note_bytes(completion.bytes);
  return true;
}

// The errno value that a send to a client that is there ends with, or 0.
int SimulatedBackend::send_error(const Socket& socket) {
  Fault fault = Fault::send_error;
  if (!random_.chance(faults_[fault])) {
    fault = Fault::file_send_error;
    if (socket.sending->file.length == 0 || !random_.chance(faults_[fault])) return 0;
  }
  const int error = draw_error(fault, random_);
  trace_.inject(fault, socket.link->number, error);
  socket.link->reasons |= Link::kFault;
  return error;
}

bool SimulatedBackend::send(uint32_t index, io::Completion& completion) {
  Socket& socket = sockets_[index];
  Link& link = *socket.link;
  completion.op = io::Op::send;
  CHECK(hash_of(*socket.sending) == socket.lent);
  if (socket.result > 0) {
    completion.result = socket.result;
  } else if (link.client_reset) {
    completion.result = random_.chance(500) ? -EPIPE : -ECONNRESET;
  } else if (const int error = send_error(socket)) {
    completion.result = -error;
  } else {
    completion.result = transmit(socket);
    if (completion.result > 0 && random_.chance(faults_[Fault::late_told])) {
      trace_.inject(Fault::late_told, link.number);
      socket.result = completion.result;
      socket.send_at = timeline_.now() + delay() + random_.below(5 * kMillisecond);
      return false;
    }
  }
  socket.result = 0;
  trace_.note("send", link.number, completion.result);
  socket.sending = nullptr;
  link.is_sending = false;
  count_sending(-1);
  if (completion.result == -ENODATA || completion.result == -ESTALE) ++changes_told_;
  return true;
}

// Takes up to `most` bytes; returns how many it took.
std::size_t SimulatedBackend::put(Link& link, const char* bytes, std::size_t size,
                                  std::size_t most) {
  const std::size_t count = std::min(size, most);
  link.to_client.append(bytes, count);
  link.taken += count;
  if (link.on_taken && count > 0) link.on_taken({bytes, count});
  return count;
}

int32_t SimulatedBackend::transmit(Socket& socket) {
  Link& link = *socket.link;
  const io::Transmission& transmission = *socket.sending;
  const io::FileRange& range = transmission.file;
  if (range.length > 0 && (socket.waited || range.is_old) && range.version != nullptr) {
    const core::FileStatus& status = files_.opened(range.descriptor).status;
    if (status.modified != range.version->modified || status.size != range.version->size) {
      link.reasons |= Link::kChanged;
      return -ESTALE;
    }
  }
  std::size_t most = link.room();
  if (random_.chance(faults_[Fault::short_send])) {
    trace_.inject(Fault::short_send, link.number);
    most = 1 + random_.below(std::min<std::size_t>(most, 4'000));
  }
  std::size_t sent = 0;
  for (uint32_t i = 0; i < transmission.slice_count; ++i) {
    const iovec& slice = transmission.slices[i];
    const std::size_t count =
        put(link, static_cast<const char*>(slice.iov_base), slice.iov_len, most - sent);
    sent += count;
    if (count < slice.iov_len) break;
  }
  if (range.length > 0 && sent < most) {
    const std::string& content = *files_.opened(range.descriptor).content;
    const std::size_t wanted = static_cast<std::size_t>(std::min(range.length, io::kFileQuantum));
    const std::size_t there =
        range.offset < content.size() ? content.size() - static_cast<std::size_t>(range.offset) : 0;
    if (there == 0 && sent == 0) {
      link.reasons |= Link::kChanged;
      return -ENODATA;
    }
    sent += put(link, content.data() + range.offset, std::min(wanted, there), most - sent);
    if (files_.on_sent && random_.chance(faults_[Fault::change_in_send])) {
      files_.on_sent(files_.path_of(range.descriptor));
    }
  }
  CHECK(sent > 0);
  if (link.on_readable) link.on_readable();
  return static_cast<int32_t>(sent);
}

void SimulatedBackend::finish_close(uint32_t index, io::Completion& completion) {
  Socket& socket = sockets_[index];
  Link& link = *socket.link;
  // What was lent is the kernel's to this moment, and some of it may still have gone out.
  CHECK(socket.sending == nullptr || hash_of(*socket.sending) == socket.lent);
  if (socket.sending != nullptr && socket.result == 0 && link.room() > 0 && !link.client_reset &&
      random_.chance(faults_[Fault::cancelled_send])) {
    trace_.inject(Fault::cancelled_send, link.number);
    transmit(socket);
  }
  if (!link.to_server.empty() && random_.chance(faults_[Fault::cancelled_recv])) {
    trace_.inject(Fault::cancelled_recv, link.number);
    link.to_server.erase(0, io::kMaxRecv);
  }
  link.server_closed = true;
  link.server_finished = true;
  // Unread bytes make the kernel reset the connection, and the client may lose what it has not
  // read.
  if (!link.to_server.empty() && !socket.resets && on_unread) on_unread(link);
  if (socket.resets || !link.to_server.empty()) {
    link.reset_client();
  } else if (link.on_readable) {
    link.on_readable();
  }
  completion.op = io::Op::close;
  completion.result = 0;
  trace_.note("closed", link.number);
  if (socket.sending != nullptr) count_sending(-1);
  socket.link.reset();
  socket.open = false;
  std::erase(active_, index);
}

io::Waker SimulatedBackend::waker() {
  woken_ = true;
  return io::Waker(-1);
}

}  // namespace simulator
