#include "http/semantics/accept_encoding.h"

#include <algorithm>

#include "core/ascii.h"
#include "http/semantics/token.h"

namespace http {
namespace {

struct Coding {
  core::Bytes name;
  core::Bytes extension;
};

// By ContentCoding.
constexpr std::array<Coding, kContentCodings> kCodings = {
    {{"", ""}, {"gzip", ".gz"}, {"br", ".br"}, {"zstd", ".zst"}}};

// Of equal weight, the first. Siblings are compressed once, at high levels, where br is commonly
// the smallest and gzip the largest.
constexpr ContentCoding kPreferred[] = {ContentCoding::br, ContentCoding::zstd, ContentCoding::gzip,
                                        ContentCoding::identity};

constexpr std::size_t index_of(ContentCoding coding) {
  return static_cast<std::size_t>(coding);
}

// What the lines say, before "*" is put in place of what they do not name.
constexpr uint16_t kNotNamed = UINT16_MAX;
constexpr std::size_t kAny = kContentCodings;  // behind the codings: the weight of "*"
using Named = std::array<uint16_t, kContentCodings + 1>;

constexpr std::size_t kUnknown = kAny + 1;

std::size_t named_coding(core::Bytes name) {
  if (core::equals_ignoring_case(name, "gzip")) return index_of(ContentCoding::gzip);
  if (core::equals_ignoring_case(name, "br")) return index_of(ContentCoding::br);
  if (core::equals_ignoring_case(name, "zstd")) return index_of(ContentCoding::zstd);
  if (core::equals_ignoring_case(name, "identity")) return index_of(ContentCoding::identity);
  if (core::equals_ignoring_case(name, "x-gzip")) return index_of(ContentCoding::gzip);
  return name == "*" ? kAny : kUnknown;
}

// codings [ weight ]
void read_element(core::Bytes element, Named& named) {
  const std::size_t semicolon = element.find(';');
  const std::size_t coding = named_coding(without_blanks(element.substr(0, semicolon)));
  if (coding == kUnknown) return;
  std::optional<uint16_t> weight = kFullWeight;
  if (semicolon != core::Bytes::npos) {
    const core::Bytes parameter = without_blanks(element.substr(semicolon + 1));
    if (!core::equals_ignoring_case(parameter.substr(0, 2), "q=")) return;
    weight = parse_weight(parameter.substr(2));
  }
  if (weight) named[coding] = std::min(named[coding], *weight);
}

void read_list(core::Bytes list, Named& named) {
  ListMembers elements(list);
  for (core::Bytes element; elements.next(element);) read_element(element, named);
}

}  // namespace

core::Bytes coding_extension(ContentCoding coding) {
  return kCodings[index_of(coding)].extension;
}

core::Bytes coding_name(ContentCoding coding) {
  return kCodings[index_of(coding)].name;
}

AcceptedCodings parse_accept_encoding(const RequestHead& head) {
  AcceptedCodings accepted;
  if (!head.has(FieldName::accept_encoding)) {
    accepted.weights = {kFullWeight, 1, 1, 1};
    accepted.identity_named = true;
    return accepted;
  }
  Named named;
  named.fill(kNotNamed);
  for (uint32_t i = 0; i < head.field_count; ++i) {
    if (head.fields[i].name != FieldName::accept_encoding) continue;
    read_list(head.value_of(head.fields[i]), named);
  }
  for (std::size_t i = 0; i < kContentCodings; ++i) {
    const uint16_t weight = named[i] != kNotNamed ? named[i] : named[kAny];
    accepted.weights[i] = weight != kNotNamed ? weight : uint16_t{0};
  }
  accepted.identity_named =
      named[index_of(ContentCoding::identity)] != kNotNamed || named[kAny] != kNotNamed;
  return accepted;
}

std::optional<ContentCoding> choose_coding(const AcceptedCodings& accepted, CodingSet available) {
  std::optional<ContentCoding> best;
  uint16_t best_weight = 0;
  for (const ContentCoding coding : kPreferred) {
    if (!available.has(coding) || accepted.weight(coding) <= best_weight) continue;
    best = coding;
    best_weight = accepted.weight(coding);
  }
  if (!best && !accepted.identity_named && available.has(ContentCoding::identity)) {
    best = ContentCoding::identity;
  }
  return best;
}

}  // namespace http
