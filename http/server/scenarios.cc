#include "http/server/scenarios.h"

#include <algorithm>
#include <utility>

namespace http::server {

Scenarios::Scenarios(std::string file_name, std::unique_ptr<const scenario::Scenario> first)
    : file_name_(std::move(file_name)) {
  scenarios_.push_back(std::move(first));
}

std::string Scenarios::reload(std::span<const std::unique_ptr<WorkerThread>> workers) {
  release(workers);
  if (scenarios_.size() > kMostEarlier) {
    return "spate: the routes stay as they are: answers by " + std::to_string(kMostEarlier) +
           " earlier versions of them are still being sent\n";
  }
  auto configuration = read_configuration(file_name_);
  if (!configuration.ok()) {
    return configuration.error().text + "spate: the routes stay as they are\n";
  }
  scenarios_.push_back(std::move(configuration->scenario));
  const scenario::Scenario& scenario = *scenarios_.back();
  for (const auto& worker : workers) worker->change_scenario(scenario);
  return "spate: " + file_name_ + " was read again: " + std::to_string(scenario.route_count()) +
         (scenario.route_count() == 1 ? " route\n" : " routes\n");
}

void Scenarios::release(std::span<const std::unique_ptr<WorkerThread>> workers) {
  auto first = scenarios_.end() - 1;
  for (const auto& worker : workers) {
    const auto settled = std::ranges::find(
        scenarios_, worker->settled_scenario(),
        [](const std::unique_ptr<const scenario::Scenario>& scenario) { return scenario.get(); });
    first = std::min(first, settled);
  }
  scenarios_.erase(scenarios_.begin(), first);
}

}  // namespace http::server
