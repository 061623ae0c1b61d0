// Configuration files, from their text to the routes or to what is wrong with them.
#include "http/server/configuration.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace http::server {
namespace {

core::Result<Configuration, ConfigurationErrors> parse(const std::string& text) {
  return parse_configuration(text, "a.toml", [](const std::string& name) {
    if (name == "users.json") return core::Result<std::string>(std::string("[1]"));
    return core::Result<std::string>(core::Error{"cannot read " + name});
  });
}

std::unique_ptr<const scenario::Scenario> scenario_of(const std::string& text) {
  auto configuration = parse(text);
  EXPECT_TRUE(configuration.ok()) << configuration.error().text;
  return configuration.ok() ? std::move(configuration->scenario) : nullptr;
}

// What is wrong with a file that is expected to be wrong.
std::string errors_of(const std::string& text) {
  const auto configuration = parse(text);
  EXPECT_FALSE(configuration.ok()) << text;
  return configuration.ok() ? "" : configuration.error().text;
}

// What is wrong with a route of these lines, which follow "path" on the third line.
std::string route_error(const std::string& lines) {
  const std::string errors = errors_of("[[route]]\npath = \"/a\"\n" + lines);
  const std::string place = "a.toml:3:";
  EXPECT_TRUE(errors.starts_with(place)) << errors;
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  return errors.substr(place.size(), errors.size() - place.size() - 1);
}

TEST(Configuration, EmptyHasNoRoutes) {
  const auto scenario = scenario_of("# nothing\n");
  EXPECT_EQ(scenario->route_count(), 0U);
  EXPECT_EQ(scenario->find("/"), nullptr);
}

TEST(Configuration, RouteWithAllThatItCanHave) {
  const auto scenario = scenario_of(R"(
[[route]]
path = "/api/users"
methods = ["POST", "PUT"]
status = 201
headers = { Content-Type = "application/json", X-B = "b", Set-Cookie = ["a=1", "b=2"], A = "" }
template = '{"id":{random:1..100}}'
delay = "lognormal:p50=20ms,p99=250ms"
fault = "fin-in-body:10@100%"
rate = 1000
)");
  const scenario::RoutedPath* path = scenario->find("/api/users");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(path->allow, "POST, PUT, OPTIONS");
  EXPECT_EQ(path->route_for(Method::get), nullptr);
  const scenario::Route* route = path->route_for(Method::put);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route, path->route_for(Method::post));
  EXPECT_EQ(route->status, 201);
  EXPECT_EQ(route->fields,
            "Content-Type: application/json\r\nX-B: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
            "A: \r\n");
  EXPECT_TRUE(route->body_template.has_value());
  EXPECT_EQ(route->escaping, scenario::Escaping::json);
  ASSERT_TRUE(route->disturbance.has_value());
  core::Random random(1);
  EXPECT_GT(route->disturbance->delay.sample(random), 0U);
  const target::Fault fault = route->disturbance->faults.decide(random);
  EXPECT_EQ(fault.kind, target::FaultKind::fin_in_body);
  EXPECT_EQ(fault.amount, 10);
  EXPECT_TRUE(route->shared->rate.has_value());
}

TEST(Configuration, RouteWithNothingButAPath) {
  const auto scenario = scenario_of("[[route]]\npath = '/'\n");
  const scenario::Route* route = scenario->find("/")->route_for(Method::head);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->status, 200);
  EXPECT_EQ(route->fields, "");
  EXPECT_EQ(route->body, "");
  EXPECT_FALSE(route->disturbance || route->size || route->body_template);
  EXPECT_EQ(scenario->find("/")->allow, "GET, HEAD, OPTIONS");
  EXPECT_EQ(scenario->find("/x"), nullptr);
}

TEST(Configuration, BodiesHaveTypes) {
  const auto fields = [](const std::string& lines) {
    const auto scenario = scenario_of("[[route]]\npath = '/a'\n" + lines);
    return scenario->find("/a")->routes.at(0)->fields;
  };
  EXPECT_EQ(fields("body = 'x'"), "Content-Type: text/plain; charset=utf-8\r\n");
  EXPECT_EQ(fields("template = 'x'"), "Content-Type: text/plain; charset=utf-8\r\n");
  EXPECT_EQ(fields("file = 'users.json'"), "Content-Type: application/json\r\n");
  EXPECT_EQ(fields("size = 5"), "Content-Type: application/octet-stream\r\n");
  EXPECT_EQ(fields("size = '5KiB'\nheaders = {content-type = 'a/b'}"), "content-type: a/b\r\n");
  EXPECT_EQ(fields("body = 'x'\nheaders = {Content-Type = ''}"), "Content-Type: \r\n");
  EXPECT_EQ(fields("body = ''\nheaders = {X-A = 'b'}"),
            "Content-Type: text/plain; charset=utf-8\r\nX-A: b\r\n");
}

TEST(Configuration, PathsAndMethods) {
  const auto scenario = scenario_of(R"(
[[route]]
path = "/a"
body = "get"
[[route]]
path = "/a"
methods = ["HEAD"]
body = "head"
[[route]]
path = "/a"
methods = ["DELETE"]
body = "delete"
[[route]]
path = "/a*"
methods = ["*"]
body = "all"
)");
  EXPECT_EQ(scenario->route_count(), 4U);
  EXPECT_EQ(scenario->body_bytes(), 16U);
  const scenario::RoutedPath* path = scenario->find("/a");
  EXPECT_EQ(path->allow, "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(path->route_for(Method::get)->body, "get");
  EXPECT_EQ(path->route_for(Method::head)->body, "head");
  EXPECT_EQ(path->route_for(Method::delete_)->body, "delete");
  EXPECT_EQ(path->route_for(Method::options), nullptr);
  const scenario::RoutedPath* prefix = scenario->find("/abc/d");
  for (const Method method : {Method::get, Method::trace, Method::options, Method::other}) {
    EXPECT_EQ(prefix->route_for(method)->body, "all");
  }
}

TEST(Configuration, OwnsItsBodies) {
  const auto one = scenario_of("[[route]]\npath = '/a'\nbody = 'abc'\n[[route]]\npath = '/b'\n");
  const auto other = scenario_of("[[route]]\npath = '/a'\nbody = 'abc'\n");
  const std::string& body = one->find("/a")->routes.at(0)->body;
  for (std::size_t i = 0; i < body.size(); ++i) {
    EXPECT_TRUE(one->owns(body.data() + i));
    EXPECT_FALSE(other->owns(body.data() + i));
  }
  EXPECT_FALSE(one->owns(body.data() + body.size()));
  EXPECT_FALSE(one->owns(body.data() - 1));
}

TEST(Configuration, SaysWhatIsWrongWithARoute) {
  const std::string path =
      "a path such as \"/api/users\", or \"/api/*\" for all that begin with "
      "\"/api/\"";
  EXPECT_EQ(errors_of("[[route]]\n"),
            "a.toml:1:1: path of route: missing; expected " + path + "\n");
  EXPECT_EQ(errors_of("[[route]]\npath = 5"),
            "a.toml:2:8: path of route: expected a string, found 5\n");
  for (const std::string bad : {"", "a", "/a?b", "/a#b", "/a b", "/*a", "*", "/a**", "/\xc3\xbc"}) {
    EXPECT_EQ(errors_of("[[route]]\npath = '" + bad + "'"),
              "a.toml:2:8: path of route \"" + bad + "\": expected " + path +
                  ", without a query; bytes that are not in ASCII are percent-encoded; found \"" +
                  bad + "\"\n");
  }
  EXPECT_EQ(route_error("dealy = '20ms'"),
            "1: unknown key \"dealy\" in route \"/a\": did you mean \"delay\"?");
  EXPECT_EQ(route_error("status = 199"),
            "10: status of route \"/a\": expected a whole number from 200 to 599, found 199");
  const std::string methods =
      "methods of route \"/a\": expected GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE or "
      "\"*\", found ";
  EXPECT_EQ(route_error("methods = ['get']"), "12: " + methods + "\"get\": did you mean \"GET\"?");
  EXPECT_EQ(route_error("methods = ['CONNECT']"), "12: " + methods + "\"CONNECT\"");
  EXPECT_EQ(route_error("methods = []"),
            "1: methods of route \"/a\": expected one method at least, or \"*\" for all of them");
  EXPECT_EQ(route_error("methods = 'GET'"),
            "11: methods of route \"/a\": expected an array of strings, found \"GET\"");
  EXPECT_EQ(
      route_error("delay = 'fast'"),
      "9: delay of route \"/a\": expected a duration such as 20ms, or uniform:, exp:, normal:, "
      "lognormal: or pareto:, found \"fast\" at character 1");
  EXPECT_EQ(route_error("delay = 20"), "9: delay of route \"/a\": expected a string, found 20");
  EXPECT_EQ(
      route_error("fault = 'rst@1%'"),
      "9: fault of route \"/a\": expected reset, refuse, fin-before, fin-in-head, fin-in-body, "
      "stall, slow-head, wrong-length, bad-chunk, truncated-gzip, 5xx or a status, found \"rst\" "
      "at character 1");
  EXPECT_EQ(route_error("fault = 'refuse:61s@1%'"),
            "9: fault of route \"/a\": expected a duration of at most 60s, found \"61s\" at "
            "character 8");
  EXPECT_EQ(route_error("fault = 'reset@60%, 503@50%'"),
            "9: fault of route \"/a\": expected probabilities of at most 100% together, found "
            "\"50%\" at character 16");
  EXPECT_EQ(
      route_error("fault = ''"),
      "9: fault of route \"/a\": expected reset, refuse, fin-before, fin-in-head, fin-in-body, "
      "stall, slow-head, wrong-length, bad-chunk, truncated-gzip, 5xx or a status, found the end "
      "at character 1");
  EXPECT_EQ(route_error("fault = 503"), "9: fault of route \"/a\": expected a string, found 503");
  EXPECT_EQ(route_error("faults = '503'"),
            "1: unknown key \"faults\" in route \"/a\": did you mean \"fault\"?");
  EXPECT_EQ(route_error("rate = 0"),
            "8: rate of route \"/a\": expected a whole number from 1 to 10000000, found 0");
}

TEST(Configuration, SaysWhatIsWrongWithABody) {
  EXPECT_EQ(errors_of("[[route]]\npath = '/a'\nbody = 'x'\nsize = 5\n"),
            "a.toml:4:1: size of route \"/a\": there is a body already; a route has one of body, "
            "template, file and size\n");
  for (const std::string status : {"204", "205", "304"}) {
    EXPECT_EQ(
        errors_of("[[route]]\npath = '/a'\nstatus = " + status + "\nbody = 'x'\n"),
        "a.toml:4:1: body of route \"/a\": a response with status " + status + " has no body\n");
  }
  EXPECT_EQ(route_error("file = 'none.txt'"), "8: file of route \"/a\": cannot read none.txt");
  const std::string size =
      "8: size of route \"/a\": expected a size up to 1TiB, such as 1000 or \"10KiB\", or a "
      "distribution of sizes, such as \"lognormal:p50=10KiB,p99=1MiB\", found ";
  EXPECT_EQ(route_error("size = -1"), size + "-1");
  EXPECT_EQ(route_error("size = 1099511627777"), size + "1099511627777");
  EXPECT_EQ(route_error("size = 1.5"), size + "a number with a fraction");
  EXPECT_EQ(
      route_error("size = '1KB'"),
      "8: size of route \"/a\": expected a size up to 1TiB, such as 1000, 10KiB or 2MiB, found "
      "\"1KB\" at character 1");
  EXPECT_EQ(route_error("size = 'lognormal:p50=10KiB,p99=1KiB'"),
            "8: size of route \"/a\": expected a p99 that is not below p50, found \"1KiB\" at "
            "character 25");
  EXPECT_EQ(route_error("template = 'ab{pth}'"),
            "12: template of route \"/a\": expected {path}, {query:NAME}, {header:NAME}, "
            "{random:1..100}, {counter} or {now}; {{ stands for {, found \"{pth}\" at character 3: "
            "did you mean \"path\"?");
  std::string many;
  for (int i = 0; i < 17; ++i) many += "{path}";
  EXPECT_EQ(route_error("template = '" + many + "'"),
            "12: template of route \"/a\": it can become 17408 bytes, and 16384 are the most; "
            "{path}, {query:NAME} and {header:NAME} count as 1024");
}

TEST(Configuration, SaysWhatIsWrongWithHeaders) {
  const auto error = [](const std::string& fields) {
    return route_error("headers = {" + fields + "}");
  };
  const std::string of = "headers of route \"/a\": ";
  for (const std::string name : {"Content-Length", "transfer-encoding", "Connection", "TE",
                                 "Trailer", "Upgrade", "Keep-Alive", "Proxy-Connection"}) {
    EXPECT_EQ(error(name + " = 'x'"),
              "12: " + of + "\"" + name +
                  "\" can not be set: spate frames the body and keeps the connection itself");
  }
  EXPECT_EQ(error("Date = 'x'"), "12: " + of + "\"Date\" can not be set: spate sends its own");
  EXPECT_EQ(error("server = 'x'"), "12: " + of + "\"server\" can not be set: spate sends its own");
  EXPECT_EQ(error("'X Y' = 'x'"),
            "12: " + of +
                "\"X Y\" is no name of a field: that is letters, digits and any of "
                "!#$%&'*+-.^_`|~");
  const std::string value =
      ": a field value has no control characters, such as line ends, and no blank at either end; "
      "found ";
  EXPECT_EQ(error("A = \"x\\r\\nB: c\""), "16: " + of + "\"A\"" + value + "\"x??B: c\"");
  EXPECT_EQ(error("A = ' x'"), "16: " + of + "\"A\"" + value + "\" x\"");
  EXPECT_EQ(error("A = \"\\u0000\""), "16: " + of + "\"A\"" + value + "\"?\"");
  EXPECT_EQ(error("A = 5"),
            "16: " + of + "\"A\": expected a string or an array of strings, found 5");
  EXPECT_EQ(error("A = ['b', 5]"), "22: " + of + "\"A\": expected a string, found 5");
  EXPECT_EQ(error("Content-Type = ['a/b']"),
            "27: " + of + "\"Content-Type\": expected a string, found an array");
  EXPECT_EQ(error("A = 'x', a = 'y'"),
            "21: " + of +
                "\"a\" is there already, in other letters; give an array to send a field "
                "several times");
  EXPECT_EQ(error("A = '" + std::string(4092, 'x') + "'"),
            "1: " + of + "they are 4097 bytes together, and 4096 are the most");
  scenario_of("[[route]]\npath = '/a'\nheaders = {A = '" + std::string(4091, 'x') + "'}");
}

TEST(Configuration, SaysThatTwoRoutesAreTheSame) {
  EXPECT_EQ(errors_of("[[route]]\npath = '/a'\nmethods = ['PUT', 'GET']\n"
                      "[[route]]\npath = '/a'\nmethods = ['PATCH', 'PUT']\n"),
            "a.toml:6:1: route \"/a\": another route answers PUT for this path already\n");
  EXPECT_EQ(errors_of("[[route]]\npath = '/a*'\n[[route]]\npath = '/a*'\n"),
            "a.toml:4:1: route \"/a*\": another route answers GET for this path already\n");
}

TEST(Configuration, SaysWhatIsWrongWithTheFile) {
  EXPECT_EQ(errors_of("routes = 1\n"),
            "a.toml:1:1: unknown key \"routes\": did you mean \"route\"?\n");
  EXPECT_EQ(errors_of("[limits]\n"), "a.toml:1:2: unknown table \"limits\"\n");
  EXPECT_EQ(errors_of("[route]\npath = '/a'\n"),
            "a.toml:1:1: route: expected tables, each as [[route]], found a table\n");
  EXPECT_EQ(errors_of("[[route]\n"),
            "a.toml:1:9: Error while parsing table header: expected ']', saw '\\n'\n");
}

TEST(Configuration, SaysAllThatIsWrong) {
  EXPECT_EQ(
      errors_of("[[route]]\npath = '/a'\nstatus = 1\ndealy = 1\n"
                "[[route]]\npath = '/b'\nrate = 'x'\n[limits]\n"),
      "a.toml:3:10: status of route \"/a\": expected a whole number from 200 to 599, found 1\n"
      "a.toml:4:1: unknown key \"dealy\" in route \"/a\": did you mean \"delay\"?\n"
      "a.toml:7:8: rate of route \"/b\": expected a whole number from 1 to 10000000, found "
      "\"x\"\n"
      "a.toml:8:2: unknown table \"limits\"\n");
}

TEST(Configuration, DescribesRoutes) {
  const auto configuration = parse(R"(
[[route]]
path = "/a"
file = "users.json"
[[route]]
path = "/b/*"
methods = ["POST"]
status = 404
size = "1KiB"
delay = "1ms"
rate = 5
[[route]]
path = "/c"
template = "{counter}"
fault = "503@1%"
[[route]]
path = "/d"
delay = "1ms"
fault = "reset"
)");
  ASSERT_TRUE(configuration.ok());
  EXPECT_EQ(describe(configuration.value()),
            "  /a  GET, HEAD: 200, 3 B\n"
            "  /b/*  POST: 404, generated bytes, late, at a limited rate\n"
            "  /c  GET, HEAD: 200, a template of at most 20 B, with faults\n"
            "  /d  GET, HEAD: 200, 0 B, late, with faults\n");
}

}  // namespace
}  // namespace http::server
