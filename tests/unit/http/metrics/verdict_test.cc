#include "http/metrics/verdict.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace http::metrics {
namespace {

// A run that the server had no part in: two workers, ten seconds.
LoadFacts quiet_server() {
  LoadFacts facts;
  facts.seconds = 10;
  facts.requests = 1'000'000;
  facts.busy = {0.3, 0.32};
  facts.run_delay = {0.01, 0.01};
  facts.processors = 2;
  facts.idle = 0.5;
  facts.softirq = 0.1;
  facts.steal = 0;
  facts.accept_overflows = 0;
  facts.accept_drops = 0;
  facts.segments_sent = 2'000'000;
  facts.retransmits = 3;
  facts.zero_windows = 0;
  facts.window_probes = 0;
  return facts;
}

struct Case {
  const char* what;
  std::function<void(LoadFacts&)> change;
  Limit limit;
  const char* sentence;
};

const std::vector<Case> kCases = {
    {"nothing here", [](LoadFacts&) {}, Limit::client_or_network,
     "server used 31 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"of one worker it is its core", [](LoadFacts& facts) { facts.busy = {0.043}; },
     Limit::client_or_network,
     "server used 4.3 % of its core, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"overflows are not known", [](LoadFacts& facts) { facts.accept_overflows = std::nullopt; },
     Limit::client_or_network,
     "server used 31 % of its cores (whether the accept queue overflowed is not known here): the "
     "client or the network was the limit"},
    {"no load", [](LoadFacts& facts) { facts.seconds = 0; }, Limit::none,
     "there was no load to judge"},
    {"no workers", [](LoadFacts& facts) { facts.busy.clear(); }, Limit::none,
     "there was no load to judge"},
    {"no time left",
     [](LoadFacts& facts) {
       facts.busy = {0.97, 0.99};
     },
     Limit::server, "server used 98 % of its cores: the server was the limit"},
    {"from nine tenths on",
     [](LoadFacts& facts) {
       facts.busy = {0.9, 0.9};
     },
     Limit::server, "server used 90 % of its cores: the server was the limit"},
    {"and not before",
     [](LoadFacts& facts) {
       facts.busy = {0.89, 0.89};
     },
     Limit::client_or_network,
     "server used 89 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"a full server is the limit whatever else there is",
     [](LoadFacts& facts) {
       facts.busy = {0.97, 0.99};
       facts.accept_overflows = 1000;
       facts.retransmits = 100'000;
       facts.turned_away = 5;
       facts.idle = 0;
     },
     Limit::server, "server used 98 % of its cores: the server was the limit"},
    {"one is full",
     [](LoadFacts& facts) {
       facts.busy = {0.1, 0.99};
     },
     Limit::one_worker,
     "server used 55 % of its cores, but worker 1 used 99 % of one: connections are spread "
     "unevenly over the workers, and that one was the limit"},
    {"others have the processors",
     [](LoadFacts& facts) {
       facts.busy = {0.5, 0.5};
       facts.run_delay = {0.45, 0.45};
     },
     Limit::processors,
     "server used 50 % of its cores and waited 45 % of the time for one: other programs on these "
     "processors were the limit"},
    {"waits that left time are none",
     [](LoadFacts& facts) {
       facts.run_delay = {0.25, 0.25};
     },
     Limit::client_or_network,
     "server used 31 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"of waits that are not known nothing is said",
     [](LoadFacts& facts) {
       facts.run_delay = {std::nullopt, std::nullopt};
     },
     Limit::client_or_network,
     "server used 31 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"full of interrupts",
     [](LoadFacts& facts) {
       facts.idle = 0.01;
       facts.softirq = 0.6;
     },
     Limit::processors,
     "server used 31 % of its cores, but they were idle 1.0 % of the time: the kernel's work for "
     "the network on them was the limit"},
    {"full of others",
     [](LoadFacts& facts) {
       facts.idle = 0.0;
       facts.softirq = 0.02;
     },
     Limit::processors,
     "server used 31 % of its cores, but they were idle 0 % of the time: other programs on them "
     "were the limit"},
    {"full of others, who make the kernel work for the network too",
     [](LoadFacts& facts) {
       facts.busy = {0.41, 0.41};
       facts.run_delay = {0.43, 0.43};
       facts.idle = 0.0;
       facts.softirq = 0.27;
     },
     Limit::processors,
     "server used 41 % of its cores, but they were idle 0 % of the time: other programs on them "
     "were the limit"},
    {"a small server among others",
     [](LoadFacts& facts) {
       facts.processors = 8;
       facts.idle = 0.0;
       facts.softirq = 0.3;
     },
     Limit::processors,
     "server used 31 % of its cores, but they were idle 0 % of the time: other programs on them "
     "were the limit"},
    {"taken away",
     [](LoadFacts& facts) {
       facts.idle = 0.0004;
       facts.steal = 0.5;
     },
     Limit::processors,
     "server used 31 % of its cores, but they were idle less than 0.1 % of the time: the "
     "hypervisor, which gave them to others, was the limit"},
    {"out of descriptors", [](LoadFacts& facts) { facts.accept_errors = 12; }, Limit::descriptors,
     "server used 31 % of its cores, but accepting failed 12 times for want of descriptors or "
     "memory: that was the limit"},
    {"no room", [](LoadFacts& facts) { facts.turned_away = 1; }, Limit::connections,
     "server used 31 % of its cores, but 1 connection found no room: --max-connections was the "
     "limit"},
    {"too many of one", [](LoadFacts& facts) { facts.crowded = 7; }, Limit::connections,
     "server used 31 % of its cores, but 7 connections had too many of the same address before "
     "them: --max-connections-per-address was the limit"},
    {"overflow", [](LoadFacts& facts) { facts.accept_overflows = 17; }, Limit::accept_queue,
     "server used 31 % of its cores, but an accept queue overflowed 17 times: connections came in "
     "bursts that it could not hold (net.core.somaxconn)"},
    {"once", [](LoadFacts& facts) { facts.accept_overflows = 1; }, Limit::accept_queue,
     "server used 31 % of its cores, but an accept queue overflowed once: connections came in "
     "bursts that it could not hold (net.core.somaxconn)"},
    {"lost", [](LoadFacts& facts) { facts.retransmits = 46'000; }, Limit::network,
     "server used 31 % of its cores, accept queue never overflowed, but 2.3 % of the segments were "
     "sent again: the network lost them, and was the limit"},
    {"a little loss is nothing", [](LoadFacts& facts) { facts.retransmits = 19'999; },
     Limit::client_or_network,
     "server used 31 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"a few segments are no measure",
     [](LoadFacts& facts) {
       facts.segments_sent = 20;
       facts.retransmits = 9;
     },
     Limit::client_or_network,
     "server used 31 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
    {"slow readers", [](LoadFacts& facts) { facts.window_probes = 10; }, Limit::slow_readers,
     "server used 31 % of its cores, accept queue never overflowed, but 10 probes were sent to "
     "peers without room for more: clients that read too slowly were the limit"},
    {"one that stalls is no crowd", [](LoadFacts& facts) { facts.window_probes = 9; },
     Limit::client_or_network,
     "server used 31 % of its cores, accept queue never overflowed: the client or the network was "
     "the limit"},
};

TEST(Verdict, NamesTheLimitAndSaysWhy) {
  for (const Case& each : kCases) {
    LoadFacts facts = quiet_server();
    each.change(facts);
    const Verdict verdict = judge(facts);
    EXPECT_EQ(verdict.limit, each.limit) << each.what << ": " << name_of(verdict.limit);
    EXPECT_EQ(verdict.sentence, each.sentence) << each.what;
    EXPECT_EQ(verdict.details.empty(), each.limit == Limit::none) << each.what;
  }
}

std::string all_details(const LoadFacts& facts) {
  std::string text;
  for (const std::string& detail : judge(facts).details) text += detail + "\n";
  return text;
}

TEST(Verdict, DetailsTellEveryFact) {
  LoadFacts facts = quiet_server();
  facts.accept_drops = 21;
  facts.zero_windows = 22;
  EXPECT_EQ(all_details(facts),
            "busy, by worker: 30 %, 32 %\n"
            "ready to run, but without a processor: 1.0 %\n"
            "processors of the server: idle 50 %, network interrupts 10 %, taken by the hypervisor "
            "0 %\n"
            "accept queues overflowed, in the whole network namespace: 0\n"
            "connections dropped by listeners, in the whole network namespace: 21\n"
            "segments sent, in the whole network namespace: 2000000\n"
            "segments sent again, in the whole network namespace: 3\n"
            "zero windows told to peers, in the whole network namespace: 22\n"
            "probes of peers with a zero window, in the whole network namespace: 0\n");
}

// Where /proc is not there, a verdict is given from what the server knows itself, and all else is
// said to be unknown and not to be 0.
TEST(Verdict, WhatIsNotKnownIsSaidToBe) {
  LoadFacts facts;
  facts.seconds = 1;
  facts.busy = {0.5};
  facts.run_delay = {std::nullopt};
  EXPECT_EQ(judge(facts).limit, Limit::client_or_network);
  EXPECT_EQ(all_details(facts),
            "busy, by worker: 50 %\n"
            "ready to run, but without a processor: not known here\n"
            "processors of the server: idle not known here, network interrupts not known here, "
            "taken by the hypervisor not known here\n"
            "accept queues overflowed, in the whole network namespace: not known here\n"
            "connections dropped by listeners, in the whole network namespace: not known here\n"
            "segments sent, in the whole network namespace: not known here\n"
            "segments sent again, in the whole network namespace: not known here\n"
            "zero windows told to peers, in the whole network namespace: not known here\n"
            "probes of peers with a zero window, in the whole network namespace: not known here\n");
  facts.busy = {1.0};
  EXPECT_EQ(judge(facts).limit, Limit::server);
}

TEST(Verdict, EveryLimitHasItsName) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(Limit::client_or_network); ++i) {
    names.emplace_back(name_of(static_cast<Limit>(i)));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"none", "server", "one_worker", "processors",
                                             "connections", "descriptors", "accept_queue",
                                             "network", "slow_readers", "client_or_network"}));
}

}  // namespace
}  // namespace http::metrics
