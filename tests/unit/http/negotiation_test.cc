// The responder's choice among representations: codings (RFC 9110 section 12.5.3), listings by
// Accept (section 12.5.1), and parts of each (section 14).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/h1/head_parser.h"
#include "http/responder.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http {
namespace {

using namespace test_support;

class NegotiationTest : public ::testing::Test {
 protected:
  explicit NegotiationTest(const ContentPolicy& policy = {}) : server(kRoomyLimits, policy) {
    server.files.put("a.css", "original", kOld);
    server.files.put("a.css.gz", "gzip", kOld);
    server.files.put("a.css.br", "brotli", kOld);
    server.files.put("a.css.zst", "zstandard", kOld);
    server.files.put("alone.css", "alone", kOld);
    server.files.put("large.js", pattern(50'000), kOld);
    server.files.put("large.js.gz", pattern(30'000), kOld);
    server.files.put("index.html", "page", kOld);
    server.files.put("index.html.br", "small page", kOld);
  }

  Response respond(const std::string& target, const std::string& fields = "",
                   const std::string& method = "GET") {
    request_ = method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    EXPECT_EQ(h1::parse_head_scalar(request_, h1::HeadLimits{}, head_).verdict,
              h1::HeadVerdict::complete);
    return server.responder.respond(head_);
  }
  // The coding of a 200, or the status.
  std::string choice(const std::string& target, const std::string& accepted) {
    const Response response = respond(target, "Accept-Encoding: " + accepted + "\r\n");
    if (response.status != Status::ok) return std::to_string(static_cast<int>(response.status));
    return response.entry->coding == ContentCoding::identity
               ? "identity"
               : std::string(coding_name(response.entry->coding));
  }

  HttpServer server;

 private:
  std::string request_;
  RequestHead head_;
};

TEST_F(NegotiationTest, Codings) {
  struct Case {
    const char* accepted;
    const char* with_siblings;
    const char* alone;
  };
  const std::vector<Case> cases = {
      {"gzip", "gzip", "identity"},
      {"gzip, deflate, br, zstd", "br", "identity"},
      {"gzip, deflate", "gzip", "identity"},
      {"x-gzip", "gzip", "identity"},
      {"zstd;q=0.9, gzip;q=0.8", "zstd", "identity"},
      {"br;q=0", "identity", "identity"},
      {"", "identity", "identity"},
      {"deflate", "identity", "identity"},
      {"identity", "identity", "identity"},
      {"identity, gzip;q=0.5", "identity", "identity"},
      {"*", "br", "identity"},
      {"*;q=0.1, gzip", "gzip", "identity"},
      {"identity;q=0", "406", "406"},
      {"*;q=0", "406", "406"},
      {"identity;q=0, gzip", "gzip", "406"},
      {"*;q=0, zstd", "zstd", "406"},
  };
  for (int round = 0; round < 2; ++round) {
    for (const Case& c : cases) {
      EXPECT_EQ(choice("/a.css", c.accepted), c.with_siblings) << c.accepted;
      EXPECT_EQ(choice("/alone.css", c.accepted), c.alone) << c.accepted;
    }
  }
  EXPECT_EQ(respond("/a.css").entry->coding, ContentCoding::identity) << "no such field";
}

// What is remembered of the last field value must not answer for another one.
TEST_F(NegotiationTest, FieldsThatAreLikeTheLastOne) {
  const std::string longer = "gzip" + std::string(200, ' ') + ";q=0.1";
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(choice("/a.css", "gzip"), "gzip");
    EXPECT_EQ(choice("/a.css", "gzi"), "identity");
    EXPECT_EQ(choice("/a.css", "br"), "br");
    EXPECT_EQ(choice("/a.css", longer), "gzip");
    EXPECT_EQ(choice("/a.css", ""), "identity");
    EXPECT_EQ(respond("/a.css").entry->coding, ContentCoding::identity);
    EXPECT_EQ(respond("/a.css", "Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n").entry->coding,
              ContentCoding::br);
    EXPECT_EQ(
        respond("/a.css", "Accept-Encoding: gzip\r\nAccept-Encoding: gzip;q=0\r\n").entry->coding,
        ContentCoding::identity);
  }
}

TEST_F(NegotiationTest, AHitCostsNoCall) {
  choice("/a.css", "br");
  choice("/a.css", "gzip");
  const uint64_t calls = server.files.calls();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(choice("/a.css", "br"), "br");
    EXPECT_EQ(choice("/a.css", "gzip"), "gzip");
    EXPECT_EQ(choice("/a.css", "identity"), "identity");
  }
  EXPECT_EQ(server.files.calls(), calls);
}

TEST_F(NegotiationTest, TheIndexOfADirectory) {
  EXPECT_EQ(choice("/", "br"), "br");
  EXPECT_EQ(respond("/", "Accept-Encoding: br\r\n").entry->body, "small page");
  EXPECT_EQ(respond("/", "Accept-Encoding: br\r\n").entry->content_type,
            "text/html; charset=utf-8");
}

TEST_F(NegotiationTest, ASiblingThatGoesMakesWayForTheNext) {
  EXPECT_EQ(choice("/a.css", "br, gzip"), "br");
  server.files.remove("a.css.br", kNow);
  EXPECT_EQ(choice("/a.css", "br, gzip"), "br") << "fresh";
  server.pass(ContentStore::kFreshness);
  EXPECT_EQ(choice("/a.css", "br, gzip"), "gzip");
  // Gone between the look and the open.
  server.files.put("a.css.br", "again", kOld);
  server.pass(ContentStore::kFreshness);
  server.files.before(MemoryFileSystem::Call::open,
                      [this] { server.files.fail_next(MemoryFileSystem::Call::open, ENOENT); });
  EXPECT_EQ(choice("/a.css", "br, zstd;q=0.5"), "identity");
  server.files.before(MemoryFileSystem::Call::open, nullptr);
}

TEST_F(NegotiationTest, ALargeSiblingThatWasReplacedIsLoadedAgain) {
  EXPECT_EQ(respond("/large.js", "Accept-Encoding: gzip\r\n").entry->size(), 30'000u);
  server.files.put("large.js.gz", pattern(40'000), kOld + 1);
  server.files.at("large.js.gz");
  server.pass(ContentStore::kFreshness);
  EXPECT_EQ(respond("/large.js", "Accept-Encoding: gzip\r\n").entry->size(), 40'000u);
}

TEST_F(NegotiationTest, ValidatorsAreThoseOfTheChosenOne) {
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  const std::string tag(respond("/a.css", gzip).entry->entity_tag);
  const std::string original(respond("/a.css").entry->entity_tag);
  ASSERT_NE(tag, original);
  const auto status = [this](const std::string& fields) {
    return static_cast<int>(respond("/a.css", fields).status);
  };
  EXPECT_EQ(status(gzip + "If-None-Match: " + tag + "\r\n"), 304);
  EXPECT_EQ(status(gzip + "If-None-Match: " + original + "\r\n"), 200);
  EXPECT_EQ(status("If-None-Match: " + original + "\r\n"), 304);
  EXPECT_EQ(status("If-None-Match: " + tag + "\r\n"), 200);
  EXPECT_EQ(status(gzip + "If-Match: " + original + "\r\n"), 412);
  // RFC 9110 section 14.1: ranges are of the representation that was chosen.
  Response part = respond("/a.css", gzip + "Range: bytes=1-\r\n");
  ASSERT_EQ(part.status, Status::partial_content);
  EXPECT_EQ(part.parts.front().last, 3u);
  EXPECT_EQ(part.entry->body, "gzip");
  part = respond("/a.css", gzip + "Range: bytes=1-\r\nIf-Range: " + original + "\r\n");
  EXPECT_EQ(part.status, Status::ok) << "section 13.1.5";
  EXPECT_EQ(respond("/a.css", gzip, "HEAD").entry->body, "gzip");
}

// --- listings -----------------------------------------------------------------------------------

class ListingTest : public NegotiationTest {
 protected:
  ListingTest() : NegotiationTest({EntityTagSource::modified, true, nullptr, nullptr}) {
    server.files.put("dir/b.txt", "12345", kOld);
    server.files.put("dir/a.txt", "1", kOld + 9);
    server.files.put(".hidden/x", "x", kOld);
  }
  std::string names(const Response& response) {
    if (response.entry == nullptr) return std::to_string(static_cast<int>(response.status));
    const core::Bytes body = response.entry->body;
    return body.find("a.txt") < body.find("b.txt") ? "a b" : "b a";
  }
};

TEST_F(ListingTest, ByAcceptAndQuery) {
  EXPECT_EQ(respond("/dir/").entry->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(respond("/dir/", "Accept: application/json\r\n").entry->content_type,
            "application/json");
  EXPECT_EQ(respond("/dir/", "Accept: text/html,*/*;q=0.8\r\n").entry->content_type,
            "text/html; charset=utf-8");
  EXPECT_EQ(names(respond("/dir/")), "a b");
  EXPECT_EQ(names(respond("/dir/?order=desc")), "b a");
  EXPECT_EQ(names(respond("/dir/?sort=size&order=desc")), "b a");
  EXPECT_EQ(names(respond("/dir/?sort=modified")), "b a");
  EXPECT_EQ(names(respond("/dir/?what=ever")), "a b");
}

TEST_F(ListingTest, AHitCostsNoCallAndNoSpellingAnotherListing) {
  respond("/dir/");
  const uint32_t entries = server.store.entry_count();
  const uint64_t calls = server.files.calls();
  for (const char* target : {"/dir/", "/dir/?x", "//dir//", "/./dir/", "/%64ir/", "/x/../dir/",
                             "http://example.org/dir/"}) {
    EXPECT_EQ(names(respond(target)), "a b") << target;
  }
  EXPECT_EQ(server.files.calls(), calls);
  EXPECT_EQ(server.store.entry_count(), entries);
}

TEST_F(ListingTest, AnIndexComesFirst) {
  EXPECT_EQ(respond("/").entry->body, "page");
  EXPECT_EQ(names(respond("/dir/")), "a b");
  server.files.put("dir/index.html", "index", kOld);
  server.pass(ContentStore::kFreshness);
  EXPECT_EQ(respond("/dir/").entry->body, "index");
  server.files.remove("dir/index.html", kNow);
  server.pass(ContentStore::kFreshness);
  EXPECT_EQ(names(respond("/dir/")), "a b");
}

TEST_F(ListingTest, ErrorsAndRedirects) {
  EXPECT_EQ(respond("/dir").status, Status::moved_permanently);
  EXPECT_EQ(respond("/missing/").status, Status::not_found);
  EXPECT_EQ(respond("/.hidden/").status, Status::not_found);
  EXPECT_EQ(respond("/dir/a.txt/").status, Status::not_found);
  server.files.fail_next(MemoryFileSystem::Call::list, EACCES);
  EXPECT_EQ(respond("/dir/").status, Status::forbidden);
}

// RFC 9110 section 13: it has a tag and no date.
TEST_F(ListingTest, Conditions) {
  const std::string tag(respond("/dir/").entry->entity_tag);
  EXPECT_EQ(respond("/dir/", "If-None-Match: " + tag + "\r\n").status, Status::not_modified);
  EXPECT_EQ(respond("/dir/", "If-Modified-Since: " + date_text(kNow + 10) + "\r\n").status,
            Status::ok);
  EXPECT_EQ(respond("/dir/", "If-Unmodified-Since: " + date_text(kOld) + "\r\n").status,
            Status::ok);
  EXPECT_EQ(respond("/dir/", "Range: bytes=0-9\r\n").status, Status::partial_content);
  EXPECT_EQ(respond("/dir/", "Accept-Encoding: identity;q=0\r\n").status, Status::not_acceptable);
}

}  // namespace
}  // namespace http
