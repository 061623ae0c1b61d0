#include "http/scenario/route_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace http::scenario {

RouteTable::RouteTable(std::vector<Path> paths)
    : paths_(std::move(paths)), parents_(paths_.size(), kNone) {
  std::ranges::sort(paths_, {},
                    [](const Path& path) { return std::make_tuple(path.text, !path.is_prefix); });
  // The prefixes of a path are the last prefix before it and the parents of that, as far as it
  // begins with them.
  uint32_t last = kNone;
  for (uint32_t i = 0; i < paths_.size(); ++i) {
    while (last != kNone && !paths_[i].text.starts_with(paths_[last].text)) last = parents_[last];
    parents_[i] = last;
    if (paths_[i].is_prefix) last = i;
  }
}

// Every prefix of `path` stands at or before the last text that is not greater than `path`, and is
// a prefix of all texts between the two: so of that last one.
uint32_t RouteTable::find(core::Bytes path) const {
  const auto behind = std::ranges::upper_bound(paths_, path, {}, &Path::text);
  if (behind == paths_.begin()) return kNone;
  auto at = static_cast<uint32_t>(behind - paths_.begin() - 1);
  while (at != kNone) {
    const Path& candidate = paths_[at];
    const bool fits =
        candidate.is_prefix ? path.starts_with(candidate.text) : path == candidate.text;
    if (fits) return candidate.value;
    at = parents_[at];
  }
  return kNone;
}

}  // namespace http::scenario
