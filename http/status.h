// Status codes that spate sends (RFC 9110 section 15).
#pragma once

#include <cstdint>
#include <string_view>

namespace http {

enum class Status : uint16_t {
  not_ready = 0,  // never sent: the disk has to be waited for before there is a response
  continue_ = 100,
  ok = 200,
  no_content = 204,
  partial_content = 206,
  moved_permanently = 301,
  not_modified = 304,
  bad_request = 400,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  request_timeout = 408,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  request_header_fields_too_large = 431,
  internal_server_error = 500,
  not_implemented = 501,
  service_unavailable = 503,
  http_version_not_supported = 505,
};

// "404 Not Found": code and reason phrase as they stand in a status line. Static storage.
std::string_view status_text(Status status);

}  // namespace http
