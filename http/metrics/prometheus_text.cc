#include "http/metrics/prometheus_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>

#include "core/check.h"

namespace http::metrics {
namespace {

constexpr double kSecond = 1e9;  // nanoseconds

bool is_name(core::Bytes name, bool with_colon) {
  const auto is_first = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c == ':' && with_colon);
  };
  return !name.empty() && is_first(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_first(c) || (c >= '0' && c <= '9'); });
}

// The longest is a negative double: "-2.2250738585072014e-308".
class NumberText {
 public:
  template <class Number>
  explicit NumberText(Number number) {
    const auto result = std::to_chars(text_.data(), text_.data() + text_.size(), number);
    size_ = static_cast<std::size_t>(result.ptr - text_.data());
  }
  core::Bytes text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 32> text_;
  std::size_t size_;
};

}  // namespace

void PrometheusText::counter(core::Bytes name, core::Bytes help) {
  start_family(name, help, "counter");
  type_ = Type::value;
}

void PrometheusText::gauge(core::Bytes name, core::Bytes help) {
  start_family(name, help, "gauge");
  type_ = Type::value;
}

void PrometheusText::histogram(core::Bytes name, core::Bytes help) {
  start_family(name, help, "histogram");
  type_ = Type::histogram;
}

void PrometheusText::start_family(core::Bytes name, core::Bytes help, core::Bytes type) {
  CHECK(is_name(name, true));
  name_ = name;
  put("# HELP ");
  put(name);
  put(" ");
  put_escaped(help, false);
  put("\n# TYPE ");
  put(name);
  put(" ");
  put(type);
  put("\n");
}

void PrometheusText::sample(uint64_t value, Labels labels) {
  CHECK(type_ == Type::value);
  start_sample("", labels, "");
  put_line(value);
}

void PrometheusText::sample(double value, Labels labels) {
  CHECK(type_ == Type::value);
  start_sample("", labels, "");
  put_line(value);
}

void PrometheusText::sample(const core::LatencyHistogram& durations,
                            std::span<const uint64_t> bounds, Labels labels) {
  CHECK(type_ == Type::histogram);
  CHECK(std::ranges::adjacent_find(bounds, std::greater_equal<>()) == bounds.end());
  for (const uint64_t bound : bounds) {
    start_sample("_bucket", labels, NumberText(static_cast<double>(bound) / kSecond).text());
    put_line(durations.count_up_to(bound));
  }
  // Read last, so that it is not less than any of the others, whatever is recorded meanwhile.
  const uint64_t count = durations.count();
  start_sample("_bucket", labels, "+Inf");
  put_line(count);
  start_sample("_sum", labels, "");
  put_line(static_cast<double>(durations.sum()) / kSecond);
  start_sample("_count", labels, "");
  put_line(count);
}

void PrometheusText::start_sample(core::Bytes suffix, Labels labels, core::Bytes bound) {
  put(name_);
  put(suffix);
  char separator = '{';
  const auto put_label = [&](core::Bytes name, core::Bytes value) {
    out_.push_back(separator);
    separator = ',';
    put(name);
    put("=\"");
    put_escaped(value, true);
    put("\"");
  };
  for (const Label& label : labels) {
    CHECK(is_name(label.name, false) && !label.name.starts_with("__"));
    CHECK(type_ != Type::histogram || label.name != "le");
    put_label(label.name, label.value);
  }
  if (!bound.empty()) put_label("le", bound);
  put(separator == '{' ? " " : "} ");
}

void PrometheusText::put_escaped(core::Bytes text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      put("\\n");
      continue;
    }
    if (c == '\\' || (c == '"' && quotes)) put("\\");
    out_.push_back(c);
  }
}

void PrometheusText::put_line(uint64_t value) {
  put(NumberText(value).text());
  put("\n");
}

void PrometheusText::put_line(double value) {
  if (std::isnan(value)) {
    put("NaN");
  } else if (std::isinf(value)) {
    put(value > 0 ? "+Inf" : "-Inf");
  } else {
    put(NumberText(value).text());
  }
  put("\n");
}

}  // namespace http::metrics
