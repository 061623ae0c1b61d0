// Values in a request target: the segments of its path and the parameters of its query, read as
// numbers, sizes and times. What is wrong with one of them is a text for the client.
//
// Pure; one thread; no allocation. Views point into the request target.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/bytes.h"
#include "core/text_writer.h"
#include "http/target/specification.h"

namespace http::target {

inline constexpr uint64_t kHour = 3600ULL * 1'000'000'000;

// Digits and nothing else.
std::optional<uint64_t> parse_count(core::Bytes text);
// The same with a unit behind it, or none: B, k, K, KiB, M, MiB, G, GiB, T, TiB (powers of 1024).
std::optional<uint64_t> parse_size(core::Bytes text);
// A duration of at most an hour (SpecificationReader::duration), in nanoseconds.
std::optional<uint64_t> parse_time(core::Bytes text);

// What becomes of a '%' that no two hexadecimal digits follow.
enum class StrayPercent : uint8_t { is_wrong, stands_for_itself };

// `text` without its percent-encoding, in `out`. Nothing if an encoding is malformed or there is
// not enough room.
std::optional<core::Bytes> percent_decode(core::Bytes text, std::span<char> out,
                                          StrayPercent stray = StrayPercent::is_wrong);

// The first thing that was wrong with a request, in one line.
class Problem {
 public:
  bool any() const { return size_ > 0; }
  void clear() { size_ = 0; }
  core::Bytes text() const { return {text_, size_}; }

  // "/bytes/N: N must be a whole number, found 'x'". What is not there is missing.
  void report(core::Bytes usage, core::Bytes name, core::Bytes expected,
              std::optional<core::Bytes> found);
  // "/bytes/N: delay: expected a duration such as 20ms, found "x" at character 1".
  void report(core::Bytes usage, core::Bytes name, const SpecificationError& error);

 private:
  static constexpr std::size_t kCapacity = 512;
  static constexpr std::size_t kMostShown = 64;  // of what was found

  char text_[kCapacity];
  std::size_t size_ = 0;
};

// Walks the parameters of a query: "name=value&name&...".
class QueryParameters {
 public:
  explicit QueryParameters(core::Bytes query) : rest_(query) {}

  // Whether there was one more.
  bool next(core::Bytes& name, core::Bytes& value);

 private:
  core::Bytes rest_;
};

// Reads the parameters of one endpoint. After the first problem the values mean nothing.
class ParameterReader {
 public:
  struct Limits {
    uint64_t least;
    uint64_t most;
  };

  // `usage` names the endpoint in problems. `path` is what follows its name: segments, each with a
  // slash before it.
  ParameterReader(core::Bytes usage, core::Bytes path, core::Bytes query, Problem& problem)
      : usage_(usage), path_(path), query_(query), problem_(problem) {}

  bool has_segment() const { return !path_.empty(); }
  // The next segment of the path, which has to be there.
  core::Bytes segment(core::Bytes name, core::Bytes expected);
  uint64_t count_segment(core::Bytes name, Limits limits);
  uint64_t size_segment(core::Bytes name, Limits limits);
  // What T::parse() makes of it (http/target/specification.h).
  template <class T>
  T specification_segment(core::Bytes name) {
    return parse<T>(name, segment(name, "a specification"));
  }
  // There must be no further segment.
  void end_of_path();

  // The first parameter of that name in the query.
  std::optional<core::Bytes> parameter(core::Bytes name) const;
  // Its value; nothing if it is not there.
  std::optional<uint64_t> count(core::Bytes name, Limits limits);
  std::optional<uint64_t> size(core::Bytes name, Limits limits);
  std::optional<uint64_t> time(core::Bytes name, uint64_t most);
  template <class T>
  std::optional<T> specification(core::Bytes name) {
    const auto text = parameter(name);
    if (!text) return std::nullopt;
    return parse<T>(name, *text);
  }

  core::Bytes query() const { return query_; }
  void report(core::Bytes name, core::Bytes expected, std::optional<core::Bytes> found) {
    problem_.report(usage_, name, expected, found);
  }

 private:
  enum class Unit : uint8_t { none, bytes, nanoseconds };

  // The longest one that anybody needs has 8 faults of some 40 bytes.
  static constexpr std::size_t kLongestSpecification = 512;

  uint64_t read(core::Bytes name, Unit unit, std::optional<core::Bytes> text, Limits limits);
  std::optional<core::Bytes> take_segment();
  std::optional<uint64_t> optional(core::Bytes name, Unit unit, Limits limits);
  template <class T>
  T parse(core::Bytes name, core::Bytes encoded) {
    char room[kLongestSpecification];
    const core::Bytes text = decode(name, encoded, room);
    if (problem_.any()) return T();
    auto value = T::parse(text);
    if (value.ok()) return *value;
    problem_.report(usage_, name, value.error());
    return T();
  }
  core::Bytes decode(core::Bytes name, core::Bytes encoded, std::span<char> room);

  core::Bytes usage_;
  core::Bytes path_;
  core::Bytes query_;
  Problem& problem_;
};

}  // namespace http::target
