// Any text as a configuration file of routes: findings in one printable line each, with a place
// within the text, or a scenario whose answers have room where they are put together, whatever the
// request is.
//
// Choices: which path is asked for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "http/configuration/table_reader.h"
#include "http/scenario/route_reader.h"
#include "http/target/made_response.h"
#include "tests/fuzz/fuzz_input.h"

using namespace http;
using namespace http::scenario;

namespace {

void expect_lines(const std::string& text) {
  EXPECT_TRUE(text.ends_with('\n'));
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) {
    return c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  }));
}

void expect_usable(const Route& route) {
  EXPECT_TRUE(route.status >= 200 && route.status <= 599);
  EXPECT_NE(route.methods, 0U);
  EXPECT_LE(route.fields.size(), kMostFieldBytes);
  EXPECT_TRUE(route.fields.empty() || route.fields.ends_with("\r\n"));
  // No value makes a line of its own, nor the end of the head.
  EXPECT_EQ(route.fields.find("\r\n\r\n"), std::string::npos);
  EXPECT_EQ(std::ranges::count(route.fields, '\r'), std::ranges::count(route.fields, '\n'));
  if (target::has_no_content(route.status)) EXPECT_TRUE(route.body.empty() && !route.size);
  if (!route.body_template) return;
  std::string room(kMostTemplateBytes, '\0');
  const std::string value(3000, '"');
  RequestHead head;
  core::CachedClock clock;
  clock.update(core::ClockReading{1, 1'700'000'000});
  TemplateInput input{head, value, value, UINT64_MAX, clock, core::Random(1)};
  core::TextWriter out(room.data(), room.size());
  route.body_template->fill_in(input, route.escaping, out);
  EXPECT_TRUE(out.complete());
  EXPECT_LE(out.size(), route.body_template->most_bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const fuzz::ExactCopy text(input.text());
  const auto document = configuration::parse_toml(text.bytes());
  configuration::Findings findings;
  if (!document.ok()) {
    findings.add(document.error().position, document.error().message);
    expect_lines(findings.text("a"));
    return 0;
  }
  configuration::TableReader file(document.value(), "", findings);
  const auto scenario = read_routes(
      file.tables("route"),
      [](const std::string&) { return core::Result<std::string>(std::string("content")); },
      findings);
  file.finish();
  if (!findings.empty()) {
    expect_lines(findings.text("a"));
    return 0;
  }
  std::size_t routes = 0;
  for (const RoutedPath& path : scenario->paths()) {
    EXPECT_TRUE(path.text.starts_with('/'));
    const RoutedPath* found = scenario->find(path.text);
    EXPECT_NE(found, nullptr);
    if (!path.is_prefix) EXPECT_EQ(found, &path);
    routes += path.routes.size();
    for (const auto& route : path.routes) expect_usable(*route);
  }
  EXPECT_EQ(scenario->route_count(), routes);
  return 0;
}
