#include "http/scenario/body_template.h"

#include "core/ascii.h"
#include "http/target/parameters.h"

namespace http::scenario {

namespace {

// A field value by name, in any case of letters.
core::Bytes field_value(const RequestHead& head, core::Bytes name) {
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const Field& field = head.fields[i];
    if (core::equals_ignoring_case(head.name_of(field), name)) return head.value_of(field);
  }
  return {};
}

core::Bytes parameter(core::Bytes query, core::Bytes name) {
  target::QueryParameters parameters(query);
  for (core::Bytes found, value; parameters.next(found, value);) {
    if (found == name) return value;
  }
  return {};
}

// "2023-11-14T22:13:20Z" from "Tue, 14 Nov 2023 22:13:20 GMT".
void put_time(core::Bytes date, core::TextWriter& out) {
  constexpr core::Bytes kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const uint64_t month = kMonths.find(date.substr(8, 3)) / 3 + 1;
  out.put(date.substr(12, 4)).put(month < 10 ? "-0" : "-").put(month).put("-");
  out.put(date.substr(5, 2)).put("T").put(date.substr(17, 8)).put("Z");
}

}  // namespace

void BodyTemplate::fill_in(TemplateInput& input, Escaping escaping, core::TextWriter& out) const {
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Kind::text:
        out.put(part.text);
        break;
      case Kind::random:
        out.put(part.least + input.random.below(part.most - part.least + 1));
        break;
      case Kind::counter:
        out.put(input.count);
        break;
      case Kind::now:
        put_time(input.clock.date(), out);
        break;
      case Kind::path:
      case Kind::query:
      case Kind::header:
        put_value(part, input, escaping, out);
        break;
    }
  }
}

// What a client chose, no longer than it may be.
void BodyTemplate::put_value(const Part& part, const TemplateInput& input, Escaping escaping,
                             core::TextWriter& out) {
  char decoded[kMostValue];
  core::Bytes value = input.path;
  if (part.kind == Kind::header) value = field_value(input.head, part.text);
  if (part.kind == Kind::query) {
    // Decoded, it gets no longer; what does not decode is shown as it came.
    value = parameter(input.query, part.text);
    value = target::percent_decode(value, decoded).value_or(value);
  }
  char escaped[kMostValue];
  core::TextWriter writer(escaped, sizeof(escaped));
  put_escaped(value, escaping, writer);
  out.put(writer.text());
}

}  // namespace http::scenario
