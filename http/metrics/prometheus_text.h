// Metrics in the text format that Prometheus reads (version 0.0.4): families of samples, each with
// a line of help and one of its type.
//
//   PrometheusText text(out);
//   text.counter("spate_requests_total", "Requests that were answered.");
//   text.sample(17, {{"worker", "0"}});
//   text.gauge("spate_connections", "Open connections.");
//   text.sample(connections);
//
// Appends to a string that its owner may use again. One thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "core/bytes.h"
#include "core/latency_histogram.h"

namespace http::metrics {

class PrometheusText {
 public:
  static constexpr core::Bytes kMediaType = "text/plain; version=0.0.4; charset=utf-8";

  struct Label {
    core::Bytes name;
    core::Bytes value;  // any UTF-8
  };
  using Labels = std::initializer_list<Label>;

  explicit PrometheusText(std::string& out) : out_(out) {}

  // A family; what is sampled next belongs to it. Each name comes once, of letters, digits, '_' and
  // ':', without a digit first, and stays valid until the next family. `help` is any UTF-8.
  void counter(core::Bytes name, core::Bytes help);
  void gauge(core::Bytes name, core::Bytes help);
  void histogram(core::Bytes name, core::Bytes help);

  // The value of a counter or a gauge. Each set of labels comes once; names are as those of
  // families, without ':' and without "__" in front.
  void sample(uint64_t value, Labels labels = {});
  void sample(double value, Labels labels = {});
  // Durations of a histogram, whose unit is seconds: how many there are up to each of `bounds`,
  // which are nanoseconds, ascending, and exact to 1/128. It may be recorded to meanwhile. "le" is
  // no name for a label here.
  void sample(const core::LatencyHistogram& durations, std::span<const uint64_t> bounds,
              Labels labels = {});

 private:
  enum class Type : uint8_t { none, value, histogram };

  void start_family(core::Bytes name, core::Bytes help, core::Bytes type);
  // "name_suffix{label="value",le="0.1"} "; without a bound there is no "le".
  void start_sample(core::Bytes suffix, Labels labels, core::Bytes bound);
  void put(core::Bytes text) { out_.append(text); }
  void put_escaped(core::Bytes text, bool quotes);
  void put_line(uint64_t value);
  void put_line(double value);

  std::string& out_;
  core::Bytes name_;
  Type type_ = Type::none;
};

}  // namespace http::metrics
