#include "http/scenario/scenario.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace http::scenario {

namespace {

RouteTable table_of(const std::vector<RoutedPath>& paths) {
  std::vector<RouteTable::Path> entries;
  for (uint32_t i = 0; i < paths.size(); ++i) {
    entries.push_back(RouteTable::Path{paths[i].text, paths[i].is_prefix, i});
  }
  return RouteTable(std::move(entries));
}

}  // namespace

const Route* RoutedPath::route_for(Method method) const {
  for (const auto& route : routes) {
    if ((route->methods & bit(method)) != 0) return route.get();
  }
  return nullptr;
}

Scenario::Scenario(std::vector<RoutedPath> paths)
    : paths_(std::move(paths)), table_(table_of(paths_)) {
  for (const RoutedPath& path : paths_) {
    for (const auto& route : path.routes) {
      if (!route->body.empty()) bodies_.push_back(route->body);
    }
  }
  std::ranges::sort(bodies_, std::less<>(), &core::Bytes::data);  // of any two pointers
}

bool Scenario::owns(const char* byte) const {
  const auto behind = std::ranges::upper_bound(bodies_, byte, std::less<>(), &core::Bytes::data);
  if (behind == bodies_.begin()) return false;
  const core::Bytes body = *(behind - 1);
  return std::less<>()(byte, body.data() + body.size());
}

std::size_t Scenario::route_count() const {
  std::size_t count = 0;
  for (const RoutedPath& path : paths_) count += path.routes.size();
  return count;
}

uint64_t Scenario::body_bytes() const {
  uint64_t bytes = 0;
  for (const core::Bytes body : bodies_) bytes += body.size();
  return bytes;
}

}  // namespace http::scenario
