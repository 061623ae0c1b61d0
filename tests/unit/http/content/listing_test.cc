#include "http/content/listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "http/semantics/path.h"
#include "tests/unit/http/content/listing_html_scanner.h"
#include "tests/unit/http/content/listing_json_reader.h"

namespace http {
namespace {

using core::FileKind;
using Names = std::vector<std::string>;

constexpr int64_t kSecond = 1'000'000'000;
constexpr ListingView kPage{ListingFormat::html};
constexpr ListingView kJson{ListingFormat::json};

core::DirectoryEntry file(const std::string& name, uint64_t size = 0, int64_t modified = 0) {
  core::DirectoryEntry entry;
  entry.name = name;
  entry.status.kind = FileKind::regular;
  entry.status.size = size;
  entry.status.modified = modified;
  return entry;
}
core::DirectoryEntry directory(const std::string& name, int64_t modified = 0) {
  core::DirectoryEntry entry = file(name, 4'096 * name.size(), modified);
  entry.status.kind = FileKind::directory;
  return entry;
}

// The elements of that name.
std::vector<HtmlElement> all(const std::vector<HtmlElement>& page, const std::string& name) {
  std::vector<HtmlElement> found;
  for (const HtmlElement& element : page) {
    if (element.name == name) found.push_back(element);
  }
  return found;
}
HtmlElement one(const std::vector<HtmlElement>& page, const std::string& name) {
  const auto found = all(page, name);
  EXPECT_EQ(found.size(), 1u) << name;
  return found.empty() ? HtmlElement() : found[0];
}
// The links in the cells of a page, but for the one to the parent.
std::vector<HtmlElement> entry_links(const std::vector<HtmlElement>& page) {
  std::vector<HtmlElement> found;
  for (const HtmlElement& link : all(page, "a")) {
    if (link.within.ends_with(" td ") && link.attributes.at("href") != "../") found.push_back(link);
  }
  return found;
}
std::vector<HtmlElement> scan(core::Bytes path, const core::Directory& listed,
                              const ListingView& view = kPage) {
  return HtmlScanner::scan(render_listing(path, listed, view));
}

// The names in their order, which must be the same in both formats.
Names order(const core::Directory& listed, ListingSort sort, bool descending,
            const std::string& path = "") {
  Names names;
  for (const HtmlElement& link : entry_links(scan(path, listed, {{}, sort, descending}))) {
    names.push_back(link.text);
  }
  const Json json =
      JsonReader::read(render_listing(path, listed, {ListingFormat::json, sort, descending}));
  Names from_json;
  for (const Json& entry : json["entries"].items) {
    from_json.push_back(entry["name"].text + (entry["type"].text == "directory" ? "/" : ""));
  }
  EXPECT_EQ(names, from_json);
  return names;
}

// What a link of a listing leads to: resolved as a browser does, then as the server does.
std::string follow(const std::string& href, bool is_directory) {
  PathBuffer buffer;
  EXPECT_TRUE(href.starts_with("./")) << href;
  EXPECT_EQ(href.find_first_of("\"<> \\?#\n"), std::string::npos) << href;
  const ResolvedTarget target = resolve_target("/base/" + href.substr(2), buffer);
  EXPECT_EQ(target.kind, TargetKind::path) << href;
  EXPECT_EQ(target.directory, is_directory) << href;
  EXPECT_TRUE(target.path.starts_with("base/")) << href;
  return std::string(target.path.substr(5));
}

// --- queries ------------------------------------------------------------------------------------

TEST(ListingQuery, Views) {
  const struct {
    const char* query;
    ListingSort sort;
    bool descending;
  } cases[] = {
      {"", ListingSort::name, false},
      {"sort=name", ListingSort::name, false},
      {"sort=size", ListingSort::size, false},
      {"sort=modified&order=desc", ListingSort::modified, true},
      {"order=desc&sort=size", ListingSort::size, true},
      {"order=desc&order=asc", ListingSort::name, false},
      {"sort=size&sort=modified", ListingSort::modified, false},
      {"sort=size&sort=other", ListingSort::size, false},
      {"&&sort=size&", ListingSort::size, false},
      {"sort", ListingSort::name, false},
      {"sort=", ListingSort::name, false},
      {"=size", ListingSort::name, false},
      {"sort=size=", ListingSort::name, false},
      {"sort==size", ListingSort::name, false},
      {"Sort=size&ORDER=desc", ListingSort::name, false},
      {"sort=SIZE&order=DESC", ListingSort::name, false},
      {"xsort=size&sortx=size&order=down", ListingSort::name, false},
      {"utm=1&sort=size&v=2#x", ListingSort::size, false},
      {"sort=%73ize", ListingSort::name, false},
  };
  for (const auto& [query, sort, descending] : cases) {
    for (const auto format : {ListingFormat::html, ListingFormat::json}) {
      EXPECT_EQ(parse_listing_query(query, format), (ListingView{format, sort, descending}))
          << query;
    }
  }
}

TEST(ListingQuery, AnIndexForEveryView) {
  std::set<int> indexes;
  for (const auto format : {ListingFormat::html, ListingFormat::json}) {
    for (const auto sort : {ListingSort::name, ListingSort::size, ListingSort::modified}) {
      for (const bool descending : {false, true}) {
        const int index = ListingView{format, sort, descending}.index();
        EXPECT_LT(index, ListingView::kCount);
        EXPECT_TRUE(indexes.insert(index).second) << index;
      }
    }
  }
  EXPECT_EQ(indexes.size(), ListingView::kCount);
}

// The headings of a page lead to the views that they promise.
TEST(ListingQuery, Headings) {
  const struct {
    ListingView view;
    const char* sorted;
    const char* links[3];
  } cases[] = {
      {{{}, ListingSort::name, false},
       "Name ascending",
       {"?sort=name&order=desc", "?sort=size&order=desc", "?sort=modified&order=desc"}},
      {{{}, ListingSort::name, true},
       "Name descending",
       {"?sort=name&order=asc", "?sort=size&order=desc", "?sort=modified&order=desc"}},
      {{{}, ListingSort::size, true},
       "Size descending",
       {"?sort=name&order=asc", "?sort=size&order=asc", "?sort=modified&order=desc"}},
      {{{}, ListingSort::modified, false},
       "Modified (UTC) ascending",
       {"?sort=name&order=asc", "?sort=size&order=desc", "?sort=modified&order=desc"}},
  };
  for (const auto& [view, sorted, links] : cases) {
    const auto page = scan("", {}, view);
    const auto headings = all(page, "th");
    ASSERT_EQ(headings.size(), 3u);
    std::string marked;
    for (const HtmlElement& heading : headings) {
      EXPECT_EQ(heading.attributes.at("scope"), "col");
      const auto sort = heading.attributes.find("aria-sort");
      if (sort != heading.attributes.end()) marked += heading.text + " " + sort->second;
    }
    EXPECT_EQ(marked, sorted);
    std::size_t i = 0;
    for (const HtmlElement& link : all(page, "a")) {
      if (!link.within.ends_with(" th ")) continue;
      ASSERT_LT(i, 3u);
      EXPECT_EQ(link.attributes.at("href"), links[i++]);
    }
    EXPECT_EQ(i, 3u);
  }
}

// --- order --------------------------------------------------------------------------------------

TEST(ListingOrder, Names) {
  const core::Directory listed{
      {file("b"), file("a.txt"), file("B"), file("a"), directory("z"), file("\xFF"), file("_"),
       directory("C"), file("10"), file("9"), file("Ab"), file("aa"), file("é")},
      true};
  const Names ascending = {"C/", "z/", "10", "9", "_",      "a",     "a.txt",
                           "aa", "Ab", "B",  "b", "\u00E9", "\uFFFD"};
  EXPECT_EQ(order(listed, ListingSort::name, false), ascending);
  EXPECT_EQ(
      order(listed, ListingSort::name, true),
      (Names{"z/", "C/", "\uFFFD", "\u00E9", "b", "B", "Ab", "aa", "a.txt", "a", "_", "9", "10"}));
}

TEST(ListingOrder, SizesAndTimes) {
  const core::Directory listed{{file("same", 5, 3), file("Same2", 5, 3), file("large", 1'000, 1),
                                file("empty", 0, 2), directory("new", 9), directory("b", 4),
                                directory("A", 4), file("huge", UINT64_MAX, INT64_MIN)},
                               true};
  EXPECT_EQ(order(listed, ListingSort::size, false),
            (Names{"A/", "b/", "new/", "empty", "same", "Same2", "large", "huge"}));
  EXPECT_EQ(order(listed, ListingSort::size, true),
            (Names{"A/", "b/", "new/", "huge", "large", "same", "Same2", "empty"}));
  EXPECT_EQ(order(listed, ListingSort::modified, false),
            (Names{"A/", "b/", "new/", "huge", "large", "empty", "same", "Same2"}));
  EXPECT_EQ(order(listed, ListingSort::modified, true),
            (Names{"new/", "A/", "b/", "same", "Same2", "empty", "large", "huge"}));
}

// However the file system gives them.
TEST(ListingOrder, DoesNotDependOnTheFileSystem) {
  core::Directory listed;
  for (int i = 0; i < 60; ++i) {
    listed.entries.push_back(file((i % 2 == 0 ? "n" : "N") + std::to_string(i % 20) +
                                      std::string(static_cast<std::size_t>(i / 20), 'x'),
                                  static_cast<uint64_t>(i % 3), i % 4));
  }
  std::mt19937 random(1);
  for (const auto sort : {ListingSort::name, ListingSort::size, ListingSort::modified}) {
    const Names first = order(listed, sort, true);
    for (int i = 0; i < 10; ++i) {
      std::shuffle(listed.entries.begin(), listed.entries.end(), random);
      EXPECT_EQ(order(listed, sort, true), first);
    }
  }
}

// --- what is listed -----------------------------------------------------------------------------

// As has_hidden_segment() refuses to serve them; RFC 8615 for ".well-known".
TEST(Listing, HiddenNames) {
  const core::Directory listed{
      {file(".env"), directory(".git"), directory(".well-known"), file(".well-knownx"), file("..."),
       file("..a"), file("a.b"), file("a..")},
      true};
  const Names shown = {"a..", "a.b"};
  EXPECT_EQ(order(listed, ListingSort::name, false), (Names{".well-known/", "a..", "a.b"}));
  EXPECT_EQ(order(listed, ListingSort::name, false, "dir"), shown);
  EXPECT_EQ(order(listed, ListingSort::name, false, "dir/sub"), shown);
  EXPECT_EQ(order(listed, ListingSort::name, false, ".well-known"), shown);
  EXPECT_EQ(order(listed, ListingSort::name, false, ".well-known/x"), shown);
  EXPECT_EQ(one(scan("", listed), "caption").text, "1 directory, 2 files, 0 B");
}

// A precompressed sibling is a file like others.
TEST(Listing, PrecompressedSiblings) {
  EXPECT_EQ(
      order({{file("x.css.br"), file("x.css"), file("x.css.gz")}, true}, ListingSort::name, false),
      (Names{"x.css", "x.css.br", "x.css.gz"}));
}

TEST(Listing, NothingToShow) {
  const auto root = scan("", {});
  EXPECT_EQ(one(root, "caption").text, "Nothing to show");
  EXPECT_EQ(one(root, "title").text, "Index of /");
  EXPECT_EQ(all(root, "tr").size(), 1u) << "the headings";
  EXPECT_EQ(all(root, "p").size(), 0u);
  const auto beneath = scan("dir", {});
  EXPECT_EQ(all(beneath, "tr").size(), 2u) << "and the parent";
  EXPECT_EQ(render_listing("", {}, kJson),
            "{\"path\":\"/\",\"href\":\"/\",\"complete\":true,\"entries\":[\n]}\n");
}

TEST(Listing, NotComplete) {
  const core::Directory listed{{file("a")}, false};
  EXPECT_EQ(one(scan("", listed), "p").text,
            "Not everything is shown: this directory has more names.");
  EXPECT_FALSE(JsonReader::read(render_listing("", listed, kJson))["complete"].truth);
  EXPECT_EQ(all(scan("", {{file("a")}, true}), "p").size(), 0u);
  EXPECT_TRUE(JsonReader::read(render_listing("", {}, kJson))["complete"].truth);
}

TEST(Listing, ContentTypes) {
  EXPECT_EQ(listing_content_type(ListingFormat::html), "text/html; charset=utf-8");
  EXPECT_EQ(listing_content_type(ListingFormat::json), "application/json");
}

// --- the page -----------------------------------------------------------------------------------

TEST(ListingPage, Rows) {
  const auto page = scan("", {{file("a.txt", 1'234'567, 784'111'777 * kSecond + 5),
                               directory("dir", 951'868'799 * kSecond), file("one", 1, -1)},
                              true});
  const auto links = entry_links(page);
  ASSERT_EQ(links.size(), 3u);
  EXPECT_EQ(links[0].text, "dir/");
  EXPECT_EQ(links[0].attributes.at("href"), "./dir/");
  EXPECT_EQ(links[1].text, "a.txt");
  EXPECT_EQ(links[1].attributes.at("href"), "./a.txt");
  const auto times = all(page, "time");
  ASSERT_EQ(times.size(), 3u);
  EXPECT_EQ(times[0].attributes.at("datetime"), "2000-02-29T23:59:59Z");
  EXPECT_EQ(times[0].text, "2000-02-29 23:59");
  EXPECT_EQ(times[1].attributes.at("datetime"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(times[2].attributes.at("datetime"), "1969-12-31T23:59:59Z");
  const auto sizes = all(page, "data");
  ASSERT_EQ(sizes.size(), 3u) << "of the caption and the files; none of the directory";
  EXPECT_EQ(sizes[0].attributes.at("value"), "1234568");
  EXPECT_TRUE(sizes[0].within.ends_with(" caption "));
  EXPECT_EQ(sizes[1].attributes.at("value"), "1234567");
  EXPECT_EQ(sizes[1].attributes.at("title"), "1,234,567 bytes");
  EXPECT_EQ(sizes[1].text, "1.2 MiB");
  EXPECT_EQ(sizes[2].attributes.at("title"), "1 byte");
  EXPECT_EQ(one(page, "caption").text, "1 directory, 2 files, 1.2 MiB");
  for (const HtmlElement& row : all(page, "tr")) {
    EXPECT_TRUE(row.within.ends_with(" thead ") || row.within.ends_with(" tbody "));
  }
  EXPECT_EQ(all(page, "td").size(), 9u);
  EXPECT_EQ(one(page, "html").attributes.at("lang"), "en");
  EXPECT_EQ(one(page, "style").text.find("url("), std::string::npos);
  EXPECT_EQ(one(page, "style").text.find("@import"), std::string::npos);
}

TEST(ListingPage, Counts) {
  const auto caption = [](const core::Directory& listed) {
    return one(scan("", listed), "caption").text;
  };
  EXPECT_EQ(caption({{file("a", 10)}, true}), "1 file, 10 B");
  EXPECT_EQ(caption({{directory("a")}, true}), "1 directory");
  EXPECT_EQ(caption({{directory("a"), directory("b")}, true}), "2 directories");
  EXPECT_EQ(caption({{directory("a"), file("b", 1'000), file("c", 24)}, true}),
            "1 directory, 2 files, 1.0 KiB");
}

// Relative links, each as far up as the directory is.
TEST(ListingPage, Path) {
  const auto crumbs = [](const std::string& path) {
    Names names;
    for (const HtmlElement& link : scan(path, {})) {
      if (!link.within.ends_with(" h1 ")) continue;
      names.push_back(link.text + (link.name == "a" ? " " + link.attributes.at("href") : ""));
    }
    return names;
  };
  EXPECT_EQ(crumbs(""), (Names{"/"}));
  EXPECT_EQ(crumbs("a"), (Names{"/ ../", "a/"}));
  EXPECT_EQ(crumbs("a/b c/<d>"), (Names{"/ ../../../", "a/ ../../", "b c/ ../", "<d>/"}));
  EXPECT_EQ(one(scan("a/b c/<d>&", {}), "title").text, "Index of /a/b c/<d>&/");
  EXPECT_EQ(all(scan("a/b", {}), "td")[0].text, "\u2191 Parent directory");
  EXPECT_EQ(all(scan("", {}), "td").size(), 0u);
}

// A very deep path is shortened in the middle: its links would grow with the square of its depth.
TEST(ListingPage, DeepPath) {
  std::string path = "d0";
  for (int i = 1; i < 500; ++i) path += "/d" + std::to_string(i);
  std::vector<HtmlElement> crumbs;
  for (const HtmlElement& element : scan(path, {})) {
    if (element.within.ends_with(" h1 ")) crumbs.push_back(element);
  }
  ASSERT_EQ(crumbs.size(), 1u + 1u + 32u + 1u);
  EXPECT_EQ(crumbs[0].attributes.at("href").size(), 3u * 500u);
  EXPECT_EQ(crumbs[1].text, "\u2026/");
  EXPECT_EQ(crumbs[2].text, "d467/");
  EXPECT_EQ(crumbs[2].attributes.at("href").size(), 3u * 32u);
  EXPECT_EQ(crumbs[33].text, "d498/");
  EXPECT_EQ(crumbs[33].attributes.at("href"), "../");
  EXPECT_EQ(crumbs[34].text, "d499/");
}

// --- JSON ---------------------------------------------------------------------------------------

TEST(ListingJson, Members) {
  const core::Directory listed{
      {file("a.txt", 12, 784'111'777 * kSecond + 42), directory("sub", -1)}, true};
  EXPECT_EQ(render_listing("x y/\xFF", listed, kJson),
            "{\"path\":\"/x y/\uFFFD/\",\"href\":\"/x%20y/%FF/\",\"complete\":true,\"entries\":[\n"
            "{\"name\":\"sub\",\"href\":\"./sub/\",\"type\":\"directory\","
            "\"modified\":\"1969-12-31T23:59:59.999999999Z\"},\n"
            "{\"name\":\"a.txt\",\"href\":\"./a.txt\",\"type\":\"file\",\"size\":12,"
            "\"modified\":\"1994-11-06T08:49:37.000000042Z\"}\n"
            "]}\n");
}

// --- hostile names ------------------------------------------------------------------------------

struct Hostile {
  const char* name;
  const char* shown;  // in the page
};
const Hostile kHostile[] = {
    {"javascript:alert(1)", "javascript:alert(1)"},
    {"http:", "http:"},
    {"\\\\evil.example\\x", "\\\\evil.example\\x"},
    {"x..%2f..%2fy", "x..%2f..%2fy"},
    {"%2e%2e", "%2e%2e"},
    {"a..", "a.."},
    {"%", "%"},
    {"%00", "%00"},
    {"?sort=size", "?sort=size"},
    {"#top", "#top"},
    {"a;b=c&d", "a;b=c&d"},
    {"&lt;", "&lt;"},
    {"<script>alert(1)</script>", nullptr},  // has a slash: never a name, but must do no harm
    {"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"},
    {"\" onmouseover=\"x", "\" onmouseover=\"x"},
    {"' onmouseover='x", "' onmouseover='x"},
    {"--><!--", "--><!--"},
    {"]]>", "]]>"},
    {"<style>*{}", "<style>*{}"},
    {"</style>", nullptr},
    {"new\nline", "new␊line"},
    {"\r\nSet-Cookie: a=b", "␍␊Set-Cookie: a=b"},
    {"tab\there", "tab␉here"},
    {"\x1B[31mred", "␛[31mred"},
    {"\x7F", "\uFFFD"},
    {"a\xC2\x85z", "a\uFFFDz"},
    {"\xFF\xFE", "\uFFFD\uFFFD"},
    {"\xC0\xAE\xC0\xAE", "\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
    {"cut\xE2\x82", "cut\uFFFD"},
    {"cut\xC3\"", "cut\uFFFD\""},
    {"+ADw-script+AD4-", "+ADw-script+AD4-"},
    {"\u202Etxt.exe", "\uFFFDtxt.exe"},
    {"\uFEFFmark", "\uFEFFmark"},
    {" leading and trailing ", " leading and trailing "},
    {"two  spaces", "two  spaces"},
    {"\\u0022", "\\u0022"},
    {"日本語 ü 😀", "日本語 ü 😀"},
};

TEST(ListingHostile, Names) {
  for (const auto& [name, shown] : kHostile) {
    for (const bool is_directory : {false, true}) {
      SCOPED_TRACE(name);
      const core::Directory listed{{is_directory ? directory(name) : file(name)}, true};
      const auto links = entry_links(scan("dir", listed));
      ASSERT_EQ(links.size(), 1u);
      const Json json = JsonReader::read(render_listing("dir", listed, kJson));
      ASSERT_EQ(json["entries"].items.size(), 1u);
      if (shown == nullptr) continue;
      EXPECT_EQ(links[0].text, std::string(shown) + (is_directory ? "/" : ""));
      EXPECT_EQ(follow(links[0].attributes.at("href"), is_directory), name);
      const Json& entry = json["entries"].items[0];
      EXPECT_EQ(entry["href"].text, links[0].attributes.at("href"));
      if (is_plain_utf8(name)) {
        EXPECT_EQ(entry["name"].text, name);
      }
    }
  }
}

// The same names as segments of the path.
TEST(ListingHostile, Paths) {
  for (const auto& [name, shown] : kHostile) {
    if (shown == nullptr) continue;
    SCOPED_TRACE(name);
    const std::string path = std::string(name) + "/" + name;
    const auto page = scan(path, {});
    EXPECT_EQ(one(page, "title").text, std::string("Index of /") + shown + "/" + shown + "/");
    for (const HtmlElement& link : all(page, "a")) {
      const std::string& href = link.attributes.at("href");
      EXPECT_TRUE(href == "../" || href == "../../" || href.starts_with("?sort=")) << href;
    }
    const Json json = JsonReader::read(render_listing(path, {}, kJson));
    PathBuffer buffer;
    const ResolvedTarget target = resolve_target(json["href"].text, buffer);
    EXPECT_EQ(target.path, path);
    EXPECT_TRUE(target.directory);
  }
}

// Every byte that a name can hold, in each place of a character of several bytes.
TEST(ListingHostile, EveryByte) {
  core::Directory listed;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte == '/') continue;
    const std::string one(1, static_cast<char>(byte));
    for (const std::string& name : {"x" + one, "x" + one + "y", "x\xE2" + one, "x\xE2\x82" + one}) {
      listed.entries.push_back(file(name));
    }
  }
  std::set<std::string> expected;
  for (const core::DirectoryEntry& entry : listed.entries) expected.insert(entry.name);
  std::set<std::string> reached;
  for (const HtmlElement& link : entry_links(scan("", listed))) {
    reached.insert(follow(link.attributes.at("href"), false));
  }
  EXPECT_EQ(reached, expected);
  const Json json = JsonReader::read(render_listing("", listed, kJson));
  std::set<std::string> reached_by_json;
  for (const Json& entry : json["entries"].items) {
    reached_by_json.insert(follow(entry["href"].text, false));
  }
  EXPECT_EQ(reached_by_json, expected);
}

// --- size ---------------------------------------------------------------------------------------

TEST(ListingSize, TenThousandEntries) {
  core::Directory listed;
  for (int i = 0; i < 10'000; ++i) {
    listed.entries.push_back(file("file-" + std::to_string((i * 7'919) % 10'000) + ".html",
                                  static_cast<uint64_t>(i), i * kSecond));
  }
  const auto page = scan("big", listed);
  EXPECT_EQ(entry_links(page).size(), 10'000u);
  EXPECT_EQ(one(page, "caption").text, "10,000 files, 48 MiB");
  EXPECT_LT(render_listing("big", listed, kPage).size(), most_listing_bytes(10'000) / 12);
  const std::string json = render_listing("big", listed, kJson);
  EXPECT_EQ(JsonReader::read(json)["entries"].items.size(), 10'000u);
  EXPECT_LT(json.size(), most_listing_bytes(10'000) / 12);
}

// most_listing_bytes() holds for the names and paths that take most.
TEST(ListingSize, IsBounded) {
  for (const char worst : {'&', '"', '\'', '\x01', '\x7F', '\xFF', ' '}) {
    SCOPED_TRACE(static_cast<int>(worst));
    core::Directory listed;
    for (int i = 0; i < 100; ++i) {
      listed.entries.push_back(file(std::string(255, worst), UINT64_MAX, INT64_MAX));
      listed.entries.push_back(directory(std::string(255, worst), INT64_MIN));
    }
    listed.complete = false;
    std::string deep;
    while (deep.size() + 2 < kPathCapacity) deep.append(1, worst).append("/");
    deep.pop_back();
    std::string wide;
    while (wide.size() + 256 < kPathCapacity) wide.append(255, worst).append("/");
    wide.pop_back();
    for (const std::string& path : {deep, wide}) {
      for (const ListingView& view : {kPage, kJson}) {
        EXPECT_LE(render_listing(path, listed, view).size(), most_listing_bytes(200));
        EXPECT_LE(render_listing(path, {}, view).size(), most_listing_bytes(0));
      }
    }
  }
}

}  // namespace
}  // namespace http
