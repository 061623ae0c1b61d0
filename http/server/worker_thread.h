// A worker with its backend on a thread of its own, as the main thread holds it.
#pragma once

#include <ctime>
#include <memory>
#include <vector>

#include "core/file_system.h"
#include "core/result.h"
#include "http/server/budget.h"
#include "http/server/worker.h"

namespace http::server {

// What the kernel knows a thread by.
struct ThreadName {
  int id;           // in /proc/self/task
  clockid_t clock;  // of its processor time
};

// Virtual, because only start and end go through it.
class WorkerThread {
 public:
  virtual ~WorkerThread() = default;

  // As Worker's; from the main thread or a signal handler, also after the worker has ended.
  virtual void drain() = 0;
  virtual void stop() = 0;
  // As Worker's, from the main thread.
  virtual void change_scenario(const scenario::Scenario& scenario) = 0;
  virtual const scenario::Scenario* settled_scenario() const = 0;
  // Waits for the end of the thread.
  virtual void join() = 0;
  // From any thread, also while it serves.
  virtual const WorkerCounters& counters() const = 0;
  // Null unless WorkerConfiguration::measures_times.
  virtual const ServiceTimes* service_times() const = 0;
  virtual ThreadName name() const = 0;
};

// What a worker is started with; references outlive the worker.
struct WorkerStart {
  const Budget& budget;
  core::FileSystem& files;  // does not wait for the disk
  FileJobs& jobs;
  AddressLimit* address_limit;  // or null: no limit
  Refusal* refusal;             // or null: there is no load-test target
  std::vector<int> listeners;   // taken over
  int cpu;                      // to pin to, or -1
  int ended_event;              // eventfd that gets 1 when the worker ends
};

// Returns when the worker is ready to serve, or with the reason why it can not.
core::Result<std::unique_ptr<WorkerThread>> start_worker(bool uring, WorkerStart start);

}  // namespace http::server
