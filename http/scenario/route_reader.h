// From the [[route]] tables of a configuration file to a scenario. What they may hold stands in
// scenario.h.
//
// At start and on a reload: it allocates. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "http/configuration/findings.h"
#include "http/configuration/toml_document.h"
#include "http/scenario/scenario.h"

namespace http::scenario {

// The longest body from a file, and what all bodies of a scenario take at most.
inline constexpr uint64_t kMostFileBytes = 16 * 1024 * 1024;
inline constexpr uint64_t kMostBodyBytes = 256 * 1024 * 1024;
// What a template may grow to, and the fields of a route: they have to fit into a chunk
// (core/chunk_pool.h) together.
inline constexpr std::size_t kMostTemplateBytes = 16 * 1024;
inline constexpr std::size_t kMostFieldBytes = 4 * 1024;
inline constexpr std::size_t kMostRoutes = 10'000;

// The content of a file that a route names, of kMostFileBytes at most; or why not, in one line.
using ReadFile = std::function<core::Result<std::string>(const std::string& name)>;

// With findings, the scenario is not complete.
std::unique_ptr<const Scenario> read_routes(const std::vector<const configuration::Value*>& tables,
                                            const ReadFile& read_file,
                                            configuration::Findings& findings);

// "GET, HEAD" of a set of methods (Route::methods).
std::string method_names(uint32_t methods);

}  // namespace http::scenario
