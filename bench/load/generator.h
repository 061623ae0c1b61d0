// An open-loop client: requests go out when their time has come, whether or not earlier ones have
// been answered, and a latency counts from that time. So a server that stands still shows in every
// request that it has kept waiting (no coordinated omission).
//
// Two kinds of connections share one thread and its event loop: those whose requests are timed, and
// greedy ones, which always have as many requests under way as they may, and read as fast as they
// can. In one thread, because two programs on one core would measure each other.
//
// Whoever waits longer than the patience gives up: of a connection for one request it is closed, on
// a connection that stays the request is not sent any more.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/latency_histogram.h"

namespace bench::load {

struct Options {
  std::vector<std::uint16_t> ports;  // connections take them in turn
  std::string target = "/";
  double rate = 0;     // requests per second; 0: as many as are answered
  bool waits = false;  // with rate 0: sleeps while nothing comes, instead of spinning
  double seconds = 1;
  std::uint32_t connections = 32;  // with `close`: the most at a time
  std::uint32_t depth = 1;         // requests under way on a connection
  bool close = false;              // a connection for each request
  double patience = 1;             // seconds
  std::uint32_t greedy_connections = 0;
  std::uint32_t greedy_depth = 1;
  std::string greedy_target = "/";
  std::uint16_t greedy_port = 0;  // of another server; 0: they take those of the timed ones
};

struct Counters {
  std::uint64_t offered = 0;      // requests whose time came
  std::uint64_t unsent = 0;       // of them, those that found no free connection here
  std::uint64_t good = 0;         // 200, whole, before anybody gave up
  std::uint64_t in_time = 0;      // of them, those that came before the load ended
  std::uint64_t unavailable = 0;  // 503
  std::uint64_t other = 0;        // any other status
  std::uint64_t given_up = 0;
  // Requests without an answer because of what became of their connection, by what did.
  std::map<std::string, std::uint64_t> errors;
  std::uint64_t greedy = 0;  // responses of the greedy connections
  std::uint64_t bytes = 0;
};

class Generator {
 public:
  explicit Generator(const Options& options);
  ~Generator();
  // Loads for the time given and then waits for what is under way, as long as patience lasts. In a
  // closed loop it waits for nothing.
  void run();

  const Counters& counters() const { return counters_; }
  const core::LatencyHistogram& latencies() const { return latencies_; }      // of good responses
  const core::LatencyHistogram& unavailable() const { return unavailable_; }  // of 503
  const core::LatencyHistogram& lateness() const { return lateness_; }        // of this program

 private:
  struct Kind {
    std::string request;   // copies, back to back
    std::size_t size = 0;  // of one
    std::uint32_t depth = 1;
  };

  struct Connection {
    int descriptor = -1;
    std::uint32_t generation = 0;
    bool greedy = false;
    std::uint64_t opened = 0;
    std::uint64_t unwritten = 0;        // bytes of requests
    std::uint64_t written = 0;          // since it was opened
    std::deque<std::uint64_t> due;      // times of requests that could not be sent yet
    std::deque<std::uint64_t> awaited;  // times of those that were
    std::string head;                   // of the response that comes
    std::uint64_t body_left = 0;
    int status = 0;  // 0: the head is not whole
    bool ends = false;
  };

  const Kind& kind_of(const Connection& connection) const {
    return connection.greedy ? greedy_ : timed_;
  }
  int open(std::uint32_t index);
  void end(std::uint32_t index);
  void lose(std::uint32_t index, const std::string& why);
  void offer_due(std::uint64_t now);
  void offer(std::uint32_t index, std::uint64_t time);
  void give_up(std::uint64_t now);
  void fill(std::uint32_t index, std::uint64_t now);
  int write(std::uint32_t index);
  void read(std::uint32_t index);
  bool take(std::uint32_t index, const char* bytes, std::size_t size);
  bool begin_body(Connection& connection);
  bool finish_response(std::uint32_t index);
  bool has_all() const;

  Options options_;
  Kind timed_;
  Kind greedy_;
  Counters counters_;
  core::LatencyHistogram latencies_;
  core::LatencyHistogram unavailable_;
  core::LatencyHistogram lateness_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_;  // with `close`
  struct Open {
    std::uint32_t index;
    std::uint32_t generation;
  };
  std::deque<Open> oldest_;  // with `close`: in the order in which they were opened
  std::vector<char> buffer_;
  int epoll_;
  std::uint64_t start_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t scheduled_ = 0;  // requests whose time has come
  std::uint32_t sources_ = 0;
  bool ending_ = false;
};

}  // namespace bench::load
