// A strict reader of JSON (RFC 8259) for what listings make: objects, arrays, strings, whole
// numbers and booleans. Fails the test at anything that is not JSON, and at raw control characters.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/bytes.h"

namespace http {

struct Json {
  enum class Kind { object, array, string, number, boolean, none };
  Kind kind = Kind::none;
  std::map<std::string, Json> members;
  std::vector<Json> items;
  std::string text;  // of a string, decoded; the digits of a number
  bool truth = false;

  const Json& operator[](const std::string& name) const {
    static const Json kNone;
    const auto member = members.find(name);
    return member == members.end() ? kNone : member->second;
  }
};

class JsonReader {
 public:
  static Json read(const std::string& text) {
    JsonReader reader(text);
    Json value = reader.value();
    reader.skip_space();
    if (!reader.rest_.empty()) reader.fail("something behind the end");
    return value;
  }

 private:
  explicit JsonReader(core::Bytes text) : rest_(text) {}

  Json value() {
    Json value;
    skip_space();
    if (take('{')) {
      value.kind = Json::Kind::object;
      if (next_is('}')) return value;
      do {
        skip_space();
        const std::string name = string();
        skip_space();
        if (!take(':')) fail("no colon");
        if (!value.members.emplace(name, this->value()).second) fail("twice: " + name);
        skip_space();
      } while (!failed_ && take(','));
      if (!take('}')) fail("no end of object");
    } else if (take('[')) {
      value.kind = Json::Kind::array;
      if (next_is(']')) return value;
      do {
        value.items.push_back(this->value());
        skip_space();
      } while (!failed_ && take(','));
      if (!take(']')) fail("no end of array");
    } else if (rest_.starts_with('"')) {
      value.kind = Json::Kind::string;
      value.text = string();
    } else if (rest_.starts_with("true") || rest_.starts_with("false")) {
      value.kind = Json::Kind::boolean;
      value.truth = rest_[0] == 't';
      rest_.remove_prefix(value.truth ? 4 : 5);
    } else {
      value.kind = Json::Kind::number;
      while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') take_into(value.text);
      if (value.text.empty() || (value.text.size() > 1 && value.text[0] == '0')) fail("no value");
    }
    return value;
  }

  std::string string() {
    std::string text;
    if (!take('"')) fail("no string");
    while (!failed_ && !take('"')) {
      if (rest_.empty() || static_cast<unsigned char>(rest_[0]) < 0x20 || rest_[0] == 0x7F) {
        fail("control character or end in a string");
      } else if (!take('\\')) {
        take_into(text);
      } else if (take('u')) {
        append_code(text);
      } else if (rest_.starts_with('"') || rest_.starts_with('\\')) {
        take_into(text);
      } else {
        fail("unknown escape");
      }
    }
    return text;
  }

  // Four hexadecimal digits, as UTF-8; no surrogates.
  void append_code(std::string& text) {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const std::size_t digit =
          rest_.empty() ? core::Bytes::npos : core::Bytes("0123456789abcdef").find(rest_[0]);
      if (digit == core::Bytes::npos) return fail("no hexadecimal digit");
      code = code * 16 + static_cast<uint32_t>(digit);
      rest_.remove_prefix(1);
    }
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else if (code < 0x800) {
      text += static_cast<char>(0xC0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      text += static_cast<char>(0xE0 | code >> 12);
      text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      text += static_cast<char>(0x80 | (code & 0x3F));
    }
  }

  void skip_space() {
    while (rest_.starts_with(' ') || rest_.starts_with('\n')) rest_.remove_prefix(1);
  }
  bool next_is(char c) {
    skip_space();
    return take(c);
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void take_into(std::string& text) {
    text += rest_[0];
    rest_.remove_prefix(1);
  }
  void fail(const std::string& why) {
    if (!failed_) ADD_FAILURE() << why << " before: " << rest_.substr(0, 80);
    failed_ = true;
  }

  core::Bytes rest_;
  bool failed_ = false;
};

}  // namespace http
