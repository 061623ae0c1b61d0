#include "http/semantics/accept_encoding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/unit/http/semantics/request_support.h"

namespace http {
namespace {

constexpr ContentCoding kIdentity = ContentCoding::identity;
constexpr ContentCoding kGzip = ContentCoding::gzip;
constexpr ContentCoding kBr = ContentCoding::br;
constexpr ContentCoding kZstd = ContentCoding::zstd;

constexpr CodingSet kAll = CodingSet().add(kIdentity).add(kGzip).add(kBr).add(kZstd);

AcceptedCodings parse(const std::vector<std::string>& values) {
  Lines lines;
  for (const std::string& value : values) lines.push_back({FieldName::accept_encoding, value});
  return parse_accept_encoding(Request(Method::get, lines).head());
}

// The name of the chosen coding, "identity", or "406".
std::string choose(const AcceptedCodings& accepted, CodingSet available = kAll) {
  const std::optional<ContentCoding> coding = choose_coding(accepted, available);
  if (!coding) return "406";
  return *coding == kIdentity ? "identity" : std::string(coding_name(*coding));
}

struct Case {
  std::string value;
  const char* expected;
};

void expect_all(const std::vector<Case>& cases, CodingSet available = kAll) {
  for (const Case& c : cases) EXPECT_EQ(choose(parse({c.value}), available), c.expected) << c.value;
}

// RFC 9110 section 8.4.1, RFC 7932, RFC 8878.
TEST(ContentCodings, NamesAndExtensions) {
  EXPECT_EQ(coding_name(kGzip), "gzip");
  EXPECT_EQ(coding_name(kBr), "br");
  EXPECT_EQ(coding_name(kZstd), "zstd");
  EXPECT_EQ(coding_name(kIdentity), "");
  EXPECT_EQ(coding_extension(kGzip), ".gz");
  EXPECT_EQ(coding_extension(kBr), ".br");
  EXPECT_EQ(coding_extension(kZstd), ".zst");
  EXPECT_EQ(coding_extension(kIdentity), "");
}

TEST(CodingSet, HoldsWhatWasAdded) {
  EXPECT_TRUE(CodingSet().empty());
  const CodingSet set = CodingSet().add(kBr).add(kIdentity).add(kBr);
  EXPECT_FALSE(set.empty());
  EXPECT_TRUE(set.has(kBr));
  EXPECT_TRUE(set.has(kIdentity));
  EXPECT_FALSE(set.has(kGzip));
  EXPECT_FALSE(set.has(kZstd));
  EXPECT_EQ(set, CodingSet().add(kIdentity).add(kBr));
  EXPECT_NE(set, kAll);
}

// The examples of section 12.5.3.
TEST(AcceptEncoding, ExamplesOfTheRfc) {
  expect_all({
      {"compress, gzip", "gzip"},
      {"", "identity"},
      {"*", "br"},
      {"compress;q=0.5, gzip;q=1.0", "gzip"},
      {"gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"},
  });
}

// Section 12.5.3: "If no Accept-Encoding header field is in the request, any content coding is
// considered acceptable by the user agent."
TEST(AcceptEncoding, Absent) {
  const AcceptedCodings accepted = parse({});
  EXPECT_EQ(choose(accepted), "identity");
  EXPECT_EQ(choose(accepted, CodingSet().add(kGzip).add(kZstd)), "zstd");
  EXPECT_EQ(choose(accepted, CodingSet()), "406");
}

// Section 12.5.3: an empty value: "the user agent does not want any content coding in response".
TEST(AcceptEncoding, Empty) {
  for (const char* value : {"", ",", " , \t,", "deflate", "compress, deflate;q=0.5"}) {
    const AcceptedCodings accepted = parse({value});
    EXPECT_EQ(accepted, AcceptedCodings()) << value;
    EXPECT_EQ(choose(accepted), "identity") << value;
    EXPECT_EQ(choose(accepted, CodingSet().add(kGzip).add(kBr)), "406") << value;
  }
}

// Section 12.4.2: 0 is not acceptable, the higher the better.
TEST(AcceptEncoding, TheHighestWeightWins) {
  expect_all({
      {"gzip;q=0.501, br;q=0.5, zstd;q=0.499", "gzip"},
      {"gzip;q=0.5, br;q=0.501, zstd;q=0.499", "br"},
      {"gzip;q=0.5, br;q=0.499, zstd;q=0.501", "zstd"},
      {"gzip;q=0.001", "gzip"},
      {"gzip;q=0", "identity"},
      {"gzip;q=0.000, br;q=0, zstd;q=0.0", "identity"},
      {"gzip;q=0.2, identity;q=0.3", "identity"},
      {"gzip;q=0.2, identity;q=0.1", "gzip"},
      {"identity, gzip;q=0.999", "identity"},
  });
}

TEST(AcceptEncoding, OfEqualWeightsTheSmallestIsLikelyBrotli) {
  expect_all({
      {"gzip, deflate, br, zstd", "br"},  // what browsers send
      {"gzip, zstd", "zstd"},
      {"identity, gzip", "gzip"},
      {"identity;q=0.5, zstd;q=0.5, br;q=0.5", "br"},
  });
  const AcceptedCodings accepted = parse({"gzip, deflate, br, zstd"});
  EXPECT_EQ(choose(accepted, CodingSet().add(kIdentity).add(kGzip).add(kZstd)), "zstd");
  EXPECT_EQ(choose(accepted, CodingSet().add(kIdentity).add(kGzip)), "gzip");
  EXPECT_EQ(choose(accepted, CodingSet().add(kIdentity)), "identity");
}

// Section 12.5.3, rule 2: identity is acceptable unless "identity;q=0", or "*;q=0" without a more
// specific entry for it, excludes it.
TEST(AcceptEncoding, IdentityIsAcceptableUnlessExcluded) {
  const CodingSet original = CodingSet().add(kIdentity);
  expect_all(
      {
          {"gzip", "identity"},
          {"gzip, identity;q=0.001", "identity"},
          {"identity;q=0", "406"},
          {"gzip, identity;q=0", "406"},
          {"*;q=0", "406"},
          {"gzip, *;q=0", "406"},
          {"*;q=0, identity", "identity"},
          {"*;q=0, identity;q=0.1", "identity"},
          {"*, identity;q=0", "406"},
          {"*", "identity"},
          {"*;q=0.001", "identity"},
      },
      original);
  expect_all({{"identity;q=0", "406"}, {"*;q=0", "406"}, {"identity;q=0, gzip;q=0.1", "gzip"}});
}

// Section 12.5.3: "*" matches any available content coding not explicitly listed in the field.
TEST(AcceptEncoding, AsteriskIsWhatIsNotNamed) {
  expect_all({
      {"*;q=0.5, br;q=0", "zstd"},
      {"br;q=0, zstd;q=0, *", "gzip"},
      {"br;q=0.1, *;q=0.2", "zstd"},
      {"gzip;q=0.3, *;q=0.5, br;q=0, zstd;q=0", "identity"},  // identity is not named: 0.5
      {"*;q=0, gzip", "gzip"},
      {"*;q=0, zstd;q=0.5", "zstd"},
      {"identity, *;q=0.5", "identity"},
  });
}

// Section 8.4.1.3.
TEST(AcceptEncoding, XGzipIsGzip) {
  expect_all({{"x-gzip", "gzip"}, {"X-GZip;q=0.5", "gzip"}, {"x-compress", "identity"}});
}

// Sections 8.4.1 (names), 5.6.1.2 (empty elements), 5.6.3 (white space), and 5.1 of RFC 5234: "q".
TEST(AcceptEncoding, Spellings) {
  expect_all({
      {"GZIP", "gzip"},
      {"Br, ZSTD", "br"},
      {"IDENTITY;q=0, gzip", "gzip"},
      {"gzip;Q=0.5, br;Q=0", "gzip"},
      {"gzip ; q=0.5", "gzip"},
      {"br\t;\tq=0.1 ,\tgzip;q=0.2", "gzip"},
      {"  gzip  ", "gzip"},
      {",,gzip,, ,", "gzip"},
      {"br;q=0,gzip", "gzip"},
  });
}

// An element that is not codings [ weight ] is as if it were not there.
TEST(AcceptEncoding, MalformedElementsAreLeftOut) {
  for (const char* element :
       {"br;",        "br;q",     "br;q=",   "br;q=2",  "br;q=1.001", "br;q=0.1234", "br;q=.5",
        "br;q=-1",    "br;q=0x1", "br;q =1", "br;q= 1", "br;q=1;",    "br;q=1;x=1",  "br;x=1",
        "br;x=1;q=1", "br q=1",   "br=1",    "br;;q=1", "b r",        "\"br\"",      "br/1",
        ";q=1",       "q=1",      "**",      "*;q=2",   "*;level=1",  "bro",         "b"}) {
    EXPECT_EQ(choose(parse({std::string("gzip;q=0.5,") + element})), "gzip") << element;
    EXPECT_EQ(choose(parse({std::string(element) + ", gzip;q=0.5"})), "gzip") << element;
    EXPECT_EQ(choose(parse({element})), "identity") << element;
  }
  expect_all({{"identity;q=0x0", "identity"}}, CodingSet().add(kIdentity));
}

// The lowest of its weights, in any order.
TEST(AcceptEncoding, RepeatedCodings) {
  expect_all({
      {"gzip;q=0, gzip", "identity"},
      {"gzip, gzip;q=0", "identity"},
      {"gzip, x-gzip;q=0", "identity"},
      {"br, br;q=0.1, gzip;q=0.2", "gzip"},
      {"*, *;q=0", "406"},
      {"gzip, gzip", "gzip"},
  });
}

// Section 5.3: several field lines of a list make one list.
TEST(AcceptEncoding, SeveralFieldLines) {
  EXPECT_EQ(choose(parse({"gzip;q=0.5", "br;q=0.2"})), "gzip");
  EXPECT_EQ(choose(parse({"gzip;q=0.2", "br;q=0.5"})), "br");
  EXPECT_EQ(choose(parse({"", "gzip"})), "gzip");
  EXPECT_EQ(choose(parse({"gzip", ""})), "gzip");
  EXPECT_EQ(choose(parse({"*", "gzip;q=0", "br;q=0"})), "zstd");
  EXPECT_EQ(choose(parse({"gzip;q=0.5,", "q=1, br;q=0.1"})), "gzip");
  EXPECT_EQ(parse({"gzip, br;q=0.5"}), parse({"br;q=0.5", "gzip"}));
}

TEST(AcceptEncoding, OtherFieldsDoNotCount) {
  const Request request(Method::get, {{FieldName::accept, "br"},
                                      {FieldName::accept_encoding, "gzip"},
                                      {FieldName::other, "zstd"}});
  EXPECT_EQ(choose(parse_accept_encoding(request.head())), "gzip");
}

// What the weights are, for who keeps them.
TEST(AcceptEncoding, Weights) {
  const AcceptedCodings accepted = parse({"br;q=0.123, *;q=0.4, identity;q=0"});
  EXPECT_EQ(accepted.weight(kBr), 123);
  EXPECT_EQ(accepted.weight(kGzip), 400);
  EXPECT_EQ(accepted.weight(kZstd), 400);
  EXPECT_EQ(accepted.weight(kIdentity), 0);
  EXPECT_TRUE(accepted.identity_named);
  EXPECT_FALSE(parse({"br"}).identity_named);
  EXPECT_TRUE(parse({"*"}).identity_named);
}

// Random lists against the rules written out coding by coding, for every set of siblings.
TEST(AcceptEncoding, AgreesWithTheRulesOnRandomLists) {
  constexpr const char* kNames[] = {"identity", "gzip", "br", "zstd", "*", "deflate"};
  constexpr const char* kOrder[] = {"br", "zstd", "gzip", "identity"};
  std::mt19937_64 random(20261123);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string value;
    int weights[6] = {-1, -1, -1, -1, -1, -1};
    for (uint64_t count = random() % 6; count > 0; --count) {
      const uint64_t name = random() % 6;
      const int weight = static_cast<int>(random() % 4);
      value += std::string(kNames[name]) + ";q=0." + std::to_string(weight) + ",";
      if (weights[name] < 0 || weight < weights[name]) weights[name] = weight;
    }
    const uint64_t bits = random() % 16;
    std::string expected = "406";
    double best = 0;
    for (const char* coding : kOrder) {
      uint64_t index = 0;
      while (std::string(kNames[index]) != coding) ++index;
      if ((bits >> index & 1) == 0) continue;
      double weight = weights[index] >= 0 ? weights[index] : weights[4];
      if (weight < 0) weight = index == 0 ? 0.5 : 0;  // identity: after all that have a weight
      if (weight <= best) continue;
      best = weight;
      expected = coding;
    }
    CodingSet available;
    for (unsigned i = 0; i < kContentCodings; ++i) {
      if ((bits >> i & 1) != 0) available.add(static_cast<ContentCoding>(i));
    }
    refused += expected == "406";
    ASSERT_EQ(choose(parse({value}), available), expected) << value << " of " << bits;
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace http
