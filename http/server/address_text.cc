#include "http/server/address_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace http::server {

core::Bytes address_text(const sockaddr_storage& address,
                         std::span<char, target::kAddressCapacity> out) {
  static_assert(target::kAddressCapacity >= INET6_ADDRSTRLEN);
  const auto size = static_cast<socklen_t>(out.size());
  const char* text = nullptr;
  if (address.ss_family == AF_INET) {
    sockaddr_in version4;
    std::memcpy(&version4, &address, sizeof(version4));
    text = inet_ntop(AF_INET, &version4.sin_addr, out.data(), size);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 version6;
    std::memcpy(&version6, &address, sizeof(version6));
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&version6.sin6_addr);
    const unsigned char* bytes = version6.sin6_addr.s6_addr;
    text = is_mapped ? inet_ntop(AF_INET, bytes + 12, out.data(), size)
                     : inet_ntop(AF_INET6, bytes, out.data(), size);
  }
  return text != nullptr ? core::Bytes(text) : core::Bytes();
}

}  // namespace http::server
