// What spate tells a person at start: where it serves, how, and within which limits.
#pragma once

#include <string>

#include "http/server/budget.h"
#include "http/server/options.h"
#include "http/server/system.h"

namespace http::server {

// The backend that was chosen, and why it and not the other.
struct BackendChoice {
  bool uring = false;
  std::string reason;
};

// Tries io_uring where the options allow it. Fails if it was asked for and does not work here.
core::Result<BackendChoice> choose_backend(IoChoice wanted);

// The backend, threads, limits and the memory budget as a sum; several lines. `follows_links`: the
// kernel can follow symbolic links that stay beneath the root.
std::string describe(const Options& options, const SystemFacts& system, const BackendChoice& choice,
                     const Budget& budget, bool pinned, bool follows_links);

// Advice on settings that would hold a busy server back; one line each, or one that says that there
// is none.
std::string advise(const SystemFacts& system, const BackendChoice& choice);

}  // namespace http::server
