#include "http/semantics/media_types.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/semantics/media_type.h"

namespace http {
namespace {

MediaTypes parse(std::string_view text) {
  core::Result<MediaTypes> types = MediaTypes::parse(text, "types");
  if (!types.ok()) {
    ADD_FAILURE() << types.error().message;
    return {};
  }
  return std::move(types.value());
}

// The type of "a." and the extension after reading `text`.
std::string type_of(std::string_view text, std::string_view extension) {
  return std::string(parse(text).type_of("a." + std::string(extension)));
}

struct Case {
  const char* text;
  const char* message;
};

void expect_errors(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const core::Result<MediaTypes> types = MediaTypes::parse(c.text, "/etc/t");
    if (types.ok()) {
      ADD_FAILURE() << c.text;
    } else {
      EXPECT_EQ(types.error().message, std::string("/etc/t:") + c.message) << c.text;
    }
  }
}

TEST(MediaTypes, TheDefaultIsTheBuiltInTable) {
  for (const char* path : {"", "/", "index.html", "a/b.PNG", "x.unheard-of", ".css", "a.tar.gz"}) {
    EXPECT_EQ(MediaTypes().type_of(path), media_type(path)) << path;
    EXPECT_EQ(parse("").type_of(path), media_type(path)) << path;
    EXPECT_EQ(parse("\n# nothing\n").type_of(path), media_type(path)) << path;
  }
}

// As in Debian's /etc/mime.types.
TEST(MediaTypes, Lines) {
  const MediaTypes types = parse(
      "# comment\n"
      "\n"
      "application/activemessage\n"
      "application/x-one\t\t\tone\n"
      "  application/x-two   two deux # zwei\n"
      "#application/x-three three\n"
      "application/vnd.a+b_c;v=1 four\r\n"
      "application/x-last last");
  EXPECT_EQ(types.type_of("a.one"), "application/x-one");
  EXPECT_EQ(types.type_of("a.two"), "application/x-two");
  EXPECT_EQ(types.type_of("a.deux"), "application/x-two");
  EXPECT_EQ(types.type_of("a.zwei"), "application/octet-stream");
  EXPECT_EQ(types.type_of("a.three"), "application/octet-stream");
  EXPECT_EQ(types.type_of("a.four"), "application/vnd.a+b_c; v=1");
  EXPECT_EQ(types.type_of("a.last"), "application/x-last");
  EXPECT_EQ(types.type_of("a.html"), "text/html; charset=utf-8");
}

// As in nginx's mime.types.
TEST(MediaTypes, BlocksOfNginx) {
  const MediaTypes types = parse(
      "\ntypes {\n"
      "    application/x-one        one;\n"
      "    application/x-two  # 2\n"
      "        two deux;text/x-three three ;\n"
      "}\n"
      "types{}\n"
      "application/x-four four\n");
  EXPECT_EQ(types.type_of("a.one"), "application/x-one");
  EXPECT_EQ(types.type_of("a.two"), "application/x-two");
  EXPECT_EQ(types.type_of("a.deux"), "application/x-two");
  EXPECT_EQ(types.type_of("a.three"), "text/x-three; charset=utf-8");
  EXPECT_EQ(types.type_of("a.four"), "application/x-four");
}

TEST(MediaTypes, LaterLinesWin) {
  EXPECT_EQ(type_of("a/b html", "html"), "a/b");
  EXPECT_EQ(type_of("a/b x\na/c x", "x"), "a/c");
  EXPECT_EQ(type_of("a/b x y\na/c x\na/d X", "x"), "a/d");
  EXPECT_EQ(type_of("a/b x y\na/c x\na/d X", "y"), "a/b");
  EXPECT_EQ(type_of("types { a/b x; }\na/c x", "x"), "a/c");
}

// What the built-in table does: text is UTF-8 unless somebody says otherwise.
TEST(MediaTypes, TextHasACharset) {
  EXPECT_EQ(type_of("text/x-a x", "x"), "text/x-a; charset=utf-8");
  EXPECT_EQ(type_of("Text/x-a x", "x"), "Text/x-a; charset=utf-8");
  EXPECT_EQ(type_of("text/x-a;charset=iso-8859-1 x", "x"), "text/x-a; charset=iso-8859-1");
  EXPECT_EQ(type_of("text/x-a;flow=\"a b\" x", "x"), "text/x-a; flow=\"a b\"");
  EXPECT_EQ(type_of("textual/a x", "x"), "textual/a");
  EXPECT_EQ(type_of("application/json x", "x"), "application/json");
}

// RFC 9110 section 8.3.1: white space around ';', none around '='.
TEST(MediaTypes, Parameters) {
  EXPECT_EQ(type_of("a/b;c=d x", "x"), "a/b; c=d");
  EXPECT_EQ(type_of("a/b \t; c=d x", "x"), "a/b; c=d");
  EXPECT_EQ(type_of("a/b; c=d ;e=\"f; \\\"g\" x", "x"), "a/b; c=d; e=\"f; \\\"g\"");
  EXPECT_EQ(type_of("a/b; c=d x", "d"), "application/octet-stream");
}

TEST(MediaTypes, ExtensionsIgnoreCase) {
  const MediaTypes types = parse("a/b Rs\na/c \xC3\xA4\n");
  for (const char* path : {"a.rs", "a.RS", "a.Rs", "dir.x/A.rS"}) {
    EXPECT_EQ(types.type_of(path), "a/b") << path;
  }
  EXPECT_EQ(types.type_of("a.\xC3\xA4"), "a/c");
  EXPECT_EQ(types.type_of("a.\xC3\x84"), "application/octet-stream");  // ASCII letters only
}

TEST(MediaTypes, TheLongestExtensionWins) {
  const MediaTypes types = parse("a/short gz\na/long tar.gz\na/longer x.tar.gz\na/zst tar.zst");
  EXPECT_EQ(types.type_of("a.gz"), "a/short");
  EXPECT_EQ(types.type_of("a.b.gz"), "a/short");
  EXPECT_EQ(types.type_of("a.tar.gz"), "a/long");
  EXPECT_EQ(types.type_of("a.TAR.gz"), "a/long");
  EXPECT_EQ(types.type_of("a.b.tar.gz"), "a/long");
  EXPECT_EQ(types.type_of("a.x.tar.gz"), "a/longer");
  EXPECT_EQ(types.type_of("atar.gz"), "a/short");
  EXPECT_EQ(types.type_of("tar.gz"), "a/short");
  EXPECT_EQ(types.type_of(".tar.gz"), "a/short");  // hidden: "tar.gz" is its name
  EXPECT_EQ(types.type_of("a.tar.gz/b"), "application/octet-stream");
  EXPECT_EQ(types.type_of("a.tar.zst"), "a/zst");
  EXPECT_EQ(types.type_of("a.zst"), media_type("a.zst"));
  EXPECT_EQ(types.type_of("a.gz.html"), media_type("a.html"));
  EXPECT_EQ(types.type_of("a.gz."), "application/octet-stream");
  EXPECT_EQ(types.type_of("a." + std::string(100'000, '.') + "gz"), "a/short");
}

TEST(MediaTypes, EachExtensionIsFoundAmongMany) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "a/t" + std::to_string(i) + " x" + std::to_string(i) + " " + std::to_string(i) + "y\n";
  }
  const MediaTypes types = parse(text);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(types.type_of("a.x" + std::to_string(i)), "a/t" + std::to_string(i));
    EXPECT_EQ(types.type_of("a." + std::to_string(i) + "Y"), "a/t" + std::to_string(i));
  }
}

TEST(MediaTypes, ATypeMovesWithItsObject) {
  MediaTypes types = parse("a/b x");
  const core::Bytes before = types.type_of("a.x");
  const MediaTypes moved = std::move(types);
  EXPECT_EQ(moved.type_of("a.x").data(), before.data());
  EXPECT_EQ(before, "a/b");
}

TEST(MediaTypes, ErrorsSayWhereAndWhat) {
  expect_errors({
      {"html text/html", "1:1: expected a media type, found \"html\""},
      {"\n\n  text x", "3:3: expected a media type, found \"text\""},
      {"text/", "1:1: expected a media type, found \"text/\""},
      {"/html x", "1:1: expected a media type, found \"/html\""},
      {"a/b x\n}", "2:1: expected a media type, found \"}\""},
      {"\xEF\xBB\xBF"
       "a/b",
       "1:1: expected a media type, found \"\\xef\\xbb\\xbfa/b\""},
      {"a/b .x", "1:5: expected an extension without a dot in front, found \".x\""},
      {"a/b x c/d", "1:8: expected white space, found \"/d\""},
      {"a/b x;", "1:6: expected white space, found \";\""},
      {"a/b/c x", "1:4: expected white space, found \"/c\""},
      {"a/b{ x", "1:4: expected white space, found \"{\""},
      {"a/b {", "1:5: expected an extension without a dot in front, found \"{\""},
      {"a/b; x", "1:7: expected \"=\", found the end of the file"},
      {"a/b; x y", "1:7: expected \"=\", found the end of the line"},
      {"a/b;\nc=d x", "1:5: expected a parameter, found the end of the line"},
      {"a/b;c= d x", "1:7: expected a value, found the end of the line"},
      {"a/b;c=\"d x", "1:7: expected a value, found \"\"d\""},
      {"types", "1:6: expected \"{\", found the end of the file"},
      {"types x", "1:7: expected \"{\", found \"x\""},
      {"types {", "1:8: expected a media type or \"}\", found the end of the file"},
      {"types {\na/b x", "2:6: expected white space or \";\", found the end of the file"},
      {"types {\na/b x\n}",
       "3:1: expected an extension without a dot in front, or \";\", found "
       "\"}\""},
      {"types {\na/b;c=d x;\n}", "2:5: expected a media type or \"}\", found \"c=d\""},
  });
}

// RFC 9110 section 5.5: nothing in a type can end the field that carries it.
TEST(MediaTypes, NoTypeCanEndAField) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string c(1, static_cast<char>(byte));
    for (const std::string& type : {"a/b" + c + "c", "a/b;c=" + c, "a/b;c=\"" + c + "\"", c}) {
      const core::Result<MediaTypes> types = MediaTypes::parse(type + " x", "types");
      if (!types.ok()) {
        for (const char shown : types.error().message) EXPECT_GE(shown, ' ') << byte;
        continue;
      }
      for (const char sent : types.value().type_of("a.x")) {
        const auto sent_byte = static_cast<unsigned char>(sent);
        EXPECT_TRUE(sent_byte == '\t' || (sent_byte >= 0x20 && sent_byte != 0x7F)) << byte;
      }
    }
  }
}

TEST(MediaTypes, LengthIsBounded) {
  const std::string longest = "a/" + std::string(kMaxMediaTypeLength - 2, 'b');
  EXPECT_EQ(type_of(longest + " x", "x"), longest);
  const core::Result<MediaTypes> types = MediaTypes::parse("\n " + longest + "b x", "t");
  ASSERT_FALSE(types.ok());
  EXPECT_EQ(types.error().message, "t:2:2: expected a media type of at most 128 bytes, found \"a/" +
                                       std::string(38, 'b') + "\"");
  EXPECT_FALSE(MediaTypes::parse("text/" + std::string(120, 'b') + " x", "t").ok());
}

}  // namespace
}  // namespace http
