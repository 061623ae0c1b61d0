// Any field lines as what a request says about content codings: the one that is chosen is that of a
// reader written as RFC 9110 section 12.5.3 reads, with maps and copies.
//
// The text is the field lines, each ended by LF.
#include "http/semantics/accept_encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ascii.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/request_of_lines.h"

using namespace http;

namespace {

// From the one that is preferred among equals.
constexpr ContentCoding kCodings[] = {ContentCoding::br, ContentCoding::zstd, ContentCoding::gzip,
                                      ContentCoding::identity};

std::string name_of(ContentCoding coding) {
  return coding == ContentCoding::identity ? "identity" : std::string(coding_name(coding));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += core::to_lower(c);
    }
  }
  for (std::string& part : parts) {
    part.erase(0, part.find_first_not_of(" \t"));
    part.erase(part.find_last_not_of(" \t") + 1);
  }
  return parts;
}

// A qvalue in thousandths (section 12.4.2).
std::optional<int> weight_of(const std::string& text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  std::string decimals = text.size() > 2 ? text.substr(2) : "";
  if (decimals.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  decimals.resize(3, '0');
  const int weight = std::stoi(text.substr(0, 1) + decimals);
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

class PlainReader {
 public:
  explicit PlainReader(const RequestHead& head) : silent_(!head.has(FieldName::accept_encoding)) {
    for (uint32_t i = 0; i < head.field_count; ++i) {
      if (head.fields[i].name != FieldName::accept_encoding) continue;
      for (const std::string& element : split(std::string(head.value_of(head.fields[i])), ',')) {
        read(split(element, ';'));
      }
    }
  }

  std::optional<ContentCoding> choose(CodingSet available) const {
    std::optional<ContentCoding> best;
    for (const ContentCoding coding : kCodings) {
      if (!available.has(coding) || rank(coding) == 0) continue;
      if (!best || rank(coding) > rank(*best)) best = coding;
    }
    return best;
  }

 private:
  void read(const std::vector<std::string>& parts) {
    std::optional<int> weight = 1000;
    if (parts.size() > 1) {
      weight = parts.size() == 2 && parts[1].starts_with("q=") ? weight_of(parts[1].substr(2))
                                                               : std::nullopt;
    }
    if (!weight) return;
    const std::string name = parts[0] == "x-gzip" ? "gzip" : parts[0];
    const auto [place, is_new] = weights_.emplace(name, *weight);
    if (!is_new) place->second = std::min(place->second, *weight);
  }

  // 0 is not acceptable; identity, which nobody has to name, comes after all that is named.
  double rank(ContentCoding coding) const {
    const bool is_identity = coding == ContentCoding::identity;
    if (silent_) return is_identity ? 2 : 1;
    for (const std::string& name : {name_of(coding), std::string("*")}) {
      if (const auto found = weights_.find(name); found != weights_.end()) return found->second;
    }
    return is_identity ? 0.5 : 0;
  }

  bool silent_;
  std::map<std::string, int> weights_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const fuzz::RequestOfLines request(Method::get, input.text());
  if (!request.good()) return 0;
  const AcceptedCodings accepted = parse_accept_encoding(request.head());
  const PlainReader reader(request.head());
  for (unsigned bits = 0; bits < 16; ++bits) {
    CodingSet available;
    for (const ContentCoding coding : kCodings) {
      if ((bits >> static_cast<unsigned>(coding) & 1) != 0) available.add(coding);
    }
    const std::optional<ContentCoding> chosen = choose_coding(accepted, available);
    EXPECT_EQ(chosen, reader.choose(available));
    if (chosen) EXPECT_TRUE(available.has(*chosen));
  }
  return 0;
}
