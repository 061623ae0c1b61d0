#include "http/configuration/findings.h"

#include <algorithm>
#include <utility>

namespace http::configuration {

namespace {

// The number of letters that are changed, left out, put in or interchanged with their neighbour
// (Damerau and Levenshtein's distance, of adjacent letters).
std::size_t distance(core::Bytes a, core::Bytes b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({changed, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

void Findings::add(Position position, std::string message) {
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  findings_.push_back(Finding{position, std::move(message)});
}

std::string Findings::text(core::Bytes file_name) const {
  std::vector<Finding> sorted = findings_;
  std::ranges::stable_sort(sorted, {}, &Finding::position);
  std::string text;
  for (const Finding& finding : sorted) {
    text += std::string(file_name) + ":" + std::to_string(finding.position.line) + ":" +
            std::to_string(finding.position.column) + ": " + finding.message + "\n";
  }
  return text;
}

std::string in_quotes(core::Bytes text) {
  constexpr std::size_t kMostShown = 40;
  const bool is_long = text.size() > kMostShown;
  return "\"" + std::string(text.substr(0, kMostShown)) + (is_long ? "...\"" : "\"");
}

core::Bytes nearest_name(core::Bytes name, std::span<const core::Bytes> names) {
  constexpr std::size_t kLongest = 64;  // of what can be a slip
  core::Bytes nearest;
  if (name.size() > kLongest) return nearest;
  std::size_t least = name.size() < 4 ? 2 : name.size() / 3 + 1;
  for (const core::Bytes candidate : names) {
    const std::size_t between = distance(name, candidate);
    if (between >= least) continue;
    least = between;
    nearest = candidate;
  }
  return nearest;
}

std::string hint(core::Bytes name, std::span<const core::Bytes> names) {
  const core::Bytes nearest = nearest_name(name, names);
  return nearest.empty() ? "" : ": did you mean " + in_quotes(nearest) + "?";
}

}  // namespace http::configuration
