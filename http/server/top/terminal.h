// The terminal of standard output as a screen to draw on: no echo, no cursor, and what was on it
// before comes back in the end. Ends of the process by a signal are events, so that it does.
#pragma once

#include <termios.h>

#include <cstdint>
#include <string>
#include <vector>

namespace http::server::top {

// Columns and rows of the terminal of standard output; else those of the environment, or 80 and 24.
struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
ScreenSize screen_size();
// Whether the locale is UTF-8 and the terminal can show it. Sets the locale of the process.
bool shows_unicode();

class Terminal {
 public:
  enum class Event : uint8_t { time, quit, resized };

  // Signals are blocked from here on.
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void show(const std::vector<std::string>& lines);
  // Until a monotonic time in nanoseconds, or somebody presses q or Ctrl-C or the process is told
  // to end, or the window gets another size.
  Event wait_until(uint64_t time);

 private:
  int signals_;
  bool has_keys_ = false;  // standard input is a terminal too
  termios before_{};
};

}  // namespace http::server::top
