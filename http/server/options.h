// The command line of spate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "io/listener.h"

namespace http::server {

enum class IoChoice { automatic, uring, epoll };

struct Options {
  std::string root = ".";
  std::vector<io::Address> listen;
  uint32_t threads = 0;  // 0: the CPUs that this process may use
  IoChoice io = IoChoice::automatic;
  uint32_t max_connections = 0;  // 0: from RLIMIT_NOFILE
  uint64_t cache_bytes = 64 * 1024 * 1024;
  uint64_t keep_alive_timeout = 0;  // nanoseconds, as all below
  uint64_t header_timeout = 0;
  uint64_t write_timeout = 0;
  uint64_t drain_timeout = 0;
  enum class Pin { automatic, yes, no } pin = Pin::automatic;
  bool check_system = false;
};

// What parsing came to: options to run with, or a text to print and an exit code.
struct ParsedOptions {
  Options options;
  bool run = false;
  int exit_code = 0;
  std::string output;  // for standard output if exit_code is 0, else one line for standard error
};

ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace http::server
