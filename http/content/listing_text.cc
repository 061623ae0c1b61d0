#include "http/content/listing_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <span>

#include "http/semantics/path.h"

namespace http {
namespace {

constexpr core::Bytes kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The first character of a text, or what there is of it.
struct Character {
  char32_t code = 0;
  std::size_t size = 1;  // bytes it takes
  bool valid = false;
};

bool within(unsigned char byte, unsigned low, unsigned high) {
  return byte >= low && byte <= high;
}

// Unicode 15, table 3-7. `text` is not empty.
Character first_character(core::Bytes text) {
  const auto at = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1, true};
  if (!within(lead, 0xC2, 0xF4)) return {};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (!within(at(1), low, high)) return {};
  char32_t code = static_cast<char32_t>(lead & (0x7Fu >> size)) << 6 | (at(1) & 0x3Fu);
  for (std::size_t i = 2; i < size; ++i) {
    if (!within(at(i), 0x80, 0xBF)) return {0, i, false};
    code = code << 6 | (at(i) & 0x3Fu);
  }
  return {code, size, true};
}

// Calls `append(character, bytes)` for every character.
template <class Append>
void for_each_character(core::Bytes text, Append append) {
  while (!text.empty()) {
    const Character character = first_character(text);
    append(character, text.substr(0, character.size));
    text.remove_prefix(character.size);
  }
}

void append_two_digits(std::string& out, unsigned number) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

// Characters that reverse or embed what follows them, so that a name looks like another one.
bool changes_direction(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

using Seconds = std::chrono::sys_seconds;

Seconds to_seconds(int64_t nanoseconds) {
  return Seconds(std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(nanoseconds)));
}

}  // namespace

void append_html(std::string& out, core::Bytes text) {
  for_each_character(text, [&out](const Character& character, core::Bytes bytes) {
    const char32_t code = character.code;
    if (!character.valid || (code >= 0x7F && code < 0xA0) || changes_direction(code)) {
      out += kReplacement;
    } else if (code < 0x20) {
      out += "\xE2\x90";  // U+2400 and so on
      out += static_cast<char>(0x80 + code);
    } else if (code == '&') {
      out += "&amp;";
    } else if (code == '<') {
      out += "&lt;";
    } else if (code == '>') {
      out += "&gt;";
    } else if (code == '"') {
      out += "&#34;";
    } else if (code == '\'') {
      out += "&#39;";
    } else {
      out += bytes;
    }
  });
}

void append_json(std::string& out, core::Bytes text) {
  out += '"';
  for_each_character(text, [&out](const Character& character, core::Bytes bytes) {
    const char32_t code = character.code;
    if (!character.valid) {
      out += kReplacement;
    } else if (code == '"' || code == '\\') {
      out += '\\';
      out += bytes;
    } else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029) {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += "0123456789abcdef"[code >> shift & 15];
    } else {
      out += bytes;
    }
  });
  out += '"';
}

void append_link(std::string& out, core::Bytes name, bool directory) {
  out += '.';
  const std::size_t start = out.size();
  out.resize(start + 3 * name.size() + 2);
  out.resize(start + encode_path(name, directory, std::span(out).subspan(start)).size());
}

void append_number(std::string& out, uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end.ptr);
}

void append_grouped(std::string& out, uint64_t number) {
  const std::size_t start = out.size();
  append_number(out, number);
  for (std::size_t at = out.size(); at > start + 3;) out.insert(at -= 3, 1, ',');
}

void append_size(std::string& out, uint64_t bytes) {
  if (bytes < 1024) {
    append_number(out, bytes);
    out += " B";
    return;
  }
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.5; ++unit) value /= 1024;
  const auto tenths = static_cast<uint64_t>(std::llround(value * 10));
  if (tenths < 100) {
    append_number(out, tenths / 10);
    out += '.';
    append_number(out, tenths % 10);
  } else {
    append_number(out, static_cast<uint64_t>(std::llround(value)));
  }
  out += ' ';
  out += "KMGTPE"[unit];
  out += "iB";
}

void append_date(std::string& out, int64_t nanoseconds) {
  const std::chrono::year_month_day date(
      std::chrono::floor<std::chrono::days>(to_seconds(nanoseconds)));
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));  // 1677 to 2262
  append_two_digits(out, year / 100);
  append_two_digits(out, year % 100);
  out += '-';
  append_two_digits(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_two_digits(out, static_cast<unsigned>(date.day()));
}

void append_time_of_day(std::string& out, int64_t nanoseconds) {
  const Seconds seconds = to_seconds(nanoseconds);
  const auto second_of_day =
      static_cast<unsigned>((seconds - std::chrono::floor<std::chrono::days>(seconds)).count());
  append_two_digits(out, second_of_day / 3'600);
  out += ':';
  append_two_digits(out, second_of_day / 60 % 60);
  out += ':';
  append_two_digits(out, second_of_day % 60);
}

}  // namespace http
