// What the kernel counts, of the network, the processors and one thread, from /proc. Every file may
// be missing, in a container or with another kernel; what is not told is nothing.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "http/metrics/load_history.h"

namespace http::server {

// `prefix` is put in front of every path, for tests.

// From /proc/net/netstat and /proc/net/snmp: of the network namespace of this process.
metrics::LoadSample::Network read_network_counters(const std::string& prefix = "");

// The sum of these processors, from /proc/stat. Nothing if one of them is not told.
std::optional<metrics::LoadSample::Processors> read_processor_times(const std::vector<int>& cpus,
                                                                    const std::string& prefix = "");

// How long a thread of this process was ready to run and had no processor, in nanoseconds, from
// /proc/self/task/ID/schedstat. Nothing where the kernel does not count it (CONFIG_SCHED_INFO).
std::optional<uint64_t> read_run_delay(int thread_id, const std::string& prefix = "");

// Nanoseconds that a thread has spent on a processor, by its clock. Nothing when it has ended.
std::optional<uint64_t> read_cpu_time(clockid_t clock);

}  // namespace http::server
