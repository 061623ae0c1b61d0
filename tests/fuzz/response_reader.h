// A strict reader of a connection's whole output: responses of HTTP/1.1, one behind the other, each
// framed by Content-Length or without content (RFC 9112 sections 4 to 6, RFC 9110 section 8.6).
//
// It does not know which request was HEAD, only whether one can have been. The content that the
// tests serve never begins like a response, so that a response to HEAD is one behind which the
// output ends or the next one begins.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>

#include "core/ascii.h"
#include "core/bytes.h"

namespace fuzz {

class ResponseReader {
 public:
  ResponseReader(core::Bytes output, bool may_answer_head)
      : rest_(output), may_answer_head_(may_answer_head) {}

  void expect_all() {
    while (!rest_.empty()) {
      ASSERT_FALSE(closed_) << "a response behind the last one: " << rest_;
      if (rest_.starts_with(kSettings)) {
        EXPECT_EQ(rest_.size(), kSettings.size() + kGoawaySize) << "more than a refusal of HTTP/2";
        return;
      }
      read_response();
    }
    EXPECT_FALSE(interim_) << "no final response behind an interim one";
  }

 private:
  // Who begins with HTTP/2 is refused in HTTP/2 (RFC 9113 sections 6.5 and 6.8).
  static constexpr core::Bytes kSettings{"\0\0\0\4\0\0\0\0\0", 9};
  static constexpr std::size_t kGoawaySize = 17;

  using Fields = std::map<std::string, std::string>;

  // RFC 9110 section 8.6.
  static bool has_no_content(int status) { return status == 204 || status == 304; }

  static bool is_token(core::Bytes text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
    });
  }
  static bool is_text(core::Bytes text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
  }

  // Takes a line and its CRLF off.
  core::Bytes read_line() {
    const std::size_t end = rest_.find("\r\n");
    if (end == core::Bytes::npos) ADD_FAILURE() << "a line without its end: " << rest_;
    const core::Bytes line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    EXPECT_TRUE(is_text(line)) << line;
    return line;
  }

  int read_status() {
    const core::Bytes line = read_line();
    int status = 0;
    EXPECT_GT(line.size(), 13u) << line;
    EXPECT_TRUE(line.starts_with("HTTP/1.1 ")) << line;
    std::from_chars(line.data() + 9, line.data() + 12, status);
    EXPECT_TRUE(status >= 100 && status <= 599 && line[12] == ' ') << line;
    return status;
  }

  // Each field that spate sends is sent once.
  Fields read_fields() {
    Fields fields;
    for (core::Bytes line = read_line(); !line.empty(); line = read_line()) {
      const std::size_t colon = line.find(": ");
      const core::Bytes name = line.substr(0, colon);
      EXPECT_TRUE(colon != core::Bytes::npos && is_token(name)) << line;
      std::string key;
      for (const char c : name) key += core::to_lower(c);
      EXPECT_TRUE(fields.emplace(key, line.substr(colon + 2)).second) << "twice: " << line;
    }
    return fields;
  }

  static void expect_fields_of_status(int status, Fields& fields) {
    EXPECT_TRUE(fields.contains("date"));
    if (fields.contains("location")) {
      const std::string& location = fields["location"];
      EXPECT_TRUE(location.starts_with("/") && !location.starts_with("//")) << location;
      EXPECT_EQ(location.find('\\'), std::string::npos) << location;
    }
    EXPECT_EQ(fields.contains("location"), status == 301);
    EXPECT_TRUE(status != 405 || fields.contains("allow"));
    EXPECT_TRUE(status != 304 || fields.contains("etag"));
    EXPECT_NE(fields.contains("content-length"), has_no_content(status)) << status;
    // What could not be understood leaves in doubt where the next request begins.
    EXPECT_TRUE(status != 400 || fields["connection"] == "close");
  }

  void read_content(uint64_t length) {
    if (may_answer_head_ && (rest_.empty() || rest_.starts_with("HTTP/1.1 "))) return;
    ASSERT_LE(length, rest_.size()) << "content is missing";
    rest_.remove_prefix(length);
  }

  void read_response() {
    const int status = read_status();
    Fields fields = read_fields();
    interim_ = status < 200;
    if (interim_) {
      EXPECT_EQ(status, 100);
      EXPECT_TRUE(fields.empty());
      return;
    }
    expect_fields_of_status(status, fields);
    closed_ = fields.contains("connection") && fields["connection"] == "close";
    if (has_no_content(status)) return;
    const std::string& digits = fields["content-length"];
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    EXPECT_TRUE(error == std::errc{} && end == digits.data() + digits.size()) << digits;
    read_content(length);
  }

  core::Bytes rest_;
  bool may_answer_head_;
  bool closed_ = false;   // the last response said so
  bool interim_ = false;  // the last response was one
};

// All of `output` are responses to `input`.
inline void expect_responses(core::Bytes output, core::Bytes input) {
  ResponseReader(output, input.find("HEAD ") != core::Bytes::npos).expect_all();
}

}  // namespace fuzz
