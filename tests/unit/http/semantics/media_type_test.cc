#include "http/semantics/media_type.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace http {
namespace {

constexpr std::string_view kUnknown = "application/octet-stream";

TEST(MediaType, IsRightForWhatWebsitesAreMadeOf) {
  struct Case {
    std::string_view name;
    std::string_view type;
  };
  const Case cases[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"index.htm", "text/html; charset=utf-8"},
      {"style.css", "text/css; charset=utf-8"},
      {"app.js", "text/javascript; charset=utf-8"},
      {"app.mjs", "text/javascript; charset=utf-8"},
      {"robots.txt", "text/plain; charset=utf-8"},
      {"README.md", "text/markdown; charset=utf-8"},
      {"data.csv", "text/csv; charset=utf-8"},
      {"captions.vtt", "text/vtt; charset=utf-8"},
      {"data.json", "application/json"},
      {"app.js.map", "application/json"},
      {"site.webmanifest", "application/manifest+json"},
      {"feed.xml", "application/xml"},
      {"module.wasm", "application/wasm"},
      {"paper.pdf", "application/pdf"},
      {"logo.svg", "image/svg+xml"},
      {"favicon.ico", "image/vnd.microsoft.icon"},
      {"a.png", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.jpeg", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"a.webp", "image/webp"},
      {"a.avif", "image/avif"},
      {"a.jxl", "image/jxl"},
      {"inter.woff2", "font/woff2"},
      {"inter.woff", "font/woff"},
      {"inter.ttf", "font/ttf"},
      {"inter.otf", "font/otf"},
      {"film.mp4", "video/mp4"},
      {"film.webm", "video/webm"},
      {"segment.ts", "video/mp2t"},
      {"list.m3u8", "application/vnd.apple.mpegurl"},
      {"song.mp3", "audio/mpeg"},
      {"song.m4a", "audio/mp4"},
      {"song.ogg", "audio/ogg"},
      {"song.opus", "audio/ogg"},
      {"song.flac", "audio/flac"},
      {"song.wav", "audio/wav"},
      {"source.zip", "application/zip"},
      {"source.tar", "application/x-tar"},
      {"source.tar.gz", "application/gzip"},
      {"source.tgz", "application/gzip"},
      {"source.tar.zst", "application/zstd"},
      {"source.tar.gz.asc", "application/pgp-signature"},
  };
  for (const Case& c : cases) EXPECT_EQ(media_type(c.name), c.type) << c.name;
}

TEST(MediaType, IgnoresTheCaseOfTheExtension) {
  EXPECT_EQ(media_type("INDEX.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("Photo.JpG"), "image/jpeg");
}

TEST(MediaType, LowersLettersOnly) {
  // '@' and '[' stand next to 'A' and 'Z', and 32 above them stand '`' and '{'.
  EXPECT_EQ(media_type("a.@"), kUnknown);
  EXPECT_EQ(media_type("a.["), kUnknown);
  // x_b is known; 0x7F is '_' plus 32, and 0x3F is '_' minus 32.
  EXPECT_EQ(media_type("a.x_b"), "model/vnd.parasolid.transmit.binary");
  EXPECT_EQ(media_type("a.x\x7F\x62"), kUnknown);
  EXPECT_EQ(media_type("a.x?b"), kUnknown);
}

TEST(MediaType, LooksAtTheLastSegmentOnly) {
  EXPECT_EQ(media_type("/var/www/index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("site.html/LICENSE"), kUnknown);
  EXPECT_EQ(media_type("site.html/"), kUnknown);
  EXPECT_EQ(media_type("a.css/b.png"), "image/png");
}

TEST(MediaType, LooksBehindTheLastDotOnly) {
  EXPECT_EQ(media_type("jquery.min.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("page.html.unheard-of"), kUnknown);
  EXPECT_EQ(media_type("page.html."), kUnknown);
}

TEST(MediaType, TakesALeadingDotForAHiddenFile) {
  EXPECT_EQ(media_type(".html"), kUnknown);
  EXPECT_EQ(media_type("/srv/.css"), kUnknown);
  EXPECT_EQ(media_type(".hidden.css"), "text/css; charset=utf-8");
}

TEST(MediaType, IsOctetStreamForWhatItDoesNotKnow) {
  for (const std::string_view name : {"", "/", ".", "..", "Makefile", "a.", "a.unheard-of"}) {
    EXPECT_EQ(media_type(name), kUnknown) << name;
  }
  EXPECT_EQ(media_type(std::string_view("a.\0", 3)), kUnknown);
  EXPECT_EQ(media_type(std::string_view("a.html\0", 7)), kUnknown);
  EXPECT_EQ(media_type("a.h\xFCtml"), kUnknown);
}

TEST(MediaType, FindsTheFirstTheLastAndTheLongest) {
  EXPECT_EQ(media_type("a.123"), "application/vnd.lotus-1-2-3");
  EXPECT_EQ(media_type("a.zst"), "application/zstd");
  EXPECT_EQ(media_type("a.zzz"), kUnknown);
  EXPECT_EQ(media_type("a.disposition-notification"), "message/disposition-notification");
  EXPECT_EQ(media_type("a.disposition-notifications"), kUnknown);
  EXPECT_EQ(media_type("a." + std::string(100'000, 'x')), kUnknown);
}

TEST(MediaType, AnswersInStaticStorage) {
  std::string name = "index.html";
  const std::string_view type = media_type(name);
  name.assign(name.size(), '?');
  EXPECT_EQ(type, "text/html; charset=utf-8");
}

}  // namespace
}  // namespace http
