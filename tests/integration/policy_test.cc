// What is served at all, and what is said about it: hidden names, symbolic links, what is no file,
// permissions, media types, and error bodies that give nothing away.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "core/check.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

class PolicyTest : public ServerTest {
 protected:
  void link(const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, root_.path(name));
  }

  void expect_status(HttpClient& client, const std::string& target, int status) {
    EXPECT_EQ(client.get(target).status, status) << target;
  }
};

// RFC 8615: well-known URIs are there to be read. Other names that begin with a dot are not; they
// are not even said to be forbidden.
TEST_P(PolicyTest, HidesDotFiles) {
  for (const char* name : {".env", ".git/config", "folder/.htpasswd", "folder/.well-known/file",
                           "..file", "...", ".well-known/.secret", ".well-knownx/file", "file",
                           ".well-known/security.txt", ".well-known/acme-challenge/token"}) {
    root_.write(name, name);
  }
  start();
  HttpClient client = connect();
  for (const char* target : {"/.env",
                             "/%2eenv",
                             "/%2Eenv",
                             "//.env",
                             "/./.env",
                             "/folder/../.env",
                             "/.env/",
                             "/.git",
                             "/.git/",
                             "/.git/config",
                             "/.git/missing",
                             "/folder/.htpasswd",
                             "/folder/.well-known/file",
                             "/..file",
                             "/...",
                             "/.../",
                             "/.well-known/.secret",
                             "/.well-knownx/file",
                             "/.WELL-KNOWN/",
                             "/.missing"}) {
    expect_status(client, target, 404);
  }
  EXPECT_EQ(client.get("/.well-known/security.txt").body, ".well-known/security.txt");
  EXPECT_EQ(client.get("/%2ewell-known/acme-challenge/token").body,
            ".well-known/acme-challenge/token");
  EXPECT_EQ(client.get("/.well-known").field("location"), "/.well-known/");
  expect_status(client, "/.well-known/missing", 404);
  EXPECT_EQ(client.get("/file").body, "file");
}

TEST_P(PolicyTest, FollowsLinksByChoice) {
  TemporaryDirectory outside;
  outside.write("secret", "secret");
  outside.write("index.html", "secret");
  root_.write("real", "inside");
  root_.write("folder/file", "inside");
  root_.write("folder/index.html", "inside");
  link("real", "file");
  link("file", "chain");
  link("folder", "directory");
  std::filesystem::create_symlink("../real", root_.path("folder/up"));
  link("./folder/../real", "winding");
  link(root_.path("real"), "absolute-inside");
  link("../" + std::filesystem::path(outside.path()).filename().string() + "/secret", "relative");
  link(outside.path("secret"), "absolute");
  link(outside.path(), "away");
  link("away", "chain-away");
  link("../" + std::filesystem::path(root_.path()).filename().string() + "/real", "out-and-in");
  link("nowhere", "dangling");
  link("/nowhere", "dangling-absolute");
  link("loop", "loop");
  link("loop-b", "loop-a");
  link("loop-a", "loop-b");
  // The kernel's own links name what no path does.
  link("/proc/self/root" + root_.path("real"), "magic");
  std::filesystem::create_directory(root_.path("indexed"));
  link("../real", "indexed/index.html");
  std::filesystem::create_directory(root_.path("indexed-away"));
  link(outside.path("index.html"), "indexed-away/index.html");

  struct Case {
    const char* target;
    int beneath;
    int none;
    int all;
  };
  const Case cases[] = {
      {"/real", 200, 200, 200},
      {"/folder/file", 200, 200, 200},
      {"/file", 200, 403, 200},
      {"/chain", 200, 403, 200},
      {"/directory/file", 200, 403, 200},
      {"/directory/", 200, 403, 200},
      {"/directory", 301, 403, 301},
      {"/folder/up", 200, 403, 200},
      {"/winding", 200, 403, 200},
      {"/indexed/", 200, 403, 200},
      {"/absolute-inside", 403, 403, 200},
      {"/out-and-in", 403, 403, 200},
      {"/relative", 403, 403, 200},
      {"/absolute", 403, 403, 200},
      {"/away/secret", 403, 403, 200},
      {"/away/", 403, 403, 200},
      {"/away", 403, 403, 301},
      {"/chain-away/secret", 403, 403, 200},
      {"/indexed-away/", 403, 403, 200},
      {"/dangling", 404, 403, 404},
      {"/dangling-absolute", 403, 403, 404},
      {"/loop", 403, 403, 403},
      {"/loop-a", 403, 403, 403},
      {"/loop/file", 403, 403, 403},
      {"/magic", 403, 403, 403},
  };
  const std::pair<const char*, int Case::*> choices[] = {
      {"beneath", &Case::beneath}, {"none", &Case::none}, {"all", &Case::all}};
  for (const auto& [choice, status] : choices) {
    SCOPED_TRACE(choice);
    start({"--symlinks", choice});
    HttpClient client = connect();
    // The second time from the cache.
    for (int round = 0; round < 2; ++round) {
      for (const Case& each : cases) {
        const Response response = client.get(each.target);
        EXPECT_EQ(response.status, each.*status) << each.target;
        if (response.status == 200) {
          EXPECT_TRUE(response.body == "inside" || choice == std::string("all")) << each.target;
        } else {
          EXPECT_EQ(response.body.find("secret"), std::string::npos) << each.target;
        }
      }
    }
    stop();
  }
}

// A FIFO would block whoever opens it, a device could do anything, and a socket is no file either.
TEST_P(PolicyTest, RefusesWhatIsNoFile) {
  root_.write("file", "file");
  ASSERT_EQ(mkfifo(root_.path("fifo").c_str(), 0644), 0);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(root_.path("socket").size(), sizeof(address.sun_path));
  std::strcpy(address.sun_path, root_.path("socket").c_str());
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  std::vector<std::string> names{"fifo", "socket"};
  // Only root may make devices, and not everywhere.
  constexpr dev_t kZero = 1 << 8 | 5;
  constexpr dev_t kLoop = 7 << 8;
  if (mknod(root_.path("zero").c_str(), S_IFCHR | 0644, kZero) == 0) names.push_back("zero");
  if (mknod(root_.path("loop").c_str(), S_IFBLK | 0644, kLoop) == 0) names.push_back("loop");
  for (const char* device : {"/dev/zero", "/dev/tty", "/dev/stdin"}) {
    names.push_back("link-to-" + std::filesystem::path(device).filename().string());
    link(device, names.back());
  }
  for (const std::string& name : std::vector<std::string>(names)) {
    std::filesystem::create_directory(root_.path("in-" + name));
    link("../" + name, "in-" + name + "/index.html");
    names.push_back("in-" + name + "/");
  }
  for (const char* choice : {"beneath", "all"}) {
    start({"--symlinks", choice});
    HttpClient other = connect();
    HttpClient client = connect();
    for (const std::string& name : names) {
      SCOPED_TRACE(name + ", " + choice);
      EXPECT_EQ(client.get("/" + name).status, 403);
      EXPECT_EQ(client.head("/" + name).status, 403);
      EXPECT_EQ(other.get("/file").body, "file");
    }
    expect_status(client, "/fifo/", 404);
    stop();
  }
  close(listener);
}

// RFC 9110 section 15.5.4.
TEST_P(PolicyTest, RefusesWhatItMayNotRead) {
  root_.write("file", "file");
  root_.write("closed/file", "secret");
  root_.write("closed/index.html", "secret");
  root_.write("passable/file", "file");
  root_.write("folder/index.html", "secret");
  root_.write("large", make_content(1, 100'000));
  ASSERT_EQ(chmod(root_.path("closed").c_str(), 0), 0);
  ASSERT_EQ(chmod(root_.path("passable").c_str(), 0111), 0);
  ASSERT_EQ(chmod(root_.path("folder/index.html").c_str(), 0), 0);
  ASSERT_EQ(chmod(root_.path("large").c_str(), 0), 0);
  Restrictions restrictions;
  restrictions.no_permission_override = true;
  start({"--listing"}, restrictions);
  HttpClient client = connect();
  for (const char* target : {"/closed/file", "/closed/", "/closed/missing", "/folder/",
                             "/folder/index.html", "/large", "/passable/"}) {
    expect_status(client, target, 403);
  }
  EXPECT_EQ(client.get("/passable/file").body, "file");
  expect_status(client, "/passable/missing", 404);
  // It may be read from now on, and no longer.
  ASSERT_EQ(chmod(root_.path("large").c_str(), 0644), 0);
  EXPECT_EQ(client.get("/large").body.size(), 100'000U);
  ASSERT_EQ(chmod(root_.path("large").c_str(), 0), 0);
  ASSERT_EQ(chmod(root_.path("closed").c_str(), 0755), 0);
  EXPECT_EQ(client.get("/closed/file").body, "secret");
  EXPECT_TRUE(eventually([&] { return client.get("/large").status == 403; }));
}

// RFC 9110 section 8.3: by the extension; text is UTF-8.
TEST_P(PolicyTest, TellsMediaTypes) {
  const std::pair<const char*, const char*> types[] = {
      {"a.html", "text/html; charset=utf-8"},
      {"a.HTML", "text/html; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.json", "application/json"},
      {"a.png", "image/png"},
      {"a.svg", "image/svg+xml"},
      {"a.wasm", "application/wasm"},
      {"a.mp4", "video/mp4"},
      {"a.unheard-of", "application/octet-stream"},
      {"html", "application/octet-stream"},
      {"a.", "application/octet-stream"},
      {"html.d/file", "application/octet-stream"},
  };
  for (const auto& [name, type] : types) root_.write(name, name);
  start();
  HttpClient client = connect();
  for (const auto& [name, type] : types) {
    const Response response = client.get("/" + std::string(name));
    EXPECT_EQ(response.field("content-type"), type) << name;
    EXPECT_EQ(response.field("x-content-type-options"), "nosniff");
  }
}

TEST_P(PolicyTest, ReadsMoreMediaTypes) {
  TemporaryDirectory elsewhere;
  elsewhere.write("types",
                  "# ours\n"
                  "text/x-rust rs\n"
                  "application/x-own own tar.own\n"
                  "text/html; charset=iso-8859-1 old.html\n"
                  "image/x-other png\n"
                  "types {\n"
                  "  text/x-nginx ngx; model/x-b\n"
                  "    bbb;\n"
                  "}\n");
  const std::pair<const char*, const char*> types[] = {
      {"a.rs", "text/x-rust; charset=utf-8"},
      {"a.RS", "text/x-rust; charset=utf-8"},
      {"a.own", "application/x-own"},
      {"a.tar.own", "application/x-own"},
      {"a.old.html", "text/html; charset=iso-8859-1"},
      {"a.html", "text/html; charset=utf-8"},
      {"a.png", "image/x-other"},
      {"a.gif", "image/gif"},
      {"a.ngx", "text/x-nginx; charset=utf-8"},
      {"a.bbb", "model/x-b"},
  };
  for (const auto& [name, type] : types) root_.write(name, name);
  start({"--mime-types", elsewhere.path("types")});
  HttpClient client = connect();
  for (const auto& [name, type] : types) {
    EXPECT_EQ(client.get("/" + std::string(name)).field("content-type"), type) << name;
  }
}

// Where and what is wrong, in one line; the server does not start.
TEST_P(PolicyTest, RefusesBadMediaTypes) {
  TemporaryDirectory elsewhere;
  struct Case {
    const char* text;
    const char* place;
  };
  const Case cases[] = {
      {"text/plain txt\nnonsense x\n", ":2:1: expected a media type, found \"nonsense\""},
      {"text/plain txt .dot\n", ":1:16: expected an extension"},
      {"text/plain; charset txt\n", ":1:20: expected \"=\""},
      {"# fine\n\n  text/\n", ":3:3: expected a media type"},
      {"types {\n text/x x;\n", ":3:1: expected a media type or \"}\", found the end of the file"},
  };
  for (const Case& each : cases) {
    elsewhere.write("types", each.text);
    const Finished finished = run_to_end({spate_binary(), root_.path(), "--io", GetParam(),
                                          "--mime-types", elsewhere.path("types")});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(finished.output, "");
    EXPECT_EQ(finished.error_output.find("spate: " + elsewhere.path("types") + each.place), 0U)
        << finished.error_output;
    EXPECT_EQ(finished.error_output.find('\n'), finished.error_output.size() - 1);
  }
  for (const std::string& path : {elsewhere.path("missing"), elsewhere.path()}) {
    const Finished finished =
        run_to_end({spate_binary(), root_.path(), "--io", GetParam(), "--mime-types", path});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_NE(finished.error_output.find(path), std::string::npos) << finished.error_output;
  }
}

// RFC 9110 sections 12.5.1 and 15.5: the status as HTML for who asks for it and as text for others,
// and nothing of the request or the file system.
TEST_P(PolicyTest, ErrorBodiesShowTheStatusAlone) {
  root_.write("folder/file", make_content(1, 1000));
  root_.write("private/file", "secret");
  ASSERT_EQ(chmod(root_.path("private/file").c_str(), 0), 0);
  Restrictions restrictions;
  restrictions.no_permission_override = true;
  start({}, restrictions);
  struct Case {
    const char* method;
    const char* target;
    const char* fields;
    const char* status;
  };
  const Case cases[] = {
      {"GET", "/folder?<script>", "", "301 Moved Permanently"},
      {"GET", "/<script>alert(1)</script>%00", "", "400 Bad Request"},
      {"GET", "/private/file", "", "403 Forbidden"},
      {"GET", "/folder/", "", "403 Forbidden"},
      {"GET", "/<script>alert(1)</script>", "", "404 Not Found"},
      {"GET", "/%3Cscript%3E?<script>", "", "404 Not Found"},
      {"DELETE", "/folder/file", "", "405 Method Not Allowed"},
      {"GET", "/folder/file", "Accept-Encoding: *;q=0\r\n", "406 Not Acceptable"},
      {"GET", "/folder/file", "If-Match: \"script\"\r\n", "412 Precondition Failed"},
      {"GET", "/folder/file", "Range: bytes=1000-\r\n", "416 Range Not Satisfiable"},
      {"GET", "/folder/file", "Expect: script\r\n", "417 Expectation Failed"},
      {"SCRIPT", "/folder/file", "", "501 Not Implemented"},
  };
  const std::string text_plain = "text/plain; charset=utf-8";
  const std::string text_html = "text/html; charset=utf-8";
  const std::pair<const char*, std::string> formats[] = {
      {"", text_plain},
      {"Accept: */*\r\n", text_plain},
      {"Accept: text/html\r\n", text_html},
      {"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n", text_html},
      {"Accept: text/plain, text/html\r\n", text_plain},
      {"Accept: text/html;q=0.5, text/plain;q=0.6\r\n", text_plain},
      {"Accept: image/png\r\n", text_plain},
  };
  for (const auto& [accept, type] : formats) {
    for (const Case& each : cases) {
      SCOPED_TRACE(std::string(each.method) + " " + each.target + " " + accept);
      HttpClient client = connect();
      client.request(each.method, each.target, std::string(each.fields) + accept);
      const Response response = client.read_response();
      EXPECT_EQ(response.status, std::atoi(each.status));
      EXPECT_EQ(response.field("content-type"), type);
      EXPECT_EQ(response.field("vary"),
                response.status == 406 ? "Accept, Accept-Encoding" : "Accept");
      EXPECT_EQ(response.field("x-content-type-options"), "nosniff");
      if (type == text_plain) {
        EXPECT_EQ(response.body, std::string(each.status) + "\n");
      } else {
        EXPECT_EQ(response.body.find("<!doctype html>"), 0U);
        EXPECT_NE(response.body.find("<h1>" + std::string(each.status) + "</h1>"),
                  std::string::npos);
      }
      for (const std::string& secret :
           {std::string("script"), std::string("folder"), std::string("private"), root_.path()}) {
        EXPECT_EQ(response.body.find(secret), std::string::npos) << secret;
      }
      // Section 9.3.2: the head of a HEAD is that of the GET.
      if (each.method != std::string("GET")) continue;
      HttpClient other = connect();
      const Response head = other.head(each.target, std::string(each.fields) + accept);
      const bool ranged = response.status == 416;  // ranges are for GET alone
      EXPECT_EQ(head.status, ranged ? 200 : response.status);
      if (!ranged) {
        EXPECT_EQ(head.field("content-length"), response.field("content-length"));
        EXPECT_EQ(head.field("content-type"), type);
      }
    }
  }
}

// Whatever comes with a body says of which type it is, and that nobody need guess.
TEST_P(PolicyTest, IsNotToBeSniffed) {
  root_.write("file", make_content(1, 1000));
  root_.write("file.gz", make_content(2, 100));
  root_.write("folder/x", "x");
  start({"--listing"});
  for (const std::string& fields :
       {std::string(), std::string("Range: bytes=0-9\r\n"), std::string("Range: bytes=0-9,-9\r\n"),
        std::string("Range: bytes=5000-\r\n"), std::string("Accept-Encoding: gzip\r\n"),
        std::string("Accept: application/json\r\n"), std::string("If-Match: \"x\"\r\n")}) {
    for (const std::string target : {"/file", "/folder/", "/folder", "/missing", "/%00"}) {
      const Response response = get(target, fields);
      EXPECT_EQ(response.field("x-content-type-options"), "nosniff") << target << " " << fields;
      EXPECT_NE(response.field("content-type"), "") << target << " " << fields;
    }
  }
}

SPATE_ON_BOTH_BACKENDS(PolicyTest);

}  // namespace
}  // namespace integration
