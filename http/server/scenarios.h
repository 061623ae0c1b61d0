// The routes that workers answer by, over time: those of the configuration file as it was read
// last, and earlier ones as long as an answer that is under way refers to them.
//
// The main thread's. Outlives the workers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "http/server/configuration.h"
#include "http/server/worker_thread.h"

namespace http::server {

class Scenarios {
 public:
  // Earlier ones that are kept. Who can not be rid of them, because clients read slowly, has to
  // wait with another change.
  static constexpr std::size_t kMostEarlier = 16;

  Scenarios(std::string file_name, std::unique_ptr<const scenario::Scenario> first);

  // Reads the file again and has the workers answer by it. With an error in it, all stays as it is.
  // Returns what there is to say about it: lines for a person.
  std::string reload(std::span<const std::unique_ptr<WorkerThread>> workers);

  // Frees the earlier ones that no worker uses any more.
  void release(std::span<const std::unique_ptr<WorkerThread>> workers);
  bool has_earlier() const { return scenarios_.size() > 1; }

 private:
  std::string file_name_;
  std::vector<std::unique_ptr<const scenario::Scenario>> scenarios_;  // the last one is in use
};

}  // namespace http::server
