// Scenarios from their text, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/configuration/table_reader.h"
#include "http/scenario/route_reader.h"

namespace test_support {

// The routes of a text that is expected to be right. A file has its name as content.
inline std::unique_ptr<const http::scenario::Scenario> make_scenario(const std::string& text) {
  const auto document = http::configuration::parse_toml(text);
  EXPECT_TRUE(document.ok());
  http::configuration::Findings findings;
  http::configuration::TableReader file(document.value(), "", findings);
  auto scenario = http::scenario::read_routes(
      file.tables("route"), [](const std::string& name) { return core::Result<std::string>(name); },
      findings);
  EXPECT_EQ(findings.text("scenario"), "");
  return scenario;
}

}  // namespace test_support
