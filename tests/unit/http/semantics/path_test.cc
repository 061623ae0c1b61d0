#include "http/semantics/path.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace http {
namespace {

using Kind = TargetKind;

// A resolved target that owns its text.
struct Resolved {
  Kind kind;
  bool directory;
  bool has_query;
  std::string path;
  std::string query;
  std::string authority;
};

Resolved resolve(const std::string& target) {
  PathBuffer buffer;
  buffer.bytes.fill('#');
  const ResolvedTarget result = resolve_target(target, buffer);
  if (result.kind == Kind::path) {
    EXPECT_EQ(result.path.data()[result.path.size()], '\0') << target;
    EXPECT_EQ(result.path.data(), buffer.bytes.data()) << target;
  }
  return {result.kind,
          result.directory,
          result.has_query,
          std::string(result.path),
          std::string(result.query),
          std::string(result.authority)};
}

// "path", with a "/" behind it if it can only be a directory, or the name of another kind.
std::string show(const std::string& target) {
  const Resolved result = resolve(target);
  switch (result.kind) {
    case Kind::path:
      return result.path + (result.directory ? "/" : "");
    case Kind::asterisk:
      return "<asterisk>";
    case Kind::authority:
      return "<authority>";
    case Kind::not_found:
      return "<not found>";
    case Kind::bad:
      return "<bad>";
  }
  return "";
}

struct Case {
  std::string target;
  std::string expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(show(c.target), c.expected) << c.target;
}

TEST(ResolveTarget, PlainPaths) {
  expect_all({
      {"/", "/"},
      {"/index.html", "index.html"},
      {"/a/b/c.txt", "a/b/c.txt"},
      {"/a/b/", "a/b/"},
      {"/a.b..c/...", "a.b..c/..."},
      {"/.hidden", ".hidden"},
      {"/..a/b..", "..a/b.."},
      {"/a;b=c/d,e", "a;b=c/d,e"},
      {"/~user/[x]|{y}^`\"<>\\", "~user/[x]|{y}^`\"<>\\"},
      {"/\\..\\x", "\\..\\x"},
  });
}

// RFC 3986 section 2.1; decoding happens once.
TEST(ResolveTarget, PercentDecoding) {
  expect_all({
      {"/%61%62", "ab"},
      {"/a%20b", "a b"},
      {"/%e4%BD%a0", "\xe4\xbd\xa0"},
      {"/%ff%01%7f", "\xff\x01\x7f"},
      {"/100%25", "100%"},
      {"/%2541", "%41"},
      {"/%252e%252e/x", "%2e%2e/x"},
      {"/%252f", "%2f"},
      {"/%3f%23", "?#"},
      {"/%5c", "\\"},
      {"/%", "<bad>"},
      {"/%4", "<bad>"},
      {"/%4/1", "<bad>"},
      {"/%g1", "<bad>"},
      {"/%1g", "<bad>"},
      {"/%%41", "<bad>"},
      {"/%u0041", "<bad>"},
      {"/a%", "<bad>"},
      {"/%4?1", "<bad>"},
      {"/%00", "<bad>"},
      {"/a%00.html", "<bad>"},
  });
}

// RFC 3986 section 5.2.4, on decoded segments.
TEST(ResolveTarget, DotSegments) {
  expect_all({
      {"/a/b/c/./../../g", "a/g"},  // the example of section 5.2.4
      {"/mid/content=5/../6", "mid/6"},
      {"/.", "/"},
      {"/./", "/"},
      {"/./a", "a"},
      {"/a/.", "a/"},
      {"/a/./", "a/"},
      {"/a/..", "/"},
      {"/a/../", "/"},
      {"/a/b/..", "a/"},
      {"/a/b/../", "a/"},
      {"/a/../b", "b"},
      {"/a/b/../../c", "c"},
      {"/%2e", "/"},
      {"/a/%2E", "a/"},
      {"/a/%2e%2E/b", "b"},
      {"/a/.%2e/b", "b"},
      {"/a/%2e./b", "b"},
      {"/...", "..."},
      {"/a/%2e%2e%2e", "a/..."},
  });
}

TEST(ResolveTarget, AboveTheRootIsBad) {
  expect_all({
      {"/..", "<bad>"},
      {"/../", "<bad>"},
      {"/../a", "<bad>"},
      {"/./..", "<bad>"},
      {"//..", "<bad>"},
      {"/a/../..", "<bad>"},
      {"/a/../../a", "<bad>"},
      {"/a//../..", "<bad>"},
      {"/%2e%2e/etc/passwd", "<bad>"},
      {"/.%2e/.%2e/etc/passwd", "<bad>"},
  });
}

TEST(ResolveTarget, RunsOfSlashesAreOne) {
  expect_all({
      {"//", "/"},
      {"//a", "a"},
      {"/a//b", "a/b"},
      {"/a///b////", "a/b/"},
      {"/a//../b", "b"},
      {"/a/.//b", "a/b"},
      {"//example.com/%2e", "example.com/"},
  });
}

// A decoded slash is a byte of a name that no file can have.
TEST(ResolveTarget, EncodedSlashes) {
  expect_all({
      {"/%2f", "<not found>"},
      {"/a%2Fb", "<not found>"},
      {"/a%2fb/../c", "<not found>"},
      {"/..%2f..%2fetc%2fpasswd", "<not found>"},
      {"/%2e%2e%2fetc", "<not found>"},
      {"/a%2fb/../..", "<bad>"},  // one segment, so the second ".." is above the root
      {"/a%2fb%", "<bad>"},
      {"/a%2fb%00", "<bad>"},
  });
}

TEST(ResolveTarget, Query) {
  struct QueryCase {
    const char* target;
    const char* path;
    bool has_query;
    const char* query;
  };
  const std::vector<QueryCase> cases = {
      {"/a", "a", false, ""},           {"/a?", "a", true, ""},
      {"/a?b=c&d", "a", true, "b=c&d"}, {"/a?b?c", "a", true, "b?c"},
      {"/?/../..", "", true, "/../.."}, {"/a?%zz%00", "a", true, "%zz%00"},
      {"/a%3fb", "a?b", false, ""},
  };
  for (const QueryCase& c : cases) {
    const Resolved result = resolve(c.target);
    EXPECT_EQ(result.kind, Kind::path) << c.target;
    EXPECT_EQ(result.path, c.path) << c.target;
    EXPECT_EQ(result.has_query, c.has_query) << c.target;
    EXPECT_EQ(result.query, c.query) << c.target;
  }
}

// RFC 9112 section 3.2.2; RFC 9110 section 4.2 on user information and the empty host.
TEST(ResolveTarget, AbsoluteForm) {
  struct AbsoluteCase {
    const char* target;
    const char* expected;
    const char* authority;
  };
  const std::vector<AbsoluteCase> cases = {
      {"http://www.example.org/pub/WWW/TheProject.html", "pub/WWW/TheProject.html",
       "www.example.org"},
      {"http://example.com", "/", "example.com"},
      {"http://example.com/", "/", "example.com"},
      {"http://example.com?q", "/", "example.com"},
      {"HTTPS://example.com:8443/a/", "a/", "example.com:8443"},
      {"hTTp://example.com:/a", "a", "example.com:"},
      {"http://[::1]:8080/a", "a", "[::1]:8080"},
      {"http://[2001:db8::1]/a", "a", "[2001:db8::1]"},
      {"http://192.0.2.1//a", "a", "192.0.2.1"},
      {"http://ex%41mple.com/a", "a", "ex%41mple.com"},
      {"http://example.com/..", "<bad>", "example.com"},
      {"http://example.com/%2f", "<not found>", "example.com"},
  };
  for (const AbsoluteCase& c : cases) {
    EXPECT_EQ(show(c.target), c.expected) << c.target;
    EXPECT_EQ(resolve(c.target).authority, c.authority) << c.target;
  }
  expect_all({
      {"http://", "<bad>"},
      {"http:///a", "<bad>"},
      {"http://?a", "<bad>"},
      {"http://:80/a", "<bad>"},
      {"http://user@example.com/", "<bad>"},
      {"http://user:secret@example.com/", "<bad>"},
      {"http://example.com:80a/", "<bad>"},
      {"http://example.com#a", "<bad>"},
      {"http://exa mple.com/", "<bad>"},
      {"http://ex%4/a", "<bad>"},
      {"http://[::1/a", "<bad>"},
      {"http://[]/a", "<bad>"},
      {"http://[::1]x/a", "<bad>"},
      {"http://[x::1]/a", "<bad>"},
      {"http://a:1:2/a", "<bad>"},
      {"http:/example.com/", "<bad>"},
      {"ftp://example.com/", "<bad>"},
      {"httpx://example.com/", "<bad>"},
  });
}

// RFC 9112 sections 3.2.3 and 3.2.4.
TEST(ResolveTarget, AuthorityAndAsteriskForm) {
  expect_all({
      {"*", "<asterisk>"},
      {"www.example.com:80", "<authority>"},
      {"[::1]:443", "<authority>"},
      {"localhost:8080", "<authority>"},
      {"www.example.com", "<bad>"},
      {"www.example.com:", "<bad>"},
      {":80", "<bad>"},
      {"a@b:80", "<bad>"},
      {"**", "<bad>"},
      {"*/a", "<bad>"},
      {"", "<bad>"},
      {"index.html", "<bad>"},
      {"?q", "<bad>"},
      {"a/b:80", "<bad>"},
  });
  EXPECT_EQ(resolve("www.example.com:80").authority, "www.example.com:80");
}

// Every byte, raw and encoded, in a path and in a query.
TEST(ResolveTarget, EveryByte) {
  constexpr const char* kHex = "0123456789abcdef";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string raw(1, static_cast<char>(byte));
    const bool visible = byte > 0x20 && byte < 0x7f;
    std::string expected = visible ? "x" + raw + "y" : "<bad>";
    if (byte == '#' || byte == '%') expected = "<bad>";
    if (byte == '?') expected = "x";
    EXPECT_EQ(show("/x" + raw + "y"), expected) << byte;
    EXPECT_EQ(show("/x?" + raw), visible && byte != '#' ? "x" : "<bad>") << byte;

    const std::string encoded{'%', kHex[byte >> 4], kHex[byte & 15]};
    expected = "x" + raw + "y";
    if (byte == 0) expected = "<bad>";
    if (byte == '/') expected = "<not found>";
    EXPECT_EQ(show("/x" + encoded + "y"), expected) << byte;
  }
}

TEST(ResolveTarget, LongPaths) {
  const std::string longest(kPathCapacity - 1, 'a');
  EXPECT_EQ(show("/" + longest), longest);
  EXPECT_EQ(show("/" + longest + "/"), longest + "/");
  EXPECT_EQ(show("/" + longest + "a"), "<not found>");
  EXPECT_EQ(show("/" + longest + "/a"), "<not found>");
  EXPECT_EQ(show("/" + longest + "a/.."), "<not found>");
  EXPECT_EQ(show("/" + longest + "a%"), "<bad>");
  EXPECT_EQ(show("/" + longest + "/a/%zz"), "<bad>");
  EXPECT_EQ(show("/" + longest.substr(1) + "/a"), "<not found>");
  EXPECT_EQ(show("/" + longest.substr(2) + "/a"), longest.substr(2) + "/a");
  // The path so far must fit at each step, even where ".." would take the excess away again.
  EXPECT_EQ(show("/" + longest + "/.."), "<not found>");
  EXPECT_EQ(show("/" + longest + "/b/../../../.."), "<not found>");
  std::string winding;
  for (int i = 0; i < 5000; ++i) winding += "/a/..";
  EXPECT_EQ(show(winding + "/b"), "b");
  std::string encoded;
  for (std::size_t i = 0; i < kPathCapacity - 1; ++i) encoded += "%61";
  EXPECT_EQ(show("/" + encoded), longest);
}

// What show() must say about an origin-form target, written from the rules and with no thought of
// cost: split, decode, judge, walk.
std::string model(std::string target) {
  const std::string query = target.substr(std::min(target.find('?'), target.size()));
  if (query.find('#') != std::string::npos) return "<bad>";
  target.resize(target.size() - query.size());
  std::vector<std::string> segments;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] == '/') {
      segments.emplace_back();
    } else {
      segments.back() += target[i];
    }
  }
  bool encoded_slash = false;
  bool above_root = false;
  bool directory = true;
  std::vector<std::string> walked;
  for (const std::string& raw : segments) {
    std::string name;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] <= ' ' || raw[i] > '~' || raw[i] == '#') return "<bad>";
      if (raw[i] != '%') {
        name += raw[i];
        continue;
      }
      const std::string digits = raw.substr(i + 1, 2);
      if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return "<bad>";
      if (digits.size() < 2 || digits == "00") return "<bad>";
      name += static_cast<char>(std::stoi(digits, nullptr, 16));
      i += 2;
    }
    encoded_slash = encoded_slash || name.find('/') != std::string::npos;
    directory = name.empty() || name == "." || name == "..";
    if (!directory) {
      walked.push_back(name);
    } else if (name == ".." && walked.empty()) {
      above_root = true;
    } else if (name == "..") {
      walked.pop_back();
    }
  }
  if (above_root) return "<bad>";
  if (encoded_slash) return "<not found>";
  std::string path;
  for (const std::string& name : walked) path += (path.empty() ? "" : "/") + name;
  return path + (directory ? "/" : "");
}

// What a file system is asked for, whatever the bytes of the request were.
void expect_safe(const std::string& target, const Resolved& result) {
  const std::string& path = result.path;
  ASSERT_EQ(path.find('\0'), std::string::npos) << target;
  ASSERT_EQ(path.find("//"), std::string::npos) << target;
  ASSERT_FALSE(path.starts_with('/')) << target;
  ASSERT_FALSE(path.ends_with('/')) << target;
  ASSERT_LT(path.size(), kPathCapacity) << target;
  const std::string framed = "/" + path + "/";
  ASSERT_EQ(framed.find("/../"), std::string::npos) << target;
  ASSERT_EQ(framed.find("/./"), std::string::npos) << target;
  if (path.empty()) {
    ASSERT_TRUE(result.directory) << target;
  }
}

TEST(ResolveTarget, RandomTargetsAgreeWithTheModelAndStayBeneathTheRoot) {
  std::mt19937_64 random(3986);
  const std::vector<std::string> pieces = {"/",   "/",   "..", ".",   "%2e", "%2E", "%2f", "%5c",
                                           "\\",  "a",   "bc", "%00", "%25", "%",   "?",   "//",
                                           "/..", "/a/", "~",  "%c3", "%a9", "...", "/.",  "#"};
  int paths = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string target = "/";
    // The rare bad pieces are drawn less often, or hardly a target would be good.
    for (uint64_t length = random() % 16; length > 0; --length) {
      const std::string& piece = pieces[random() % pieces.size()];
      const bool spoils = piece == "%" || piece == "%00" || piece == "#" || piece == "%2f";
      if (!spoils || random() % 8 == 0) target += piece;
    }
    const Resolved result = resolve(target);
    ASSERT_EQ(show(target), model(target)) << target;
    if (result.kind != Kind::path) {
      ASSERT_TRUE(result.path.empty());
      continue;
    }
    ++paths;
    expect_safe(target, result);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(paths, 50'000);
}

TEST(ResolveTarget, RandomBytesStayBeneathTheRoot) {
  std::mt19937_64 random(9112);
  int paths = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string target = "/";
    for (uint64_t length = random() % 12; length > 0; --length) {
      target += static_cast<char>(random() % 16 == 0 ? random() : '!' + random() % 94);
    }
    const Resolved result = resolve(target);
    if (result.kind != Kind::path) continue;
    ++paths;
    expect_safe(target, result);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(paths, 50'000);
}

// Shared by resolve_target and whoever checks the Host field.
TEST(IsAuthority, Grammar) {
  for (const char* good : {"a", "a.b", "localhost:80", "a:", "[::]", "[::1]:1", "192.0.2.1", "%61",
                           "a_b~c-d!$&'()*+,;=", "[::ffff:192.0.2.1]", "EXAMPLE.Org"}) {
    EXPECT_TRUE(is_authority(good)) << good;
  }
  for (const char* bad : {"",     ":",    ":80",    "a:b",     "a b",   "a@b",  "a/b",  "a?b",
                          "a#b",  "a\\b", "%",      "%6",      "%6g",   "[",    "[]",   "[:]:",
                          "[::1", "::1",  "[::1]a", "[::1]:a", "[::1x", "\xe9", "a\"b", "a<b"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
}

TEST(HasHiddenSegment, DotFilesAreHidden) {
  for (const char* hidden : {".git", ".git/config", "a/.env", "a/.b/c", ".well-known/.x",
                             "a/.well-known", "a/.well-known/b", ".well-knownx", ".well",
                             ".well-known/a/.b", ".", "...", ".Well-Known/a"}) {
    EXPECT_TRUE(has_hidden_segment(hidden)) << hidden;
  }
  for (const char* visible :
       {"", "a", "a.b", "a/b.c", "a./b.", ".well-known", ".well-known/a", ".well-known/a/b.txt"}) {
    EXPECT_FALSE(has_hidden_segment(visible)) << visible;
  }
}

std::string encode(core::Bytes path, bool directory) {
  std::string out(kEncodedPathCapacity, '#');
  return std::string(encode_path(path, directory, out));
}

TEST(EncodePath, Examples) {
  EXPECT_EQ(encode("", true), "/");
  EXPECT_EQ(encode("", false), "/");
  EXPECT_EQ(encode("a", false), "/a");
  EXPECT_EQ(encode("a", true), "/a/");
  EXPECT_EQ(encode("a/b c", true), "/a/b%20c/");
  EXPECT_EQ(encode("\xe4\xbd\xa0", true), "/%E4%BD%A0/");
  EXPECT_EQ(encode("100%", false), "/100%25");
  EXPECT_EQ(encode("a?b#c", false), "/a%3Fb%23c");
  EXPECT_EQ(encode("-._~!$&'()*+,;=:@", false), "/-._~!$&'()*+,;=:@");
}

// Neither a header of its own nor another host, whatever the file is called.
TEST(EncodePath, Hostile) {
  EXPECT_EQ(encode("a\r\nSet-Cookie: b", true), "/a%0D%0ASet-Cookie:%20b/");
  EXPECT_EQ(encode("\\evil.example", true), "/%5Cevil.example/");
  EXPECT_EQ(encode("/evil.example", true), "/evil.example/");
  EXPECT_EQ(encode("//evil.example//a", true), "/evil.example/a/");
  EXPECT_EQ(encode("a/", true), "/a/");
  EXPECT_EQ(encode("\t/evil", false), "/%09/evil");
  EXPECT_EQ(encode("\"<>", false), "/%22%3C%3E");
}

TEST(EncodePath, NeedsRoomForTheWorstCase) {
  std::string out(8, '#');
  EXPECT_EQ(encode_path("ab", true, out), "/ab/");
  out.assign(7, '#');
  EXPECT_EQ(encode_path("ab", true, out), "");
  EXPECT_EQ(out, "#######");
  const std::string longest(kPathCapacity - 1, '\xff');
  EXPECT_EQ(encode(longest, true).size(), 3 * (kPathCapacity - 1) + 2);
}

// For every name that a file can have: the Location leads back to it.
TEST(EncodePath, RandomPathsThereAndBack) {
  std::mt19937_64 random(5224);
  int trips = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string path;
    for (uint64_t segments = random() % 4; segments > 0; --segments) {
      std::string name;
      for (uint64_t length = 1 + random() % 6; length > 0; --length) {
        const char byte = random() % 4 == 0 ? '.' : static_cast<char>(random());
        if (byte != '/' && byte != '\0') name += byte;
      }
      if (name.empty() || name == "." || name == "..") continue;
      path += (path.empty() ? "" : "/") + name;
    }
    const bool directory = path.empty() || random() % 2 == 0;
    const std::string location = encode(path, directory);
    for (const char c : location) ASSERT_TRUE(c > ' ' && c < '\x7f' && c != '"' && c != '\\');
    ASSERT_TRUE(location.starts_with('/'));
    ASSERT_EQ(location.find("//"), std::string::npos);
    const Resolved result = resolve(location);
    ASSERT_EQ(result.kind, Kind::path);
    ASSERT_EQ(result.path, path);
    ASSERT_EQ(result.directory, directory);
    ++trips;
  }
  EXPECT_EQ(trips, 200'000);
}

}  // namespace
}  // namespace http
