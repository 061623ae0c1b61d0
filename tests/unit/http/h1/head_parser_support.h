// What the tests of the head parser share: where inputs are placed, how answers are compared.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/check.h"
#include "core/cpu.h"
#include "http/h1/head_parser.h"
#include "http/h1/head_parser_vector.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPATE_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SPATE_TEST_SANITIZED 1
#endif
#endif

namespace http::h1::head_parser_test {

// Instrumented code is some ten times slower; random tests then do a tenth of the work.
#if defined(SPATE_TEST_SANITIZED)
inline constexpr int kSlowdown = 10;
#else
inline constexpr int kSlowdown = 1;
#endif

// Bytes that end where an unreadable page begins, so that one read too far is a fault.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t capacity) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t readable = (capacity + page - 1) / page * page;
    mapped_ = readable + page;
    start_ = static_cast<char*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(start_ != MAP_FAILED);
    end_ = start_ + readable;
    CHECK(mprotect(end_, page, PROT_NONE) == 0);
  }
  ~GuardedBytes() { munmap(start_, mapped_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  // Copies `text` so that exactly `padding` readable bytes follow it, the last of those of `fill`.
  core::Bytes place(std::string_view text, size_t padding, std::string_view fill) {
    CHECK(text.size() + padding <= static_cast<size_t>(end_ - start_) && padding <= fill.size());
    char* begin = end_ - padding - text.size();
    if (!text.empty()) std::memcpy(begin, text.data(), text.size());
    if (padding > 0) std::memcpy(end_ - padding, fill.data() + fill.size() - padding, padding);
    return {begin, text.size()};
  }

 private:
  size_t mapped_;
  char* start_;
  char* end_;
};

// The vector ISAs that this machine runs; empty only on a machine without any.
inline std::vector<core::Isa> vector_isas() {
  std::vector<core::Isa> isas;
  for (core::Isa isa : core::kIsas) {
    if (isa != core::Isa::scalar && core::isa_supported(isa)) isas.push_back(isa);
  }
  return isas;
}

// The verdict and, for a complete head, everything that was found, for a person to read.
inline std::string describe(const HeadResult& result, const RequestHead& head) {
  if (result.verdict == HeadVerdict::incomplete) return "incomplete";
  if (result.verdict == HeadVerdict::bad) {
    return "bad " + std::to_string(static_cast<int>(result.status)) + ": " + result.reason;
  }
  std::string text = "complete, " + std::to_string(result.consumed) + " bytes: [";
  text += std::string(head.method_text) + "] #" + std::to_string(static_cast<int>(head.method));
  text += " [" + std::string(head.target) + "] 1." + std::to_string(head.minor_version);
  text += " present " + std::to_string(head.present);
  text += " repeated " + std::to_string(head.repeated);
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const Field& field = head.fields[i];
    text += "\n  [" + std::string(head.name_of(field)) + "] #" +
            std::to_string(static_cast<int>(field.name)) + " [" +
            std::string(head.value_of(field)) + "] at " + std::to_string(field.name_offset) +
            " and " + std::to_string(field.value_offset);
  }
  return text;
}

inline bool same_bytes(core::Bytes a, core::Bytes b) {
  return a.data() == b.data() && a.size() == b.size();
}

// Whether two parses of the same bytes at the same address came to the same answer.
inline bool same_answer(const HeadResult& a, const RequestHead& x, const HeadResult& b,
                        const RequestHead& y) {
  if (a.verdict != b.verdict) return false;
  if (a.verdict == HeadVerdict::incomplete) return true;
  if (a.verdict == HeadVerdict::bad) return a.status == b.status && a.reason == b.reason;
  if (a.consumed != b.consumed || x.base != y.base || x.method != y.method ||
      !same_bytes(x.method_text, y.method_text) || !same_bytes(x.target, y.target) ||
      x.minor_version != y.minor_version || x.present != y.present || x.repeated != y.repeated ||
      x.field_count != y.field_count) {
    return false;
  }
  for (uint32_t i = 0; i < x.field_count; ++i) {
    const Field &f = x.fields[i], &g = y.fields[i];
    if (f.name_offset != g.name_offset || f.name_length != g.name_length ||
        f.value_offset != g.value_offset || f.value_length != g.value_length || f.name != g.name) {
      return false;
    }
  }
  return true;
}

// Text for a failure message, with controls made visible.
inline std::string visible(std::string_view text) {
  std::string result;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char shown[8];
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      std::snprintf(shown, sizeof(shown), "\\x%02x", byte);
      result += shown;
    }
  }
  return result;
}

// Parses the same text with every parser of this machine, each time at the edge of an unreadable
// page: the scalar one with no padding, the others with core::kPadding bytes of different contents.
// Adds a test failure when they disagree; returns the scalar answer.
class EveryParser {
 public:
  explicit EveryParser(size_t capacity) : bytes_(capacity + core::kPadding) {}

  const HeadResult& parse(std::string_view text, const HeadLimits& limits = {}) {
    const core::Bytes alone = bytes_.place(text, 0, "");
    const HeadResult without_padding = parse_head_scalar(alone, limits, *other_);
    const std::string expected = describe(without_padding, *other_);
    for (const std::string& fill : fills_) {
      const core::Bytes input = bytes_.place(text, core::kPadding, fill);
      result_ = parse_head_scalar(input, limits, *head_);
      EXPECT_EQ(describe(result_, *head_), expected) << visible(text);
      for (core::Isa isa : isas_) {
        const HeadResult found = parse_head_with(isa, input, limits, *other_);
        EXPECT_TRUE(same_answer(result_, *head_, found, *other_))
            << core::isa_name(isa) << " differs for " << visible(text) << "\nscalar: " << expected
            << "\nfound: " << describe(found, *other_);
      }
    }
    return result_;
  }

  // What the last parse found.
  const RequestHead& head() const { return *head_; }

 private:
  GuardedBytes bytes_;
  std::vector<core::Isa> isas_ = vector_isas();
  // The last two begin something at the very end, which tempts a parser to look behind it.
  const std::string fills_[5] = {std::string(64, '\n'), std::string(64, ':'), std::string(64, '\0'),
                                 std::string(61, 'a') + "   ", std::string(61, 'a') + "\r\n\r"};
  std::unique_ptr<RequestHead> head_ = std::make_unique<RequestHead>();
  std::unique_ptr<RequestHead> other_ = std::make_unique<RequestHead>();
  HeadResult result_{};
};

}  // namespace http::h1::head_parser_test
