// What held a load back: the server, the machine that it runs on, its limits, or none of them, and
// so the client or the network. From what was measured while the load lasted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace http::metrics {

// Of the seconds in which there was load. Shares are from 0 to 1, of the time that passed. What the
// machine does not tell is nothing, never 0.
struct LoadFacts {
  double seconds = 0;  // 0: there was no load
  uint64_t requests = 0;
  uint64_t bytes_sent = 0;
  // Of each worker: how much of one processor it used, and how long it was ready to run and had
  // none.
  std::vector<double> busy;
  std::vector<std::optional<double>> run_delay;
  // Of the processors that the server may use, all programs together. How many they are: 0 if that
  // is not known.
  double processors = 0;
  std::optional<double> idle;
  std::optional<double> softirq;  // the kernel's work for the network, as far as it is told apart
  std::optional<double> steal;    // taken by the hypervisor
  // Of the network namespace: of every program in it, so also of other servers and of clients.
  std::optional<uint64_t> accept_overflows;  // connections that found an accept queue full
  std::optional<uint64_t> accept_drops;      // the same and those refused for other reasons
  std::optional<uint64_t> segments_sent;
  std::optional<uint64_t> retransmits;    // segments that were sent again
  std::optional<uint64_t> zero_windows;   // times that a socket here told its peer to stop
  std::optional<uint64_t> window_probes;  // to peers that have no room for what is to be sent
  // Connections that spate itself did not serve: for want of room, by address, for want of
  // descriptors or memory.
  uint64_t turned_away = 0;
  uint64_t crowded = 0;
  uint64_t accept_errors = 0;

  double mean_busy() const;
  // Nothing if it is not known of any worker.
  std::optional<double> mean_run_delay() const;
};

enum class Limit : uint8_t {
  none,               // there was no load
  server,             // its workers had no time left
  one_worker,         // one of them had not, and the others did
  processors,         // others used the processors of the server
  connections,        // --max-connections, or --max-connections-per-address
  descriptors,        // accept() failed
  accept_queue,       // it overflowed although there was time
  network,            // it lost segments
  slow_readers,       // clients had no room for what was to be sent
  client_or_network,  // nothing here
};

// "client_or_network" and the like; these are stable names. Static storage.
const char* name_of(Limit limit);

struct Verdict {
  Limit limit = Limit::none;
  std::string sentence;
  std::vector<std::string> details;  // what else was seen, and what could not be
};

Verdict judge(const LoadFacts& facts);

}  // namespace http::metrics
