#include "http/server/address_limit.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "io/listener.h"

namespace http::server {
namespace {

constexpr uint32_t kRefused = AddressLimit::kRefused;

uint64_t client(const std::string& text) {
  sockaddr_storage address{};
  if (text.find(':') == std::string::npos) {
    sockaddr_in version4{};
    version4.sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &version4.sin_addr), 1) << text;
    std::memcpy(&address, &version4, sizeof(version4));
  } else {
    sockaddr_in6 version6{};
    version6.sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &version6.sin6_addr), 1) << text;
    std::memcpy(&address, &version6, sizeof(version6));
  }
  return client_of(address);
}

TEST(ClientOf, Version4IsTheAddress) {
  EXPECT_EQ(client("192.0.2.1"), client("192.0.2.1"));
  EXPECT_NE(client("192.0.2.1"), client("192.0.2.2"));
  EXPECT_NE(client("192.0.2.1"), client("193.0.2.1"));
  EXPECT_NE(client("0.0.0.0"), client("::"));
}

// RFC 4291 section 2.5.5.2.
TEST(ClientOf, MappedVersion4IsTheSameClient) {
  EXPECT_EQ(client("::ffff:192.0.2.1"), client("192.0.2.1"));
  EXPECT_NE(client("::ffff:192.0.2.1"), client("192.0.2.2"));
}

// RFC 4291 section 2.5.4: 64 bits of network.
TEST(ClientOf, Version6IsTheNetwork) {
  EXPECT_EQ(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
  EXPECT_NE(client("2001:db8:1:2::1"), client("2001:db9:1:2::1"));
  EXPECT_NE(client("::1"), client("127.0.0.1"));
}

TEST(AddressLimit, CountsPerClient) {
  AddressLimit limit(2, 10, 1);
  const uint32_t first = limit.admit(7);
  const uint32_t second = limit.admit(7);
  EXPECT_NE(first, kRefused);
  EXPECT_NE(second, kRefused);
  EXPECT_EQ(limit.admit(7), kRefused);
  EXPECT_NE(limit.admit(8), kRefused) << "another client";
  EXPECT_EQ(limit.clients(), 2u);
  limit.release(first);
  EXPECT_NE(limit.admit(7), kRefused);
  EXPECT_EQ(limit.admit(7), kRefused);
}

TEST(AddressLimit, ForgetsClientsThatHaveLeft) {
  AddressLimit limit(1, 3, 1);
  for (uint64_t round = 0; round < 100; ++round) {
    std::vector<uint32_t> tickets;
    for (uint64_t i = 0; i < 3; ++i) tickets.push_back(limit.admit(round * 3 + i));
    EXPECT_EQ(limit.clients(), 3u);
    for (const uint32_t ticket : tickets) {
      ASSERT_NE(ticket, kRefused);
      limit.release(ticket);
    }
    EXPECT_EQ(limit.clients(), 0u);
  }
}

// Against a plain map, with a table that is small enough to share chains.
TEST(AddressLimit, AgreesWithAModel) {
  constexpr uint32_t kMost = 3;
  constexpr std::size_t kConnections = 64;
  AddressLimit limit(kMost, kConnections, 42);
  std::map<uint64_t, uint32_t> model;
  std::vector<std::pair<uint64_t, uint32_t>> held;
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    const bool full = held.size() == kConnections;
    if (full || (!held.empty() && random() % 2 == 0)) {
      const std::size_t at = random() % held.size();
      limit.release(held[at].second);
      if (--model[held[at].first] == 0) model.erase(held[at].first);
      held[at] = held.back();
      held.pop_back();
    } else {
      const uint64_t who = uint64_t{random() % 20} << (random() % 2 * 32);
      const uint32_t ticket = limit.admit(who);
      const auto known = model.find(who);
      ASSERT_EQ(ticket == kRefused, known != model.end() && known->second == kMost) << i;
      if (ticket == kRefused) {
        ++refused;
      } else {
        ++model[who];
        held.emplace_back(who, ticket);
      }
    }
    ASSERT_EQ(limit.clients(), model.size());
  }
  EXPECT_GT(refused, 100);
}

TEST(AddressLimit, IsExactOverThreads) {
  constexpr int kThreads = 4;
  constexpr uint32_t kMost = 2;
  AddressLimit limit(kMost, kThreads, 1);
  std::atomic<uint32_t> inside[3] = {};
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (uint64_t i = 0; i < 20'000; ++i) {
        const uint64_t who = i % 3;
        const uint32_t ticket = limit.admit(who);
        if (ticket == kRefused) continue;
        if (++inside[who] > kMost) exceeded = true;
        --inside[who];
        limit.release(ticket);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(limit.clients(), 0u);
}

TEST(AddressLimit, RefusesASocketWithoutAPeer) {
  AddressLimit limit(1, 1, 1);
  const int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(unconnected, 0);
  EXPECT_EQ(limit.admit_peer(io::peer_of(unconnected)), kRefused);
  EXPECT_EQ(limit.clients(), 0u);
  close(unconnected);
}

}  // namespace
}  // namespace http::server
