#include "http/server/worker_thread.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <future>
#include <new>
#include <thread>
#include <utility>

#include "io/epoll_backend.h"
#include "io/uring_backend.h"

namespace http::server {

namespace {

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &set);
  // Not being allowed to is no reason not to serve.
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

template <io::Backend B>
class BackendWorkerThread final : public WorkerThread {
 public:
  ~BackendWorkerThread() override {
    if (thread_.joinable()) {
      worker_->stop();
      thread_.join();
    }
  }

  core::Result<bool> start(WorkerStart start) {
    std::promise<core::Result<bool>> promise;
    std::future<core::Result<bool>> ready = promise.get_future();
    thread_ = std::thread([this, start = std::move(start), &promise] {
      core::Result<bool> prepared = prepare(start);
      const bool runs = prepared.ok();
      promise.set_value(std::move(prepared));
      if (runs) serve(start.ended_event);
    });
    core::Result<bool> result = ready.get();
    if (!result.ok()) thread_.join();
    return result;
  }

  void drain() override { worker_->drain(); }
  void stop() override { worker_->stop(); }
  void change_scenario(const scenario::Scenario& scenario) override {
    worker_->change_scenario(scenario);
  }
  const scenario::Scenario* settled_scenario() const override {
    return worker_->settled_scenario();
  }
  void join() override { thread_.join(); }
  const WorkerCounters& counters() const override { return worker_->counters(); }
  const ServiceTimes* service_times() const override { return worker_->service_times(); }
  ThreadName name() const override { return name_; }

 private:
  // On the worker's thread: its backend belongs to it, and its memory is first touched by it.
  core::Result<bool> prepare(const WorkerStart& start) {
    name_.id = gettid();
    pthread_getcpuclockid(pthread_self(), &name_.clock);
    if (start.cpu >= 0) pin_to(start.cpu);
    const WorkerConfiguration& configuration = start.budget.worker;
    try {
      auto backend = B::create(io::Capacity{configuration.connections + kAcceptSlack,
                                            static_cast<uint32_t>(start.listeners.size())});
      if (!backend.ok()) return backend.error();
      backend_ = std::move(*backend);
      worker_ = std::make_unique<Worker<B>>(configuration, start.files, start.jobs, *backend_,
                                            start.address_limit, start.refusal);
    } catch (const std::bad_alloc&) {
      return core::Error{"cannot reserve " + format_bytes(start.budget.worker_bytes()) +
                         " of memory for a worker: lower --max-connections or --cache-size"};
    }
    for (const int listener : start.listeners) worker_->listen(listener);
    return true;
  }

  void serve(int ended_event) {
    worker_->run();
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(ended_event, &one, sizeof(one));
  }

  // The backend goes first: it ends what still sends from the worker's memory.
  std::unique_ptr<Worker<B>> worker_;
  std::unique_ptr<B> backend_;
  ThreadName name_{};
  std::thread thread_;
};

template <io::Backend B>
core::Result<std::unique_ptr<WorkerThread>> start_on(WorkerStart start) {
  auto thread = std::make_unique<BackendWorkerThread<B>>();
  core::Result<bool> started = thread->start(std::move(start));
  if (!started.ok()) return started.error();
  return std::unique_ptr<WorkerThread>(std::move(thread));
}

}  // namespace

core::Result<std::unique_ptr<WorkerThread>> start_worker(bool uring, WorkerStart start) {
  return uring ? start_on<io::UringBackend>(std::move(start))
               : start_on<io::EpollBackend>(std::move(start));
}

}  // namespace http::server
