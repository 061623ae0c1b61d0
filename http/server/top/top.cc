#include "http/server/top/top.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "core/clock.h"
#include "http/server/top/client.h"
#include "http/server/top/frame.h"
#include "http/server/top/statistics.h"
#include "http/server/top/terminal.h"

namespace http::server::top {

namespace {

constexpr int kNoAnswer = 1;
constexpr uint64_t kPeriod = 1'000'000'000;  // nanoseconds

core::Result<Statistics> ask(const io::Address& address) {
  const auto page = fetch_page(address, "/stats");
  if (!page.ok()) return page.error();
  auto statistics = read_statistics(page.value());
  if (!statistics.ok()) {
    return core::Error{address.text() +
                       " is no admin address of spate: " + statistics.error().message};
  }
  return statistics;
}

int fail(const core::Error& error) {
  std::fprintf(stderr, "spate top: %s\n", error.message.c_str());
  return kNoAnswer;
}

int print_once(const TopOptions& options, History& history, FrameStyle style) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(kPeriod));
  auto statistics = ask(options.address);
  if (!statistics.ok()) return fail(statistics.error());
  history.add(std::move(*statistics));
  style.rows = SIZE_MAX;
  for (const std::string& line : draw_frame(history, style, options.address.text(), "")) {
    std::printf("%s\n", line.c_str());
  }
  return 0;
}

void run_until_quit(const TopOptions& options, History& history, FrameStyle style) {
  Terminal terminal;
  std::string complaint = "waiting for the first second; q ends";
  uint64_t next = core::read_monotonic_clock() + kPeriod;
  while (true) {
    const ScreenSize size = screen_size();
    style.columns = size.columns;
    style.rows = size.rows;
    terminal.show(draw_frame(history, style, options.address.text(), complaint));
    const Terminal::Event event = terminal.wait_until(next);
    if (event == Terminal::Event::quit) return;
    if (event == Terminal::Event::resized) continue;
    auto statistics = ask(options.address);
    if (statistics.ok()) {
      history.add(std::move(*statistics));
      complaint.clear();
    } else {
      complaint = statistics.error().message + "; what is below is from before";
    }
    next = core::read_monotonic_clock() + kPeriod;
  }
}

}  // namespace

int run_top(const TopOptions& options) {
  auto statistics = ask(options.address);
  if (!statistics.ok()) return fail(statistics.error());
  History history;
  history.add(std::move(*statistics));
  FrameStyle style;
  style.unicode = shows_unicode();
  style.columns = screen_size().columns;
  if (options.once) return print_once(options, history, style);
  if (isatty(STDOUT_FILENO) == 0) {
    return fail(core::Error{"standard output is no terminal: use --once"});
  }
  run_until_quit(options, history, style);
  return 0;
}

}  // namespace http::server::top
