#include "http/server/top/terminal.h"

#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/bytes.h"
#include "core/clock.h"

namespace http::server::top {

namespace {

// Other screen and back; cursor; from the upper left corner; rest of a line, of the screen.
constexpr core::Bytes kEnter = "\x1b[?1049h\x1b[?25l";
constexpr core::Bytes kLeave = "\x1b[?25h\x1b[?1049l";
constexpr core::Bytes kHome = "\x1b[H";
constexpr core::Bytes kEraseLine = "\x1b[K";
constexpr core::Bytes kEraseBelow = "\x1b[J";
constexpr uint64_t kMillisecond = 1'000'000;

void put(core::Bytes text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::size_t size_from(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  const long number = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  return number > 0 && number < 10'000 ? static_cast<std::size_t>(number) : otherwise;
}

}  // namespace

ScreenSize screen_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    return {size.ws_col, size.ws_row};
  }
  return {size_from("COLUMNS", 80), size_from("LINES", 24)};
}

bool shows_unicode() {
  std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): there is one thread
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal != nullptr && std::strcmp(terminal, "dumb") == 0;
  return !is_dumb && std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

Terminal::Terminal() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  has_keys_ = tcgetattr(STDIN_FILENO, &before_) == 0;
  if (has_keys_) {
    termios settings = before_;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    // Stopped, it would leave the terminal like this.
    settings.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  }
  put(kEnter);
}

Terminal::~Terminal() {
  put(kLeave);
  if (has_keys_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  close(signals_);
}

void Terminal::show(const std::vector<std::string>& lines) {
  std::string text(kHome);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += "\r\n";
    text.append(lines[i]).append(kEraseLine);
  }
  put(text.append(kEraseBelow));
}

Terminal::Event Terminal::wait_until(uint64_t time) {
  while (true) {
    const uint64_t now = core::read_monotonic_clock();
    if (now >= time) return Event::time;
    pollfd events[] = {{signals_, POLLIN, 0}, {has_keys_ ? STDIN_FILENO : -1, POLLIN, 0}};
    if (poll(events, 2, static_cast<int>((time - now) / kMillisecond) + 1) < 0) continue;
    signalfd_siginfo signal;
    if (read(signals_, &signal, sizeof(signal)) == sizeof(signal)) {
      return signal.ssi_signo == SIGWINCH ? Event::resized : Event::quit;
    }
    if (events[1].revents == 0) continue;
    char key = 0;
    if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q') return Event::quit;
  }
}

}  // namespace http::server::top
