#include "http/error_page.h"

// One document around the text of a status, put together by the compiler. The colours are those of
// the browser's own light or dark scheme.
#define SPATE_PAGE(text)                                                                   \
  "<!doctype html>\n"                                                                      \
  "<html lang=\"en\">\n"                                                                   \
  "<meta charset=\"utf-8\">\n"                                                             \
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"             \
  "<meta name=\"color-scheme\" content=\"light dark\">\n"                                  \
  "<title>" text                                                                           \
  "</title>\n"                                                                             \
  "<style>body{font:1.125rem/1.5 system-ui,sans-serif;margin:20vh 2rem;text-align:center}" \
  "h1{font-weight:500}</style>\n"                                                          \
  "<h1>" text "</h1>\n"

#define SPATE_BODY(text) format == ErrorFormat::html ? SPATE_PAGE(text) : core::Bytes(text "\n")

namespace http {

core::Bytes error_body_type(ErrorFormat format) {
  return format == ErrorFormat::html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
}

core::Bytes error_body(Status status, ErrorFormat format) {
  switch (status) {
    case Status::not_ready:
    case Status::continue_:
    case Status::ok:
    case Status::no_content:
    case Status::partial_content:
    case Status::not_modified:
      return {};
    case Status::moved_permanently:
      return SPATE_BODY("301 Moved Permanently");
    case Status::bad_request:
      return SPATE_BODY("400 Bad Request");
    case Status::forbidden:
      return SPATE_BODY("403 Forbidden");
    case Status::not_found:
      return SPATE_BODY("404 Not Found");
    case Status::method_not_allowed:
      return SPATE_BODY("405 Method Not Allowed");
    case Status::not_acceptable:
      return SPATE_BODY("406 Not Acceptable");
    case Status::request_timeout:
      return SPATE_BODY("408 Request Timeout");
    case Status::precondition_failed:
      return SPATE_BODY("412 Precondition Failed");
    case Status::content_too_large:
      return SPATE_BODY("413 Content Too Large");
    case Status::uri_too_long:
      return SPATE_BODY("414 URI Too Long");
    case Status::range_not_satisfiable:
      return SPATE_BODY("416 Range Not Satisfiable");
    case Status::expectation_failed:
      return SPATE_BODY("417 Expectation Failed");
    case Status::request_header_fields_too_large:
      return SPATE_BODY("431 Request Header Fields Too Large");
    case Status::internal_server_error:
      return SPATE_BODY("500 Internal Server Error");
    case Status::not_implemented:
      return SPATE_BODY("501 Not Implemented");
    case Status::service_unavailable:
      return SPATE_BODY("503 Service Unavailable");
    case Status::http_version_not_supported:
      return SPATE_BODY("505 HTTP Version Not Supported");
  }
  return {};
}

}  // namespace http
