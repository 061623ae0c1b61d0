// Names of files and how request targets spell them (RFC 3986 sections 2.1 and 5.2.4, RFC 9112
// section 3.2): every file can be had by its name, and by nothing else.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

constexpr std::size_t kLongestName = 255;   // NAME_MAX
constexpr std::size_t kLongestPath = 4095;  // PATH_MAX without its NUL

class NamesTest : public ServerTest {
 protected:
  // A file that says its name.
  void write_name(const std::string& name) { root_.write(name, "<" + name + ">"); }

  void expect_name(HttpClient& client, const std::string& target, const std::string& name) {
    const Response response = client.get(target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.body, "<" + name + ">") << target;
  }
  void expect_status(HttpClient& client, const std::string& target, int status) {
    EXPECT_EQ(client.get(target).status, status) << target;
  }
  // A target that ends the connection.
  void expect_bad(const std::string& target) {
    EXPECT_EQ(connect().get(target).status, 400) << target;
  }
};

// RFC 3986 section 2.1: a triplet stands for its byte, whatever that is.
TEST_P(NamesTest, ServesEveryByteOfAName) {
  std::vector<std::string> names;
  for (int byte = 1; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '/') continue;
    if (c != '.') names.emplace_back(1, c);
    names.push_back(std::string("x") + c + "y");
  }
  for (const std::string& name : names) write_name(name);
  start();
  HttpClient client = connect();
  for (const std::string& name : names) {
    expect_name(client, "/" + percent_encoded(name), name);
    expect_name(client, "/" + percent_encoded(name) + "?" + percent_encoded(name), name);
  }
}

// Section 3.3: what a path segment may hold stands for itself, and what browsers leave unencoded
// as well. Section 2.1: digits in either case.
TEST_P(NamesTest, ServesPlainSpellings) {
  const std::string plain = "-_~!$&'()*+,;=:@[]|^`{}\"<>\\.aZ9";
  write_name(plain);
  write_name("\xab\xcd\xef");
  start();
  HttpClient client = connect();
  expect_name(client, "/" + plain, plain);
  expect_name(client, "/" + percent_encoded(plain), plain);
  expect_name(client, "/%ab%Cd%eF", "\xab\xcd\xef");
  expect_name(client, "/%AB%cD%Ef", "\xab\xcd\xef");
}

TEST_P(NamesTest, ServesLongNames) {
  const std::string longest(kLongestName, 'n');
  const std::string high(kLongestName, '\xfe');
  const std::string directory(kLongestName, 'd');
  for (const std::string& name : {longest, high, directory + "/" + high}) write_name(name);
  start();
  HttpClient client = connect();
  expect_name(client, "/" + longest, longest);
  expect_name(client, "/" + percent_encoded(high), high);
  expect_name(client, "/" + directory + "/" + percent_encoded(high), directory + "/" + high);
  // Longer than a file can be called: there is none.
  expect_status(client, "/" + longest + "n", 404);
  expect_status(client, "/" + percent_encoded(high + "\xfe"), 404);
  expect_status(client, "/" + directory + "d/" + percent_encoded(high), 404);
}

// 121 levels, to the last byte that the kernel takes.
TEST_P(NamesTest, ServesADeepTree) {
  constexpr int kLevels = 120;
  const std::string directory(33, 'd');
  const std::string last(kLongestPath - kLevels * (directory.size() + 1), 'f');
  // Below a name of its own each, because the whole path is longer than a system call takes.
  std::string path;
  int at = open(root_.path().c_str(), O_PATH | O_CLOEXEC);
  ASSERT_GE(at, 0);
  const auto write_here = [&](const std::string& name) {
    const int file = openat(at, name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const std::string content = "<" + path + name + ">";
    CHECK(write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    close(file);
  };
  for (int level = 0; level < kLevels; ++level) {
    write_here("leaf");
    ASSERT_EQ(mkdirat(at, directory.c_str(), 0755), 0);
    const int below = openat(at, directory.c_str(), O_PATH | O_CLOEXEC);
    ASSERT_GE(below, 0);
    close(at);
    at = below;
    path += directory + "/";
  }
  write_here(last);
  write_here(last + "f");
  close(at);
  start();
  HttpClient client = connect();
  for (int level = 0; level < kLevels; ++level) {
    const std::string name =
        path.substr(0, static_cast<std::size_t>(level) * (directory.size() + 1)) + "leaf";
    expect_name(client, "/" + name, name);
  }
  expect_name(client, "/" + path + last, path + last);
  // One byte more is there, and is beyond what any path can name.
  expect_status(client, "/" + path + last + "f", 404);
  // Nor can the index of a directory be named that has no room behind it.
  expect_status(client, "/" + path + last + "/", 404);
  expect_status(client, "/" + path, 403);
}

// Names are bytes: neither characters composed in another way nor letters of another case are the
// same.
TEST_P(NamesTest, TellsNamesApartByTheirBytes) {
  const std::string composed = "caf\xc3\xa9";
  const std::string decomposed = "cafe\xcc\x81";
  write_name(composed);
  write_name(decomposed);
  write_name("README");
  write_name(
      "stra\xc3\x9f"
      "e");
  start();
  HttpClient client = connect();
  expect_name(client, "/caf%C3%A9", composed);
  expect_name(client, "/cafe%CC%81", decomposed);
  expect_name(client, "/README", "README");
  expect_status(client, "/readme", 404);
  expect_status(client, "/Readme", 404);
  expect_status(client, "/STRASSE", 404);
  expect_status(client, "/strasse", 404);
  expect_status(client, "/caf%E9", 404);  // ISO 8859-1
  // RFC 9112 section 3.2: raw bytes beyond ASCII are no request target.
  expect_bad("/caf\xc3\xa9");
}

// RFC 3986 section 2.4: what has been decoded is not decoded again.
TEST_P(NamesTest, DecodesOnce) {
  write_name("a");
  write_name("%61");
  write_name("%2561");
  write_name("folder/a");
  write_name("folder%2Fa");
  write_name("folder/%2e%2e/a");
  start();
  HttpClient client = connect();
  expect_name(client, "/%61", "a");
  expect_name(client, "/%2561", "%61");
  expect_name(client, "/%25%36%31", "%61");
  expect_name(client, "/%252561", "%2561");
  expect_name(client, "/folder%252Fa", "folder%2Fa");
  expect_name(client, "/folder/%252e%252e/a", "folder/%2e%2e/a");
  // Section 2.2: a reserved byte that is encoded is data. No name can hold a slash.
  expect_status(client, "/folder%2Fa", 404);
  expect_status(client, "/folder%2fa", 404);
  expect_status(client, "/%2Fa", 404);
  expect_status(client, "/..%2fa", 404);
  // No decoder of UTF-8 is at work that would make dots or slashes of overlong forms.
  expect_status(client, "/folder/%C0%AE%C0%AE/a", 404);
  expect_status(client, "/folder%C0%AFa", 404);
  // The backslash parts nothing either.
  expect_status(client, "/folder%5Ca", 404);
  expect_status(client, "/folder/..%5Ca", 404);
  expect_status(client, "/folder\\a", 404);
}

TEST_P(NamesTest, RefusesWhatStandsForNoByte) {
  write_name("a");
  start();
  for (const char* target : {"/%00", "/a%00", "/a%00.html", "/%", "/a%", "/%6", "/%6/a", "/%g1",
                             "/%1g", "/%%61", "/%u0061", "/a#b", "/a?%00#"}) {
    expect_bad(target);
  }
}

// RFC 3986 section 5.2.4. Segments go before the file system sees them, so what they go through
// need not exist.
TEST_P(NamesTest, RemovesDotSegments) {
  write_name("file");
  write_name("folder/file");
  write_name("folder/deep/file");
  write_name("folder/a..");
  write_name("folder/a.");
  root_.write("folder/index.html", "index");
  start();
  HttpClient client = connect();
  for (const std::string dot : {".", "%2e", "%2E"}) {
    expect_name(client, "/" + dot + "/file", "file");
    expect_name(client, "/folder/" + dot + "/file", "folder/file");
    expect_name(client, "/folder/" + dot + "/" + dot + "//" + dot + "/file", "folder/file");
    EXPECT_EQ(client.get("/folder/" + dot).body, "index");
    // What ends with a dot segment is a directory.
    expect_status(client, "/file/" + dot, 404);
    for (const std::string other : {".", "%2e", "%2E"}) {
      const std::string up = dot + other;
      expect_name(client, "/folder/" + up + "/file", "file");
      expect_name(client, "/folder/deep/" + up + "/file", "folder/file");
      expect_name(client, "/nowhere/" + up + "/file", "file");
      expect_name(client, "/file/" + up + "/folder/file", "folder/file");
      expect_name(client, "/folder/deep/" + up + "/" + up + "/file", "file");
      EXPECT_EQ(client.get("/folder/deep/" + up).body, "index");
      expect_bad("/" + up);
      expect_bad("/" + up + "/file");
      expect_bad("/folder/" + up + "/" + up + "/file");
      expect_bad("/" + dot + "/" + up + "/file");
      expect_bad("//" + up + "/file");
    }
  }
  expect_name(client, "/folder/a..", "folder/a..");
  expect_name(client, "/folder/a%2e%2e", "folder/a..");
  expect_name(client, "/folder/a.", "folder/a.");
  expect_status(client, "/folder/.../file", 404);
  // In a query they are only text.
  expect_name(client, "/file?/../../x", "file");
}

// As in the file system: several slashes are one.
TEST_P(NamesTest, TakesRunsOfSlashesAsOne) {
  write_name("folder/file");
  start();
  HttpClient client = connect();
  expect_name(client, "//folder/file", "folder/file");
  expect_name(client, "/folder//file", "folder/file");
  expect_name(client, "////folder////file", "folder/file");
}

TEST_P(NamesTest, FindsNoFileBehindAFile) {
  write_name("file");
  root_.write("folder/index.html", "index");
  start();
  HttpClient client = connect();
  for (int round = 0; round < 2; ++round) {
    expect_status(client, "/file/", 404);
    expect_status(client, "/file//", 404);
    expect_status(client, "/file/file", 404);
    expect_status(client, "/file/index.html", 404);
    expect_status(client, "/folder/index.html/", 404);
    expect_name(client, "/file", "file");
  }
}

// RFC 9110 sections 10.2.2 and 15.4.2: the path with a slash behind it and the query as it was.
// Whatever directories are called and however they are spelled, a client stays on this host
// (RFC 3986 section 4.2: "//" would begin a host) and gets no other field.
TEST_P(NamesTest, RedirectsToDirectoriesOfThisHostOnly) {
  for (const char* name : {"docs", "docs/deep", "evil.example", "\\evil.example", "http:", "a b",
                           "x\r\nSet-Cookie: a=b", "\xc3\xbc", "100%", "q?#", "@evil.example"}) {
    root_.write(std::string(name) + "/index.html", "index");
  }
  start();
  struct Case {
    const char* target;
    const char* location;
  };
  const Case cases[] = {
      {"/docs", "/docs/"},
      {"/docs/deep", "/docs/deep/"},
      {"/docs?", "/docs/?"},
      {"/docs?a=b&c=%0d%0aX:%20y", "/docs/?a=b&c=%0d%0aX:%20y"},
      {"/docs?next=//evil.example/", "/docs/?next=//evil.example/"},
      {"/docs?a?b", "/docs/?a?b"},
      {"/./docs", "/docs/"},
      {"/x/../docs", "/docs/"},
      {"/%64ocs", "/docs/"},
      {"//docs", "/docs/"},
      {"http://localhost/docs?a", "/docs/?a"},
      {"HTTP://evil.example//docs", "/docs/"},
      {"/evil.example", "/evil.example/"},
      {"//evil.example", "/evil.example/"},
      {"///evil.example", "/evil.example/"},
      {"/.//evil.example", "/evil.example/"},
      {"/%2e//evil.example", "/evil.example/"},
      {"/x/..//evil.example", "/evil.example/"},
      {"/\\evil.example", "/%5Cevil.example/"},
      {"/%5cevil.example", "/%5Cevil.example/"},
      {"//%5cevil.example", "/%5Cevil.example/"},
      {"/@evil.example", "/@evil.example/"},
      {"/http:", "/http:/"},
      {"/a%20b", "/a%20b/"},
      {"/x%0d%0aSet-Cookie:%20a=b", "/x%0D%0ASet-Cookie:%20a=b/"},
      {"/%c3%bc", "/%C3%BC/"},
      {"/100%25", "/100%25/"},
      {"/q%3f%23", "/q%3F%23/"},
  };
  HttpClient client = connect();
  for (const Case& each : cases) {
    for (const bool head : {false, true}) {
      const Response response = head ? client.head(each.target) : client.get(each.target);
      EXPECT_EQ(response.status, 301) << each.target;
      EXPECT_EQ(response.field("location"), each.location) << each.target;
      EXPECT_EQ(response.field("set-cookie"), "");
    }
  }
  for (const Case& each : cases) EXPECT_EQ(client.get(each.location).body, "index");
}

SPATE_ON_BOTH_BACKENDS(NamesTest);

}  // namespace
}  // namespace integration
