// The configuration file: TOML, read as a whole before anything is served. Today it defines the
// routes of a scenario (http/scenario/scenario.h):
//
//   [[route]]
//   path = "/api/users"
//   body = '{"users":[]}'
//
// What is not known in it is an error, so that a slip of the pen does not go unseen.
#pragma once

#include <memory>
#include <string>

#include "core/bytes.h"
#include "core/result.h"
#include "http/scenario/route_reader.h"
#include "http/scenario/scenario.h"

namespace http::server {

struct Configuration {
  std::unique_ptr<const scenario::Scenario> scenario;  // never null
};

// All that is wrong with a file: "FILE:LINE:COLUMN: what was expected, and what was found", and a
// line end, for each.
struct ConfigurationErrors {
  std::string text;
};

core::Result<Configuration, ConfigurationErrors> parse_configuration(
    core::Bytes text, core::Bytes file_name, const scenario::ReadFile& read_file);

// The same for a file, of 4 MiB at most. Files that it names lie beside it, unless their names
// begin with a slash.
core::Result<Configuration, ConfigurationErrors> read_configuration(const std::string& file_name);

// What a configuration defines, for a person; several lines.
std::string describe(const Configuration& configuration);

}  // namespace http::server
