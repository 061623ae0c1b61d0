// Directories shown as a page or as JSON: when, what is in them, and where their links lead.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/check.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

constexpr char kWantsJson[] = "Accept: application/json\r\n";
constexpr char kBrowser[] =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";

// What stands between `before` and `after`, as often as that is there.
std::vector<std::string> all_between(const std::string& text, const std::string& before,
                                     const std::string& after) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while ((at = text.find(before, at)) != std::string::npos) {
    at += before.size();
    const std::size_t end = text.find(after, at);
    if (end == std::string::npos) break;
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

// What the characters that matter in an attribute stand for.
std::string unescaped(std::string text) {
  const std::pair<const char*, const char*> references[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&#34;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (const auto& [reference, character] : references) {
    std::size_t at = 0;
    while ((at = text.find(reference, at)) != std::string::npos) {
      text.replace(at, std::string(reference).size(), character);
      ++at;
    }
  }
  return text;
}

class ListingTest : public ServerTest {
 protected:
  // The entries' links of a page or of JSON, in their order, as they stand behind "./".
  static std::vector<std::string> links(const Response& response) {
    const bool json = response.field("content-type") == "application/json";
    std::vector<std::string> found = json ? all_between(response.body, "\"href\":\"./", "\"")
                                          : all_between(response.body, "<a href=\"./", "\"");
    for (std::string& link : found) link = json ? link : unescaped(link);
    return found;
  }
  static bool has(const Response& response, const std::string& link) {
    const std::vector<std::string> all = links(response);
    return std::find(all.begin(), all.end(), link) != all.end();
  }
};

TEST_P(ListingTest, IsOffByDefault) {
  root_.write("folder/file", "file");
  start();
  HttpClient client = connect();
  for (const char* target : {"/", "/folder/", "/folder/?sort=name", "/folder/.."}) {
    for (const char* fields : {"", kWantsJson, kBrowser}) {
      const Response response = client.get(target, fields);
      EXPECT_EQ(response.status, 403) << target;
      EXPECT_EQ(response.body.find("file"), std::string::npos);
    }
  }
}

// RFC 9110 section 12.5.1: a page for people, JSON for who asks for it.
TEST_P(ListingTest, ComesAsAPageOrAsJson) {
  root_.write("folder/file", "12345");
  root_.write("folder/below/x", "x");
  root_.set_modified("folder/file", kLongAgo);
  start({"--listing"});
  HttpClient client = connect();
  struct Case {
    std::string accept;
    bool json;
  };
  const Case cases[] = {
      {"", false},
      {kBrowser, false},
      {"Accept: */*\r\n", false},
      {"Accept: text/html, application/json\r\n", false},
      {"Accept: image/png\r\n", false},
      {kWantsJson, true},
      {"Accept: application/*\r\n", true},
      {"Accept: application/json, text/html;q=0.9\r\n", true},
      {"Accept: application/json, */*\r\n", true},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.accept);
    const Response response = client.get("/folder/", each.accept);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"),
              each.json ? "application/json" : "text/html; charset=utf-8");
    EXPECT_EQ(response.field("vary"), "Accept");
    EXPECT_EQ(response.field("last-modified"), "");
    EXPECT_EQ(response.field("content-security-policy").empty(), each.json);
    EXPECT_EQ(links(response), (std::vector<std::string>{"below/", "file"}));
    const std::string time = each.json ? "2023-11-14T22:13:20.123456789Z" : "2023-11-14T22:13:20Z";
    EXPECT_NE(response.body.find(time), std::string::npos);
    EXPECT_NE(response.body.find(each.json ? "\"size\":5," : "<data value=\"5\""),
              std::string::npos);
  }
  // Section 15.4.2: without its slash the links would lead elsewhere.
  EXPECT_EQ(client.get("/folder?sort=size").field("location"), "/folder/?sort=size");
  EXPECT_EQ(client.get("/missing/").status, 404);
  EXPECT_EQ(client.get("/folder/file/").status, 404);
}

// Sections 9.3.2 and 13.1.2: as any other representation.
TEST_P(ListingTest, HasHeadAndConditionsAndRanges) {
  root_.write("folder/file", "file");
  start({"--listing"});
  HttpClient client = connect();
  std::string other_tag;
  for (const std::string accept : {kBrowser, kWantsJson}) {
    const Response response = client.get("/folder/", accept);
    const Response head = client.head("/folder/", accept);
    for (const char* field : {"content-length", "content-type", "etag", "vary"}) {
      EXPECT_EQ(head.field(field), response.field(field)) << field;
    }
    const std::string tag = response.field("etag");
    EXPECT_EQ(tag.front(), '"');
    EXPECT_NE(tag, other_tag);
    const Response unchanged = client.get("/folder/", accept + "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(unchanged.status, 304);
    EXPECT_EQ(unchanged.field("vary"), "Accept");
    EXPECT_EQ(client.get("/folder/", accept + "If-None-Match: \"x\"\r\n").status, 200);
    const Response part = client.get("/folder/", accept + "Range: bytes=5-14\r\n");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, response.body.substr(5, 10));
    other_tag = tag;
  }
  // The tag is that of the content: another file makes another one.
  root_.write("folder/new", "new");
  ASSERT_TRUE(eventually([&] {
    const Response response =
        client.get("/folder/", kWantsJson + ("If-None-Match: " + other_tag + "\r\n"));
    return response.status == 200 && has(response, "new");
  }));
  client.request("OPTIONS", "/folder/");
  EXPECT_EQ(client.read_response().field("allow"), "GET, HEAD, OPTIONS");
}

// Whatever a file is called, its link leads to it and its name is nothing but text.
TEST_P(ListingTest, EscapesHostileNames) {
  std::vector<std::string> names = {"<script>alert(1)<",
                                    "\" onmouseover=\"alert(1)",
                                    "' onclick='x",
                                    "&lt;b&gt;",
                                    "a&amp;b",
                                    "<td><table>",
                                    "<!--",
                                    "]]>",
                                    "javascript:alert(1)",
                                    "http:",
                                    "x:y",
                                    "?query",
                                    "#fragment",
                                    "%41",
                                    "%",
                                    "%2e%2e",
                                    "%2f",
                                    "a b",
                                    "  ",
                                    "\\",
                                    "\\\\host",
                                    "\r\nX: y",
                                    "\x01\x1f\x7f",
                                    "\xff\xfe",
                                    "\xc3",
                                    "\xc0\xae",
                                    "gpj.\xe2\x80\xae"
                                    "exe",
                                    "\xe2\x80\xa8",
                                    "\xf0\x9f\xa6\x86",
                                    "\xc3\xa9",
                                    "e\xcc\x81",
                                    "~",
                                    "@",
                                    "+",
                                    "$",
                                    "{\"json\":",
                                    "\\u0022",
                                    "a\"b\\c",
                                    std::string(255, 'n'),
                                    std::string(255, '<'),
                                    std::string(255, '\xff'),
                                    std::string(64, '"')};
  for (const std::string& name : names) root_.write("folder/" + name, "<" + name + ">");
  for (const std::string name : {"<b>directory", "\" x=\"", "%2e"}) {
    root_.write("folder/" + name + "/index.html", "<" + name + ">");
    names.push_back(name);
  }
  start({"--listing"});
  HttpClient client = connect();
  for (const std::string accept : {kBrowser, kWantsJson}) {
    const Response response = client.get("/folder/", accept);
    ASSERT_EQ(response.status, 200);
    const std::vector<std::string> found = links(response);
    std::vector<std::string> reached;
    for (const std::string& link : found) {
      const std::string body = client.get("/folder/" + link).body;
      ASSERT_GE(body.size(), 3U) << link;
      reached.push_back(body.substr(1, body.size() - 2));
    }
    std::sort(reached.begin(), reached.end());
    std::sort(names.begin(), names.end());
    EXPECT_EQ(reached, names);
    for (const char c : response.body) {
      ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f'));
    }
    if (accept != kBrowser) continue;
    for (const char* injected : {"<script", "<b>", "<!--", "onmouseover=\"", "onclick='",
                                 "<table><", "href=\"javascript", "href=\"http", "href=\"x:"}) {
      EXPECT_EQ(response.body.find(injected), std::string::npos) << injected;
    }
  }
  // The name of the directory itself.
  const Response response = client.get("/folder/" + percent_encoded("<b>directory") + "/../");
  EXPECT_EQ(response.status, 200);
  root_.write("<i>/x", "x");
  const Response own = client.get("/%3Ci%3E/");
  EXPECT_EQ(own.status, 200);
  EXPECT_EQ(own.body.find("<i>"), std::string::npos);
  EXPECT_NE(own.body.find("&lt;i&gt;"), std::string::npos);
}

// What would not be served is not shown either.
TEST_P(ListingTest, ShowsWhatCanBeHad) {
  TemporaryDirectory outside;
  outside.write("secret", "secret");
  root_.write("file", "file");
  root_.write(".env", "secret");
  root_.write(".git/config", "secret");
  root_.write(".well-known/x", "x");
  root_.write("folder/.well-known/x", "x");
  root_.write("folder/.hidden", "x");
  ASSERT_EQ(mkfifo(root_.path("fifo").c_str(), 0644), 0);
  std::filesystem::create_symlink("file", root_.path("inside"));
  std::filesystem::create_symlink("folder", root_.path("inside-folder"));
  std::filesystem::create_symlink(outside.path("secret"), root_.path("outside"));
  std::filesystem::create_symlink("nowhere", root_.path("dangling"));
  std::filesystem::create_symlink("loop", root_.path("loop"));
  using Names = std::vector<std::string>;
  const std::pair<const char*, Names> cases[] = {
      {"beneath", {".well-known/", "folder/", "inside-folder/", "file", "inside"}},
      {"none", {".well-known/", "folder/", "file"}},
      {"all", {".well-known/", "folder/", "inside-folder/", "file", "inside", "outside"}},
  };
  for (const auto& [choice, names] : cases) {
    SCOPED_TRACE(choice);
    start({"--listing", "--symlinks", choice});
    HttpClient client = connect();
    for (const char* accept : {kBrowser, kWantsJson}) {
      const Response response = client.get("/", accept);
      EXPECT_EQ(links(response), names);
      for (const std::string& name : names) EXPECT_EQ(client.get("/" + name).status, 200) << name;
      EXPECT_EQ(links(client.get("/folder/", accept)), Names());
    }
    EXPECT_EQ(client.get("/.git/").status, 404);
    EXPECT_EQ(client.get("/folder/.well-known/").status, 404);
    stop();
  }
}

// The headings lead to every order; directories stay in front.
TEST_P(ListingTest, SortsByItsLinks) {
  const std::pair<const char*, std::size_t> files[] = {{"b", 30}, {"A", 10}, {"c", 20}};
  int64_t time = kLongAgo;
  for (const auto& [name, size] : files) {
    root_.write(std::string("folder/") + name, std::string(size, 'x'));
    root_.set_modified(std::string("folder/") + name, time -= 1'000'000'000'000);
  }
  root_.write("folder/z/index.html", "z");
  start({"--listing"});
  HttpClient client = connect();
  using Names = std::vector<std::string>;
  const std::pair<const char*, Names> orders[] = {
      {"?sort=name&order=asc", {"z/", "A", "b", "c"}},
      {"?sort=name&order=desc", {"z/", "c", "b", "A"}},
      {"?sort=size&order=asc", {"z/", "A", "c", "b"}},
      {"?sort=size&order=desc", {"z/", "b", "c", "A"}},
      {"?sort=modified&order=asc", {"z/", "c", "A", "b"}},
      {"?sort=modified&order=desc", {"z/", "b", "A", "c"}},
      {"", {"z/", "A", "b", "c"}},
      {"?utm=1", {"z/", "A", "b", "c"}},
  };
  for (const auto& [query, names] : orders) {
    for (const char* accept : {kBrowser, kWantsJson}) {
      EXPECT_EQ(links(client.get(std::string("/folder/") + query, accept)), names) << query;
    }
  }
  // From page to page, as a person clicks: all of them are reached.
  std::vector<std::string> queue{""};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Response page = client.get("/folder/" + queue[i], kBrowser);
    const std::vector<std::string> headings = all_between(page.body, "<a href=\"?", "\"");
    EXPECT_EQ(headings.size(), 3U);
    for (const std::string& heading : headings) {
      const std::string query = "?" + unescaped(heading);
      if (std::find(queue.begin(), queue.end(), query) == queue.end()) queue.push_back(query);
    }
  }
  EXPECT_EQ(queue.size(), 7U);
}

// Ten thousand entries; what is beyond is said to be missing.
TEST_P(ListingTest, IsBounded) {
  constexpr int kMost = 10'000;
  std::filesystem::create_directory(root_.path("many"));
  const int directory = open(root_.path("many").c_str(), O_PATH | O_CLOEXEC);
  const auto make = [directory](int number) {
    const std::string name = "entry" + std::to_string(10'000'000 + number) + ".txt";
    const int file = openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(file >= 0);
    close(file);
  };
  for (int i = 0; i < kMost; ++i) make(i);
  start({"--listing"});
  HttpClient client = connect();
  const Response page = client.get("/many/", kBrowser);
  EXPECT_EQ(page.body.find("Not everything"), std::string::npos);
  std::vector<std::string> names = links(page);
  ASSERT_EQ(names.size(), static_cast<std::size_t>(kMost));
  EXPECT_EQ(names.front(), "entry10000000.txt");
  EXPECT_EQ(names.back(), "entry10009999.txt");
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  const Response json = client.get("/many/", kWantsJson);
  EXPECT_EQ(links(json), names);
  EXPECT_NE(json.body.find("\"complete\":true"), std::string::npos);

  make(kMost);
  close(directory);
  ASSERT_TRUE(eventually([&] {
    return client.get("/many/", kBrowser).body.find("Not everything") != std::string::npos;
  }));
  const Response more = client.get("/many/?sort=size", kWantsJson);
  EXPECT_EQ(links(more).size(), static_cast<std::size_t>(kMost));
  EXPECT_NE(more.body.find("\"complete\":false"), std::string::npos);
}

// New content within a second holds for directories too.
TEST_P(ListingTest, FollowsTheDirectory) {
  root_.write("folder/file", "file");
  start({"--listing"});
  HttpClient client = connect();
  root_.write("temporary/file", "file");
  EXPECT_TRUE(has(client.get("/folder/"), "file"));
  EXPECT_TRUE(has(client.get("/temporary/"), "file"));
  std::filesystem::rename(root_.path("folder/file"), root_.path("folder/new"));
  std::filesystem::remove_all(root_.path("temporary"));
  EXPECT_TRUE(eventually([&] { return has(client.get("/folder/"), "new"); }));
  EXPECT_TRUE(eventually([&] { return client.get("/temporary/").status == 404; }));
  // Every spelling of the directory shows the same.
  for (const char* target : {"/folder//", "/%66older/", "/folder/.", "/x/../folder/"}) {
    EXPECT_EQ(links(client.get(target)), std::vector<std::string>{"new"}) << target;
  }
  // An index takes the place of the listing, in both formats, and gives it back.
  root_.write("folder/index.html", "index");
  EXPECT_TRUE(eventually([&] { return client.get("/folder/").body == "index"; }));
  EXPECT_TRUE(eventually([&] { return client.get("/folder/", kWantsJson).body == "index"; }));
  unlink(root_.path("folder/index.html").c_str());
  EXPECT_TRUE(eventually([&] { return has(client.get("/folder/"), "new"); }));
}

SPATE_ON_BOTH_BACKENDS(ListingTest);

}  // namespace
}  // namespace integration
