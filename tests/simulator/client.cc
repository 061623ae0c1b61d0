#include "tests/simulator/client.h"

#include <algorithm>
#include <charconv>

#include "core/imf_fixdate.h"
#include "http/semantics/date.h"

namespace simulator {

// The worker hears of the end of a send so much later at most.
constexpr uint64_t kLatestSend = 15 * kSecond;
// Deadlines are rounded up by less than that.
constexpr uint64_t kLatestTick = 100 * kMillisecond;
// A request waits for the disk for so long.
constexpr uint64_t kDiskPatience = 30 * kSecond;

Client::Client(Surroundings& surroundings, uint64_t number) : all_(surroundings) {
  draw_manner();
  static constexpr std::size_t kRooms[] = {1, 700, 5'000, 40'000, 200'000};
  const std::size_t room = all_.random.pick(kRooms);
  const auto address =
      static_cast<uint32_t>(all_.random.chance(20) ? 0 : all_.random.between(1, 3));
  link_ = std::make_shared<Link>(number, address, std::max<std::size_t>(room, 100));
  requests_left_ = all_.random.between(1, all_.random.chance(100) ? 30 : 6);
}

void Client::draw_manner() {
  Random& random = all_.random;
  manner_.pipelines = random.chance(400);
  manner_.sends_garbage = random.chance(40);
  manner_.is_slow = random.chance(100);
  manner_.half_closes = random.chance(150);
  manner_.stalls = random.chance(30);
  static constexpr uint64_t kWrites[] = {1, 7, 300, 300, 9'000, 100'000, 100'000, 100'000};
  manner_.most_per_write = random.pick(kWrites);
  static constexpr uint64_t kPauses[] = {10 * kMicrosecond, 200 * kMicrosecond, 20 * kMillisecond,
                                         600 * kMillisecond};
  manner_.write_pause = random.pick(kPauses);
  if (manner_.most_per_write < 300) manner_.write_pause = 10 * kMicrosecond;
  static constexpr uint64_t kReads[] = {500, 4'000, 100'000, 1'000'000};
  manner_.most_per_read = random.pick(kReads);
  manner_.read_pause = random.below(kMillisecond);
  if (manner_.is_slow) {
    manner_.most_per_read = 1 + random.below(2'000);
    manner_.read_pause = random.below(3 * kSecond);
  }
  if (random.chance(60)) manner_.resets_at = random.below(4'000);
  if (random.chance(20)) {
    // By single bytes, for longer than any deadline of a head.
    manner_.most_per_write = 1;
    manner_.write_pause = 2 * kSecond;
  }
}

void Client::connect(uint32_t listener) {
  link_->on_taken = [this](std::string_view bytes) { on_taken(bytes); };
  link_->on_delivered = [this] {
    for (Asked& asked : asked_) {
      if (asked.head_end - asked.request.head.size() >= link_->delivered) break;
      asked.begun_at = std::min(asked.begun_at, all_.timeline.now());
      if (asked.head_end > link_->delivered) break;
      asked.delivered_at = std::min(asked.delivered_at, all_.timeline.now());
    }
  };
  link_->on_readable = [this] { schedule_read(); };
  connected_at_ = all_.timeline.now();
  all_.trace.note("connect", link_->number);
  if (!all_.backend.connect(link_, listener)) {
    link_->reasons |= Link::kNotAccepted;
    done_ = true;
    return;
  }
  if (manner_.pipelines) all_.trace.inject(Fault::pipeline, link_->number);
  if (manner_.is_slow) all_.trace.inject(Fault::slow_reader, link_->number);
  if (manner_.most_per_write == 1) all_.trace.inject(Fault::single_bytes, link_->number);
  if (manner_.sends_garbage) {
    all_.trace.inject(Fault::garbage, link_->number);
    outbox_ = draw_garbage(all_.random, all_.paths);
    requests_left_ = 0;
  }
  ask_more();
  schedule_write(all_.random.chance(50) ? all_.random.below(3 * kSecond) : 0);
}

// Puts the next request, or all that are left, into the outbox.
void Client::ask_more() {
  do {
    if (requests_left_ == 0) return;
    --requests_left_;
    Asked asked;
    asked.request = draw_request(all_.random, all_.paths, tag_, date_, all_.body_limit);
    outbox_ += asked.request.head;
    asked.head_end = written_ + outbox_.size();
    outbox_ += asked.request.content;
    asked.end = written_ + outbox_.size();
    const bool is_last = asked.request.closes || asked.request.kind == Request::Kind::malformed ||
                         (asked.request.old && !asked.request.keeps_alive);
    asked_.push_back(std::move(asked));
    if (is_last) requests_left_ = 0;
  } while (manner_.pipelines);
}

void Client::schedule_write(uint64_t delay) {
  if (writing_ || done_) return;
  writing_ = true;
  all_.timeline.after(delay, [this] {
    writing_ = false;
    write();
  });
}

void Client::write() {
  if (done_) return;
  if (written_ + read_ >= manner_.resets_at) return reset();
  if (outbox_.empty()) return;
  const std::size_t count =
      std::min<std::size_t>(outbox_.size(), 1 + all_.random.below(manner_.most_per_write));
  written_ += count;
  link_->arrived_at = all_.timeline.now();
  for (Asked& asked : asked_) {
    if (asked.sent_at == 0 && asked.head_end <= written_) asked.sent_at = all_.timeline.now();
    all_.requests += asked.end > written_ - count && asked.end <= written_;
  }
  if (link_->server_closed) {
    // The kernel answers with a reset.
    link_->reset_client();
    outbox_.clear();
    return;
  }
  link_->to_server.append(outbox_, 0, count);
  outbox_.erase(0, count);
  if (manner_.stalls && all_.random.chance(200)) {
    return all_.trace.inject(Fault::client_stall, link_->number);  // a deadline ends it
  }
  if (!outbox_.empty()) return schedule_write(all_.random.below(manner_.write_pause + 1));
  if (requests_left_ == 0 && manner_.half_closes && !link_->client_finished) {
    all_.trace.inject(Fault::client_half_close, link_->number);
    link_->client_finished = true;
  }
}

void Client::schedule_read() {
  if (reading_ || done_) return;
  reading_ = true;
  all_.timeline.after(manner_.read_pause, [this] {
    reading_ = false;
    read();
  });
}

void Client::read() {
  if (done_) return;
  if (written_ + read_ >= manner_.resets_at) return reset();
  const std::size_t count =
      std::min<std::size_t>(link_->to_client.size(), 1 + all_.random.below(manner_.most_per_read));
  link_->to_client.erase(0, count);
  link_->reads.emplace_back(all_.timeline.now(), count);
  read_ += count;
  if (!link_->to_client.empty()) return schedule_read();
  if (link_->server_finished || link_->server_reset) return finish();
  // Everything that was asked is here: the next request, or the end.
  if (answered_ < asked_.size() || read_ < compared_) return;
  if (requests_left_ > 0 && !final_) {
    ask_more();
    return schedule_write(all_.random.chance(30) ? all_.random.below(9 * kSecond)
                                                 : all_.random.below(manner_.write_pause + 1));
  }
  // Garbage may ask for anything: only the server knows when all is answered.
  if (outbox_.empty() && !manner_.sends_garbage) finish();
}

void Client::reset() {
  all_.trace.inject(Fault::client_reset, link_->number);
  link_->reasons |= Link::kClient;
  link_->client_reset = true;
  link_->arrived_at = all_.timeline.now();
  done_ = true;
}

// Closes its end; what the server still sends meets a closed socket.
void Client::finish() {
  all_.trace.note("client ends", link_->number);
  link_->client_finished = true;
  link_->arrived_at = all_.timeline.now();
  done_ = true;
}

uint64_t Client::owed() const {
  if (final_ || link_->shut_at != 0) return 0;
  uint64_t delivered = 0;
  for (const Asked& asked : asked_) delivered += asked.head_end <= link_->delivered;
  return delivered - std::min<uint64_t>(delivered, answered_);
}

void Client::on_taken(std::string_view bytes) {
  if (stream_.empty()) {
    first_byte_at_ = all_.timeline.now();
    asked_to_send_at_ = link_->send_asked_at;
    quiet_since_ = link_->quiet_since;
    delivered_before_ = link_->delivered_before_send;
  }
  stream_.append(bytes);
  compare_responses();
}

void Client::compare_responses() {
  while (!stream_.empty() && all_.trace.failure().empty()) {
    if (final_) {
      return all_.trace.fail("bytes behind the last response: " + Trace::quoted(stream_));
    }
    if (!take_response()) return;
    first_byte_at_ = all_.timeline.now();
    asked_to_send_at_ = link_->send_asked_at;
    quiet_since_ = link_->quiet_since;
    delivered_before_ = link_->delivered_before_send;
  }
}

// Compares the response that stream_ begins with, if it is whole.
bool Client::take_response() {
  std::size_t start = 0;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (stream_.starts_with(kContinue)) start = kContinue.size();
  const std::size_t end = stream_.find("\r\n\r\n", start);
  if (end == std::string::npos) return false;
  const std::string_view head = std::string_view(stream_).substr(start, end + 2 - start);
  std::size_t size = end + 4;
  uint64_t length = 0;
  static constexpr std::string_view kLength = "\r\nContent-Length: ";
  if (const std::size_t at = head.find(kLength); at != std::string_view::npos) {
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
  }
  const bool is_asked = answered_ < asked_.size();
  static const Asked kNothing;
  const Asked& asked = is_asked ? asked_[answered_] : kNothing;
  // Of a HEAD that timed out the method may not have come.
  const bool is_408 = head.starts_with("HTTP/1.1 408 ");
  const bool is_head = asked.request.head_only && (!is_408 || has_method(asked));
  if (!is_head) size += length;
  if (stream_.size() < size) return false;
  const std::string_view response = std::string_view(stream_).substr(0, size);
  all_.trace.note("response", link_->number, static_cast<int64_t>(size));
  all_.trace.note_bytes(response);
  if (manner_.sends_garbage) return take_answer_to_garbage(response);
  if (!is_asked || !is_response_to(asked, response)) {
    const Window window{asked.sent_at, first_byte_at_, 0, link_->is_turned_away};
    const auto ordinal = static_cast<uint32_t>(answered_ + 1);
    all_.trace.fail("connection " + std::to_string(link_->number) + ", request " +
                    std::to_string(ordinal) + "\n  " + Trace::quoted(asked.request.head) +
                    "\n  got\n    " + Trace::quoted(response) + "\n  expected" +
                    all_.model.example(asked.request, ordinal, window, response));
    return false;
  }
  if (!is_in_time(asked, is_408)) {
    all_.trace.fail("connection " + std::to_string(link_->number) + ", request " +
                    std::to_string(answered_ + 1) +
                    (is_408 ? ": timed out at the wrong time"
                            : ": its head or its response took longer than it may"));
    return false;
  }
  ++all_.responses;
  ++answered_;
  compared_ += size;
  final_ = head.find("\r\nConnection: close\r\n") != std::string_view::npos;
  remember_validators(head);
  stream_.erase(0, size);
  return true;
}

bool Client::take_answer_to_garbage(std::string_view response) {
  if (!all_.model.is_plausible({connected_at_, first_byte_at_}, response)) {
    all_.trace.fail("connection " + std::to_string(link_->number) +
                    " was given no response for its garbage: " + Trace::quoted(response));
    return false;
  }
  compared_ += response.size();
  final_ = response.find("\r\nConnection: close\r\n") != std::string_view::npos;
  stream_.erase(0, response.size());
  return true;
}

bool Client::has_method(const Asked& asked) const {
  return delivered_before_ >= asked.head_end - asked.request.head.size() + 5;
}

uint64_t Client::head_timeout() const {
  return link_->is_turned_away ? std::min(all_.head_timeout, kMostTurnedAway) : all_.head_timeout;
}

// Whether the head came within its deadline, or was waited for as long as that. It begins with the
// accept, later with the first byte, or when nothing is left to be sent. And whether the response
// came before the disk would have been given up.
bool Client::is_in_time(const Asked& asked, bool timed_out) const {
  const uint64_t begun_at = answered_ == 0 ? link_->opened_at : asked.begun_at;
  if (timed_out) {
    const uint64_t waited = asked_to_send_at_ - begun_at;
    const uint64_t most = head_timeout() + kSecond + all_.backend.stopped_for();
    return waited >= head_timeout() && (answered_ > 0 || waited <= most);
  }
  if (waited_for(asked) > kDiskPatience + kLatestTick + all_.backend.stopped_for()) return false;
  return manner_.pipelines || asked.delivered_at == core::kNever ||
         asked.delivered_at - asked.begun_at <=
             head_timeout() + kLatestSend + all_.backend.stopped_for();
}

bool Client::is_response_to(const Asked& asked, std::string_view response) const {
  const auto ordinal = static_cast<uint32_t>(answered_ + 1);
  Window window{asked.sent_at, first_byte_at_};
  window.is_turned_away = link_->is_turned_away;
  if (asked.delivered_at != core::kNever) {
    // Its own connection may hold the entry of an earlier response that is not sent yet.
    window.held = all_.backend.most_sending(asked.delivered_at, first_byte_at_) + (ordinal > 1);
    if (all_.model.accepts(asked.request, ordinal, window, response, true)) return true;
  }
  if (is_given_up(asked, response, true)) return true;
  // It was there when the worker said what it is sending.
  if (asked.delivered_at < asked_to_send_at_) return false;
  // A head that is not whole may have timed out, or be bad already.
  Request timed_out;
  timed_out.kind = Request::Kind::malformed;
  timed_out.refusal = http::Status::request_timeout;
  timed_out.head_only = asked.request.head_only && has_method(asked);
  window = {connected_at_, first_byte_at_};
  return all_.model.accepts(timed_out, ordinal, window, response, true) ||
         (asked.request.kind == Request::Kind::malformed &&
          all_.model.accepts(asked.request, ordinal, window, response, true));
}

// How long the response was waited for while nothing was sent.
uint64_t Client::waited_for(const Asked& asked) const {
  const uint64_t since = std::max(asked.delivered_at, quiet_since_);
  return asked_to_send_at_ - std::min(asked_to_send_at_, since);
}

// Whether the disk was waited for in vain, and `response` says so.
bool Client::is_given_up(const Asked& asked, std::string_view response, bool is_whole) const {
  if (asked.request.kind != Request::Kind::get || waited_for(asked) < kDiskPatience) return false;
  Request given_up;
  given_up.kind = Request::Kind::malformed;
  given_up.refusal = http::Status::service_unavailable;
  given_up.head_only = asked.request.head_only;
  return all_.model.accepts(given_up, static_cast<uint32_t>(answered_ + 1),
                            {asked.sent_at, first_byte_at_}, response, is_whole);
}

void Client::remember_validators(std::string_view head) {
  static constexpr std::string_view kTag = "\r\nETag: ";
  const std::size_t at = head.find(kTag);
  if (at == std::string_view::npos) return;
  const std::string_view rest = head.substr(at + kTag.size());
  tag_ = rest.substr(0, rest.find("\r\n"));
  if (all_.random.chance(200)) {
    date_ = Timeline::kStart + static_cast<int64_t>(all_.random.below(60));
    return;
  }
  static constexpr std::string_view kModified = "\r\nLast-Modified: ";
  const std::size_t modified = head.find(kModified);
  if (modified == std::string_view::npos) return;
  date_ = *http::parse_http_date(head.substr(modified + kModified.size(), core::kImfFixdateLength),
                                 date_);
}

// Whatever ended the connection, nothing wrong may have come before.
bool Client::is_beginning() const {
  if (manner_.sends_garbage) {
    return stream_.starts_with(std::string_view("HTTP/1.1 ").substr(0, stream_.size()));
  }
  if (answered_ >= asked_.size()) return false;
  const Asked& asked = asked_[answered_];
  const Window window{asked.delivered_at == core::kNever ? connected_at_ : asked.sent_at,
                      first_byte_at_, SIZE_MAX, link_->is_turned_away};
  if (all_.model.accepts(asked.request, static_cast<uint32_t>(answered_ + 1), window, stream_,
                         false)) {
    return true;
  }
  if (is_given_up(asked, stream_, false)) return true;
  return std::string_view(stream_).starts_with("HTTP/1.1 408 ");
}

void Client::judge_end() {
  if (!all_.trace.failure().empty()) return;
  const std::string who = "connection " + std::to_string(link_->number) + ": ";
  if (!stream_.empty() && !is_beginning()) {
    all_.trace.fail(
        who + "what came of a response is not the beginning of one: " + Trace::quoted(stream_));
  }
  if (link_->reasons != Link::kNone) return;
  if (!stream_.empty()) {
    all_.trace.fail(who + "a response that is not whole and nothing that explains it: " +
                    Trace::quoted(stream_));
  } else if (owed() > 0) {
    all_.trace.fail(who + "a request without an answer and nothing that explains it");
  }
}

}  // namespace simulator
