#include "http/server/admin_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/imf_fixdate.h"
#include "http/h1/head_parser.h"
#include "http/status.h"

namespace http::server {

namespace {

constexpr uint64_t kMillisecond = 1'000'000;
// Where descriptors are short, it is tried again after this time.
constexpr uint64_t kAcceptPause = 100 * kMillisecond;
// For the client to read the response before the end of the connection may reset it.
constexpr uint64_t kLinger = 1'000 * kMillisecond;

// The whole response, which is the last one of its connection.
std::string response_of(Status status, const AdminPage& page, core::Bytes fields, bool head_only) {
  char date[core::kImfFixdateLength];
  core::format_imf_fixdate(core::read_system_clock().wall_seconds, date);
  std::string text = "HTTP/1.1 ";
  text.append(status_text(status)).append("\r\nServer: spate\r\nDate: ");
  text.append(date, sizeof(date)).append("\r\nContent-Type: ").append(page.media_type);
  text.append("\r\nContent-Length: ").append(std::to_string(page.body.size()));
  text.append("\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n");
  if (!page.policy.empty()) {
    text.append("Content-Security-Policy: ").append(page.policy).append("\r\n");
  }
  text.append(fields).append("Connection: close\r\n\r\n");
  if (!head_only) text.append(page.body);
  return text;
}

std::string error_of(Status status, core::Bytes fields = {}, bool head_only = false) {
  AdminPage page{"text/plain; charset=utf-8", std::string(status_text(status)) + "\n", {}};
  return response_of(status, page, fields, head_only);
}

std::string answer(const RequestHead& head, AdminPages& pages) {
  const bool head_only = head.method == Method::head;
  if (head.has_many(FieldName::host) || (head.minor_version > 0 && !head.has(FieldName::host))) {
    return error_of(Status::bad_request, {}, head_only);
  }
  if (head.method != Method::get && !head_only) {
    return error_of(Status::method_not_allowed, "Allow: GET, HEAD\r\n");
  }
  const AdminPage page = pages.answer(head);
  if (page.media_type.empty()) return error_of(Status::not_found, {}, head_only);
  return response_of(Status::ok, page, "Vary: Accept\r\n", head_only);
}

// One request and its response.
class AdminConnection {
 public:
  AdminConnection(int descriptor, uint64_t now)
      : descriptor_(descriptor), deadline_(now + AdminListener::kPatience) {}
  ~AdminConnection() { close(descriptor_); }
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  int descriptor() const { return descriptor_; }
  short events() const { return state_ == State::writing ? POLLOUT : POLLIN; }
  uint64_t deadline() const { return deadline_; }

  // Something can be read or written. False: it has ended.
  bool go_on(AdminPages& pages, uint64_t now) {
    switch (state_) {
      case State::reading:
        return read_head(pages) && (state_ == State::reading || write(now));
      case State::writing:
        return write(now);
      case State::lingering:
        return drop();
    }
    return false;
  }

 private:
  enum class State : uint8_t { reading, writing, lingering };

  bool read_head(AdminPages& pages) {
    const ssize_t got =
        recv(descriptor_, head_.data() + length_, AdminListener::kHeadBytes - length_, 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    length_ += static_cast<std::size_t>(got);
    RequestHead head;
    const h1::HeadLimits limits{.head_bytes = AdminListener::kHeadBytes};
    const h1::HeadResult result = h1::parse_head({head_.data(), length_}, limits, head);
    if (result.verdict == h1::HeadVerdict::complete) {
      response_ = answer(head, pages);
    } else if (result.verdict == h1::HeadVerdict::bad) {
      response_ = error_of(result.status);
    } else if (length_ == AdminListener::kHeadBytes) {
      response_ = error_of(Status::request_header_fields_too_large);
    } else {
      return true;
    }
    state_ = State::writing;
    return true;
  }

  bool write(uint64_t now) {
    const ssize_t sent = send(descriptor_, response_.data() + sent_, response_.size() - sent_,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    sent_ += static_cast<std::size_t>(sent);
    if (sent_ < response_.size()) return true;
    shutdown(descriptor_, SHUT_WR);
    state_ = State::lingering;
    deadline_ = std::min(deadline_, now + kLinger);
    return true;
  }

  // Bytes that nobody reads would make a reset of the end.
  bool drop() {
    const ssize_t got = recv(descriptor_, head_.data(), AdminListener::kHeadBytes, 0);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

  int descriptor_;
  uint64_t deadline_;
  State state_ = State::reading;
  std::size_t length_ = 0;  // of what has come of the head
  std::size_t sent_ = 0;    // of the response
  std::string response_;
  std::array<char, AdminListener::kHeadBytes + core::kPadding> head_{};
};

using Connections = std::vector<std::unique_ptr<AdminConnection>>;

// Accepts all that wait, and closes the oldest to make room. False: accepting has to pause.
bool accept_all(int listener, Connections& connections, uint64_t now) {
  while (true) {
    const int descriptor = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return errno == EAGAIN;
    }
    if (connections.size() == AdminListener::kConnections) connections.erase(connections.begin());
    connections.push_back(std::make_unique<AdminConnection>(descriptor, now));
  }
}

// For poll(): whole milliseconds, rounded up.
int milliseconds_until(uint64_t time, uint64_t now) {
  if (time <= now) return 0;
  constexpr uint64_t kMost = 60'000;
  return static_cast<int>(std::min((time - now + kMillisecond - 1) / kMillisecond, kMost));
}

}  // namespace

core::Result<std::unique_ptr<AdminListener>> AdminListener::start(io::Address& address,
                                                                  AdminPages pages) {
  auto listeners = io::listen_on(address, 1);
  if (!listeners.ok()) return core::Error{"--admin: " + listeners.error().message};
  const int stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event < 0) {
    const core::Error error = core::system_error("eventfd", errno);
    close(listeners.value().front());
    return error;
  }
  return std::unique_ptr<AdminListener>(
      new AdminListener(listeners.value().front(), stop_event, std::move(pages)));
}

AdminListener::AdminListener(int listener, int stop_event, AdminPages pages)
    : listener_(listener),
      stop_event_(stop_event),
      pages_(std::move(pages)),
      thread_([this] { serve(); }) {}

AdminListener::~AdminListener() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_event_, &one, sizeof(one));
  thread_.join();
  close(listener_);
  close(stop_event_);
}

void AdminListener::serve() {
  Connections connections;  // in the order of their deadlines, but for those that linger
  std::vector<pollfd> events;
  uint64_t next_sample = 0;
  uint64_t accept_again = 0;
  while (true) {
    uint64_t now = core::read_monotonic_clock();
    if (now >= next_sample) {
      pages_.sample(now);
      next_sample = now + kSamplePeriod;
    }
    uint64_t until = next_sample;
    if (now < accept_again) until = std::min(until, accept_again);
    events.assign({{stop_event_, POLLIN, 0}, {now < accept_again ? -1 : listener_, POLLIN, 0}});
    for (const auto& connection : connections) {
      events.push_back({connection->descriptor(), connection->events(), 0});
      until = std::min(until, connection->deadline());
    }
    if (poll(events.data(), events.size(), milliseconds_until(until, now)) < 0) continue;
    if (events[0].revents != 0) return;

    now = core::read_monotonic_clock();
    std::size_t event = 2;
    std::erase_if(connections, [&](const std::unique_ptr<AdminConnection>& connection) {
      const bool is_ready = events[event++].revents != 0;
      return now >= connection->deadline() || (is_ready && !connection->go_on(pages_, now));
    });
    if (events[1].revents != 0 && !accept_all(listener_, connections, now)) {
      accept_again = now + kAcceptPause;
    }
  }
}

}  // namespace http::server
