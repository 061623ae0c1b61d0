#include "http/scenario/route_fields.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "core/ascii.h"
#include "http/scenario/route_reader.h"
#include "http/semantics/token.h"

namespace http::scenario {

namespace {

using configuration::in_quotes;
using configuration::Member;
using configuration::Position;
using configuration::TableReader;
using configuration::Value;

constexpr core::Bytes kKey = "headers";
constexpr core::Bytes kContentType = "content-type";

// Why a field can not be set; null if it can.
const char* reason_against(core::Bytes name) {
  constexpr core::Bytes kFraming[] = {
      "content-length", "transfer-encoding", "trailer", "te",
      "connection",     "keep-alive",        "upgrade", "proxy-connection"};
  const auto is = [name](core::Bytes other) { return core::equals_ignoring_case(name, other); };
  if (std::ranges::any_of(kFraming, is)) {
    return "spate frames the body and keeps the connection itself";
  }
  if (is("date") || is("server")) return "spate sends its own";
  return nullptr;
}

std::string lower(core::Bytes text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), core::to_lower);
  return result;
}

bool is_field_value(core::Bytes value) {
  return value == without_blanks(value) && std::ranges::all_of(value, [](char c) {
           return is_value_byte(static_cast<unsigned char>(c));
         });
}

class FieldReader {
 public:
  FieldReader(TableReader& route, std::string& fields) : route_(route), fields_(fields) {}

  void read(const Member& member) {
    const std::string name = lower(member.key);
    if (member.key.empty() || token_length(name) != name.size()) {
      return report(member.position, in_quotes(member.key) +
                                         " is no name of a field: that is letters, digits and "
                                         "any of !#$%&'*+-.^_`|~");
    }
    if (const char* reason = reason_against(name)) {
      return report(member.position, in_quotes(member.key) + " can not be set: " + reason);
    }
    if (std::ranges::find(names_, name) != names_.end()) {
      return report(member.position, in_quotes(member.key) +
                                         " is there already, in other letters; give an array to "
                                         "send a field several times");
    }
    names_.push_back(name);
    read_values(member, name == kContentType);
  }

  bool has_content_type() const { return std::ranges::find(names_, kContentType) != names_.end(); }
  const std::string& content_type() const { return content_type_; }

 private:
  void read_values(const Member& member, bool is_content_type) {
    const Value& value = member.value;
    if (value.kind == Value::Kind::string) return add(member, value, is_content_type);
    if (value.kind != Value::Kind::array || is_content_type) {
      return report(value.position, in_quotes(member.key) + ": expected a string" +
                                        (is_content_type ? "" : " or an array of strings") +
                                        ", found " + describe(value));
    }
    for (const Value& element : value.elements) {
      if (element.kind == Value::Kind::string) {
        add(member, element, false);
      } else {
        report(element.position,
               in_quotes(member.key) + ": expected a string, found " + describe(element));
      }
    }
  }

  void add(const Member& member, const Value& value, bool is_content_type) {
    if (!is_field_value(value.text)) {
      return report(value.position, in_quotes(member.key) +
                                        ": a field value has no control characters, such as line "
                                        "ends, and no blank at either end; found " +
                                        in_quotes(value.text));
    }
    fields_ += member.key + ": " + value.text + "\r\n";
    if (is_content_type) content_type_ = value.text;
  }

  void report(Position position, const std::string& message) {
    route_.report(kKey, position, message);
  }

  TableReader& route_;
  std::string& fields_;
  std::vector<std::string> names_;
  std::string content_type_;
};

}  // namespace

std::string read_fields(TableReader& route, core::Bytes default_type, std::string& fields) {
  FieldReader reader(route, fields);
  const Value* table = route.table(kKey);
  if (table != nullptr) {
    for (const Member& member : table->members) reader.read(member);
  }
  std::string content_type = reader.content_type();
  if (!reader.has_content_type() && !default_type.empty()) {
    content_type = default_type;
    fields = "Content-Type: " + content_type + "\r\n" + fields;
  }
  if (fields.size() > kMostFieldBytes) {
    route.report(kKey, route.position_of(kKey),
                 "they are " + std::to_string(fields.size()) + " bytes together, and " +
                     std::to_string(kMostFieldBytes) + " are the most");
  }
  return content_type;
}

}  // namespace http::scenario
