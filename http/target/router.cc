#include "http/target/router.h"

#include <charconv>
#include <span>

#include "http/target/arena.h"

namespace http::target {

namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 40;
constexpr uint64_t kMostChunk = uint64_t{1} << 30;
constexpr uint64_t kMostPieces = 1'000'000'000'000;
constexpr uint64_t kMostDelay = kHour;
constexpr uint64_t kMostRedirects = 1000;
constexpr uint64_t kMostSeconds = uint64_t{1} << 31;  // RFC 9111 section 1.2.2

constexpr core::Bytes kStatuses =
    "a status from 200 to 599, or several with their weights, such as 200:0.9,500:0.1";

void read_nothing(ParameterReader&, Endpoint&) {}

void read_seed(ParameterReader& reader, Endpoint& endpoint) {
  const auto seed = reader.count("seed", {0, UINT64_MAX});
  endpoint.seed = seed.value_or(0);
  endpoint.is_seeded = seed.has_value();
}

// Without a size it is what was asked.
void read_coded(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.has_amount = reader.has_segment();
  if (endpoint.has_amount) endpoint.amount = reader.size_segment("N", {0, kMostBytes});
  read_seed(reader, endpoint);
}

template <Coding coding>
void read_coded(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.coding = coding;
  read_coded(reader, endpoint);
}

// "/json" is another endpoint than "/json/COUNT".
void read_json(ParameterReader& reader, Endpoint& endpoint) {
  if (!reader.has_segment()) return;
  endpoint.kind = Kind::json_items;
  endpoint.amount = reader.count_segment("COUNT", {1, kMostItems});
  const ParameterReader::Limits limits{0, kMostMultiplier};
  const auto multiplier = reader.count("m", limits);
  if (!multiplier) reader.report("m", "a whole number", std::nullopt);
  endpoint.multiplier = multiplier.value_or(0);
}

void read_baseline(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.sum = read_sum(reader);
}

void read_upload(ParameterReader& reader, Endpoint& endpoint) {
  const auto hash = reader.parameter("hash");
  endpoint.is_hashed = hash.has_value();
  if (hash && *hash != "xxh64") reader.report("hash", "xxh64", hash);
}

void read_bytes(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.amount = reader.size_segment("N", {0, kMostBytes});
  read_seed(reader, endpoint);
}

// Between the pieces of an answer.
void read_gap(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.gap = reader.time("gap", kMostDelay).value_or(0);
}

void read_stream_bytes(ParameterReader& reader, Endpoint& endpoint) {
  constexpr uint64_t kDefaultChunk = 10 * 1024;
  read_bytes(reader, endpoint);
  read_gap(reader, endpoint);
  const auto chunk = reader.size("chunk", {1, kMostChunk});
  const auto chunk_size = reader.size("chunk_size", {1, kMostChunk});
  endpoint.chunk = static_cast<uint32_t>(chunk.value_or(chunk_size.value_or(kDefaultChunk)));
}

void read_stream(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.amount = reader.count_segment("N", {0, kMostPieces});
  read_gap(reader, endpoint);
}

void read_drip(ParameterReader& reader, Endpoint& endpoint) {
  constexpr uint64_t kDefaultBytes = 10;
  constexpr uint64_t kDefaultTime = 2'000'000'000;
  const auto bytes = reader.size("bytes", {1, kMostBytes});
  const auto numbytes = reader.size("numbytes", {1, kMostBytes});
  endpoint.amount = bytes.value_or(numbytes.value_or(kDefaultBytes));
  endpoint.gap = reader.time("duration", kMostDelay).value_or(kDefaultTime);
  if (!reader.parameter("delay")) endpoint.delay = kDefaultTime;
  endpoint.status = static_cast<uint16_t>(reader.count("code", {200, 599}).value_or(200));
}

void read_sse(ParameterReader& reader, Endpoint& endpoint) {
  constexpr uint64_t kDefaultEvents = 10;
  constexpr uint64_t kDefaultDuration = 5'000'000'000;
  endpoint.amount = reader.count("count", {1, kMostPieces}).value_or(kDefaultEvents);
  read_gap(reader, endpoint);
  if (reader.parameter("gap")) return;
  const uint64_t duration = reader.time("duration", kMostDelay).value_or(kDefaultDuration);
  endpoint.gap = endpoint.amount > 1 ? duration / (endpoint.amount - 1) : 0;
}

void read_status(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.text = reader.segment("CODE", kStatuses);
  if (!choose_status(endpoint.text, 0)) reader.report("CODE", kStatuses, endpoint.text);
  read_seed(reader, endpoint);
}

void read_redirect(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.amount = reader.count_segment("N", {1, kMostRedirects});
}

void read_basic_auth(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.text = reader.segment("USER", "a user's name");
  endpoint.password = reader.segment("PASSWORD", "a password");
}

void read_cache(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.has_amount = reader.has_segment();
  if (endpoint.has_amount) endpoint.amount = reader.count_segment("SECONDS", {0, kMostSeconds});
}

void read_etag(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.text = reader.segment("ETAG", "an entity tag");
}

void read_trailers(ParameterReader& reader, Endpoint& endpoint) {
  endpoint.text = reader.query();
}

struct Route {
  core::Bytes name;
  Kind kind;
  Methods methods;
  core::Bytes usage;
  void (*read)(ParameterReader&, Endpoint&);
};

constexpr Route kRoutes[] = {
    {"plaintext", Kind::plaintext, Methods::read, "/plaintext", read_nothing},
    {"json", Kind::json, Methods::read, "/json", read_json},
    {"pipeline", Kind::pipeline, Methods::read, "/pipeline", read_nothing},
    {"baseline11", Kind::baseline, Methods::any, "/baseline11", read_baseline},
    {"bytes", Kind::bytes, Methods::read, "/bytes/N", read_bytes},
    {"gzip", Kind::coded, Methods::read, "/gzip/N", read_coded<Coding::gzip>},
    {"deflate", Kind::coded, Methods::read, "/deflate/N", read_coded<Coding::deflate>},
    {"br", Kind::coded, Methods::read, "/br/N", read_coded<Coding::br>},
    {"zstd", Kind::coded, Methods::read, "/zstd/N", read_coded<Coding::zstd>},
    {"range", Kind::range, Methods::read, "/range/N", read_bytes},
    {"delay", Kind::delay, Methods::any, "/delay/T", read_nothing},
    {"stream-bytes", Kind::stream_bytes, Methods::read, "/stream-bytes/N", read_stream_bytes},
    {"stream", Kind::stream, Methods::read, "/stream/N", read_stream},
    {"drip", Kind::drip, Methods::read, "/drip", read_drip},
    {"sse", Kind::sse, Methods::read, "/sse", read_sse},
    {"echo", Kind::echo, Methods::any, "/echo", read_nothing},
    {"upload", Kind::upload, Methods::write, "/upload", read_upload},
    {"status", Kind::status, Methods::any, "/status/CODE", read_status},
    {"headers", Kind::headers, Methods::read, "/headers", read_nothing},
    {"ip", Kind::ip, Methods::read, "/ip", read_nothing},
    {"redirect", Kind::redirect, Methods::read, "/redirect/N", read_redirect},
    {"basic-auth", Kind::basic_auth, Methods::read, "/basic-auth/USER/PASSWORD", read_basic_auth},
    {"cache", Kind::cache, Methods::read, "/cache/SECONDS", read_cache},
    {"etag", Kind::etag, Methods::read, "/etag/ETAG", read_etag},
    {"trailers", Kind::trailers, Methods::read, "/trailers?NAME=VALUE", read_trailers},
};

// One member of a list of statuses.
struct WeightedStatus {
  uint16_t status;
  double weight;
};

std::optional<WeightedStatus> parse_weighted(core::Bytes text) {
  const std::size_t colon = text.find(':');
  const auto status = parse_count(text.substr(0, colon));
  // One of 1xx is no final status: the client would go on waiting (RFC 9110 section 15.2).
  if (!status || *status < 200 || *status > 599) return std::nullopt;
  double weight = 1;
  if (colon != core::Bytes::npos) {
    const core::Bytes number = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    const bool is_number = error == std::errc() && end == number.data() + number.size();
    if (!is_number || !(weight >= 0 && weight <= 1e9)) return std::nullopt;
  }
  return WeightedStatus{static_cast<uint16_t>(*status), weight};
}

core::Bytes take_member(core::Bytes& list) {
  const std::size_t comma = list.find(',');
  const core::Bytes member = list.substr(0, comma);
  list = comma == core::Bytes::npos ? core::Bytes() : list.substr(comma + 1);
  return member;
}

}  // namespace

std::optional<uint16_t> choose_status(core::Bytes list, double draw) {
  if (list.ends_with(',')) return std::nullopt;
  double sum = 0;
  for (core::Bytes rest = list; !rest.empty();) {
    const auto member = parse_weighted(take_member(rest));
    if (!member) return std::nullopt;
    sum += member->weight;
  }
  if (!(sum > 0)) return std::nullopt;
  double left = draw * sum;
  std::optional<uint16_t> last;
  for (core::Bytes rest = list; !rest.empty();) {
    const auto member = parse_weighted(take_member(rest));
    if (member->weight == 0) continue;
    last = member->status;
    if (left < member->weight) break;
    left -= member->weight;
  }
  return last;
}

std::optional<Endpoint> route(core::Bytes target, core::Bytes prefix, RouteStorage& storage,
                              Problem& problem) {
  if (!target.starts_with(prefix)) return std::nullopt;
  const std::size_t question = target.find('?');
  const core::Bytes path = target.substr(0, question);
  const core::Bytes query =
      question == core::Bytes::npos ? core::Bytes() : target.substr(question + 1);
  if (path.size() < prefix.size()) return std::nullopt;
  const core::Bytes rest = path.substr(prefix.size());
  const std::size_t slash = rest.find('/');
  const core::Bytes name = rest.substr(0, slash);
  for (const Route& candidate : kRoutes) {
    if (candidate.name != name) continue;
    ParameterReader reader(candidate.usage,
                           slash == core::Bytes::npos ? core::Bytes() : rest.substr(slash), query,
                           problem);
    Endpoint endpoint;
    endpoint.kind = candidate.kind;
    endpoint.methods = candidate.methods;
    if (candidate.kind == Kind::delay) {
      storage.own_delay = reader.specification_segment<DelayDistribution>("T");
      endpoint.own_delay = &storage.own_delay;
    }
    candidate.read(reader, endpoint);
    reader.end_of_path();
    if (read_disturbance(reader, storage.disturbance)) endpoint.disturbance = &storage.disturbance;
    return endpoint;
  }
  return std::nullopt;
}

}  // namespace http::target
