#include "http/error_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace http {
namespace {

constexpr Status kWithBody[] = {
    Status::moved_permanently,
    Status::bad_request,
    Status::forbidden,
    Status::not_found,
    Status::method_not_allowed,
    Status::not_acceptable,
    Status::request_timeout,
    Status::precondition_failed,
    Status::content_too_large,
    Status::uri_too_long,
    Status::range_not_satisfiable,
    Status::expectation_failed,
    Status::request_header_fields_too_large,
    Status::internal_server_error,
    Status::not_implemented,
    Status::service_unavailable,
    Status::http_version_not_supported,
};

// The tags of a document in order, without attributes; a void element is written "<meta>".
std::vector<std::string> tags_of(core::Bytes document) {
  std::vector<std::string> tags;
  for (std::size_t at = document.find('<'); at != core::Bytes::npos; at = document.find('<', at)) {
    const std::size_t end = document.find('>', at);
    if (end == core::Bytes::npos) return {"unclosed"};
    const core::Bytes tag = document.substr(at + 1, end - at - 1);
    tags.emplace_back(tag.substr(0, tag.find(' ')));
    at = end;
  }
  return tags;
}

TEST(ErrorBody, IsAWholeDocumentThatSaysTheStatus) {
  for (const Status status : kWithBody) {
    const core::Bytes body = error_body(status, ErrorFormat::html);
    const std::string text(status_text(status));
    SCOPED_TRACE(text);
    EXPECT_TRUE(body.starts_with("<!doctype html>\n<html lang=\"en\">\n"));
    EXPECT_NE(body.find("<meta charset=\"utf-8\">"), core::Bytes::npos);
    EXPECT_NE(body.find("<title>" + text + "</title>"), core::Bytes::npos);
    EXPECT_NE(body.find("<h1>" + text + "</h1>"), core::Bytes::npos);
    EXPECT_TRUE(body.ends_with("</h1>\n"));
    // The end tags of html, head and body may be left out; every other element is closed.
    EXPECT_EQ(tags_of(body),
              (std::vector<std::string>{"!doctype", "html", "meta", "meta", "meta", "title",
                                        "/title", "style", "/style", "h1", "/h1"}));
  }
}

TEST(ErrorBody, FollowsTheSchemeOfTheReader) {
  EXPECT_NE(error_body(Status::not_found, ErrorFormat::html)
                .find("name=\"color-scheme\" content=\"light dark\""),
            core::Bytes::npos);
}

TEST(ErrorBody, IsSmallPlainAsciiThatLoadsNothing) {
  for (const Status status : kWithBody) {
    const core::Bytes body = error_body(status, ErrorFormat::html);
    EXPECT_LE(body.size(), 512u);
    EXPECT_TRUE(std::all_of(body.begin(), body.end(),
                            [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    for (const char* loading : {"src", "href", "url(", "@import", "<script"}) {
      EXPECT_EQ(body.find(loading), core::Bytes::npos) << loading;
    }
  }
}

TEST(ErrorBody, IsTheSameStorageEachTime) {
  EXPECT_EQ(error_body(Status::not_found, ErrorFormat::html).data(),
            error_body(Status::not_found, ErrorFormat::html).data());
}

TEST(ErrorBody, AsTextItIsTheStatusOnALine) {
  for (const Status status : kWithBody) {
    EXPECT_EQ(error_body(status, ErrorFormat::text), std::string(status_text(status)) + "\n");
  }
  EXPECT_EQ(error_body_type(ErrorFormat::text), "text/plain; charset=utf-8");
  EXPECT_EQ(error_body_type(ErrorFormat::html), "text/html; charset=utf-8");
}

TEST(ErrorBody, IsEmptyWhereNoDocumentBelongs) {
  for (const Status status : {Status::continue_, Status::ok, Status::no_content,
                              Status::partial_content, Status::not_modified}) {
    EXPECT_TRUE(error_body(status, ErrorFormat::html).empty()) << status_text(status);
    EXPECT_TRUE(error_body(status, ErrorFormat::text).empty()) << status_text(status);
  }
}

}  // namespace
}  // namespace http
