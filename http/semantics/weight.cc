#include "http/semantics/weight.h"

namespace http {

std::optional<uint16_t> parse_weight(core::Bytes text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  uint32_t weight = text[0] == '1' ? kFullWeight : 0;
  uint32_t place = 100;
  for (const char digit : text.substr(text.size() > 1 ? 2 : 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += static_cast<uint32_t>(digit - '0') * place;
    place /= 10;
  }
  if (weight > kFullWeight) return std::nullopt;
  return static_cast<uint16_t>(weight);
}

}  // namespace http
