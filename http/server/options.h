// The command line of spate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/chunk_pool.h"
#include "core/result.h"
#include "http/request.h"
#include "http/server/top/top.h"
#include "io/backend.h"
#include "io/listener.h"

namespace http::server {

enum class IoChoice { automatic, uring, epoll };
enum class SymlinkChoice { beneath, none, all };
enum class EtagChoice { modified, content };

// The longest request head that a chunk holds with one more receive behind it.
inline constexpr uint32_t kMostHeadBytes = core::ChunkPool::kChunkSize - io::kMaxRecv;

struct Options {
  std::string root = ".";
  std::vector<io::Address> listen;
  SymlinkChoice symlinks = SymlinkChoice::beneath;
  bool listing = false;
  EtagChoice etag = EtagChoice::modified;
  std::string mime_types;  // path of a file; empty: none
  // Where the names of the load-test target begin, with a slash at both ends; empty: there is none.
  std::string target;
  std::string configuration;                 // path of a file; empty: none
  std::optional<io::Address> admin;          // where metrics and the verdict are told
  uint32_t max_connections = 0;              // 0: from RLIMIT_NOFILE
  uint32_t max_connections_per_address = 0;  // 0: no limit
  uint32_t max_requests = 0;                 // of one connection; 0: no limit
  uint32_t max_head_bytes = kMostHeadBytes;
  uint32_t max_target_bytes = 8 * 1024;
  uint32_t max_fields = http::kMaxFields;
  uint64_t max_body_bytes = 1024 * 1024;
  uint64_t keep_alive_timeout = 60'000'000'000;  // nanoseconds, as the next ones
  uint64_t header_timeout = 10'000'000'000;
  uint64_t body_timeout = 10'000'000'000;
  uint64_t write_timeout = 60'000'000'000;
  uint64_t drain_timeout = 30'000'000'000;
  // Bytes per second. No link in use is slower, and one who feigns it has to move 15 KiB a minute
  // for each connection that he holds. IIS and Kestrel draw the line at 240.
  uint32_t min_rate = 256;
  uint32_t threads = 0;  // 0: the CPUs that this process may use
  IoChoice io = IoChoice::automatic;
  uint64_t cache_bytes = 64 * 1024 * 1024;
  enum class Pin { automatic, yes, no } pin = Pin::automatic;
  bool check_system = false;
  std::optional<top::TopOptions> top;  // show what another one does, and serve nothing
  bool check_configuration = false;    // say what is wrong with that file, and serve nothing
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
