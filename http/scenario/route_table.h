// Which paths there are, and which of them a request's path is: the one that is equal to it, else
// the longest one that it begins with.
//
// Immutable after construction, so any thread. A look-up is a binary search and as many steps as
// paths are nested in each other; no allocation.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.h"

namespace http::scenario {

class RouteTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // A path, or with `is_prefix` all that begin with it. The text outlives the table.
  struct Path {
    core::Bytes text;
    bool is_prefix;
    uint32_t value;  // what find() gives; any number but kNone
  };

  // No two are the same.
  explicit RouteTable(std::vector<Path> paths);

  // The value of the path that is meant; kNone if there is none.
  uint32_t find(core::Bytes path) const;

 private:
  std::vector<Path> paths_;        // by text; of two with the same, the prefix comes first
  std::vector<uint32_t> parents_;  // of each: the next shorter prefix that it begins with, or kNone
};

}  // namespace http::scenario
