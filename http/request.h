// A parsed request head, the same for every protocol version. It owns nothing: every view points
// into the bytes that were parsed and lives as long as they do (until the session returns).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/bytes.h"

namespace http {

// RFC 9110 section 9.3 and RFC 5789. `other` is a valid token that names no method known here.
enum class Method : uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch,
  other
};

// The fields that spate acts on; every other one is `other`. Compared without regard to case.
enum class FieldName : uint8_t {
  other,
  accept,
  accept_encoding,
  connection,
  content_length,
  expect,
  host,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  range,
  transfer_encoding,
  upgrade,
  count
};

constexpr uint32_t bit(FieldName name) {
  return uint32_t{1} << static_cast<unsigned>(name);
}

// One field line; offsets count from RequestHead::base. The value has no white space around it.
struct Field {
  uint16_t name_offset;
  uint16_t name_length;
  uint16_t value_offset;
  uint16_t value_length;
  FieldName name;
};

inline constexpr uint32_t kMaxFields = 100;

struct RequestHead {
  const char* base = nullptr;  // first byte of the head
  core::Bytes method_text;
  core::Bytes target;  // as sent: not decoded
  Method method = Method::other;
  uint8_t minor_version = 1;  // of HTTP/1.x
  uint32_t present = 0;       // bit per FieldName: at least one such field line
  uint32_t repeated = 0;      // bit per FieldName: more than one
  uint32_t field_count = 0;
  // What the vector parsers say of base, method_text and target, in plain numbers.
  uint32_t method_length = 0;
  uint32_t target_length = 0;
  Field fields[kMaxFields];  // the first field_count are valid; the rest is not touched

  bool has(FieldName name) const { return has_any(bit(name)); }
  // Of a set of bits.
  bool has_any(uint32_t names) const { return (present & names) != 0; }
  bool has_many(FieldName name) const { return (repeated & bit(name)) != 0; }
  core::Bytes name_of(const Field& field) const {
    return {base + field.name_offset, field.name_length};
  }
  core::Bytes value_of(const Field& field) const {
    return {base + field.value_offset, field.value_length};
  }
  // Value of the first field line of that name; empty if there is none. O(field_count).
  core::Bytes value(FieldName name) const {
    return has(name) ? value_of(first(name)) : core::Bytes();
  }
  // The first field line of a name that is present.
  const Field& first(FieldName name) const {
    const Field* field = fields;
    while (field->name != name) ++field;
    return *field;
  }
};

}  // namespace http
