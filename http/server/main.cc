#include <cstdio>

#include "http/server/options.h"
#include "http/server/server.h"

int main(int argc, char** argv) {
  const http::server::ParsedOptions parsed = http::server::parse_options(argc, argv);
  if (parsed.run) return http::server::run(parsed.options);
  if (parsed.exit_code == 0) {
    std::fputs(parsed.output.c_str(), stdout);
  } else {
    std::fprintf(stderr, "spate: %s\n", parsed.output.c_str());
  }
  return parsed.exit_code;
}
