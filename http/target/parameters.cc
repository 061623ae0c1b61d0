#include "http/target/parameters.h"

#include <charconv>
#include <cmath>

#include "core/hexadecimal.h"

namespace http::target {

namespace {

// The number at the start of `text`, and what is behind it.
std::optional<uint64_t> take_number(core::Bytes& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<uint64_t> parse_count(core::Bytes text) {
  const auto value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<uint64_t> parse_size(core::Bytes text) {
  const auto value = take_number(text);
  const auto shift = shift_of_unit(text);
  if (!value || !shift || *value > UINT64_MAX >> *shift) return std::nullopt;
  return *value << *shift;
}

std::optional<uint64_t> parse_time(core::Bytes text) {
  SpecificationReader reader(text);
  double nanoseconds = 0;
  if (!reader.duration(nanoseconds) || !reader.at_end()) return std::nullopt;
  return static_cast<uint64_t>(std::llround(nanoseconds));
}

std::optional<core::Bytes> percent_decode(core::Bytes text, std::span<char> out,
                                          StrayPercent stray) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size == out.size()) return std::nullopt;
    if (text[i] != '%') {
      out[size++] = text[i];
      continue;
    }
    constexpr unsigned kNone = 16;
    const bool is_cut = text.size() - i < 3;
    const unsigned high = is_cut ? kNone : core::hex_value(text[i + 1]);
    const unsigned low = is_cut ? kNone : core::hex_value(text[i + 2]);
    if ((high | low) < kNone) {
      out[size++] = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (stray == StrayPercent::stands_for_itself) {
      out[size++] = '%';
    } else {
      return std::nullopt;
    }
  }
  return core::Bytes(out.data(), size);
}

void Problem::report(core::Bytes usage, core::Bytes name, core::Bytes expected,
                     std::optional<core::Bytes> found) {
  if (any()) return;
  core::TextWriter writer(text_, sizeof(text_));
  writer.put(usage).put(": ").put(name).put(" must be ").put(expected);
  if (!found) {
    writer.put(", but is missing\n");
  } else {
    writer.put(", found '").put(found->substr(0, kMostShown));
    writer.put(found->size() > kMostShown ? "...'\n" : "'\n");
  }
  size_ = writer.size();
}

void Problem::report(core::Bytes usage, core::Bytes name, const SpecificationError& error) {
  if (any()) return;
  core::TextWriter writer(text_, sizeof(text_));
  writer.put(usage).put(": ").put(name).put(": ").put(error.text()).put("\n");
  size_ = writer.size();
}

bool QueryParameters::next(core::Bytes& name, core::Bytes& value) {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('&');
    const core::Bytes parameter = rest_.substr(0, end);
    rest_ = end == core::Bytes::npos ? core::Bytes() : rest_.substr(end + 1);
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    name = parameter.substr(0, equals);
    value = equals == core::Bytes::npos ? core::Bytes() : parameter.substr(equals + 1);
    return true;
  }
  return false;
}

std::optional<core::Bytes> ParameterReader::take_segment() {
  if (path_.size() < 2) return std::nullopt;
  const std::size_t end = path_.find('/', 1);
  const core::Bytes segment = path_.substr(1, end == core::Bytes::npos ? end : end - 1);
  path_ = end == core::Bytes::npos ? core::Bytes() : path_.substr(end);
  return segment;
}

core::Bytes ParameterReader::segment(core::Bytes name, core::Bytes expected) {
  const auto segment = take_segment();
  if (!segment || segment->empty()) report(name, expected, std::nullopt);
  return segment.value_or(core::Bytes());
}

void ParameterReader::end_of_path() {
  if (!path_.empty()) report("the rest of the path", "empty", path_);
}

uint64_t ParameterReader::count_segment(core::Bytes name, Limits limits) {
  return read(name, Unit::none, take_segment(), limits);
}

uint64_t ParameterReader::size_segment(core::Bytes name, Limits limits) {
  return read(name, Unit::bytes, take_segment(), limits);
}

core::Bytes ParameterReader::decode(core::Bytes name, core::Bytes encoded, std::span<char> room) {
  const auto text = percent_decode(encoded, room, StrayPercent::stands_for_itself);
  if (!text) report(name, "at most 512 bytes", encoded);
  return text.value_or(core::Bytes());
}

std::optional<core::Bytes> ParameterReader::parameter(core::Bytes name) const {
  QueryParameters parameters(query_);
  for (core::Bytes each, value; parameters.next(each, value);) {
    if (each == name) return value;
  }
  return std::nullopt;
}

std::optional<uint64_t> ParameterReader::count(core::Bytes name, Limits limits) {
  return optional(name, Unit::none, limits);
}

std::optional<uint64_t> ParameterReader::size(core::Bytes name, Limits limits) {
  return optional(name, Unit::bytes, limits);
}

std::optional<uint64_t> ParameterReader::time(core::Bytes name, uint64_t most) {
  return optional(name, Unit::nanoseconds, {0, most});
}

std::optional<uint64_t> ParameterReader::optional(core::Bytes name, Unit unit, Limits limits) {
  const auto text = parameter(name);
  if (!text) return std::nullopt;
  return read(name, unit, text, limits);
}

uint64_t ParameterReader::read(core::Bytes name, Unit unit, std::optional<core::Bytes> text,
                               Limits limits) {
  std::optional<uint64_t> value;
  if (text) {
    value = unit == Unit::none    ? parse_count(*text)
            : unit == Unit::bytes ? parse_size(*text)
                                  : parse_time(*text);
  }
  if (value && *value >= limits.least && *value <= limits.most) return *value;
  char expected[128];
  core::TextWriter writer(expected, sizeof(expected));
  if (unit == Unit::nanoseconds) {
    writer.put("a time up to ").put(limits.most / 1'000'000'000);
    writer.put("s, such as 20ms or 1.5 (seconds)");
  } else {
    writer.put(unit == Unit::none ? "a whole number from " : "a whole number of bytes from ");
    writer.put(limits.least).put(" to ").put(limits.most);
    if (unit == Unit::bytes) writer.put(", such as 1000 or 64KiB");
  }
  report(name, writer.text(), text);
  return limits.least;
}

}  // namespace http::target
