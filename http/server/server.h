// The whole server: from options to workers on threads, and back by a signal.
#pragma once

#include "http/server/options.h"

namespace http::server {

// Serves until SIGTERM or SIGINT (which drain; a second one stops at once), or prints the system
// check. Returns the exit code: 0, or 1 when it could not run, after one line on standard error. To
// be called once, before any other thread exists.
int run(const Options& options);

}  // namespace http::server
