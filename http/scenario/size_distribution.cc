#include "http/scenario/size_distribution.h"

namespace http::scenario {

namespace {

bool read_size(target::SpecificationReader& reader, uint64_t& bytes) {
  constexpr core::Bytes kExpected = "a size up to 1TiB, such as 1000, 10KiB or 2MiB";
  constexpr core::Bytes kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  const std::size_t begin = reader.position();
  if (!reader.at_number() || !reader.integer(SizeDistribution::kMost, kExpected, bytes)) {
    return reader.fail(kExpected, begin);
  }
  if (reader.at_number()) return reader.fail(kExpected, begin);  // a fraction
  const core::Bytes unit = reader.take_word();
  if (unit.empty()) return true;
  unsigned shift = 0;
  for (const core::Bytes name : kUnits) {
    if (unit == name) {
      const bool fits = bytes <= SizeDistribution::kMost >> shift;
      bytes <<= shift;
      return fits || reader.fail(kExpected, begin);
    }
    shift += 10;
  }
  return reader.fail(kExpected, begin);
}

}  // namespace

core::Result<SizeDistribution, target::SpecificationError> SizeDistribution::parse(
    core::Bytes text) {
  target::SpecificationReader reader(text);
  SizeDistribution distribution(0);
  const bool is_uniform = reader.take("uniform:");
  if (!is_uniform && !reader.at_number()) {
    reader.fail("a size such as 10KiB, or uniform:", reader.position());
    return reader.error();
  }
  if (!read_size(reader, distribution.least_)) return reader.error();
  distribution.most_ = distribution.least_;
  if (is_uniform) {
    if (!reader.expect(",")) return reader.error();
    const std::size_t begin = reader.position();
    if (!read_size(reader, distribution.most_)) return reader.error();
    if (distribution.most_ < distribution.least_) {
      reader.fail("an upper end that is not below the lower one", begin);
      return reader.error();
    }
  }
  if (!reader.expect_end("the end")) return reader.error();
  return distribution;
}

}  // namespace http::scenario
