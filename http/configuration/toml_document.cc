#include "http/configuration/toml_document.h"

// What is wrong with a text is a value here, and nothing of the library is in other files.
#define TOML_EXCEPTIONS 0
#include <toml++/impl/preprocessor.h>
// Of version 3.3 some assertions do not hold for every text ("[[["), although what follows them
// copes with it, and without assertions they are what the compiler may assume; and its tables of
// white space call letters such as U+00FC unreachable, which are none.
#undef TOML_ASSERT
#undef TOML_ASSERT_ASSUME
#undef TOML_UNREACHABLE
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_ASSERT_ASSUME(condition) static_assert(true)
#define TOML_UNREACHABLE return false
#include <toml++/impl/forward_declarations.h>
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace http::configuration {

namespace {

Position position_of(const toml::source_region& source) {
  return Position{source.begin.line, source.begin.column};
}

Value value_of(const toml::node& node);

void add_members(const toml::table& table, std::vector<Member>& members) {
  for (const auto& [key, node] : table) {
    members.push_back(Member{std::string(key.str()), position_of(key.source()), value_of(node)});
  }
  // The library sorts them by name.
  std::ranges::stable_sort(members, {}, &Member::position);
}

Value value_of(const toml::node& node) {
  Value value;
  value.position = position_of(node.source());
  switch (node.type()) {
    case toml::node_type::table:
      value.kind = Value::Kind::table;
      add_members(*node.as_table(), value.members);
      break;
    case toml::node_type::array:
      value.kind = Value::Kind::array;
      for (const toml::node& element : *node.as_array()) {
        value.elements.push_back(value_of(element));
      }
      break;
    case toml::node_type::string:
      value.kind = Value::Kind::string;
      value.text = node.as_string()->get();
      break;
    case toml::node_type::integer:
      value.kind = Value::Kind::integer;
      value.integer = node.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      value.kind = Value::Kind::number;
      break;
    case toml::node_type::boolean:
      value.kind = Value::Kind::boolean;
      break;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      value.kind = Value::Kind::time;
      break;
    case toml::node_type::none:
      UNREACHABLE();
  }
  return value;
}

}  // namespace

core::Result<Value, SyntaxError> parse_toml(core::Bytes text) {
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::parse_error& error = result.error();
    return SyntaxError{position_of(error.source()), std::string(error.description())};
  }
  return value_of(result.table());
}

core::Bytes describe(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::string:
      return "a string";
    case Value::Kind::integer:
      return "a whole number";
    case Value::Kind::number:
      return "a number with a fraction";
    case Value::Kind::boolean:
      return "true or false";
    case Value::Kind::time:
      return "a date or time";
    case Value::Kind::array:
      return "an array";
    case Value::Kind::table:
      return "a table";
  }
  UNREACHABLE();
}

}  // namespace http::configuration
