#include "http/server/top/statistics.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace http::server::top {

namespace {

using Json = nlohmann::json;

// What comes from the network is shown on a terminal, which obeys control bytes.
std::string shown(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return text;
}

// The member of an object, or null where there is none.
const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

Number number_of(const Json& value) {
  return value.is_number() ? Number(value.get<double>()) : std::nullopt;
}

Number number_of(const Json& object, const char* name) {
  return number_of(member(object, name));
}

std::string text_of(const Json& value) {
  return value.is_string() ? shown(value.get<std::string>()) : std::string();
}

Number grown(const Number& before, const Number& after) {
  if (!before.has_value() || !after.has_value()) return std::nullopt;
  return std::max(*after - *before, 0.0);
}

Number scaled(const Number& number, double factor) {
  if (!number.has_value()) return std::nullopt;
  return *number * factor;
}

// Both ascend, and no bucket goes again.
std::vector<Bucket> new_ones(const std::vector<Bucket>& before, const std::vector<Bucket>& after) {
  std::vector<Bucket> result;
  auto earlier = before.begin();
  for (const Bucket& bucket : after) {
    while (earlier != before.end() && earlier->longest < bucket.longest) ++earlier;
    const bool is_known = earlier != before.end() && earlier->longest == bucket.longest;
    const double count = bucket.count - (is_known ? earlier->count : 0);
    if (count > 0) result.push_back({bucket.longest, count});
  }
  return result;
}

}  // namespace

core::Result<Statistics> read_statistics(core::Bytes json) {
  constexpr bool kThrows = false;
  const Json root = Json::parse(json.begin(), json.end(), nullptr, kThrows);
  if (root.is_discarded()) return core::Error{"its answer is no JSON"};
  const Json& sum = member(root, "sum");
  const Number uptime = number_of(root, "uptime_seconds");
  if (!uptime.has_value() || !sum.is_object()) {
    return core::Error{"its answer is JSON, but not the statistics of spate"};
  }
  Statistics result;
  result.version = text_of(member(root, "version"));
  result.backend = text_of(member(root, "backend"));
  result.uptime = *uptime;
  for (const Json& worker : member(root, "workers")) {
    result.workers.push_back({number_of(worker, "requests"), number_of(worker, "cpu_seconds")});
  }
  result.requests = number_of(sum, "requests");
  result.sent_bytes = number_of(sum, "sent_bytes");
  result.received_bytes = number_of(sum, "received_bytes");
  result.accepted = number_of(sum, "connections_accepted");
  result.open = number_of(sum, "connections_open");
  for (const Json& pair : member(sum, "service_time_buckets")) {
    if (!pair.is_array() || pair.size() != 2) continue;
    const Number count = number_of(pair[1]);
    if (!count.has_value()) continue;
    result.service.push_back({number_of(pair[0]).value_or(Bucket().longest), *count});
  }
  const Json& verdict = member(root, "verdict");
  result.verdict = text_of(member(verdict, "sentence"));
  for (const Json& detail : member(verdict, "details")) {
    result.verdict_details.push_back(text_of(detail));
  }
  return result;
}

std::optional<Rates> rates_between(const Statistics& before, const Statistics& after) {
  if (after.uptime <= before.uptime || after.workers.size() != before.workers.size()) {
    return std::nullopt;
  }
  Rates rates;
  rates.seconds = after.uptime - before.uptime;
  const double per_second = 1 / rates.seconds;
  rates.requests = scaled(grown(before.requests, after.requests), per_second);
  rates.sent_bits = scaled(grown(before.sent_bytes, after.sent_bytes), 8 * per_second);
  rates.received_bits = scaled(grown(before.received_bytes, after.received_bytes), 8 * per_second);
  rates.accepted = scaled(grown(before.accepted, after.accepted), per_second);
  rates.open = after.open;
  for (std::size_t i = 0; i < after.workers.size(); ++i) {
    const Statistics::Worker& from = before.workers[i];
    const Statistics::Worker& to = after.workers[i];
    rates.workers.push_back({scaled(grown(from.requests, to.requests), per_second),
                             scaled(grown(from.cpu_time, to.cpu_time), per_second)});
  }
  rates.service = new_ones(before.service, after.service);
  return rates;
}

Number Rates::percentile(double share) const {
  double all = 0;
  for (const Bucket& bucket : service) all += bucket.count;
  double passed = 0;
  for (const Bucket& bucket : service) {
    passed += bucket.count;
    if (passed >= share * all) return bucket.longest;
  }
  return std::nullopt;
}

}  // namespace http::server::top
