#include "http/responder.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "http/h1/head_parser.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http {
namespace {

using namespace test_support;

class ResponderTest : public ::testing::Test {
 protected:
  Response respond(const std::string& request) {
    request_ = request;
    EXPECT_EQ(h1::parse_head_scalar(request_, h1::HeadLimits{}, head_).verdict,
              h1::HeadVerdict::complete)
        << request;
    return server.responder.respond(head_);
  }
  int status_of(const std::string& target, const std::string& fields = "") {
    return static_cast<int>(respond(get(target, fields)).status);
  }
  int status_by(const std::string& method, const std::string& target) {
    return static_cast<int>(respond(method + " " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").status);
  }
  std::string location_of(const std::string& target) {
    const Response response = respond(get(target));
    return response.status == Status::moved_permanently ? std::string(response.location) : "";
  }

  HttpServer server;

 private:
  std::string request_;
  RequestHead head_;
};

TEST_F(ResponderTest, Files) {
  server.files.put("index.html", "root", kOld);
  server.files.put("a/b.css", "style", kOld);
  server.files.put("a/index.html", "index of a", kOld);
  Response response = respond(get("/"));
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_EQ(response.entry->body, "root");
  EXPECT_EQ(response.entry->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(respond(get("/a/b.css")).entry->body, "style");
  EXPECT_EQ(respond(get("/a/b.css?query")).entry->body, "style");
  EXPECT_EQ(respond(get("/a/")).entry->body, "index of a");
  EXPECT_EQ(respond(get("//a//./x/..//b.css")).entry->body, "style");
  EXPECT_EQ(respond(get("/%61/b%2Ecss")).entry->body, "style");
  EXPECT_EQ(status_by("HEAD", "/a/b.css"), 200);
}

TEST_F(ResponderTest, AbsoluteForm) {
  server.files.put("a.txt", "text", kOld);
  server.files.put("index.html", "root", kOld);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(respond(get("http://example.org/a.txt")).entry->body, "text");
    EXPECT_EQ(respond(get("HTTP://example.org:8080/a.txt?x=/../y")).entry->body, "text");
    EXPECT_EQ(respond(get("http://example.org/")).entry->body, "root");
    EXPECT_EQ(status_of("http://example.org/missing"), 404);
    EXPECT_EQ(status_of("http:///a.txt"), 400);
    EXPECT_EQ(status_of("http://user@example.org/a.txt"), 400);
    EXPECT_EQ(status_of("ftp://example.org/a.txt"), 400);
  }
}

// However a path is spelled, it is one entry: spellings must not use descriptors up.
TEST_F(ResponderTest, SpellingsShareAnEntry) {
  server.files.put("dir/a b.bin", pattern(50'000), kOld);
  server.files.put("dir/index.html", "index", kOld);
  for (const char* target :
       {"/dir/a%20b.bin", "/%64ir/a%20b.bin", "//dir/a%20b.bin", "/./dir/x/../a%20%62.bin",
        "http://example.org/dir/a%20b.bin", "/dir//a%20b%2ebin?query"}) {
    EXPECT_EQ(respond(get(target)).entry->size(), 50'000u) << target;
    EXPECT_EQ(server.store.entry_count(), 1u) << target;
  }
  for (const char* target : {"/dir/.", "/dir/", "/dir/x/..", "/%64ir/"}) {
    EXPECT_EQ(respond(get(target)).entry->body, "index") << target;
    EXPECT_EQ(server.store.entry_count(), 2u) << target;
  }
  EXPECT_EQ(server.files.open_files(), 1u);
}

TEST_F(ResponderTest, OtherFormsOfTargets) {
  EXPECT_EQ(status_of("*"), 400);
  EXPECT_EQ(status_of("example.org:80"), 400);
  EXPECT_EQ(status_of("a.txt"), 400);
  EXPECT_EQ(status_of("?"), 400);
  EXPECT_EQ(status_of("?/a"), 400);
  EXPECT_EQ(status_of("/%zz"), 400);
  EXPECT_EQ(status_of("/%00"), 400);
  EXPECT_EQ(status_of("/../etc/passwd"), 400);
  EXPECT_EQ(status_of("/a/%2e%2e/%2E./x"), 400);
  EXPECT_EQ(status_of("/a%2fb"), 404);
  EXPECT_EQ(server.files.calls(), 0u) << "none of these reaches the file system";
}

TEST_F(ResponderTest, Methods) {
  server.files.put("a.txt", "text", kOld);
  for (const char* method : {"POST", "PUT", "DELETE", "TRACE", "PATCH"}) {
    EXPECT_EQ(status_by(method, "/a.txt"), 405) << method;
    EXPECT_EQ(status_by(method, "/missing"), 405) << method;
    EXPECT_EQ(status_by(method, "*"), 400) << method << ": RFC 9112 section 3.2.4";
    EXPECT_EQ(status_by(method, "/%zz"), 400) << method;
    EXPECT_EQ(status_by(method, "example.org:443"), 400) << method << ": section 3.2.3";
  }
  const Response response = respond("POST / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(response.allow, "GET, HEAD, OPTIONS") << "RFC 9110 section 15.5.6";
  EXPECT_FALSE(response.body.empty());
  // RFC 9110 section 9.3.6: CONNECT has the authority-form and no other.
  EXPECT_EQ(status_by("CONNECT", "example.org:443"), 405);
  EXPECT_EQ(status_by("CONNECT", "/a.txt"), 400);
  EXPECT_EQ(status_by("CONNECT", "*"), 400);
  EXPECT_EQ(status_by("CONNECT", "http://example.org/"), 400);
  // RFC 9110 section 9.1: methods have a case, and an unknown one is 501.
  for (const char* method : {"get", "Get", "HEADX", "GETGETGETGET", "PROPFIND", "!"}) {
    EXPECT_EQ(status_by(method, "/a.txt"), 501) << method;
  }
  EXPECT_EQ(server.files.calls(), 0u);
}

// RFC 9110 section 9.3.7.
TEST_F(ResponderTest, Options) {
  for (const char* target :
       {"*", "/", "/a.txt", "/missing", "/a?b", "http://example.org/a", "http://example.org"}) {
    const Response response = respond("OPTIONS " + std::string(target) + " HTTP/1.1\r\n\r\n");
    EXPECT_EQ(response.status, Status::no_content) << target;
    EXPECT_EQ(response.allow, "GET, HEAD, OPTIONS") << target;
    EXPECT_TRUE(response.body.empty()) << target;
  }
  EXPECT_EQ(status_by("OPTIONS", "/../x"), 400);
  EXPECT_EQ(status_by("OPTIONS", "example.org:80"), 400);
  EXPECT_EQ(status_by("OPTIONS", "**"), 400);
  EXPECT_EQ(server.files.calls(), 0u);
}

// A browser gets HTML, a terminal text (RFC 9110 section 12.5.1).
TEST_F(ResponderTest, ErrorsInTheFormatThatIsAskedFor) {
  const auto format = [this](const std::string& fields) {
    const Response response = respond(get("/missing", fields));
    EXPECT_EQ(response.body, error_body(Status::not_found, response.body_format));
    return response.body_format;
  };
  EXPECT_EQ(format(""), ErrorFormat::text);
  EXPECT_EQ(format("Accept: */*\r\n"), ErrorFormat::text);
  EXPECT_EQ(format("Accept: image/avif,image/webp,*/*;q=0.8\r\n"), ErrorFormat::text);
  EXPECT_EQ(format("Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"), ErrorFormat::html);
  EXPECT_EQ(format("Accept: text/html;q=0.5, text/plain\r\n"), ErrorFormat::text);
}

TEST_F(ResponderTest, HiddenFiles) {
  server.files.put(".env", "secret", kOld);
  server.files.put(".git/config", "secret", kOld);
  server.files.put("a/.htaccess", "secret", kOld);
  server.files.put(".well-known/security.txt", "public", kOld);
  server.files.put(".well-known/.secret", "secret", kOld);
  server.files.put("a/.well-known/x", "secret", kOld);
  for (const char* target :
       {"/.env", "/%2eenv", "/.git/config", "/.git/", "/.git", "/a/.htaccess", "/a/b/../.htaccess",
        "/.well-known/.secret", "/a/.well-known/x", "/x/../.env", "http://h/.env", "//.env"}) {
    EXPECT_EQ(status_of(target), 404) << target;
  }
  EXPECT_EQ(server.files.calls(), 0u) << "whether they are there is not looked at";
  EXPECT_EQ(respond(get("/.well-known/security.txt")).entry->body, "public");
  EXPECT_EQ(status_of("/..."), 404);
}

// --- directories --------------------------------------------------------------------------------

TEST_F(ResponderTest, Directories) {
  server.files.put("a/b.txt", "x", kOld);
  server.files.put("c/index.html", "x", kOld);
  server.files.make("d", core::FileKind::directory, kOld);
  server.files.make("d/index.html", core::FileKind::directory, kOld);
  EXPECT_EQ(status_of("/a/"), 403) << "a directory is not listed";
  EXPECT_EQ(status_of("/"), 403);
  EXPECT_EQ(status_of("/missing/"), 404);
  EXPECT_EQ(status_of("/a/b.txt/"), 404) << "a file is no directory";
  EXPECT_EQ(status_of("/a/b.txt/c"), 404);
  EXPECT_EQ(status_of("/a/b.txt/."), 404);
  EXPECT_EQ(status_of("/d/"), 403) << "index.html is a directory";
  EXPECT_EQ(status_of("/c"), 301);
  EXPECT_EQ(status_of("/c/"), 200);
  EXPECT_EQ(status_of("/c/."), 200);
  EXPECT_EQ(status_of("/c/x/.."), 200);
}

TEST_F(ResponderTest, RedirectsToTheDirectory) {
  for (const char* path : {"a", "a/b", "sp ace", "evil.org", "q\"<>", "100%", "\xc3\xa4",
                           "back\\slash", "a#b", "a?b", "c:", "..."}) {
    server.files.put(std::string(path) + "/index.html", "x", kOld);
  }
  server.files.put("line\r\nX: y/index.html", "x", kOld);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/a", "/a/"},
      {"/a?", "/a/?"},
      {"/a?b=c&d=/../e", "/a/?b=c&d=/../e"},
      {"/a?//evil.org", "/a/?//evil.org"},
      {"/a/b", "/a/b/"},
      {"/a//b", "/a/b/"},
      {"/./a", "/a/"},
      {"/x/../a", "/a/"},
      {"//evil.org", "/evil.org/"},  // would be another host: RFC 3986 section 4.2
      {"///evil.org", "/evil.org/"},
      {"/.//evil.org", "/evil.org/"},
      {"//evil.org/../evil.org", "/evil.org/"},
      {"/%65vil.org", "/evil.org/"},
      {"http://other.example/a", "/a/"},
      {"http://other.example//evil.org", "/evil.org/"},
      {"/sp%20ace", "/sp%20ace/"},
      {"/q%22%3c%3E", "/q%22%3C%3E/"},
      {"/q\"<>", "/q%22%3C%3E/"},
      {"/100%25", "/100%25/"},
      {"/%c3%a4", "/%C3%A4/"},
      {"/back\\slash", "/back%5Cslash/"},
      {"/a%23b", "/a%23b/"},
      {"/a%3Fb", "/a%3Fb/"},
      {"/c:", "/c:/"},
      {"/...", ""},  // hidden
      {"/line%0d%0aX:%20y", "/line%0D%0AX:%20y/"},
  };
  for (const auto& [target, location] : cases) EXPECT_EQ(location_of(target), location) << target;
}

// Whatever the client sends, the Location is one line of visible ASCII on this host.
TEST_F(ResponderTest, RedirectsInjectNothing) {
  for (int first = 1; first < 256; ++first) {
    if (first == '/' || first == '.') continue;
    const std::string name = std::string(1, static_cast<char>(first)) + "\r\nSet-Cookie: x";
    server.files.put(name + "/index.html", "x", kOld);
    std::string target = "/";
    for (const char c : name) {
      char triplet[4];
      std::snprintf(triplet, sizeof(triplet), "%%%02x", static_cast<unsigned char>(c));
      target += triplet;
    }
    const std::string location = location_of(target);
    ASSERT_GT(location.size(), 2u) << target;
    EXPECT_EQ(location[0], '/');
    EXPECT_NE(location[1], '/');
    EXPECT_NE(location[1], '\\');
    for (const char c : location) ASSERT_TRUE(c > ' ' && c < 0x7f && c != '"') << target;
  }
}

TEST_F(ResponderTest, LongRedirects) {
  // Every byte of the name is encoded with three, and the query follows it.
  const std::string name(250, '"');
  std::string path = name;
  for (int i = 0; i < 15; ++i) path += "/" + name;
  server.files.put(path + "/index.html", "x", kOld);
  const std::string query(2000, 'q');
  const Response response = respond(get("/" + path + "?" + query));
  ASSERT_EQ(response.status, Status::moved_permanently);
  EXPECT_EQ(response.location.size(), 16 + 16 * 250 * 3 + 1 + 1 + query.size());
  EXPECT_TRUE(response.location.ends_with("/?" + query));
  // Where there is no room for it, that is an error and not a wrong place.
  EXPECT_EQ(status_of("/" + path + "?" + std::string(4100, 'q')), 414);
}

// --- errors of the file system ------------------------------------------------------------------

TEST_F(ResponderTest, StatusOfErrors) {
  const std::vector<std::pair<int, int>> cases = {
      {ENOENT, 404}, {ENOTDIR, 404}, {ENAMETOOLONG, 404}, {EACCES, 403}, {EPERM, 403},
      {ELOOP, 403},  {EXDEV, 403},   {ENXIO, 403},        {EMFILE, 503}, {ENFILE, 503},
      {ENOMEM, 503}, {EAGAIN, 503},  {EIO, 500},          {EBADF, 500},  {EINVAL, 500},
  };
  server.files.put("a.txt", "text", kOld);
  for (const auto& [error, status] : cases) {
    for (const auto call : {MemoryFileSystem::Call::look, MemoryFileSystem::Call::open,
                            MemoryFileSystem::Call::inspect, MemoryFileSystem::Call::read}) {
      server.files.fail_next(call, error);
      const Response response = respond(get("/a.txt"));
      EXPECT_EQ(static_cast<int>(response.status), status)
          << error << " from call " << static_cast<int>(call);
      EXPECT_EQ(response.retry_later, status == 503);
      EXPECT_EQ(response.entry, nullptr);
    }
  }
  EXPECT_EQ(server.files.open_files(), 0u);
  EXPECT_EQ(server.store.memory_in_use(), 0u);
  EXPECT_EQ(status_of("/a.txt"), 200) << "errors are not kept";
}

TEST_F(ResponderTest, WhatIsNeitherFileNorDirectoryIsForbidden) {
  server.files.make("fifo", core::FileKind::other, kOld);
  EXPECT_EQ(status_of("/fifo"), 403);
  EXPECT_EQ(server.files.calls(MemoryFileSystem::Call::open), 0u) << "a FIFO is not touched";
  EXPECT_EQ(status_of("/fifo/"), 404);
  EXPECT_EQ(status_of("/" + std::string(300, 'n')), 404);
  EXPECT_EQ(status_of("/" + std::string(5000, 'n')), 404);
}

// --- conditions and ranges ----------------------------------------------------------------------

class SelectionTest : public ResponderTest {
 protected:
  SelectionTest() {
    server.files.put("a.txt", content, kOld);
    server.files.put("large.bin", pattern(50'000), kOld);
  }
  int status(const std::string& fields) { return status_of("/a.txt", fields); }

  const std::string content = pattern(1000);
  const std::string tag = etag_text(kOld, 1000);
  const std::string date = date_text(kOld);
};

TEST_F(SelectionTest, Conditions) {
  EXPECT_EQ(status("If-None-Match: " + tag + "\r\n"), 304);
  EXPECT_EQ(status("If-None-Match: W/" + tag + "\r\n"), 304);
  EXPECT_EQ(status("If-None-Match: \"x\", " + tag + "\r\n"), 304);
  EXPECT_EQ(status("If-None-Match: \"x\"\r\nIf-None-Match: " + tag + "\r\n"), 304);
  EXPECT_EQ(status("If-None-Match: *\r\n"), 304);
  EXPECT_EQ(status("If-None-Match: \"x\"\r\n"), 200);
  EXPECT_EQ(status("If-None-Match: \"x\"\r\nIf-Modified-Since: " + date + "\r\n"), 200)
      << "RFC 9110 section 13.1.3: a date beside a tag is ignored";
  EXPECT_EQ(status("If-Modified-Since: " + date + "\r\n"), 304);
  EXPECT_EQ(status("If-Modified-Since: " + date_text(kOld - 1) + "\r\n"), 200);
  EXPECT_EQ(status("If-Modified-Since: yesterday\r\n"), 200);
  EXPECT_EQ(status("If-Match: " + tag + "\r\n"), 200);
  EXPECT_EQ(status("If-Match: W/" + tag + "\r\n"), 412);
  EXPECT_EQ(status("If-Match: \"x\"\r\n"), 412);
  EXPECT_EQ(status("If-Match: *\r\n"), 200);
  EXPECT_EQ(status("If-Unmodified-Since: " + date + "\r\n"), 200);
  EXPECT_EQ(status("If-Unmodified-Since: " + date_text(kOld - 1) + "\r\n"), 412);
  EXPECT_EQ(status("If-Match: \"x\"\r\nIf-None-Match: " + tag + "\r\n"), 412)
      << "RFC 9110 section 13.2.2: If-Match first";
  EXPECT_EQ(status_of("/missing", "If-None-Match: *\r\n"), 404) << "section 13.2.1";
}

TEST_F(SelectionTest, ConditionalResponsesSayWhatTheyAreAbout) {
  const Response not_modified = respond(get("/a.txt", "If-None-Match: *\r\n"));
  EXPECT_NE(not_modified.entry, nullptr);
  EXPECT_TRUE(not_modified.body.empty());
  const Response failed = respond(get("/a.txt", "If-Match: \"x\"\r\n"));
  EXPECT_FALSE(failed.body.empty());
}

TEST_F(SelectionTest, Ranges) {
  const auto part = [this](const std::string& fields) {
    const Response response = respond(get("/a.txt", fields));
    if (response.status != Status::partial_content) {
      return std::to_string(static_cast<int>(response.status));
    }
    std::string text;
    for (const ByteRange& range : response.parts) {
      text += (text.empty() ? "" : ",") + std::to_string(range.first) + "-" +
              std::to_string(range.last);
    }
    return text;
  };
  EXPECT_EQ(part("Range: bytes=0-\r\n"), "0-999");
  EXPECT_EQ(part("Range: bytes=10-19\r\n"), "10-19");
  EXPECT_EQ(part("Range: bytes=990-2000\r\n"), "990-999");
  EXPECT_EQ(part("Range: bytes=-1\r\n"), "999-999");
  EXPECT_EQ(part("Range: bytes=-5000\r\n"), "0-999");
  EXPECT_EQ(part("Range: bytes=1000-\r\n"), "416");
  EXPECT_EQ(part("Range: bytes=-0\r\n"), "416");
  EXPECT_EQ(part("Range: bytes=5-4\r\n"), "200");
  EXPECT_EQ(part("Range: lines=1-2\r\n"), "200");
  EXPECT_EQ(part("Range: bytes=0-1,500-501\r\n"), "0-1,500-501");
  EXPECT_EQ(part("Range: bytes=0-1\r\nRange: bytes=5-6\r\n"), "200");
  // RFC 9110 section 13.1.5.
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n"), "0-1");
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Range: W/" + tag + "\r\n"), "200");
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Range: \"x\"\r\n"), "200");
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Range: " + date + "\r\n"), "0-1");
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Range: " + date_text(kOld + 1) + "\r\n"), "200");
  EXPECT_EQ(part("Range: bytes=5000-\r\nIf-Range: \"x\"\r\n"), "200");
  // Section 13.2.2: preconditions come before the range.
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-None-Match: " + tag + "\r\n"), "304");
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Match: \"x\"\r\n"), "412");
  EXPECT_EQ(part("Range: bytes=0-1\r\nIf-Match: " + tag + "\r\n"), "0-1");
}

// RFC 9110 section 14.2: a Range is for GET.
TEST_F(SelectionTest, HeadIgnoresRanges) {
  EXPECT_EQ(respond("HEAD /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n").status,
            Status::ok);
  EXPECT_EQ(respond("HEAD /a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n").status,
            Status::not_modified);
}

TEST_F(SelectionTest, UnsatisfiableRangesNameTheSize) {
  const Response response = respond(get("/a.txt", "Range: bytes=1000-\r\n"));
  EXPECT_EQ(response.status, Status::range_not_satisfiable);
  ASSERT_NE(response.entry, nullptr);
  EXPECT_EQ(response.entry->size(), 1000u);
  EXPECT_EQ(answer(server, get("/a.txt", "Range: bytes=1000-\r\n")),
            expected_error(Status::range_not_satisfiable, kNow, kGoesOn,
                           "Content-Range: bytes */1000\r\n"));
}

TEST_F(SelectionTest, PartsOnTheWire) {
  const ExpectedFile small{content, kOld, "text/plain; charset=utf-8"};
  const ExpectedFile large{pattern(50'000), kOld, "application/octet-stream"};
  EXPECT_EQ(answer(server, get("/a.txt", "Range: bytes=100-199\r\n")),
            expected_part(small, kNow, 100, 199));
  EXPECT_EQ(answer(server, get("/large.bin", "Range: bytes=49000-\r\n")),
            expected_part(large, kNow, 49'000, 49'999));
  EXPECT_EQ(answer(server, get("/large.bin", "If-None-Match: *\r\n")),
            expected_not_modified(large, kNow));
}

TEST_F(SelectionTest, EmptyFile) {
  server.files.put("empty", "", kOld);
  EXPECT_EQ(status_of("/empty", "Range: bytes=0-\r\n"), 416);
  EXPECT_EQ(status_of("/empty", "Range: bytes=-1\r\n"), 200);
  EXPECT_EQ(answer(server, get("/empty")),
            expected_file({"", kOld, "application/octet-stream"}, kNow));
}

// --- large files --------------------------------------------------------------------------------

// The bytes of a large file come from the file itself, so it is looked at before every response.
TEST_F(SelectionTest, LargeFilesAreNeverStale) {
  EXPECT_EQ(respond(get("/large.bin")).entry->size(), 50'000u);
  const uint64_t looks = server.files.calls(MemoryFileSystem::Call::look);
  EXPECT_EQ(respond(get("/large.bin")).entry->size(), 50'000u);
  EXPECT_EQ(server.files.calls(MemoryFileSystem::Call::look), looks) << "one look by descriptor";
  server.files.write("large.bin", pattern(60'000), kNow);
  EXPECT_EQ(respond(get("/large.bin")).entry->size(), 60'000u) << "at once, not after a second";
  server.files.put("large.bin", pattern(70'000), kNow);
  server.pass(2 * kSecond);
  EXPECT_EQ(respond(get("/large.bin")).entry->size(), 70'000u);
  server.files.remove("large.bin", kNow);
  server.pass(2 * kSecond);
  EXPECT_EQ(status_of("/large.bin"), 404);
  EXPECT_EQ(server.store.file_count(), 0u);
}

}  // namespace
}  // namespace http
