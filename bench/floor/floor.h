// What the two floors share: options, the fixed responses, and how much of them a connection is
// owed.
//
// A floor is a server with everything taken away that is not the kernel's: it reads, and writes a
// fixed response. It parses nothing, looks nothing up and sets no timer. What it costs is the least
// that a server on the same backend can cost, so every speed of spate is quoted as a multiple of
// it. With --answers it has a fixed response for each of some targets, and finds it by their raw
// bytes; that is all it reads of a request.
//
// One thread. Without --pipeline each read is taken as one request, which holds for a client that
// waits for each response and sends small requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench::floor {

struct Options {
  std::uint16_t port = 0;     // 0: the kernel chooses
  std::size_t body_size = 0;  // bytes of a body in memory
  std::string file;           // the body instead, if not empty
  std::string answers;        // a list of targets and files, instead of one response, if not empty
  bool pipeline = false;      // one response per blank line read
  bool close = false;         // close after the first response
};

// Ends the process with one line on standard error and exit code 2 if they make no sense.
Options parse_options(int argc, char** argv);

// One line "program: what: error text" on standard error, exit code 1.
[[noreturn]] void fail(const char* what, int error_number);

// A non-blocking listener on 127.0.0.1 whose connections have TCP_NODELAY from it.
int listen_on(std::uint16_t port);

// Says on standard output that connections are accepted: "ready PORT DETAIL".
void print_ready(int listener, const char* detail);

// A body in memory, or an open file.
struct Body {
  std::string memory;
  int file = -1;
  std::size_t size = 0;
};

// A response, and for --pipeline enough copies of it, back to back, for one write.
class Response {
 public:
  // coding: of the body, or empty.
  Response(const Body& body, std::string_view coding, const Options& options);

  std::size_t size() const { return size_; }  // of one whole response
  bool has_file() const { return file_ >= 0; }

  // What is in memory for a connection that is owed `owed` bytes and has been sent the first
  // `offset` bytes of the response it is in. Without a file.
  std::string_view next(std::uint64_t owed, std::size_t offset) const {
    const std::size_t there = memory_.size() - offset;
    return {memory_.data() + offset, owed < there ? static_cast<std::size_t>(owed) : there};
  }

  // Sends what is next of a response with a file: the head with MSG_MORE, then the file. Returns
  // bytes sent or -errno.
  std::int64_t send_file_part(int socket, std::uint64_t owed, std::size_t offset) const;

 private:
  static constexpr std::size_t kPipelineCopies = 64;

  std::string memory_;  // copies of the response; of its head only, if there is a file
  std::size_t head_size_ = 0;
  std::size_t size_ = 0;
  int file_ = -1;
};

// The one response of a floor, or one for each target of --answers.
class Responses {
 public:
  explicit Responses(const Options& options);

  bool are_by_target() const { return are_by_target_; }
  const Response& first() const { return responses_.front(); }

  // The answer to a request that begins with "GET TARGET ". A target that is not in the list ends
  // the process.
  const Response& of(std::string_view request) const;

 private:
  struct Slot {
    std::string target;
    std::size_t response = 0;
  };

  void read_list(const Options& options);
  std::size_t slot_of(std::string_view target) const;

  const bool are_by_target_;
  std::vector<Response> responses_;
  std::vector<Slot> slots_;  // a hash table with open addressing; an empty target is no target
};

// What a connection is owed. Indexed by descriptor, so that finding it costs nothing.
struct Connection {
  const Response* response = nullptr;
  std::uint64_t owed = 0;     // bytes of responses still to send
  std::size_t offset = 0;     // how far into the response that is being sent
  std::uint8_t matched = 0;   // bytes of a blank line that ended the last read (--pipeline)
  bool recv_armed = false;    // floor_uring: the kernel holds a receive
  bool send_busy = false;     // floor_uring: the kernel holds a send or a poll
  bool non_blocking = false;  // floor_uring, of files: O_NONBLOCK is set
  bool closing = false;       // floor_uring: shut down; closed when the kernel holds nothing

  void took(std::uint64_t sent) {
    owed -= sent;
    offset = (offset + static_cast<std::size_t>(sent)) % response->size();
  }
};

// One Connection per descriptor that this process may have.
std::vector<Connection> make_connections();

// How many blank lines (CR LF CR LF) end in `bytes`, which continue a stream that ended `matched`
// bytes into one; updates `matched`.
std::size_t count_blank_lines(std::string_view bytes, std::uint8_t& matched);

}  // namespace bench::floor
