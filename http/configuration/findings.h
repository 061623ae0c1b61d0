// All that is wrong with a configuration file, for whoever wrote it: each finding with its place,
// so that a file is put right in one go.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "http/configuration/toml_document.h"

namespace http::configuration {

class Findings {
 public:
  // `message` is one line; what a terminal would obey in it is shown as '?'.
  void add(Position position, std::string message);
  bool empty() const { return findings_.empty(); }
  std::size_t size() const { return findings_.size(); }
  // "spate.toml:12:3: unknown key ..." and a line end, for each, in the order of the file.
  std::string text(core::Bytes file_name) const;

 private:
  struct Finding {
    Position position;
    std::string message;
  };

  std::vector<Finding> findings_;
};

// `text` between quotes, for a message: 40 bytes of it at most.
std::string in_quotes(core::Bytes text);

// The one of `names` that `name` is a slip of the pen from: no more than a third of its letters
// (and one of two or three) differ, are missing, too many or interchanged. Empty if there is none.
core::Bytes nearest_name(core::Bytes name, std::span<const core::Bytes> names);

// ": did you mean "delay"?", or nothing.
std::string hint(core::Bytes name, std::span<const core::Bytes> names);

}  // namespace http::configuration
