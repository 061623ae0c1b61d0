// Precompressed siblings: which of them a request gets (RFC 9110 sections 8.4 and 12.5.3), what is
// said about it, and when there is none. What is in a sibling is not the server's business, so each
// one here simply differs from the original.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "tests/integration/multipart_body.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

class EncodingTest : public ServerTest {
 protected:
  // A file that was last modified long ago.
  std::string write_old(const std::string& name, uint64_t seed, std::size_t size) {
    std::string content = write_content(name, seed, size);
    root_.set_modified(name, kLongAgo);
    return content;
  }
  // An original of that size and its three siblings.
  void write_all(const std::string& name, std::size_t size) {
    contents_["identity"] = write_old(name, 1, size);
    contents_["gzip"] = write_old(name + ".gz", 4, size / 2 + 4);
    contents_["br"] = write_old(name + ".br", 2, size / 2 + 2);
    contents_["zstd"] = write_old(name + ".zst", 3, size / 2 + 3);
  }

  static std::string accept(const std::string& codings) {
    return "Accept-Encoding: " + codings + "\r\n";
  }

  // The response has this representation and says so.
  void expect_coding(const Response& response, const std::string& coding, const std::string& why) {
    SCOPED_TRACE(why);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-encoding"), coding == "identity" ? "" : coding);
    EXPECT_EQ(response.field("vary"), "Accept-Encoding");
    EXPECT_EQ(difference(response.body, contents_[coding]), "");
  }

  // Asks until the answer is in this coding, which must come about.
  [[nodiscard]] bool comes_in(const std::string& path, const std::string& coding) {
    HttpClient client = connect();
    return eventually([&] {
      return client.get(path, accept("gzip, br, zstd")).field("content-encoding") == coding;
    });
  }

  std::map<std::string, std::string> contents_;  // by coding
};

TEST_P(EncodingTest, ChoosesByWeight) {
  start();
  struct Case {
    const char* field;
    const char* coding;  // empty: 406
  };
  const Case cases[] = {
      {"gzip", "gzip"},
      {"br", "br"},
      {"zstd", "zstd"},
      {"GZIP", "gzip"},
      {"x-gzip", "gzip"},
      // Equal weights: br, zstd, gzip, whatever the order.
      {"gzip, deflate, br, zstd", "br"},
      {"zstd, br, gzip", "br"},
      {"gzip, zstd", "zstd"},
      {"gzip;q=1.0, br;q=1, zstd;q=1.000", "br"},
      {"*", "br"},
      {"br;q=0, *", "zstd"},
      {"br;q=0.5, gzip;q=0.8", "gzip"},
      {"br;q=0.001, gzip;q=0.002, zstd;q=0", "gzip"},
      {"*;q=0.5, zstd", "zstd"},
      {"*;q=0.5, br;q=0.4", "zstd"},
      {"identity", "identity"},
      {"identity, br", "br"},
      {"identity;q=1, br;q=0.9", "identity"},
      {"identity;q=0.5, br;q=0.4", "identity"},
      {"br;q=0.4", "br"},
      {"deflate, compress", "identity"},
      {"br;q=0", "identity"},
      {"", "identity"},
      {",", "identity"},
      {"identity;q=0", ""},
      {"identity;q=0, gzip;q=0.1", "gzip"},
      {"identity;q=0, *", "br"},
      {"*;q=0", ""},
      {"*;q=0, gzip", "gzip"},
      {"*;q=0, identity;q=0.1", "identity"},
      {"gzip;q=0, br;q=0, zstd;q=0, identity;q=0", ""},
      // What is no coding and weight does not count.
      {"br;q=2, gzip", "gzip"},
      {"br;q=0.1234, gzip;q=0.1", "gzip"},
      {"br;level=5, gzip", "gzip"},
      {"b r, gzip", "gzip"},
      // A refusal stays one.
      {"br, br;q=0, gzip", "gzip"},
  };
  // In memory and as a file.
  for (const std::size_t size : {1000U, 100'000U}) {
    const std::string name = "style" + std::to_string(size) + ".css";
    write_all(name, size);
    HttpClient client = connect();
    for (const Case& each : cases) {
      const Response response = client.get("/" + name, accept(each.field));
      if (*each.coding != '\0') {
        expect_coding(response, each.coding, each.field);
        EXPECT_EQ(response.field("content-type"), "text/css; charset=utf-8");
      } else {
        // Section 15.5.7.
        EXPECT_EQ(response.status, 406) << each.field;
        EXPECT_EQ(response.field("content-encoding"), "");
      }
    }
    expect_coding(client.get("/" + name), "identity", "no field");
    // Section 5.3: several lines are one list.
    expect_coding(client.get("/" + name, accept("gzip;q=0.5") + accept("zstd;q=0.7")), "zstd",
                  "two lines");
  }
}

// Without siblings there is nothing that varies, and still the original may be refused.
TEST_P(EncodingTest, LeavesFilesWithoutSiblingsAlone) {
  const std::string content = write_old("alone.css", 1, 1000);
  start();
  HttpClient client = connect();
  for (const char* codings : {"gzip, br, zstd", "*", "gzip;q=1, identity;q=0.001"}) {
    const Response response = client.get("/alone.css", accept(codings));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-encoding"), "");
    EXPECT_EQ(response.field("vary"), "");
    EXPECT_EQ(difference(response.body, content), "");
  }
  EXPECT_EQ(client.get("/alone.css", accept("gzip, identity;q=0")).status, 406);
}

// Section 8.8.3.3: representations in different codings have different strong tags, and a condition
// is about the selected one.
TEST_P(EncodingTest, HasTagsOfItsOwn) {
  for (const char* source : {"modified", "content"}) {
    start({"--etag", source});
    for (const std::size_t size : {1000U, 100'000U}) {
      SCOPED_TRACE(std::string(source) + " " + std::to_string(size));
      const std::string path = "/style" + std::to_string(size) + ".css";
      write_all(path.substr(1), size);
      // The same bytes do not make the same representation.
      contents_["zstd"] = write_old(path.substr(1) + ".zst", 2, size / 2 + 2);
      HttpClient client = connect();
      // Large files are hashed in the background.
      std::map<std::string, std::string> tags;
      ASSERT_TRUE(eventually([&] {
        for (const auto& [coding, content] : contents_) {
          tags[coding] = client.get(path, accept(coding)).field("etag");
        }
        return std::none_of(tags.begin(), tags.end(),
                            [](const auto& each) { return each.second.empty(); });
      }));
      std::set<std::string> distinct;
      for (const auto& [coding, tag] : tags) {
        EXPECT_EQ(tag.front(), '"');
        distinct.insert(tag);
      }
      EXPECT_EQ(distinct.size(), 4U);
      for (const auto& [coding, content] : contents_) {
        for (const auto& [other, tag] : tags) {
          const Response response =
              client.get(path, accept(coding) + "If-None-Match: " + tag + "\r\n");
          if (other != coding) {
            expect_coding(response, coding, other);
            continue;
          }
          // Section 15.4.5: what a 200 would say to caches.
          EXPECT_EQ(response.status, 304);
          EXPECT_EQ(response.field("etag"), tag);
          EXPECT_EQ(response.field("vary"), "Accept-Encoding");
        }
      }
    }
    stop();
  }
}

// Section 14.2: positions are those of the selected representation, as it is encoded.
TEST_P(EncodingTest, SendsRangesOfTheEncodedForm) {
  start();
  for (const std::size_t size : {1000U, 100'000U}) {
    const std::string path = "/style" + std::to_string(size) + ".css";
    write_all(path.substr(1), size);
    HttpClient client = connect();
    std::map<std::string, std::string> tags;
    for (const auto& [coding, content] : contents_) {
      tags[coding] = client.head(path, accept(coding)).field("etag");
    }
    for (const auto& [coding, content] : contents_) {
      SCOPED_TRACE(coding);
      const std::string own_coding = coding == "identity" ? "" : coding;
      const std::string total = std::to_string(content.size());
      const Response single = client.get(path, accept(coding) + "Range: bytes=100-299\r\n");
      EXPECT_EQ(single.status, 206);
      EXPECT_EQ(single.field("content-range"), "bytes 100-299/" + total);
      EXPECT_EQ(single.field("content-encoding"), own_coding);
      EXPECT_EQ(single.field("vary"), "Accept-Encoding");
      EXPECT_EQ(single.field("etag"), tags[coding]);
      EXPECT_EQ(difference(single.body, content.substr(100, 200)), "");

      const Response several = client.get(path, accept(coding) + "Range: bytes=-7,100-109\r\n");
      EXPECT_EQ(several.field("content-encoding"), own_coding);
      EXPECT_EQ(several.field("vary"), "Accept-Encoding");
      const std::vector<BodyPart> parts = parse_multipart(several);
      ASSERT_EQ(parts.size(), 2U);
      EXPECT_EQ(parts[0].body, content.substr(content.size() - 7));
      EXPECT_EQ(parts[1].body, content.substr(100, 10));
      for (const BodyPart& part : parts) {
        EXPECT_EQ(part.size, content.size());
        EXPECT_EQ(part.content_type, "text/css; charset=utf-8");
      }

      const Response beyond = client.get(path, accept(coding) + "Range: bytes=" + total + "-\r\n");
      EXPECT_EQ(beyond.status, 416);
      EXPECT_EQ(beyond.field("content-range"), "bytes */" + total);
      // Section 13.1.5: the beginning of another coding is not continued with this one.
      for (const auto& [other, tag] : tags) {
        const Response response =
            client.get(path, accept(coding) + "Range: bytes=100-299\r\nIf-Range: " + tag + "\r\n");
        EXPECT_EQ(response.status, other == coding ? 206 : 200) << other;
        EXPECT_EQ(difference(response.body, other == coding ? content.substr(100, 200) : content),
                  "");
      }
    }
  }
}

// Section 9.3.2: the fields of a GET.
TEST_P(EncodingTest, TellsHeadTheSame) {
  start();
  for (const std::size_t size : {1000U, 100'000U}) {
    const std::string path = "/style" + std::to_string(size) + ".css";
    write_all(path.substr(1), size);
    HttpClient client = connect();
    for (const auto& [coding, content] : contents_) {
      const Response head = client.head(path, accept(coding));
      const Response get = client.get(path, accept(coding));
      EXPECT_EQ(head.field("content-length"), std::to_string(content.size())) << coding;
      EXPECT_EQ(head.field("content-encoding"), coding == "identity" ? "" : coding);
      for (const char* field : {"content-length", "content-encoding", "content-type", "etag",
                                "last-modified", "vary", "accept-ranges"}) {
        EXPECT_EQ(head.field(field), get.field(field)) << field;
      }
    }
    EXPECT_EQ(client.head(path, accept("*;q=0")).status, 406);
    EXPECT_EQ(client.get(path).status, 200);
  }
}

// One that was made from an earlier version. Fractions of a second do not count: tools that copy
// the time of the original drop them.
TEST_P(EncodingTest, DoesNotUseStaleSiblings) {
  write_old("page.html", 1, 1000);
  write_old("page.html.br", 2, 500);
  write_old("page.html.zst", 3, 500);
  write_old("page.html.gz", 4, 500);
  root_.set_modified("page.html.br", kLongAgo - kSecond);
  root_.set_modified("page.html.zst", kLongAgo / kSecond * kSecond);
  root_.set_modified("page.html.gz", kLongAgo + 1000 * kSecond);
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/page.html", accept("br")).field("content-encoding"), "");
  EXPECT_EQ(client.get("/page.html", accept("zstd")).field("content-encoding"), "zstd");
  EXPECT_EQ(client.get("/page.html", accept("gzip")).field("content-encoding"), "gzip");
  EXPECT_EQ(client.get("/page.html", accept("br, gzip;q=0.1")).field("content-encoding"), "gzip");

  // A new version of the original leaves all behind, and one of them catches up.
  const std::string after = make_content(5, 1200);
  root_.replace("page.html", after);
  ASSERT_TRUE(comes_in("/page.html", ""));
  EXPECT_EQ(client.get("/page.html", accept("gzip, br, zstd")).body, after);
  EXPECT_EQ(client.get("/page.html").field("vary"), "");
  root_.replace("page.html.br", "fresh");
  ASSERT_TRUE(comes_in("/page.html", "br"));
  EXPECT_EQ(client.get("/page.html", accept("br")).body, "fresh");
}

TEST_P(EncodingTest, SeesSiblingsComeAndGo) {
  start();
  constexpr std::size_t kSizes[] = {1000, 100'000};  // in memory and as a file
  const auto name_of = [](std::size_t size) { return "page" + std::to_string(size) + ".html"; };
  std::map<std::size_t, std::string> tags;
  HttpClient client = connect();
  const auto get = [&](std::size_t size, const std::string& fields) {
    return client.get("/" + name_of(size), fields);
  };
  for (const std::size_t size : kSizes) {
    write_old(name_of(size), 1, size);
    const Response response = get(size, accept("gzip"));
    EXPECT_EQ(response.field("content-encoding"), "");
    EXPECT_EQ(response.field("vary"), "");
    write_content(name_of(size) + ".gz", 2, size);
  }
  for (const std::size_t size : kSizes) {
    ASSERT_TRUE(comes_in("/" + name_of(size), "gzip"));
    const Response response = get(size, accept("gzip"));
    EXPECT_EQ(difference(response.body, make_content(2, size)), "");
    tags[size] = response.field("etag");
    EXPECT_EQ(get(size, "").field("vary"), "Accept-Encoding");
    root_.replace(name_of(size) + ".gz", make_content(3, size + 1));
  }
  for (const std::size_t size : kSizes) {
    Response response;
    ASSERT_TRUE(eventually([&] {
      response = get(size, accept("gzip") + "If-None-Match: " + tags[size] + "\r\n");
      return response.status == 200;
    }));
    EXPECT_EQ(response.field("content-encoding"), "gzip");
    EXPECT_EQ(difference(response.body, make_content(3, size + 1)), "");
    unlink(root_.path(name_of(size) + ".gz").c_str());
  }
  for (const std::size_t size : kSizes) {
    // From one moment to the other it is the original, never an error.
    Response response;
    ASSERT_TRUE(eventually([&] {
      response = get(size, accept("gzip"));
      EXPECT_EQ(response.status, 200);
      return response.field("content-encoding").empty();
    }));
    EXPECT_EQ(difference(response.body, make_content(1, size)), "");
    EXPECT_TRUE(eventually([&] { return get(size, "").field("vary").empty(); }));
  }
}

// "/" is index.html, and so are its siblings.
TEST_P(EncodingTest, EncodesAnIndex) {
  write_all("index.html", 1000);
  write_all("folder/index.html", 2000);
  start();
  HttpClient client = connect();
  for (const char* path : {"/folder/", "/folder/index.html", "/folder/../folder/"}) {
    for (const auto& [coding, content] : contents_) {
      const Response response = client.get(path, accept(coding));
      expect_coding(response, coding, path);
      EXPECT_EQ(response.field("content-type"), "text/html; charset=utf-8");
    }
  }
  EXPECT_EQ(client.get("/", accept("br")).field("content-encoding"), "br");
}

// By its own name a sibling is a file like any other.
TEST_P(EncodingTest, ServesASiblingAsAFile) {
  write_all("a.css", 1000);
  start();
  HttpClient client = connect();
  const std::pair<const char*, const char*> names[] = {
      {"gzip", "/a.css.gz"}, {"br", "/a.css.br"}, {"zstd", "/a.css.zst"}};
  for (const auto& [coding, path] : names) {
    const Response response = client.get(path, accept("gzip, br, zstd"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-encoding"), "");
    EXPECT_EQ(response.field("vary"), "");
    EXPECT_NE(response.field("content-type"), "text/css; charset=utf-8");
    EXPECT_EQ(difference(response.body, contents_[coding]), "");
    EXPECT_NE(response.field("etag"), client.get("/a.css", accept(coding)).field("etag"));
  }
  // Without an original there is nothing to negotiate.
  write_old("only.css.br", 1, 100);
  EXPECT_EQ(client.get("/only.css", accept("br")).status, 404);
}

// A sibling that can not be had is no reason to refuse the original.
TEST_P(EncodingTest, ServesTheOriginalInstead) {
  TemporaryDirectory outside;
  outside.write("secret", "secret");
  const std::string names[] = {"directory", "fifo", "private", "outside", "dangling", "loop"};
  for (const std::string& name : names) write_old(name + ".css", 1, 1000);
  root_.write("directory.css.br/index.html", "index");
  ASSERT_EQ(mkfifo(root_.path("fifo.css.br").c_str(), 0644), 0);
  root_.write("private.css.br", "private");
  ASSERT_EQ(chmod(root_.path("private.css.br").c_str(), 0), 0);
  std::filesystem::create_symlink(outside.path("secret"), root_.path("outside.css.br"));
  std::filesystem::create_symlink("nowhere", root_.path("dangling.css.br"));
  std::filesystem::create_symlink("loop.css.br", root_.path("loop.css.br"));
  // A link that stays inside is as good as a file.
  contents_["identity"] = write_old("linked.css", 1, 1000);
  contents_["br"] = write_old("elsewhere", 2, 100);
  std::filesystem::create_symlink("elsewhere", root_.path("linked.css.br"));
  Restrictions restrictions;
  restrictions.no_permission_override = true;
  start({}, restrictions);
  HttpClient client = connect();
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : names) {
      SCOPED_TRACE(name);
      const Response response = client.get("/" + name + ".css", accept("br, identity;q=0.1"));
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.field("content-encoding"), "");
      EXPECT_EQ(difference(response.body, make_content(1, 1000)), "");
      EXPECT_EQ(client.get("/" + name + ".css", accept("br, identity;q=0")).status, 406);
    }
    expect_coding(client.get("/linked.css", accept("br")), "br", "linked");
  }
}

SPATE_ON_BOTH_BACKENDS(EncodingTest);

}  // namespace
}  // namespace integration
