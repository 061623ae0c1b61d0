#include "http/target/arena.h"

#include <charconv>
#include <optional>

#include "core/bytes.h"
#include "http/target/disturbance.h"
#include "http/target/sample_text.h"

namespace http::target {

namespace {

std::optional<int64_t> parse_number(core::Bytes text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

int64_t read_sum(ParameterReader& reader) {
  int64_t sum = 0;
  QueryParameters parameters(reader.query());
  for (core::Bytes name, value; parameters.next(name, value);) {
    if (is_disturbance(name)) continue;
    const auto number = parse_number(value);
    if (!number) {
      reader.report(name, "a whole number from -2^63 to 2^63-1", value);
    } else if (__builtin_add_overflow(sum, *number, &sum)) {
      reader.report("the sum", "from -2^63 to 2^63-1", reader.query());
    }
  }
  return sum;
}

void put_items(core::TextWriter& writer, uint64_t count, uint64_t multiplier) {
  writer.put("{\"items\":[");
  for (uint64_t id = 1; id <= count; ++id) {
    const SampleItem item = sample_item(id);
    writer.put(id > 1 ? ",{" : "{");
    put_members(writer, item);
    writer.put(",\"total\":").put(item.price * item.quantity * multiplier).put("}");
  }
  writer.put("],\"count\":").put(count).put("}");
}

void put_number(core::TextWriter& writer, int64_t number) {
  if (number < 0) writer.put("-");
  const auto bits = static_cast<uint64_t>(number);
  writer.put(number < 0 ? 0 - bits : bits);
}

}  // namespace http::target
