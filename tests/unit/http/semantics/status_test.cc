#include "http/status.h"

#include <gtest/gtest.h>

#include <string>

namespace http {
namespace {

// RFC 9110 section 15; 431 is of RFC 6585 section 5.
TEST(StatusText, IsTheCodeAndTheReasonOfTheRfc) {
  EXPECT_EQ(status_text(Status::continue_), "100 Continue");
  EXPECT_EQ(status_text(Status::ok), "200 OK");
  EXPECT_EQ(status_text(Status::partial_content), "206 Partial Content");
  EXPECT_EQ(status_text(Status::moved_permanently), "301 Moved Permanently");
  EXPECT_EQ(status_text(Status::not_modified), "304 Not Modified");
  EXPECT_EQ(status_text(Status::bad_request), "400 Bad Request");
  EXPECT_EQ(status_text(Status::forbidden), "403 Forbidden");
  EXPECT_EQ(status_text(Status::not_found), "404 Not Found");
  EXPECT_EQ(status_text(Status::method_not_allowed), "405 Method Not Allowed");
  EXPECT_EQ(status_text(Status::request_timeout), "408 Request Timeout");
  EXPECT_EQ(status_text(Status::precondition_failed), "412 Precondition Failed");
  EXPECT_EQ(status_text(Status::content_too_large), "413 Content Too Large");
  EXPECT_EQ(status_text(Status::uri_too_long), "414 URI Too Long");
  EXPECT_EQ(status_text(Status::range_not_satisfiable), "416 Range Not Satisfiable");
  EXPECT_EQ(status_text(Status::expectation_failed), "417 Expectation Failed");
  EXPECT_EQ(status_text(Status::request_header_fields_too_large),
            "431 Request Header Fields Too Large");
  EXPECT_EQ(status_text(Status::internal_server_error), "500 Internal Server Error");
  EXPECT_EQ(status_text(Status::not_implemented), "501 Not Implemented");
  EXPECT_EQ(status_text(Status::service_unavailable), "503 Service Unavailable");
  EXPECT_EQ(status_text(Status::http_version_not_supported), "505 HTTP Version Not Supported");
}

TEST(StatusTextDeathTest, AnUnknownStatusIsABug) {
  EXPECT_DEATH(status_text(static_cast<Status>(299)), "unreachable");
}

}  // namespace
}  // namespace http
