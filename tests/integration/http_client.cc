#include "tests/integration/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "tests/integration/child_process.h"

namespace integration {

namespace {

constexpr int kPatienceMilliseconds =
    static_cast<int>(std::chrono::milliseconds(kPatience).count());

int connect_to(int descriptor, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return ::connect(descriptor, generic, sizeof(address)) == 0 ? 0 : errno;
}

bool wait_for(int descriptor, short events, int milliseconds) {
  pollfd wanted{descriptor, events, 0};
  return poll(&wanted, 1, milliseconds) > 0;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Response parse_response_head(const std::string& head) {
  Response response;
  const std::size_t line_end = head.find("\r\n");
  const std::string status_line = head.substr(0, line_end);
  if (status_line.size() < 13 || status_line.compare(0, 5, "HTTP/") != 0) {
    ADD_FAILURE() << "no status line: " << status_line;
    return response;
  }
  response.version = status_line.substr(0, 8);
  response.status = std::atoi(status_line.substr(9, 3).c_str());
  std::size_t at = line_end + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      ADD_FAILURE() << "no field line: " << line;
      continue;
    }
    EXPECT_TRUE(
        response.fields.emplace(lower(line.substr(0, colon)), line.substr(colon + 2)).second)
        << "twice: " << line;
  }
  return response;
}

bool has_no_body(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

}  // namespace

HttpClient::HttpClient(uint16_t port, int receive_buffer, const char* from)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  CHECK(socket_ >= 0);
  const int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (receive_buffer > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  if (from != nullptr) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    CHECK(inet_pton(AF_INET, from, &own.sin_addr) == 1);
    CHECK(bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0);
  }
  // Bounds connect() as well.
  const timeval patience{kPatience.count(), 0};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const int error = connect_to(socket_, port);
  EXPECT_EQ(error, 0) << std::strerror(error);
  if (error != 0) close();
}

HttpClient::~HttpClient() {
  close();
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      end_(other.end_),
      received_(std::move(other.received_)) {}

HttpClient& HttpClient::operator=(HttpClient&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(end_, other.end_);
  std::swap(received_, other.received_);
  return *this;
}

uint16_t HttpClient::local_port() const {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  CHECK(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

void HttpClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void HttpClient::abort() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close();
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      EXPECT_TRUE(errno == EPIPE || errno == ECONNRESET) << std::strerror(errno);
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::request(const std::string& method, const std::string& path,
                         const std::string& fields) {
  return send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
}

void HttpClient::finish_sending() {
  shutdown(socket_, SHUT_WR);
}

bool HttpClient::receive_more() {
  if (end_ != End::none) return false;
  if (!is_readable(kPatience)) {
    ADD_FAILURE() << "nothing came from the server";
    return false;
  }
  char piece[64 * 1024];
  const ssize_t got = recv(socket_, piece, sizeof(piece), 0);
  if (got > 0) {
    received_.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  end_ = got == 0 ? End::closed : End::reset;
  return false;
}

bool HttpClient::is_readable(std::chrono::milliseconds time) const {
  if (!received_.empty()) return true;
  return wait_for(socket_, POLLIN, std::min(static_cast<int>(time.count()), kPatienceMilliseconds));
}

std::string HttpClient::take(std::size_t size) {
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

std::string HttpClient::read(std::size_t size) {
  while (received_.size() < size && receive_more()) {
  }
  return take(size);
}

std::string HttpClient::take_received() {
  return std::exchange(received_, "");
}

std::string HttpClient::read_to_end() {
  while (receive_more()) {
  }
  return take_received();
}

Response HttpClient::read_response(bool head_only) {
  std::size_t end = received_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!receive_more()) return {};
    end = received_.find("\r\n\r\n");
  }
  Response response = parse_response_head(take(end + 4).substr(0, end + 2));
  const std::string length = response.field("content-length");
  if (head_only || has_no_body(response.status)) {
    response.complete = true;
  } else if (!length.empty()) {
    const std::size_t size = std::strtoull(length.c_str(), nullptr, 10);
    response.body = read(size);
    response.complete = response.body.size() == size;
  } else {
    response.body = read_to_end();
    response.complete = end_ == End::closed;
  }
  return response;
}

Response HttpClient::get(const std::string& path, const std::string& fields) {
  if (!request("GET", path, fields)) return {};
  return read_response();
}

Response HttpClient::head(const std::string& path, const std::string& fields) {
  if (!request("HEAD", path, fields)) return {};
  return read_response(true);
}

std::string percent_encoded(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

int try_to_connect(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(descriptor >= 0);
  const int error = connect_to(descriptor, port);
  ::close(descriptor);
  return error;
}

}  // namespace integration
