#include "http/semantics/media_type.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace http {
namespace {

struct KnownExtension {
  std::string_view name;  // lower case
  std::string_view type;
};

constexpr KnownExtension kKnown[] = {
#include "http/semantics/media_type_table.inc"
};

constexpr std::size_t kLongest =
    std::ranges::max(kKnown, {}, [](const KnownExtension& e) { return e.name.size(); }).name.size();

static_assert(std::ranges::adjacent_find(kKnown, std::ranges::greater_equal{},
                                         &KnownExtension::name) == std::ranges::end(kKnown),
              "the binary search needs names that are sorted and differ");

std::string_view extension_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0: all of it
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  return name.substr(dot + 1);
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

std::string_view media_type(std::string_view path) {
  constexpr std::string_view kUnknown = "application/octet-stream";
  const std::string_view extension = extension_of(path);
  if (extension.empty() || extension.size() > kLongest) return kUnknown;

  std::array<char, kLongest> buffer;
  std::ranges::transform(extension, buffer.begin(), lower);
  const std::string_view name(buffer.data(), extension.size());

  const auto* found = std::ranges::lower_bound(kKnown, name, {}, &KnownExtension::name);
  if (found == std::ranges::end(kKnown) || found->name != name) return kUnknown;
  return found->type;
}

}  // namespace http
