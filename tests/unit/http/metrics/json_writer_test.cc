#include "http/metrics/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>

namespace http::metrics {
namespace {

TEST(JsonWriter, ObjectsArraysAndValues) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.value("a", uint64_t{1});
  json.begin_array("b");
  json.end_array();
  json.begin_array("c");
  json.value("", uint64_t{2});
  json.value("", 0.5);
  json.begin_object();
  json.null("d");
  json.end_object();
  json.begin_object();
  json.end_object();
  json.end_array();
  json.value("e", core::Bytes("text"));
  json.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[],"c":[2,0.5,{"d":null},{}],"e":"text"})");
}

TEST(JsonWriter, Numbers) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.value("", std::numeric_limits<uint64_t>::max());
  json.value("", 1.23e-5);
  json.value("", -std::numeric_limits<double>::min());
  json.value("", std::optional<uint64_t>(7));
  json.value("", std::optional<double>());
  json.end_array();
  EXPECT_EQ(out, "[18446744073709551615,1.23e-05,-2.2250738585072014e-308,7,null]");
}

TEST(JsonWriter, EscapesWhatEndsOrBreaksAString) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.value("a\"b", core::Bytes("\\ \"\n\x01\x1f \xc3\xa4/"));
  json.end_object();
  EXPECT_EQ(out, "{\"a\\\"b\":\"\\\\ \\\"\\u000a\\u0001\\u001f \xc3\xa4/\"}");
}

}  // namespace
}  // namespace http::metrics
