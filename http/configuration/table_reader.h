// Reads one table of a configuration file: the value of each key that is known, as the type and
// within the range that are asked for. What is there and is something else is a finding, and so is
// every key that nobody has asked for; to read goes on, so that all findings of a file come at
// once.
//
//   TableReader route(table, "route", findings);
//   const auto status = route.integer("status", 200, 599);
//   route.finish();
//
// Values point into the tree (toml_document.h). It allocates; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "http/configuration/findings.h"
#include "http/configuration/toml_document.h"

namespace http::configuration {

// A string, and where it stands.
struct Text {
  core::Bytes text;
  Position position;
};

class TableReader {
 public:
  // `name` says in messages which table it is: "route"; empty: the whole file.
  TableReader(const Value& table, std::string name, Findings& findings);

  // Nothing if there is no such key, or a finding about it.
  std::optional<Text> string(core::Bytes key);
  std::optional<int64_t> integer(core::Bytes key, int64_t least, int64_t most);
  // An array of strings.
  std::optional<std::vector<Text>> strings(core::Bytes key);
  // Any value; null if there is no such key.
  const Value* value(core::Bytes key);
  // A table; null if there is none.
  const Value* table(core::Bytes key);
  // An array of tables, which is what [[key]] makes. Empty if there is none.
  std::vector<const Value*> tables(core::Bytes key);

  // Where a key stands, or the table if it has no such key.
  Position position_of(core::Bytes key) const;
  bool has(core::Bytes key) const { return find(key) != nullptr; }

  // `found` is not what `expected` says.
  void expect(core::Bytes key, core::Bytes expected, const Value& found);
  // The value of a key can not be used: "KEY of route: MESSAGE", or where the table is the file
  // "KEY: MESSAGE".
  void report(core::Bytes key, Position position, const std::string& message);

  // Every key that was not asked for by now is unknown.
  void finish();

 private:
  const Member* find(core::Bytes key) const;
  // The value of a key of this kind.
  const Value* value_of(core::Bytes key, Value::Kind kind, core::Bytes expected);

  const Value& table_;
  std::string name_;
  Findings& findings_;
  std::vector<core::Bytes> known_;
};

// What stands there, as a message shows it: "a table", or "\"abc\"" or "5".
std::string describe(const Value& value);

}  // namespace http::configuration
