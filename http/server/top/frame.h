// One picture of `spate top`, as lines of text that fit a terminal. Pure: no terminal, no clock.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "http/server/top/statistics.h"

namespace http::server::top {

// What is shown, second by second.
class History {
 public:
  // What no terminal is wide enough for is forgotten.
  static constexpr std::size_t kMost = 600;

  // The next answer; its rates are those since the one before.
  void add(Statistics statistics);

  bool has_statistics() const { return has_statistics_; }
  const Statistics& last() const { return last_; }
  // Oldest first. Nothing: the server was started anew, or had just been asked.
  const std::deque<std::optional<Rates>>& rates() const { return rates_; }

 private:
  bool has_statistics_ = false;
  Statistics last_;
  std::deque<std::optional<Rates>> rates_;
};

struct FrameStyle {
  std::size_t columns = 80;
  std::size_t rows = 24;  // further lines are left out
  bool unicode = true;    // else ASCII alone
};

// "12,345" of a rate or a count: up to three digits below 100. Nothing is "not known".
std::string number_text(const Number& number);
// "1.25 Gbit/s".
std::string bits_text(const Number& bits);
// "12 us" or "12 µs". Nothing is "no request".
std::string time_text(const Number& seconds, bool unicode);

// Lines without line breaks, none longer than the terminal is wide. `address` is where the numbers
// are from, `complaint` why they are old; empty: they are not.
std::vector<std::string> draw_frame(const History& history, const FrameStyle& style,
                                    const std::string& address, const std::string& complaint);

}  // namespace http::server::top
