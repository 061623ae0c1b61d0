#include "http/scenario/route_reader.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "http/configuration/table_reader.h"
#include "http/method.h"
#include "http/scenario/route_fields.h"
#include "http/semantics/media_type.h"
#include "http/target/made_response.h"

namespace http::scenario {

namespace {

using configuration::Findings;
using configuration::hint;
using configuration::in_quotes;
using configuration::Position;
using configuration::TableReader;
using configuration::Text;
using configuration::Value;

constexpr Method kMethods[] = {Method::get,     Method::head,  Method::post,    Method::put,
                               Method::delete_, Method::patch, Method::options, Method::trace};
constexpr core::Bytes kMethodNames[] = {"GET",    "HEAD",  "POST",    "PUT",
                                        "DELETE", "PATCH", "OPTIONS", "TRACE"};

// What may be the body of a route.
constexpr core::Bytes kBodies[] = {"body", "template", "file", "size"};

// How messages name a route: by its path, if it has one.
std::string name_of(const Value& table) {
  for (const configuration::Member& member : table.members) {
    if (member.key == "path" && member.value.kind == Value::Kind::string) {
      return "route " + in_quotes(member.value.text);
    }
  }
  return "route";
}

// A route while it is read.
struct Draft {
  std::unique_ptr<Route> route = std::make_unique<Route>();
  std::string path;  // empty: it can not be used
  Position methods_position;
  bool names_head = false;  // HEAD is not there only because of GET
};

class RouteReader {
 public:
  RouteReader(const Value& table, const ReadFile& read_file, Findings& findings)
      : table_(table, name_of(table), findings), read_file_(read_file) {}

  Draft read() {
    read_path();
    read_methods();
    Route& route = *draft_.route;
    if (const auto status = table_.integer("status", 200, 599)) {
      route.status = static_cast<uint16_t>(*status);
    }
    const core::Bytes default_type = read_body();
    const std::string content_type = read_fields(table_, default_type, route.fields);
    route.escaping = escaping_of(content_type);
    if (const auto delay = read_specification<target::DelayDistribution>("delay")) {
      disturbance().delay = *delay;
    }
    if (const auto faults = read_specification<target::FaultMix>("fault")) {
      disturbance().faults = *faults;
    }
    if (const auto rate = table_.integer("rate", 1, RateCap::kMostPerSecond)) {
      route.shared->rate.emplace(static_cast<uint32_t>(*rate));
    }
    table_.finish();
    return std::move(draft_);
  }

 private:
  target::Disturbance& disturbance() {
    std::optional<target::Disturbance>& disturbance = draft_.route->disturbance;
    return disturbance.has_value() ? *disturbance : disturbance.emplace();
  }

  void read_path() {
    constexpr core::Bytes kExpected =
        "a path such as \"/api/users\", or \"/api/*\" for all that begin with \"/api/\"";
    constexpr std::size_t kLongest = 1024;
    if (!table_.has("path")) {
      table_.value("path");
      return table_.report("path", table_.position_of("path"),
                           "missing; expected " + std::string(kExpected));
    }
    const auto path = table_.string("path");
    if (!path) return;
    const core::Bytes text = path->text.substr(0, path->text.size() - path->text.ends_with('*'));
    const bool is_path =
        text.starts_with('/') && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
          return c > ' ' && c <= '~' && c != '?' && c != '#' && c != '*';
        });
    if (is_path) {
      draft_.path = path->text;
      return;
    }
    table_.report("path", path->position,
                  "expected " + std::string(kExpected) +
                      ", without a query; bytes that are not "
                      "in ASCII are percent-encoded; found " +
                      in_quotes(path->text));
  }

  void read_methods() {
    draft_.methods_position = table_.position_of(table_.has("methods") ? "methods" : "path");
    const auto names = table_.strings("methods");
    if (!names) return;
    if (names->empty()) {
      return table_.report("methods", table_.position_of("methods"),
                           "expected one method at least, or \"*\" for all of them");
    }
    uint32_t methods = 0;
    for (const Text& name : *names) methods |= method_bits(name);
    draft_.names_head = (methods & bit(Method::head)) != 0;
    if ((methods & bit(Method::get)) != 0) methods |= bit(Method::head);
    draft_.route->methods = methods;
  }

  uint32_t method_bits(const Text& name) {
    if (name.text == "*") {
      uint32_t all = bit(Method::other);
      for (const Method method : kMethods) all |= bit(method);
      return all;
    }
    const auto* found = std::ranges::find(kMethodNames, name.text);
    if (found != std::end(kMethodNames)) return bit(kMethods[found - std::begin(kMethodNames)]);
    std::string upper(name.text);
    for (char& c : upper) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    table_.report("methods", name.position,
                  "expected GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE or \"*\", found " +
                      in_quotes(name.text) + hint(upper, kMethodNames));
    return 0;
  }

  // Returns the type of the body if the file does not name one; empty if there is no body.
  core::Bytes read_body() {
    constexpr core::Bytes kPlainText = "text/plain; charset=utf-8";
    Route& route = *draft_.route;
    core::Bytes first;
    for (const core::Bytes key : kBodies) {
      if (!table_.has(key)) continue;
      if (!first.empty()) {
        table_.report(key, table_.position_of(key),
                      "there is a " + std::string(first) +
                          " already; a route has one of body, "
                          "template, file and size");
      } else if (target::has_no_content(route.status) || route.status == 205) {
        table_.report(key, table_.position_of(key),
                      "a response with status " + std::to_string(route.status) + " has no body");
      }
      first = key;
    }
    if (const auto body = table_.string("body")) route.body = body->text;
    if (const auto text = table_.string("template")) read_template(*text);
    read_size();
    core::Bytes file_type;
    if (const auto file = table_.string("file")) {
      auto content = read_file_(std::string(file->text));
      if (!content.ok()) {
        table_.report("file", file->position, content.error().message);
      } else {
        route.body = std::move(*content);
      }
      file_type = media_type(file->text);
    }
    if (first == "file") return file_type;
    if (first == "size") return "application/octet-stream";
    return first.empty() ? core::Bytes() : kPlainText;
  }

  void read_template(const Text& text) {
    Route& route = *draft_.route;
    route.body = text.text;
    auto parsed = BodyTemplate::parse(route.body);
    if (!parsed.ok()) {
      const BodyTemplate::Error& error = parsed.error();
      const std::string meant =
          error.nearest.empty() ? "" : ": did you mean " + in_quotes(error.nearest) + "?";
      return table_.report("template", text.position,
                           "expected " + std::string(error.expected) + ", found " +
                               in_quotes(error.found) + " at character " +
                               std::to_string(error.position + 1) + meant);
    }
    if (parsed->most_bytes() > kMostTemplateBytes) {
      return table_.report("template", text.position,
                           "it can become " + std::to_string(parsed->most_bytes()) +
                               " bytes, and " + std::to_string(kMostTemplateBytes) +
                               " are the most; {path}, {query:NAME} and {header:NAME} count as " +
                               std::to_string(BodyTemplate::kMostValue));
    }
    route.body_template = std::move(*parsed);
  }

  void read_size() {
    const Value* value = table_.value("size");
    if (value == nullptr) return;
    const bool is_size = value->kind == Value::Kind::integer && value->integer >= 0 &&
                         static_cast<uint64_t>(value->integer) <= SizeDistribution::kMost;
    if (is_size) {
      draft_.route->size = SizeDistribution(static_cast<uint64_t>(value->integer));
    } else if (value->kind == Value::Kind::string) {
      draft_.route->size = read_specification<SizeDistribution>("size");
    } else {
      table_.expect(
          "size",
          "a size up to 1TiB, such as 1000 or \"10KiB\", or a distribution of sizes, such as "
          "\"lognormal:p50=10KiB,p99=1MiB\"",
          *value);
    }
  }

  template <class Specification>
  std::optional<Specification> read_specification(core::Bytes key) {
    const auto text = table_.string(key);
    if (!text) return std::nullopt;
    auto parsed = Specification::parse(text->text);
    if (parsed.ok()) return parsed.value();
    table_.report(key, text->position, std::string(parsed.error().text()));
    return std::nullopt;
  }

  TableReader table_;
  const ReadFile& read_file_;
  Draft draft_;
};

// The routes of all paths, as they are found.
class PathCollector {
 public:
  explicit PathCollector(Findings& findings) : findings_(findings) {}

  void add(Draft draft) {
    if (draft.path.empty()) return;  // which is a finding already
    std::vector<Draft>& drafts = drafts_[draft.path];
    drafts.push_back(std::move(draft));
  }

  std::vector<RoutedPath> finish() {
    std::vector<RoutedPath> paths;
    for (auto& [path, drafts] : drafts_) paths.push_back(path_of(path, drafts));
    return paths;
  }

 private:
  RoutedPath path_of(const std::string& text, std::vector<Draft>& drafts) {
    // Who names HEAD has it, before who only has it with GET.
    const bool is_named = std::ranges::any_of(drafts, &Draft::names_head);
    RoutedPath path;
    path.is_prefix = text.ends_with('*');
    path.text = text.substr(0, text.size() - path.is_prefix);
    uint32_t taken = 0;
    for (Draft& draft : drafts) {
      if (is_named && !draft.names_head) draft.route->methods &= ~bit(Method::head);
      const uint32_t twice = taken & draft.route->methods;
      if (twice != 0) {
        findings_.add(draft.methods_position, "route " + in_quotes(text) +
                                                  ": another route answers " + first_of(twice) +
                                                  " for this path already");
      }
      taken |= draft.route->methods;
      path.routes.push_back(std::move(draft.route));
    }
    path.allow = method_names(taken | bit(Method::options));
    return path;
  }

  static std::string first_of(uint32_t methods) {
    const std::string all = method_names(methods);
    return all.substr(0, all.find(','));
  }

  Findings& findings_;
  std::map<std::string, std::vector<Draft>> drafts_;
};

}  // namespace

std::string method_names(uint32_t methods) {
  std::string text;
  for (const Method method : kMethods) {
    if ((methods & bit(method)) == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(method_text(method));
  }
  return text;
}

std::unique_ptr<const Scenario> read_routes(const std::vector<const Value*>& tables,
                                            const ReadFile& read_file, Findings& findings) {
  PathCollector collector(findings);
  if (tables.size() > kMostRoutes) {
    findings.add(tables[kMostRoutes]->position,
                 "more than " + std::to_string(kMostRoutes) + " routes");
    return std::make_unique<const Scenario>(collector.finish());
  }
  uint64_t bytes = 0;
  for (const Value* table : tables) {
    Draft draft = RouteReader(*table, read_file, findings).read();
    const uint64_t before = std::exchange(bytes, bytes + draft.route->body.size());
    if (before <= kMostBodyBytes && bytes > kMostBodyBytes) {
      findings.add(table->position, "the bodies of all routes up to here are " +
                                        std::to_string(bytes) + " bytes, and " +
                                        std::to_string(kMostBodyBytes) + " are the most");
    }
    collector.add(std::move(draft));
  }
  return std::make_unique<const Scenario>(collector.finish());
}

}  // namespace http::scenario
