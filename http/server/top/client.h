// Asks an admin address for one page, with a connection of its own. Blocks for at most kPatience,
// whatever the server does.
#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.h"
#include "core/result.h"
#include "io/listener.h"

namespace http::server::top {

// Nanoseconds.
inline constexpr uint64_t kPatience = 3'000'000'000;
// Of an answer, head and body.
inline constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

// The body of the answer to a GET with status 200. The error says who did not answer, or what.
core::Result<std::string> fetch_page(const io::Address& address, core::Bytes path);

}  // namespace http::server::top
