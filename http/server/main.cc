#include <cstdio>

#include "http/server/options.h"
#include "http/server/server.h"
#include "http/server/top/top.h"

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer follows descriptors by the calls of libc that open and close them. spate closes
// sockets by io_uring and opens files by openat2, so a number that another thread uses next looks
// as if it were shared.
extern "C" const char* __tsan_default_suppressions() {
  return "race:^close$\nrace:^__interceptor_close$\n";
}
#endif

int main(int argc, char** argv) {
  const http::server::ParsedOptions parsed = http::server::parse_options(argc, argv);
  if (parsed.run && parsed.options.top.has_value()) {
    return http::server::top::run_top(*parsed.options.top);
  }
  if (parsed.run) return http::server::run(parsed.options);
  if (parsed.exit_code == 0) {
    std::fputs(parsed.output.c_str(), stdout);
  } else {
    std::fprintf(stderr, "spate: %s\n", parsed.output.c_str());
  }
  return parsed.exit_code;
}
