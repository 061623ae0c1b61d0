// The header fields that a route sends, from its table `headers`.
#pragma once

#include <string>

#include "core/bytes.h"
#include "http/configuration/table_reader.h"

namespace http::scenario {

// Writes them as whole lines to `fields`, in the order of the file; with `default_type` (unless
// that is empty) as Content-Type if the file has none. Returns the Content-Type. What spate says
// itself of every response can not be set: how the body is framed, whether the connection goes on,
// Date and Server.
std::string read_fields(configuration::TableReader& route, core::Bytes default_type,
                        std::string& fields);

}  // namespace http::scenario
