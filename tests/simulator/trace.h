// What happened in a run, as a hash that two runs of one seed must agree in and, if wanted, as
// lines for a person. Keeps the first failure of the run.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/simulator/faults.h"
#include "tests/simulator/timeline.h"

namespace simulator {

class Trace {
 public:
  Trace(const Timeline& timeline, bool is_printed) : timeline_(timeline), is_printed_(is_printed) {}

  // `text` is a literal; `subject` is the number of a connection, say.
  void note(std::string_view text, uint64_t subject, int64_t value = 0) {
    mix(timeline_.now());
    mix(text.size() << 8 | static_cast<unsigned char>(text[0]));
    mix(subject);
    mix(static_cast<uint64_t>(value));
    if (is_printed_) {
      std::printf("%14.6f  %-28.*s %6" PRIu64 " %10" PRId64 "\n",
                  static_cast<double>(timeline_.now()) / 1e9, static_cast<int>(text.size()),
                  text.data(), subject, value);
    }
  }
  // Notes a fault that happens now and counts it; `error` is its errno value, if it has one.
  void inject(Fault fault, uint64_t subject, int error = 0) {
    note(kind_of(fault).name, subject, error);
    faults_.add(fault, error);
  }
  void note_bytes(std::string_view bytes) {
    for (const char c : bytes) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * kPrime;
    if (is_printed_) std::printf("    | %s\n", quoted(bytes).c_str());
  }
  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
    if (is_printed_) std::printf("FAILED: %s\n", why.c_str());
  }

  const FaultCounts& faults() const { return faults_; }
  bool is_printed() const { return is_printed_; }
  uint64_t hash() const { return hash_; }
  const std::string& failure() const { return failure_; }

  // At most 400 bytes, with line ends and the like as escapes.
  static std::string quoted(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 400)) {
      if (c == '\r') {
        text += "\\r";
      } else if (c == '\n') {
        text += "\\n";
      } else if (c >= ' ' && c < '\x7f') {
        text += c;
      } else {
        text += '?';
      }
    }
    if (bytes.size() > 400) text += "... (" + std::to_string(bytes.size()) + " bytes)";
    return text;
  }

 private:
  static constexpr uint64_t kPrime = 0x100000001b3;

  void mix(uint64_t value) { hash_ = (hash_ ^ value ^ value >> 29) * kPrime; }

  const Timeline& timeline_;
  bool is_printed_;
  uint64_t hash_ = 0xcbf29ce484222325;
  std::string failure_;
  FaultCounts faults_;
};

}  // namespace simulator
