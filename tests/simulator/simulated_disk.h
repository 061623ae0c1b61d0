// The disk behind simulated files. A worker is given PromptFiles only, which never wait: what is
// cold, by chance and at every call anew, becomes a job. SimulatedDisk makes the calls of a job at
// some time and tells of them at a later one; files change, and connections end, before and
// between.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "http/server/file_jobs.h"
#include "tests/simulator/simulated_files.h"

namespace simulator {

class PromptFiles final : public core::FileSystem {
 public:
  PromptFiles(SimulatedFiles& files, Random& random, const FaultRates& faults, Trace& trace)
      : files_(files), random_(random), faults_(faults), trace_(trace) {}

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override {
    if (is_cold()) return core::SystemError{core::kWouldWait};
    return files_.status(path);
  }
  core::Result<core::FileId, core::SystemError> open(const char* path) override {
    if (is_cold()) return core::SystemError{core::kWouldWait};
    return files_.open(path);
  }
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override {
    return files_.status(file);
  }
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override {
    if (is_cold()) return core::SystemError{core::kWouldWait};
    return files_.read(file, out, size, offset);
  }
  void close(core::FileId file) override { files_.close(file); }
  core::Result<core::Directory, core::SystemError> list(const char* path,
                                                        std::size_t most) override {
    if (is_cold()) return core::SystemError{core::kWouldWait};
    return files_.list(path, most);
  }
  bool refresh_root() override { return !is_cold() && files_.refresh_root(); }

 private:
  bool is_cold() {
    if (!random_.chance(faults_[Fault::cold_call])) return false;
    trace_.inject(Fault::cold_call, 0);
    return true;
  }

  SimulatedFiles& files_;
  Random& random_;
  const FaultRates& faults_;
  Trace& trace_;
};

class SimulatedDisk final : public http::server::FileJobs {
 public:
  SimulatedDisk(SimulatedFiles& files, Timeline& timeline, Random& random, const FaultRates& faults,
                Trace& trace)
      : files_(files), timeline_(timeline), random_(random), faults_(faults), trace_(trace) {}

  void submit(http::server::FileJob& job) override {
    const uint64_t number = ++last_number_;
    if (job.is_open_to_others) uses_.push_back({&job, timeline_.now()});
    under_way_[number] = &job;
    trace_.note("the disk is asked", number, static_cast<int64_t>(job.calls.size()));
    timeline_.after(delay(), [this, number] { begin(number); });
  }
  void withdraw(const http::server::FileJobOwner& owner) override {
    std::erase_if(under_way_, [&owner](const auto& each) { return each.second->owner == &owner; });
  }

  // Whether a job that is not answered yet is asked for by that connection.
  bool is_awaited_by(core::Handle who) const {
    return std::any_of(under_way_.begin(), under_way_.end(), [who](const auto& each) {
      const auto& asking = each.second->asking;
      return std::find(asking.begin(), asking.end(), who) != asking.end();
    });
  }
  // Files that are open for jobs that are not answered yet.
  std::size_t open_count() const {
    std::size_t count = 0;
    for (const auto& [number, job] : under_way_) {
      count += static_cast<std::size_t>(
          std::count_if(job->calls.begin(), job->calls.end(),
                        [](const auto& call) { return call.file != core::kNoFile; }));
    }
    return count;
  }
  // At the end of a turn: jobs that are not under way now are the worker's again.
  void end_turn() {
    for (Use& use : uses_) {
      if (use.to != core::kNever) continue;
      const bool is_over = std::none_of(under_way_.begin(), under_way_.end(),
                                        [&](const auto& each) { return each.second == use.job; });
      if (is_over) use.to = timeline_.now();
    }
  }
  // Most jobs that were in use at one moment of [from, to], those of one turn together.
  std::size_t most_in_use(uint64_t from, uint64_t to) const {
    std::size_t most = 0;
    for (const Use& use : uses_) {
      const uint64_t moment = std::max(use.from, from);
      if (moment > to || use.to < from) continue;
      most = std::max(most, static_cast<std::size_t>(std::count_if(
                                uses_.begin(), uses_.end(), [moment](const Use& other) {
                                  return other.from <= moment && moment <= other.to;
                                })));
    }
    return most;
  }
  // Since when the oldest of the jobs was in use that were so during [from, to]; kNever if none
  // was.
  uint64_t oldest_job(uint64_t from, uint64_t to) const {
    uint64_t oldest = core::kNever;
    for (const Use& use : uses_) {
      if (use.from <= to && use.to >= from) oldest = std::min(oldest, use.from);
    }
    return oldest;
  }

 private:
  // Of one job by the worker, from its first call to the end of the turn that used the last answer.
  struct Use {
    const http::server::FileJob* job;
    uint64_t from;
    uint64_t to = core::kNever;
  };

  void begin(uint64_t number) {
    const auto found = under_way_.find(number);
    if (found == under_way_.end()) return;
    make_calls(*found->second, files_);
    timeline_.after(delay(), [this, number] { answer(number); });
  }
  void answer(uint64_t number) {
    const auto found = under_way_.find(number);
    if (found == under_way_.end()) return;
    http::server::FileJob& job = *found->second;
    under_way_.erase(found);
    trace_.note("the disk answers", number);
    job.owner->on_answer(job);
  }
  uint64_t delay() {
    if (random_.chance(faults_[Fault::very_cold])) {
      trace_.inject(Fault::very_cold, 0);
      return random_.below(40 * kSecond);
    }
    return random_.below(random_.chance(500) ? 100 * kMicrosecond : 20 * kMillisecond);
  }

  SimulatedFiles& files_;
  Timeline& timeline_;
  Random& random_;
  const FaultRates& faults_;
  Trace& trace_;
  uint64_t last_number_ = 0;
  std::map<uint64_t, http::server::FileJob*> under_way_;
  std::vector<Use> uses_;
};

}  // namespace simulator
