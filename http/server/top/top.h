// `spate top`: what goes on in a running server, in a terminal, from /stats of its admin address.
#pragma once

#include "io/listener.h"

namespace http::server::top {

struct TopOptions {
  io::Address address;
  bool once = false;  // print one picture, of one second, and end
};

// Asks and draws once in a second until q, Ctrl-C or SIGTERM, and leaves the terminal as it was. A
// server that goes away is waited for; one that does not answer at the start is an error. Returns
// the exit code of the process.
int run_top(const TopOptions& options);

}  // namespace http::server::top
