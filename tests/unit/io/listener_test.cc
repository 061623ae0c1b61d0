#include "io/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/support/faults.h"

namespace io {
namespace {

// --- parse_address ------------------------------------------------------------------------------

struct AddressCase {
  std::string text;
  std::string host;
  uint16_t port;
  bool ipv6;
};

TEST(ParseAddress, Valid) {
  for (const AddressCase& c : std::vector<AddressCase>{
           {"127.0.0.1:8080", "127.0.0.1", 8080, false},
           {"0.0.0.0:1", "0.0.0.0", 1, false},
           {"10.1.2.3:0", "10.1.2.3", 0, false},
           {"10.1.2.3:65535", "10.1.2.3", 65535, false},
           {"localhost:80", "127.0.0.1", 80, false},
           {"[::1]:8080", "::1", 8080, true},
           {"[::]:8080", "::", 8080, true},
           {":8080", "::", 8080, true},
           {":0", "::", 0, true},
           {"[2001:DB8::1]:443", "2001:db8::1", 443, true},
           {"[0:0:0:0:0:0:0:0]:1", "::", 1, true},
           {"[0::1]:1", "::1", 1, true},
           {"[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", 1, true},
           {"1.2.3.4:0080", "1.2.3.4", 80, false},
       }) {
    const auto address = parse_address(c.text);
    ASSERT_TRUE(address.ok()) << c.text;
    EXPECT_EQ(address.value().host, c.host) << c.text;
    EXPECT_EQ(address.value().port, c.port) << c.text;
    EXPECT_EQ(address.value().ipv6, c.ipv6) << c.text;
  }
}

TEST(ParseAddress, Invalid) {
  for (const std::string& text : std::vector<std::string>{"",
                                                          ":",
                                                          "8080",
                                                          "127.0.0.1",
                                                          "127.0.0.1:",
                                                          "127.0.0.1:x",
                                                          "127.0.0.1:-1",
                                                          "127.0.0.1:+1",
                                                          "127.0.0.1: 1",
                                                          "127.0.0.1:1 ",
                                                          "127.0.0.1:65536",
                                                          "127.0.0.1:80808080",
                                                          "127.0.0.1:0x50",
                                                          "127.0.0.1:80:90",
                                                          "127.0.0:80",
                                                          "127.1:80",
                                                          "256.0.0.1:80",
                                                          "1.2.3.4.5:80",
                                                          "::1:8080",
                                                          "::1",
                                                          "[::1]",
                                                          "[::1]:",
                                                          "[::1]8080",
                                                          "[]:80",
                                                          "[::1:80",
                                                          "::1]:80",
                                                          "[::g]:80",
                                                          "[127.0.0.1]:80",
                                                          "[fe80::1%eth0]:80",
                                                          "example.org:80",
                                                          "Localhost:80",
                                                          "http://127.0.0.1:80",
                                                          "127.0.0.1:80/",
                                                          "*:80",
                                                          " 127.0.0.1:80"}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address.ok()) << text << " is " << address.value().text();
    EXPECT_EQ(address.error().message,
              "\"" + text + "\" is not ADDR:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080");
  }
}

TEST(ParseAddress, TextIsReadAgainAsTheSame) {
  for (const char* text : {"127.0.0.1:8080", "[::1]:8080", "[::]:1", "0.0.0.0:0"}) {
    EXPECT_EQ(parse_address(text).value().text(), text);
  }
}

// --- listen_on ----------------------------------------------------------------------------------

// Listeners that are closed at the end.
class Listeners {
 public:
  explicit Listeners(const std::string& text, uint32_t count = 1)
      : address(parse_address(text).value()) {
    auto opened = listen_on(address, count);
    if (opened.ok()) {
      descriptors = opened.value();
    } else {
      error = opened.error().message;
    }
  }
  ~Listeners() {
    for (const int descriptor : descriptors) close(descriptor);
  }

  Address address;
  std::vector<int> descriptors;
  std::string error;
};

int option_of(int descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(getsockopt(descriptor, level, name, &value, &size), 0);
  return value;
}

// A connection to a port of this machine, or -1.
int connect_to(const std::string& host, uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (host.find(':') != std::string::npos) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    inet_pton(AF_INET6, host.c_str(), &in6->sin6_addr);
    size = sizeof(*in6);
  } else {
    auto* in = reinterpret_cast<sockaddr_in*>(&storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &in->sin_addr);
    size = sizeof(*in);
  }
  const int descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&storage), size) == 0) return descriptor;
  close(descriptor);
  return -1;
}

bool has_ipv6() {
  const int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool bound =
      bind(descriptor, reinterpret_cast<sockaddr*>(&loopback), sizeof(loopback)) == 0;
  close(descriptor);
  return bound;
}

// Which of the listeners has a connection waiting; takes it.
int accept_one(const std::vector<int>& listeners, std::size_t* which = nullptr) {
  std::vector<pollfd> events;
  for (const int listener : listeners) events.push_back({listener, POLLIN, 0});
  if (poll(events.data(), events.size(), 2000) <= 0) return -1;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if ((events[i].revents & POLLIN) == 0) continue;
    if (which != nullptr) *which = i;
    return accept4(listeners[i], nullptr, nullptr, SOCK_CLOEXEC);
  }
  return -1;
}

TEST(ListenOn, PortZeroBecomesAFreePort) {
  Listeners first("127.0.0.1:0");
  Listeners second("127.0.0.1:0");
  ASSERT_EQ(first.error, "");
  ASSERT_EQ(second.error, "");
  EXPECT_NE(first.address.port, 0);
  EXPECT_NE(first.address.port, second.address.port);
  const int client = connect_to("127.0.0.1", first.address.port);
  ASSERT_GE(client, 0);
  const int accepted = accept_one(first.descriptors);
  EXPECT_GE(accepted, 0);
  close(accepted);
  close(client);
}

TEST(ListenOn, ListenersAreReadyForAWorker) {
  Listeners listeners("127.0.0.1:0", 3);
  ASSERT_EQ(listeners.descriptors.size(), 3u);
  for (const int descriptor : listeners.descriptors) {
    EXPECT_NE(fcntl(descriptor, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(option_of(descriptor, SOL_SOCKET, SO_REUSEPORT), 1);
    EXPECT_EQ(option_of(descriptor, SOL_SOCKET, SO_ACCEPTCONN), 1);
  }
}

TEST(ListenOn, AcceptedSocketsInheritNoDelay) {
  Listeners listeners("127.0.0.1:0");
  const int client = connect_to("127.0.0.1", listeners.address.port);
  ASSERT_GE(client, 0);
  const int accepted = accept_one(listeners.descriptors);
  ASSERT_GE(accepted, 0);
  EXPECT_NE(option_of(accepted, IPPROTO_TCP, TCP_NODELAY), 0);
  close(accepted);
  close(client);
}

// The kernel spreads connections over the listeners of all workers.
TEST(ListenOn, ConnectionsAreSpread) {
  Listeners listeners("127.0.0.1:0", 4);
  std::vector<int> counts(4);
  for (int i = 0; i < 200; ++i) {
    const int client = connect_to("127.0.0.1", listeners.address.port);
    ASSERT_GE(client, 0);
    std::size_t which = 0;
    const int accepted = accept_one(listeners.descriptors, &which);
    ASSERT_GE(accepted, 0);
    ++counts[which];
    close(accepted);
    close(client);
  }
  for (const int count : counts) EXPECT_GT(count, 10);
}

// Another server of the same user listens there, also with SO_REUSEPORT: joining it by mistake
// would share its connections at random.
TEST(ListenOn, ABusyPort) {
  Listeners first("127.0.0.1:0", 2);
  ASSERT_EQ(first.error, "");
  const std::string text = first.address.text();
  Listeners second(text, 2);
  EXPECT_TRUE(second.descriptors.empty());
  EXPECT_EQ(second.error, "cannot listen on " + text +
                              ": Address already in use (another program has this port: stop it, "
                              "or choose another port)");
  // Of every address, too.
  Listeners every("0.0.0.0:" + std::to_string(first.address.port));
  EXPECT_TRUE(every.descriptors.empty());
  if (has_ipv6()) {
    Listeners both(":" + std::to_string(first.address.port));
    EXPECT_TRUE(both.descriptors.empty());
  }
}

TEST(ListenOn, APortThatIsBoundAndDoesNotListen) {
  const int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(holder, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  socklen_t size = sizeof(address);
  getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size);
  Listeners listeners("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  EXPECT_TRUE(listeners.descriptors.empty());
  EXPECT_NE(listeners.error.find("Address already in use"), std::string::npos);
  close(holder);
}

// A port that a server used a moment ago is free again: old connections in TIME_WAIT do not count.
TEST(ListenOn, APortThatWasJustInUse) {
  uint16_t port = 0;
  {
    Listeners first("127.0.0.1:0");
    port = first.address.port;
    const int client = connect_to("127.0.0.1", port);
    const int accepted = accept_one(first.descriptors);
    close(accepted);  // closes first, so that its side is left in TIME_WAIT
    close(client);
  }
  Listeners again("127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(again.error, "");
}

TEST(ListenOn, AnAddressOfAnotherMachine) {
  Listeners listeners("192.0.2.1:8080");
  EXPECT_EQ(listeners.error,
            "cannot listen on 192.0.2.1:8080: Cannot assign requested address (no interface of "
            "this machine has this address)");
}

// --- what the kernel refuses --------------------------------------------------------------------

using test_support::Call;
using test_support::Fault;

TEST(ListenOn, SaysWhatThePortNeeds) {
  const Fault fault(Call::bind, EACCES);
  EXPECT_EQ(
      Listeners("127.0.0.1:80").error,
      "cannot listen on 127.0.0.1:80: Permission denied (ports below 1024 need the capability "
      "CAP_NET_BIND_SERVICE)");
}

TEST(ListenOn, WithoutIPv6EveryAddressIsEveryIPv4Address) {
  const Fault fault(Call::socket, EAFNOSUPPORT, 1);
  Listeners listeners(":0", 2);
  EXPECT_EQ(listeners.error, "");
  EXPECT_EQ(listeners.address.host, "0.0.0.0");
  EXPECT_EQ(listeners.descriptors.size(), 2u);
}

TEST(ListenOn, WithoutIPv6NoOtherAddressStandsInForOne) {
  const Fault fault(Call::socket, EAFNOSUPPORT);
  EXPECT_EQ(Listeners("[::1]:0").error,
            "cannot listen on [::1]:0: Address family not supported by protocol");
}

// Whichever of the calls fails, and for whichever worker's socket: nothing stays open.
TEST(ListenOn, LeavesNothingOpen) {
  const int before = dup(0);
  close(before);
  for (const Call call : {Call::socket, Call::bind, Call::listen}) {
    for (uint32_t spared = 0; spared < 4; ++spared) {
      const Fault fault(call, ENOBUFS, Fault::kAlways, spared);
      const Listeners listeners("127.0.0.1:0", 3);
      EXPECT_NE(listeners.error.find("No buffer space available"), std::string::npos);
      EXPECT_TRUE(listeners.descriptors.empty());
      EXPECT_EQ(fault.struck(), 1u);
    }
  }
  const int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

TEST(ListenOn, IPv6) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  Listeners listeners("[::1]:0", 2);
  ASSERT_EQ(listeners.error, "");
  EXPECT_EQ(listeners.address.text(), "[::1]:" + std::to_string(listeners.address.port));
  const int client = connect_to("::1", listeners.address.port);
  EXPECT_GE(client, 0);
  close(client);
  EXPECT_EQ(connect_to("127.0.0.1", listeners.address.port), -1);
  EXPECT_EQ(option_of(listeners.descriptors[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

TEST(ListenOn, EveryAddressOfBothFamilies) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  for (const char* text : {":0", "[::]:0", "[0::0]:0"}) {
    Listeners listeners(text, 2);
    ASSERT_EQ(listeners.error, "");
    for (const char* host : {"127.0.0.1", "::1"}) {
      const int client = connect_to(host, listeners.address.port);
      EXPECT_GE(client, 0) << host << " for " << text;
      const int accepted = accept_one(listeners.descriptors);
      EXPECT_GE(accepted, 0);
      EXPECT_NE(option_of(accepted, IPPROTO_TCP, TCP_NODELAY), 0);
      close(accepted);
      close(client);
    }
  }
}

// Nothing stays open after a failure.
TEST(ListenOn, FailureClosesEverything) {
  Listeners first("127.0.0.1:0");
  const int before = dup(0);
  close(before);
  for (int i = 0; i < 20; ++i) Listeners(first.address.text(), 4);
  const int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

// A kernel that does not tell tells of an empty queue, which is left as it is.
TEST(AcceptQueueOf, WhatCanNotBeTold) {
  const int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const AcceptQueue queue = accept_queue_of(none);
  EXPECT_EQ(queue.waiting, 0U);
  EXPECT_EQ(queue.dropped, 0U);
  close(none);
}

}  // namespace
}  // namespace io
