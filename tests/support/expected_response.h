// The exact bytes of responses, put together in the plainest way: what the serializer's work is
// compared with.
#pragma once

#include <string>

#include "core/imf_fixdate.h"
#include "http/error_page.h"
#include "http/semantics/etag.h"
#include "http/status.h"

namespace test_support {

inline std::string date_text(int64_t seconds) {
  std::string text(core::kImfFixdateLength, '\0');
  core::format_imf_fixdate(seconds, text.data());
  return text;
}

inline std::string etag_text(int64_t modified_seconds, std::size_t size) {
  return std::string(http::EntityTagText(modified_seconds * 1'000'000'000, size).view());
}

struct ExpectedFile {
  std::string content;
  int64_t modified_seconds;
  std::string content_type;
};

// How the end of the connection is announced.
struct Ending {
  std::string field;  // "Connection: close\r\n", or keep-alive, or nothing
  bool head_only = false;
};

inline const Ending kGoesOn{};
inline const Ending kCloses{"Connection: close\r\n"};
inline const Ending kKeepsAlive{"Connection: keep-alive\r\n"};
inline const Ending kHeadOnly{"", true};

inline std::string start_line(http::Status status, int64_t now) {
  return "HTTP/1.1 " + std::string(http::status_text(status)) +
         "\r\nServer: spate\r\nDate: " + date_text(now) + "\r\n";
}

inline std::string file_fields(const ExpectedFile& file, std::size_t length) {
  return "Content-Type: " + file.content_type +
         "\r\nX-Content-Type-Options: nosniff\r\nContent-Length: " + std::to_string(length) +
         "\r\nLast-Modified: " + date_text(file.modified_seconds) +
         "\r\nETag: " + etag_text(file.modified_seconds, file.content.size()) +
         "\r\nAccept-Ranges: bytes\r\n";
}

inline std::string expected_file(const ExpectedFile& file, int64_t now,
                                 const Ending& ending = kGoesOn) {
  return start_line(http::Status::ok, now) + file_fields(file, file.content.size()) + ending.field +
         "\r\n" + (ending.head_only ? "" : file.content);
}

inline std::string expected_part(const ExpectedFile& file, int64_t now, std::size_t first,
                                 std::size_t last, const Ending& ending = kGoesOn) {
  const std::size_t length = last - first + 1;
  return start_line(http::Status::partial_content, now) + "Content-Range: bytes " +
         std::to_string(first) + "-" + std::to_string(last) + "/" +
         std::to_string(file.content.size()) + "\r\n" + file_fields(file, length) + ending.field +
         "\r\n" + file.content.substr(first, length);
}

inline std::string expected_not_modified(const ExpectedFile& file, int64_t now,
                                         const Ending& ending = kGoesOn) {
  return start_line(http::Status::not_modified, now) +
         "Last-Modified: " + date_text(file.modified_seconds) +
         "\r\nETag: " + etag_text(file.modified_seconds, file.content.size()) + "\r\n" +
         ending.field + "\r\n";
}

// `fields` are those that this status has besides: Content-Range, Location, Allow, Retry-After.
inline std::string expected_error(http::Status status, int64_t now, const Ending& ending = kGoesOn,
                                  const std::string& fields = "") {
  const std::string body(http::error_body(status, http::ErrorFormat::text));
  return start_line(status, now) + fields + "Content-Type: text/plain; charset=utf-8\r\n" +
         "X-Content-Type-Options: nosniff\r\nVary: Accept\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + ending.field + "\r\n" +
         (ending.head_only ? "" : body);
}

}  // namespace test_support
