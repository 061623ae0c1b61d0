// Where a connection comes from, as text.
#pragma once

#include <sys/socket.h>

#include <span>

#include "core/bytes.h"
#include "http/target/target.h"

namespace http::server {

// The address without its port, in `out`; that of IPv4 also if it is mapped into IPv6. Empty if it
// is of another family.
core::Bytes address_text(const sockaddr_storage& address,
                         std::span<char, target::kAddressCapacity> out);

}  // namespace http::server
