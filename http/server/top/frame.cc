#include "http/server/top/frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

namespace http::server::top {

namespace {

constexpr std::size_t kNameColumns = 14;  // of a line of numbers
constexpr std::size_t kValueColumns = 30;
constexpr std::size_t kBoundColumns = 9;  // of a line of the heat map
constexpr std::size_t kHeatRows = 8;
constexpr std::size_t kBarColumns = 20;

// From nothing to full. A value above 0 is never drawn as nothing.
struct Shades {
  const char* const* steps;
  std::size_t count;

  const char* of(double share) const {
    if (!(share > 0)) return steps[0];
    const auto step = static_cast<std::size_t>(std::ceil(share * static_cast<double>(count - 1)));
    return steps[std::clamp<std::size_t>(step, 1, count - 1)];
  }
};

constexpr const char* kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kGrays[] = {" ", "░", "▒", "▓", "█"};
constexpr const char* kPlain[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};

Shades heights(bool unicode) {
  return unicode ? Shades{kBlocks, std::size(kBlocks)} : Shades{kPlain, std::size(kPlain)};
}

Shades grays(bool unicode) {
  return unicode ? Shades{kGrays, std::size(kGrays)} : Shades{kPlain, std::size(kPlain)};
}

// Three digits, as far as they say something.
std::string digits(double number) {
  const double size = std::abs(number);
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f",
                size == 0 || size >= 99.95 ? 0
                : size >= 9.995            ? 1
                                           : 2,
                number);
  return text;
}

// UTF-8 is shown as so many characters.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t width = width_of(text);
  return text + std::string(width < columns ? columns - width : 0, ' ');
}

std::string right(const std::string& text, std::size_t columns) {
  const std::size_t width = width_of(text);
  return std::string(width < columns ? columns - width : 0, ' ') + text;
}

// What does not fit is cut off, between characters.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t width = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && width++ == columns) break;
  }
  return text.substr(0, end);
}

std::string repeated(const char* character, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += character;
  return text;
}

std::string age_text(double seconds) {
  const auto whole = static_cast<uint64_t>(std::max(seconds, 0.0));
  const std::pair<uint64_t, const char*> parts[] = {
      {whole / 86400, "d"}, {whole / 3600 % 24, "h"}, {whole / 60 % 60, "min"}, {whole % 60, "s"}};
  std::size_t first = 0;
  while (first + 1 < std::size(parts) && parts[first].first == 0) ++first;
  std::string text;
  for (std::size_t i = first; i < std::min(first + 2, std::size(parts)); ++i) {
    text += (text.empty() ? "" : " ") + std::to_string(parts[i].first) + " " + parts[i].second;
  }
  return text;
}

std::string share_text(const Number& share) {
  if (!share.has_value()) return "not known";
  return std::to_string(std::lround(100 * std::min(*share, 1e6))) + " %";
}

class Frame {
 public:
  Frame(const History& history, const FrameStyle& style) : history_(history), style_(style) {}

  std::vector<std::string> draw(const std::string& address, const std::string& complaint) {
    put_head(address, complaint);
    if (!history_.has_statistics()) return std::move(lines_);
    const Rates now =
        history_.rates().empty() ? Rates() : history_.rates().back().value_or(Rates());
    put("");
    put_numbers(now);
    put("");
    put_heat();
    put("");
    put_workers(now);
    put("");
    put_verdict();
    return std::move(lines_);
  }

 private:
  void put(const std::string& line) {
    if (lines_.size() < style_.rows) lines_.push_back(cut(line, style_.columns));
  }

  void put_head(const std::string& address, const std::string& complaint) {
    const Statistics& last = history_.last();
    if (history_.has_statistics()) {
      put("spate " + last.version + ", " + last.backend + ", up " + age_text(last.uptime) +
          ", at " + address);
    }
    if (!complaint.empty()) put(complaint);
  }

  void put_numbers(const Rates& now) {
    using Read = Number (*)(const Rates&);
    const auto text = [this](const Number& seconds) { return time_text(seconds, style_.unicode); };
    put_series("requests/s", number_text(now.requests),
               [](const Rates& of) { return of.requests; });
    put_series("sent", bits_text(now.sent_bits), [](const Rates& of) { return of.sent_bits; });
    put_series("received", bits_text(now.received_bits),
               [](const Rates& of) { return of.received_bits; });
    put_series("connections",
               number_text(now.open) + " open, " + number_text(now.accepted) + "/s new",
               [](const Rates& of) { return of.open; });
    const std::pair<const char*, Read> shares[] = {
        {"p50", [](const Rates& of) { return of.percentile(0.5); }},
        {"p99", [](const Rates& of) { return of.percentile(0.99); }},
        {"p99.9", [](const Rates& of) { return of.percentile(0.999); }}};
    for (const auto& [name, read] : shares) {
      put_series(std::string("time, ") + name, text(read(now)), read);
    }
  }

  // A number and how it was before; the highest is a full block.
  void put_series(const std::string& name, const std::string& value, Number (*read)(const Rates&)) {
    std::string line = padded(padded(name, kNameColumns) + value, kNameColumns + kValueColumns);
    const auto known = [read](const std::optional<Rates>& rates) {
      const Number number = rates.has_value() ? read(*rates) : std::nullopt;
      return number.has_value() && std::isfinite(*number) ? *number : 0;
    };
    double most = 0;
    for_last(line, [&](const std::optional<Rates>& rates) { most = std::max(most, known(rates)); });
    std::string series;
    for_last(line, [&](const std::optional<Rates>& rates) {
      series += heights(style_.unicode).of(most > 0 ? known(rates) / most : 0);
    });
    put(line + series);
  }

  // Of the seconds that fit behind `line`.
  template <class Visit>
  void for_last(const std::string& line, Visit visit) const {
    const std::size_t width = width_of(line);
    const std::size_t room = style_.columns > width ? style_.columns - width : 0;
    const auto& rates = history_.rates();
    for (std::size_t i = rates.size() - std::min(room, rates.size()); i < rates.size(); ++i) {
      visit(rates[i]);
    }
  }

  // Service times: the slowest row above, a second beside the other. Shades go by the logarithm, so
  // that one slow request among a million is seen.
  void put_heat() {
    constexpr double kRowsPerDecade = 2;
    const std::string margin(kBoundColumns + 1, ' ');
    std::vector<std::map<int, double>> seconds;
    std::map<int, double> sums;
    double most = 0;
    for_last(margin, [&](const std::optional<Rates>& rates) {
      std::map<int, double>& rows = seconds.emplace_back();
      if (!rates.has_value()) return;
      for (const Bucket& bucket : rates->service) {
        const double bound = std::isfinite(bucket.longest) ? bucket.longest : 4000.0;
        const double place = std::log10(std::max(bound, 1e-9)) * kRowsPerDecade;
        const int row = static_cast<int>(std::ceil(place - 1e-9));  // a bound is in its own row
        rows[row] += bucket.count / rates->seconds;
        sums[row] += bucket.count;
        most = std::max(most, rows[row]);
      }
    });
    put("service time by second, slowest above");
    if (sums.empty()) return put("  no request yet");
    const int top = sums.rbegin()->first;
    const int bottom = std::max(sums.begin()->first, top - static_cast<int>(kHeatRows) + 1);
    for (int row = top; row >= bottom; --row) {
      const double bound = std::pow(10, row / kRowsPerDecade);
      std::string line = right(time_text(bound, style_.unicode), kBoundColumns) + " ";
      for (const auto& rows : seconds) {
        double rate = 0;
        // What is faster than the lowest row is in it.
        for (const auto& [other, count] : rows) {
          if (other == row || (row == bottom && other < row)) rate += count;
        }
        line += grays(style_.unicode).of(most > 0 ? std::log1p(rate) / std::log1p(most) : 0);
      }
      put(line);
    }
  }

  void put_workers(const Rates& now) {
    put(padded("worker", kNameColumns) + padded("requests/s", kNameColumns) + "busy");
    const Shades shades = grays(style_.unicode);
    for (std::size_t i = 0; i < now.workers.size(); ++i) {
      const Rates::Worker& worker = now.workers[i];
      const double share = std::clamp(worker.busy.value_or(0), 0.0, 1.0);
      const auto full = static_cast<std::size_t>(std::lround(share * kBarColumns));
      put(padded(std::to_string(i), kNameColumns) +
          padded(number_text(worker.requests), kNameColumns) + repeated(shades.of(1), full) +
          repeated(shades.of(0.1), kBarColumns - full) + " " + share_text(worker.busy));
    }
  }

  void put_verdict() {
    put_wrapped(history_.last().verdict, "");
    for (const std::string& detail : history_.last().verdict_details) put_wrapped(detail, "  ");
  }

  // Words, with so much in front of the first line and as much again before the others.
  void put_wrapped(const std::string& text, const std::string& indent) {
    std::string line = indent;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const bool begins = line.find_first_not_of(' ') == std::string::npos;
      if (!begins && width_of(line) + 1 + width_of(word) > style_.columns) {
        put(line);
        line = indent + indent;
        line += word;
      } else {
        line += (begins ? "" : " ") + word;
      }
    }
    put(line);
  }

  const History& history_;
  const FrameStyle& style_;
  std::vector<std::string> lines_;
};

}  // namespace

void History::add(Statistics statistics) {
  if (has_statistics_) {
    if (rates_.size() == kMost) rates_.pop_front();
    rates_.push_back(rates_between(last_, statistics));
  }
  last_ = std::move(statistics);
  has_statistics_ = true;
}

std::string number_text(const Number& number) {
  if (!number.has_value()) return "not known";
  const bool is_whole = std::abs(*number) < 1e15 && std::floor(*number) == *number;
  std::string text = is_whole ? std::to_string(std::llround(*number)) : digits(*number);
  if (text.find('.') != std::string::npos) return text;
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string bits_text(const Number& bits) {
  if (!bits.has_value()) return "not known";
  constexpr const char* kUnits[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
  double number = *bits;
  std::size_t unit = 0;
  for (; number >= 999.5 && unit + 1 < std::size(kUnits); ++unit) number /= 1000;
  return digits(number) + " " + kUnits[unit];
}

std::string time_text(const Number& seconds, bool unicode) {
  if (!seconds.has_value()) return "no request";
  if (std::isinf(*seconds)) return "over an hour";
  if (*seconds < 0.9995e-6) return digits(*seconds * 1e9) + " ns";
  if (*seconds < 0.9995e-3) return digits(*seconds * 1e6) + (unicode ? " µs" : " us");
  if (*seconds < 0.9995) return digits(*seconds * 1e3) + " ms";
  return digits(*seconds) + " s";
}

std::vector<std::string> draw_frame(const History& history, const FrameStyle& style,
                                    const std::string& address, const std::string& complaint) {
  return Frame(history, style).draw(address, complaint);
}

}  // namespace http::server::top
