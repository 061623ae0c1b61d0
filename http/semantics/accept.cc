#include "http/semantics/accept.h"

#include <algorithm>
#include <optional>

#include "core/ascii.h"
#include "http/semantics/token.h"
#include "http/semantics/weight.h"

namespace http {
namespace {

core::Bytes take(core::Bytes& text, std::size_t length) {
  const core::Bytes taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

// media-range [ weight ]
struct MediaRange {
  core::Bytes type;
  core::Bytes subtype;
  bool has_parameters = false;
  uint16_t weight = kFullWeight;
};

// *( OWS ";" OWS [ parameter ] ), through the space behind it. False if it is malformed.
bool take_parameters(core::Bytes& text, MediaRange& range) {
  for (;;) {
    text = without_leading_blanks(text);
    if (!text.starts_with(';')) return true;
    text.remove_prefix(1);
    text = without_leading_blanks(text);
    const core::Bytes name = take(text, token_length(text));
    if (name.empty()) continue;
    if (!text.starts_with('=')) return false;
    text.remove_prefix(1);
    const core::Bytes value = take(text, std::max(token_length(text), quoted_string_length(text)));
    if (value.empty()) return false;
    if (core::equals_ignoring_case(name, "q")) {
      const std::optional<uint16_t> weight = parse_weight(value);
      if (!weight) return false;
      range.weight = *weight;
    } else {
      range.has_parameters = true;
    }
  }
}

// Takes one element and the space behind it off `text`, as far as it is well-formed.
std::optional<MediaRange> take_media_range(core::Bytes& text) {
  MediaRange range;
  range.type = take(text, token_length(text));
  if (range.type.empty() || !text.starts_with('/')) return std::nullopt;
  text.remove_prefix(1);
  range.subtype = take(text, token_length(text));
  if (range.subtype.empty() || (range.type == "*" && range.subtype != "*")) return std::nullopt;
  if (!take_parameters(text, range)) return std::nullopt;
  return range;
}

// Takes what is left of an element off, through its comma, which is not one in a quoted string. A
// quoted string that does not end takes all the rest with it: no byte is looked at once per quote.
void skip_element(core::Bytes& text) {
  while (!text.empty() && !text.starts_with(',')) {
    const std::size_t length = text.starts_with('"') ? quoted_string_length(text) : 1;
    text.remove_prefix(length > 0 ? length : text.size());
  }
  if (!text.empty()) text.remove_prefix(1);
}

uint8_t specificity_for(const MediaRange& range, core::Bytes type, core::Bytes subtype) {
  if (range.type == "*") return 1;
  if (!core::equals_ignoring_case(range.type, type)) return 0;
  if (range.subtype == "*") return 2;
  return core::equals_ignoring_case(range.subtype, subtype) ? 3 : 0;
}

// The best match so far.
class Best {
 public:
  explicit Best(core::Bytes type)
      : type_(type.substr(0, type.find('/'))), subtype_(type.substr(type_.size() + 1)) {}

  void read(core::Bytes list) {
    for (; !list.empty(); skip_element(list)) {
      list = without_leading_blanks(list);
      const std::optional<MediaRange> range = take_media_range(list);
      if (range && (list.empty() || list.starts_with(','))) consider(*range);
    }
  }

  AcceptMatch match() const { return match_; }

 private:
  void consider(const MediaRange& range) {
    const uint8_t specificity = specificity_for(range, type_, subtype_);
    if (specificity == 0) return;
    const auto rank = static_cast<uint8_t>(2 * specificity - (range.has_parameters ? 1 : 0));
    if (rank < rank_ || (rank == rank_ && range.weight <= match_.weight)) return;
    rank_ = rank;
    match_ = {range.weight, specificity};
  }

  core::Bytes type_;
  core::Bytes subtype_;
  uint8_t rank_ = 0;  // by specificity, then without parameters
  AcceptMatch match_;
};

}  // namespace

AcceptMatch match_accept(const RequestHead& head, core::Bytes type) {
  if (!head.has(FieldName::accept)) return {kFullWeight, 1};
  Best best(type);
  for (uint32_t i = 0; i < head.field_count; ++i) {
    if (head.fields[i].name == FieldName::accept) best.read(head.value_of(head.fields[i]));
  }
  return best.match();
}

bool prefers(const RequestHead& head, core::Bytes wanted, core::Bytes fallback) {
  const AcceptMatch a = match_accept(head, wanted);
  const AcceptMatch b = match_accept(head, fallback);
  if (a.weight != b.weight) return a.weight > b.weight;
  return a.weight != 0 && a.specificity > b.specificity;
}

}  // namespace http
