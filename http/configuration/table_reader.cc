#include "http/configuration/table_reader.h"

#include <algorithm>
#include <utility>

namespace http::configuration {

TableReader::TableReader(const Value& table, std::string name, Findings& findings)
    : table_(table), name_(std::move(name)), findings_(findings) {}

std::optional<Text> TableReader::string(core::Bytes key) {
  const Value* value = value_of(key, Value::Kind::string, "a string");
  if (value == nullptr) return std::nullopt;
  return Text{value->text, value->position};
}

std::optional<int64_t> TableReader::integer(core::Bytes key, int64_t least, int64_t most) {
  const std::string expected =
      "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const Value* value = value_of(key, Value::Kind::integer, expected);
  if (value == nullptr) return std::nullopt;
  if (value->integer >= least && value->integer <= most) return value->integer;
  expect(key, expected, *value);
  return std::nullopt;
}

std::optional<std::vector<Text>> TableReader::strings(core::Bytes key) {
  constexpr core::Bytes kExpected = "an array of strings";
  const Value* value = value_of(key, Value::Kind::array, kExpected);
  if (value == nullptr) return std::nullopt;
  std::vector<Text> texts;
  for (const Value& element : value->elements) {
    if (element.kind != Value::Kind::string) {
      expect(key, kExpected, element);
      return std::nullopt;
    }
    texts.push_back(Text{element.text, element.position});
  }
  return texts;
}

const Value* TableReader::value(core::Bytes key) {
  known_.push_back(key);
  const Member* member = find(key);
  return member != nullptr ? &member->value : nullptr;
}

const Value* TableReader::table(core::Bytes key) {
  return value_of(key, Value::Kind::table, "a table");
}

std::vector<const Value*> TableReader::tables(core::Bytes key) {
  const std::string expected = "tables, each as [[" + std::string(key) + "]]";
  const Value* value = value_of(key, Value::Kind::array, expected);
  std::vector<const Value*> tables;
  if (value == nullptr) return tables;
  for (const Value& element : value->elements) {
    if (element.kind == Value::Kind::table) {
      tables.push_back(&element);
    } else {
      expect(key, expected, element);
    }
  }
  return tables;
}

Position TableReader::position_of(core::Bytes key) const {
  const Member* member = find(key);
  return member != nullptr ? member->position : table_.position;
}

void TableReader::expect(core::Bytes key, core::Bytes expected, const Value& found) {
  report(key, found.position, "expected " + std::string(expected) + ", found " + describe(found));
}

void TableReader::report(core::Bytes key, Position position, const std::string& message) {
  const std::string of = name_.empty() ? "" : " of " + name_;
  findings_.add(position, std::string(key) + of + ": " + message);
}

void TableReader::finish() {
  for (const Member& member : table_.members) {
    if (std::ranges::find(known_, core::Bytes(member.key)) != known_.end()) continue;
    const bool is_table = member.value.kind == Value::Kind::table;
    findings_.add(member.position, std::string(is_table ? "unknown table " : "unknown key ") +
                                       in_quotes(member.key) +
                                       (name_.empty() ? "" : " in " + name_) +
                                       hint(member.key, known_));
  }
}

const Member* TableReader::find(core::Bytes key) const {
  const auto found = std::ranges::find(table_.members, key, &Member::key);
  return found != table_.members.end() ? &*found : nullptr;
}

const Value* TableReader::value_of(core::Bytes key, Value::Kind kind, core::Bytes expected) {
  const Value* found = value(key);
  if (found == nullptr || found->kind == kind) return found;
  expect(key, expected, *found);
  return nullptr;
}

std::string describe(const Value& value) {
  if (value.kind == Value::Kind::string) return in_quotes(value.text);
  if (value.kind == Value::Kind::integer) return std::to_string(value.integer);
  return std::string(describe(value.kind));
}

}  // namespace http::configuration
