// The whole server: from options to workers on threads, and back by a signal.
#pragma once

#include "http/server/options.h"

namespace http::server {

// Serves until SIGTERM or SIGINT (which drain; a second one stops at once), or prints a check of
// the system or of a configuration. SIGHUP has the configuration read again, if there is one.
// Returns the exit code: 0, or 1 when it could not run, after one line on standard error, or one
// for each error of the configuration. To be called once, before any other thread exists.
int run(const Options& options);

}  // namespace http::server
