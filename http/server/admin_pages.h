// What is said on the admin address: the counters of all workers as Prometheus text and as JSON,
// and the verdict on the last load as text and as JSON; and a page that draws all of it.
//
//   /           the live page (page/live_page.h), which reads /stats once in a second
//   /metrics    Prometheus text, by worker: sums are Prometheus' business
//   /stats      JSON, by worker and summed, with the verdict
//   /histograms JSON: all that the histograms have, of all workers together
//   /verdict    one line and the reasons, as text; as JSON for who accepts that
//
// The names of metrics and of members are stable: new ones may come, and none changes its meaning.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "http/metrics/load_history.h"
#include "http/request.h"
#include "http/server/worker_thread.h"

namespace http::server {

struct AdminPage {
  core::Bytes media_type;  // static storage; empty: there is no such page
  std::string body;
  core::Bytes policy;  // Content-Security-Policy, static storage; empty: none
};

class AdminPages {
 public:
  // What does not change. Workers outlive the pages.
  struct Source {
    std::vector<const WorkerThread*> workers;
    const char* backend = "";  // static storage
    std::vector<int> cpus;     // that the server may use
    uint64_t started = 0;      // monotonic nanoseconds
  };

  explicit AdminPages(Source source);

  // Takes a sample for the verdict: once a second. Reads a few files of /proc, 0.2 ms.
  void sample(uint64_t now);
  // The answer to a GET or HEAD.
  AdminPage answer(const RequestHead& head);

 private:
  std::string metrics();
  std::string stats();
  std::string histograms();
  std::string verdict_text();
  std::string verdict_json();

  Source source_;
  metrics::LoadHistory history_;
};

}  // namespace http::server
