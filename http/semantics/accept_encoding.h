// Which content coding a request wants (RFC 9110 section 12.5.3), of those that files can have a
// sibling in: "page.html.br" beside "page.html".
//
// Pure functions; any thread; no allocation. Cost: one pass over the field values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "http/request.h"
#include "http/semantics/weight.h"

namespace http {

enum class ContentCoding : uint8_t { identity, gzip, br, zstd };

inline constexpr std::size_t kContentCodings = 4;

// What follows the name of the original in the name of the sibling: ".gz". Empty for identity.
core::Bytes coding_extension(ContentCoding coding);

// Value of the Content-Encoding field: "gzip". Empty for identity, which that field never names
// (section 8.4.1).
core::Bytes coding_name(ContentCoding coding);

class CodingSet {
 public:
  constexpr CodingSet& add(ContentCoding coding) {
    bits_ = static_cast<uint8_t>(bits_ | 1U << static_cast<unsigned>(coding));
    return *this;
  }
  constexpr void remove(ContentCoding coding) {
    bits_ = static_cast<uint8_t>(bits_ & ~(1U << static_cast<unsigned>(coding)));
  }
  constexpr bool has(ContentCoding coding) const {
    return (bits_ >> static_cast<unsigned>(coding) & 1) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }

  friend constexpr bool operator==(CodingSet, CodingSet) = default;

 private:
  uint8_t bits_ = 0;
};

// What a request says about the codings. The default is what a field without an element says.
struct AcceptedCodings {
  // In thousandths, by ContentCoding; 0 is not acceptable, but see identity_named.
  std::array<uint16_t, kContentCodings> weights = {};
  // Whether the field says something of identity, by its name or by "*". If not, identity has no
  // weight and is acceptable all the same, after every coding that has one.
  bool identity_named = false;

  uint16_t weight(ContentCoding coding) const { return weights[static_cast<std::size_t>(coding)]; }

  friend bool operator==(const AcceptedCodings&, const AcceptedCodings&) = default;
};

// Reads the list that all Accept-Encoding lines of `head` form.
// - No such line: every coding is acceptable, and identity, which anyone can read, first.
// - A field that names no coding leaves identity alone.
// - "x-gzip" is gzip (section 8.4.1.3). "*" is every coding that is not named, identity too: the
//   section lets "*;q=0" exclude it. Codings that spate does not know are left out.
// - An element that is not a coding and at most a weight is left out as if it were not there.
// - A coding that is named several times has the lowest of its weights: what is refused once stays
//   refused, whatever the order.
AcceptedCodings parse_accept_encoding(const RequestHead& head);

// The acceptable coding of `available` with the highest weight; of equal ones the first of br,
// zstd, gzip, identity. Nothing if none is acceptable: 406. Whether there is an original is for the
// caller to say: `available` holds identity then.
std::optional<ContentCoding> choose_coding(const AcceptedCodings& accepted, CodingSet available);

}  // namespace http
