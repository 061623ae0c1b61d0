// A TOML document (https://toml.io, version 1.0) as a tree of values, each with its place in the
// text. It stands between spate and the library that reads TOML, whose headers only
// toml_document.cc sees.
//
// Read at start and on a reload: it allocates. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace http::configuration {

// Where something stands in a text, both from 1 on. Columns count characters.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;

  auto operator<=>(const Position&) const = default;
};

struct Member;

struct Value {
  enum class Kind : uint8_t { string, integer, number, boolean, time, array, table };

  Kind kind = Kind::table;
  Position position;
  std::string text;             // string
  int64_t integer = 0;          // integer
  std::vector<Value> elements;  // array
  std::vector<Member> members;  // table, in the order of the text
};

struct Member {
  std::string key;
  Position position;  // of the key
  Value value;
};

// Why a text is no TOML.
struct SyntaxError {
  Position position;
  std::string message;  // in one line
};

// The table that a document is.
core::Result<Value, SyntaxError> parse_toml(core::Bytes text);

// "a string", "a table" and so on. Static storage.
core::Bytes describe(Value::Kind kind);

}  // namespace http::configuration
