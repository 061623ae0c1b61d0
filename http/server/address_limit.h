// How many connections each client has, exactly, over all workers.
//
// A client is an IPv4 address (also one that is mapped into IPv6) or an IPv6 network of 64 bits,
// which is what one customer gets: within it he may take any address.
//
// A hash table with chains and as many entries as there can be connections, reserved once. Any
// thread; a mutex is held for a look-up at accept and at close, and never for a request. The hash
// is seeded, so that nobody can choose networks that share a chain.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <mutex>

#include "core/mapping.h"

namespace http::server {

// The client that an address belongs to.
uint64_t client_of(const sockaddr_storage& address);

class AddressLimit {
 public:
  static constexpr uint32_t kRefused = UINT32_MAX;

  // At most `most` connections of a client, and at most `connections` of all at a time. Throws
  // std::bad_alloc.
  AddressLimit(uint32_t most, uint32_t connections, uint64_t seed);
  AddressLimit(const AddressLimit&) = delete;
  AddressLimit& operator=(const AddressLimit&) = delete;

  static constexpr uint64_t memory_for(uint64_t connections) {
    return connections * (sizeof(Entry) + sizeof(uint32_t));
  }

  // Counts a connection; a ticket for release(), or kRefused.
  uint32_t admit(uint64_t client);
  // The same for the peer of a connection. One that is gone already (AF_UNSPEC) is refused.
  uint32_t admit_peer(const sockaddr_storage& address);
  void release(uint32_t ticket);

  // Clients that have a connection.
  uint32_t clients() const;

 private:
  // Entries are named by their number from 1 on; 0 is none, as in memory that was never touched.
  struct Entry {
    uint64_t client;
    uint32_t count;
    uint32_t next;  // in the chain, or in the list of free ones
  };

  uint32_t& chain_of(uint64_t client) const;
  Entry& entry(uint32_t number) const { return entries_[number - 1]; }

  uint32_t most_;
  uint32_t capacity_;
  uint64_t seed_;
  core::Mapping memory_;
  Entry* entries_;
  uint32_t* chains_;
  mutable std::mutex mutex_;
  uint32_t free_ = 0;
  uint32_t high_water_ = 0;
  uint32_t clients_ = 0;
};

}  // namespace http::server
