#include "http/server/address_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "core/check.h"
#include "core/random.h"

namespace http::server {

namespace {

// ff00::/8 is multicast: no client has an address in it.
constexpr uint64_t kVersion4 = uint64_t{0xffff'0000} << 32;

uint64_t big_endian(const uint8_t* bytes, std::size_t count) {
  uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

uint64_t client_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in version4;
    std::memcpy(&version4, &address, sizeof(version4));
    return kVersion4 | ntohl(version4.sin_addr.s_addr);
  }
  sockaddr_in6 version6;
  std::memcpy(&version6, &address, sizeof(version6));
  const uint8_t* bytes = version6.sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&version6.sin6_addr)) return kVersion4 | big_endian(bytes + 12, 4);
  return big_endian(bytes, 8);
}

AddressLimit::AddressLimit(uint32_t most, uint32_t connections, uint64_t seed)
    : most_(most),
      capacity_(connections),
      seed_(seed),
      memory_(memory_for(connections)),
      entries_(reinterpret_cast<Entry*>(memory_.data())),
      chains_(reinterpret_cast<uint32_t*>(entries_ + connections)) {}

uint32_t& AddressLimit::chain_of(uint64_t client) const {
  // Who does not know the seed can not choose clients that share a chain.
  return chains_[core::Random(seed_).derive(client).below(capacity_)];
}

uint32_t AddressLimit::admit(uint64_t client) {
  const std::lock_guard lock(mutex_);
  uint32_t& chain = chain_of(client);
  for (uint32_t number = chain; number != 0; number = entry(number).next) {
    Entry& found = entry(number);
    if (found.client != client) continue;
    if (found.count >= most_) return kRefused;
    ++found.count;
    return number;
  }
  uint32_t number = free_;
  if (number != 0) {
    free_ = entry(number).next;
  } else {
    CHECK(high_water_ < capacity_);
    number = ++high_water_;
  }
  entry(number) = Entry{client, 1, chain};
  chain = number;
  ++clients_;
  return number;
}

uint32_t AddressLimit::admit_peer(const sockaddr_storage& address) {
  return address.ss_family == AF_UNSPEC ? kRefused : admit(client_of(address));
}

void AddressLimit::release(uint32_t ticket) {
  const std::lock_guard lock(mutex_);
  Entry& released = entry(ticket);
  CHECK(ticket - 1 < high_water_ && released.count > 0);
  if (--released.count > 0) return;
  uint32_t* link = &chain_of(released.client);
  while (*link != ticket) link = &entry(*link).next;
  *link = released.next;
  released.next = free_;
  free_ = ticket;
  --clients_;
}

uint32_t AddressLimit::clients() const {
  const std::lock_guard lock(mutex_);
  return clients_;
}

}  // namespace http::server
