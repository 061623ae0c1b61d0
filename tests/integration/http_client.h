// A client of raw sockets: it sends exactly the bytes a test wants, reads responses one after the
// other, and tells how a connection ended. Every call gives up after kPatience, and fails the test.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace integration {

struct Response {
  int status = 0;                             // 0: none came
  std::string version;                        // "HTTP/1.1"
  std::map<std::string, std::string> fields;  // by name in lower case
  std::string body;
  bool complete = false;  // as long as it said that it would be

  // The value of a field; empty if there is none.
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found != fields.end() ? found->second : "";
  }
};

// How a connection ended for the client.
enum class End { none, closed, reset };

class HttpClient {
 public:
  // Connects to 127.0.0.1. A small receive buffer makes a client that is slow from the start.
  // `from` is its own IPv4 address, if it matters.
  explicit HttpClient(uint16_t port, int receive_buffer = 0, const char* from = nullptr);
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&& other) noexcept;

  bool is_connected() const { return socket_ >= 0; }
  int descriptor() const { return socket_; }
  uint16_t local_port() const;

  // Sends everything. False if the connection ended before.
  bool send(std::string_view bytes);
  // Sends "METHOD /path HTTP/1.1", Host, the given field lines (each with its CRLF), an empty line.
  bool request(const std::string& method, const std::string& path, const std::string& fields = "");
  // The end of what the client will send.
  void finish_sending();
  void close();
  // The same with a reset instead of an end.
  void abort();

  // The next response. A 100 Continue is a response of its own. `head_only`: to HEAD.
  Response read_response(bool head_only = false);
  // request("GET", ...) and its response.
  Response get(const std::string& path, const std::string& fields = "");
  Response head(const std::string& path, const std::string& fields = "");

  // Up to `size` bytes; fewer only if the connection ended or nothing came in time.
  std::string read(std::size_t size);
  // What was received together with something that has been read, and not been read itself.
  std::string take_received();
  std::size_t received_size() const { return received_.size(); }
  // Everything until the connection ends.
  std::string read_to_end();
  // Whether something can be read, or the end was reached, within `time`.
  bool is_readable(std::chrono::milliseconds time) const;
  // How the connection ended, as far as it was read.
  End end() const { return end_; }

 private:
  bool receive_more();
  std::string take(std::size_t size);

  int socket_ = -1;
  End end_ = End::none;
  std::string received_;  // and not yet taken
};

// Every byte as "%XX", for a request target.
std::string percent_encoded(std::string_view bytes);

// The error of a connection attempt: 0 or an errno value.
int try_to_connect(uint16_t port);

}  // namespace integration
