#include "http/target/fault.h"

#include <charconv>
#include <cmath>
#include <system_error>
#include <type_traits>

namespace http::target {
namespace {

static_assert(std::is_trivially_copyable_v<FaultMix>);

constexpr uint64_t kMostBytes = uint64_t{1} << 40;
constexpr double kLongestRefusal = 60 * kSecond;

// Of "5xx". In a mix it has a status that no fault can have.
constexpr std::array<int64_t, 4> kServerErrors = {500, 502, 503, 504};
constexpr int64_t kAnyServerError = 0;

struct Name {
  core::Bytes text;
  FaultKind kind;
};
constexpr std::array<Name, 11> kNames = {{
    {"reset", FaultKind::reset},
    {"refuse", FaultKind::refuse},
    {"fin-before", FaultKind::fin_before},
    {"fin-in-head", FaultKind::fin_in_head},
    {"fin-in-body", FaultKind::fin_in_body},
    {"stall", FaultKind::stall},
    {"slow-head", FaultKind::slow_head},
    {"wrong-length", FaultKind::wrong_length},
    {"bad-chunk", FaultKind::bad_chunk},
    {"truncated-gzip", FaultKind::truncated_gzip},
    {"5xx", FaultKind::status},
}};

// Whether `word` is a number, which is then `status`.
bool is_status(core::Bytes word, int64_t& status) {
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, status);
  return result.ec == std::errc() && result.ptr == end;
}

bool read_bytes(SpecificationReader& reader, int64_t& amount) {
  uint64_t bytes = 0;
  if (!reader.integer(kMostBytes, "a number of bytes up to 1099511627776", bytes)) return false;
  amount = static_cast<int64_t>(bytes);
  return true;
}

bool read_time(SpecificationReader& reader, double longest, core::Bytes bound, int64_t& amount) {
  double nanoseconds = 0;
  if (!reader.duration(nanoseconds, longest, bound)) return false;
  amount = std::llround(nanoseconds);
  return true;
}

}  // namespace

core::Result<FaultMix, SpecificationError> FaultMix::parse(core::Bytes text) {
  SpecificationReader reader(text);
  FaultMix mix;
  Entry* for_the_rest = nullptr;
  uint64_t left = kAlways;
  do {
    const std::size_t begin = reader.position();
    if (mix.count_ == kMaxFaults) {
      reader.fail("at most 8 faults", begin);
      return reader.error();
    }
    Entry& entry = mix.entries_[mix.count_++];
    if (!read_fault(reader, entry.fault)) return reader.error();
    if (reader.take("@")) {
      if (!read_probability(left, reader, entry.probability)) return reader.error();
      left -= entry.probability;
    } else if (for_the_rest == nullptr) {
      for_the_rest = &entry;
    } else {
      reader.fail("a probability for all faults but one", begin);
      return reader.error();
    }
  } while (reader.take(", ") || reader.take(","));
  if (!reader.expect_end("\"@\", \",\" or the end")) return reader.error();
  if (for_the_rest != nullptr) for_the_rest->probability = left;
  return mix;
}

bool FaultMix::read_fault(SpecificationReader& reader, Fault& fault) {
  const std::size_t begin = reader.position();
  const core::Bytes word = reader.take_word();
  for (const Name& name : kNames) {
    if (name.text != word) continue;
    fault.kind = name.kind;
    return read_amount(reader, fault);
  }
  if (!is_status(word, fault.amount)) {
    return reader.fail(
        "reset, refuse, fin-before, fin-in-head, fin-in-body, stall, slow-head, wrong-length, "
        "bad-chunk, truncated-gzip, 5xx or a status",
        begin);
  }
  fault.kind = FaultKind::status;
  return (fault.amount >= 400 && fault.amount <= 599) ||
         reader.fail("a status from 400 to 599", begin);
}

bool FaultMix::read_amount(SpecificationReader& reader, Fault& fault) {
  switch (fault.kind) {
    case FaultKind::fin_in_body:
    case FaultKind::stall:
      return reader.expect(":") && read_bytes(reader, fault.amount);
    case FaultKind::slow_head:
      return reader.expect(":") && read_time(reader, kLongestDuration, kUpToAnHour, fault.amount);
    case FaultKind::refuse:
      return reader.expect(":") &&
             read_time(reader, kLongestRefusal, "a duration of at most 60s", fault.amount);
    case FaultKind::wrong_length: {
      if (!reader.expect(":")) return false;
      const std::size_t begin = reader.position();
      const bool less = reader.take("-");
      if (!less) reader.take("+");
      if (!read_bytes(reader, fault.amount)) return false;
      if (less) fault.amount = -fault.amount;
      return fault.amount != 0 || reader.fail("a difference other than 0", begin);
    }
    case FaultKind::status:
      fault.amount = kAnyServerError;
      return true;
    default:
      return true;
  }
}

bool FaultMix::read_probability(uint64_t left, SpecificationReader& reader, uint64_t& probability) {
  const std::size_t begin = reader.position();
  double percent = 0;
  if (!reader.number(0, 100, "a percentage from 0 to 100", percent) || !reader.expect("%")) {
    return false;
  }
  probability = static_cast<uint64_t>(std::llround(percent * (static_cast<double>(kAlways) / 100)));
  return probability <= left || reader.fail("probabilities of at most 100% together", begin);
}

Fault FaultMix::decide(core::Random& random) const {
  uint64_t draw = random.below(kAlways);
  for (uint32_t i = 0; i < count_; ++i) {
    const Entry& entry = entries_[i];
    if (draw >= entry.probability) {
      draw -= entry.probability;
      continue;
    }
    Fault fault = entry.fault;
    if (fault.kind == FaultKind::status && fault.amount == kAnyServerError) {
      fault.amount = kServerErrors[random.below(kServerErrors.size())];
    }
    return fault;
  }
  return {};
}

}  // namespace http::target
