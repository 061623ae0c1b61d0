#include "tests/integration/multipart_body.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

namespace integration {

namespace {

// Takes `text` off the front of `rest`.
bool take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

// Reads "bytes 1-2/3" and nothing else.
bool parse_content_range(const std::string& text, BodyPart& part) {
  if (std::sscanf(text.c_str(), "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64, &part.first, &part.last,
                  &part.size) != 3) {
    return false;
  }
  return text == "bytes " + std::to_string(part.first) + "-" + std::to_string(part.last) + "/" +
                     std::to_string(part.size) &&
         part.first <= part.last && part.last < part.size;
}

// The fields of a part, each once, and the empty line behind them.
bool take_part_head(std::string_view& rest, BodyPart& part) {
  const std::size_t end = rest.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  std::string_view fields = rest.substr(0, end + 2);
  rest.remove_prefix(end + 4);
  std::string range;
  while (!fields.empty()) {
    const std::size_t line_end = fields.find("\r\n");
    std::string_view line = fields.substr(0, line_end);
    fields.remove_prefix(line_end + 2);
    std::string* value = take(line, "Content-Type: ")    ? &part.content_type
                         : take(line, "Content-Range: ") ? &range
                                                         : nullptr;
    if (value == nullptr || !value->empty()) return false;
    *value = line;
  }
  return parse_content_range(range, part);
}

}  // namespace

std::vector<BodyPart> parse_multipart(const Response& response) {
  std::vector<BodyPart> parts;
  const std::string field = response.field("content-type");
  std::string_view type = field;
  EXPECT_EQ(response.status, 206);
  EXPECT_TRUE(response.complete);
  // RFC 9110 section 15.3.7.2: a Content-Range would be that of a single part.
  EXPECT_EQ(response.fields.count("content-range"), 0U);
  EXPECT_EQ(response.field("content-length"), std::to_string(response.body.size()));
  if (!take(type, "multipart/byteranges; boundary=") || type.empty() || type.size() > 70) {
    ADD_FAILURE() << "no multipart: " << field;
    return parts;
  }
  const std::string delimiter = "\r\n--" + std::string(type);
  std::string_view rest = response.body;
  while (take(rest, delimiter + "\r\n")) {
    BodyPart part;
    if (!take_part_head(rest, part) || rest.size() < part.last - part.first + 1) {
      ADD_FAILURE() << "part " << parts.size() << " has a bad head or too few bytes";
      return parts;
    }
    part.body = rest.substr(0, part.last - part.first + 1);
    rest.remove_prefix(part.body.size());
    EXPECT_EQ(part.body.find(delimiter), std::string::npos);
    parts.push_back(std::move(part));
  }
  EXPECT_EQ(rest, delimiter + "--\r\n");
  return parts;
}

}  // namespace integration
