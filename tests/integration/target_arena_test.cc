// What HttpArena (http-arena.com) checks of a server of HTTP/1.1 that needs no database, by raw
// sockets and with the numbers of its rules.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class TargetArenaTest : public ServerTest {
 protected:
  // Sends them one after the other with a pause between them, as its check of fragmentation does.
  std::string in_fragments(const std::vector<std::string>& fragments) {
    HttpClient client = connect();
    for (const std::string& fragment : fragments) {
      client.send(fragment);
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    const std::string response = client.read_to_end();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    return response.substr(response.find("\r\n\r\n") + 4);
  }
  static Response post(HttpClient& client, const std::string& path, const std::string& body) {
    client.request("POST", path, "Content-Length: " + std::to_string(body.size()) + "\r\n");
    client.send(body);
    return client.read_response();
  }
  static std::string chunked_post(const std::string& chunks) {
    return "POST /baseline11?a=13&b=42 HTTP/1.1\r\nHost: localhost:8080\r\n"
           "Transfer-Encoding: chunked\r\n\r\n" +
           chunks;
  }
};

TEST_P(TargetArenaTest, Baseline) {
  start({"--target"});
  HttpClient client = connect();
  const Response sum = client.get("/baseline11?a=13&b=42");
  EXPECT_EQ(sum.body, "55");
  EXPECT_EQ(sum.field("content-type"), "text/plain");
  EXPECT_EQ(client.get("/baseline11?a=987&b=123").body, "1110");
  const Response posted = post(client, "/baseline11?a=13&b=42", "20");
  EXPECT_EQ(posted.body, "75");
  EXPECT_EQ(posted.field("content-type"), "text/plain");
  for (const int number : {100, 873}) {
    EXPECT_EQ(post(client, "/baseline11?a=13&b=42", std::to_string(number)).body,
              std::to_string(55 + number));
  }
  client.send(chunked_post("2\r\n20\r\n0\r\n\r\n") + chunked_post("1\r\n2\r\n1\r\n1\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read_response().body, "75");
  EXPECT_EQ(client.read_response().body, "76");
  const Response wrong = post(client, "/baseline11?a=13&b=42", "twenty");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(client.get("/baseline11?a=13&b=").status, 400);
  EXPECT_EQ(client.get("/baseline11?a=13&b=42").body, "55") << "the connection goes on";
}

TEST_P(TargetArenaTest, Fragments) {
  start({"--target"});
  const std::string post =
      "POST /baseline11?a=13&b=42 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
      "Content-Length: 2\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(in_fragments({"GET /baseli", "ne11?a=13&b=42 HTTP/1.1\r\n",
                          "Host: localhost\r\nConnection: close\r\n\r\n"}),
            "55");
  EXPECT_EQ(in_fragments({"GET /baseline11?a=13&b=42 HTTP/1.1\r\n", "Host: localhost\r\n",
                          "User-Agent: test\r\n", "Connection: close\r\n\r\n"}),
            "55");
  EXPECT_EQ(in_fragments({post, "20"}), "75");
  EXPECT_EQ(in_fragments({post, "2", "0"}), "75");
}

TEST_P(TargetArenaTest, Pipelined) {
  start({"--target"});
  HttpClient client = connect();
  std::string pipeline;
  for (int i = 0; i < 16; ++i) {
    pipeline += "GET /pipeline HTTP/1.1\r\nHost: localhost:8080\r\n\r\n";
  }
  for (int round = 0; round < 100; ++round) {
    client.send(pipeline);
    for (int i = 0; i < 16; ++i) {
      const Response response = client.read_response();
      EXPECT_EQ(response.body, "ok");
      EXPECT_EQ(response.field("content-type"), "text/plain");
    }
  }
}

// A reader of JSON that is not ours looks at what the rules name.
TEST_P(TargetArenaTest, Json) {
  start({"--target"});
  const Finished finished = run_to_end(
      {"python3", "-c",
       "import gzip, json, subprocess, sys, urllib.request\n"
       "def get(count, m, accepted):\n"
       "  headers = {'Accept-Encoding': accepted} if accepted else {}\n"
       "  request = urllib.request.Request(f'{sys.argv[1]}json/{count}?m={m}', headers=headers)\n"
       "  opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
       "  response = opener.open(request)\n"
       "  body, coding = response.read(), response.headers['Content-Encoding']\n"
       "  assert response.headers['Content-Type'] == 'application/json'\n"
       "  if coding == 'gzip': body = gzip.decompress(body)\n"
       "  if coding == 'br':\n"
       "    body = subprocess.run(['brotli', '-dc'], input=body, check=True,\n"
       "                          capture_output=True).stdout\n"
       "  return coding, json.loads(body)\n"
       "types = {'id': int, 'name': str, 'category': str, 'price': int, 'quantity': int,\n"
       "         'active': bool, 'tags': list, 'rating': dict, 'total': int}\n"
       "first = get(50, 1, None)[1]['items']\n"
       "for accepted, codings in ((None, [None]), ('gzip', ['gzip']), ('gzip, br', ['br'])):\n"
       "  for count, m in ((12, 3), (22, 7), (31, 2), (50, 5), (1, 3), (40, 8), (25, 1)):\n"
       "    coding, answer = get(count, m, accepted)\n"
       "    assert coding in codings, coding\n"
       "    assert list(answer) == ['items', 'count'] and answer['count'] == count\n"
       "    assert len(answer['items']) == count\n"
       "    for item, same in zip(answer['items'], first):\n"
       "      assert {name: type(item[name]) for name in item} == types, item\n"
       "      assert item['total'] == item['price'] * item['quantity'] * m\n"
       "      assert list(item['rating']) == ['score', 'count']\n"
       "      assert {**item, 'total': 0} == {**same, 'total': 0}\n"
       "print('checked')\n",
       server().url()});
  EXPECT_EQ(finished.output, "checked\n") << finished.error_output;
}

TEST_P(TargetArenaTest, Uploads) {
  start({"--target", "--max-body-size", "20M"});
  HttpClient client = connect();
  const Response small = post(client, "/upload", "Hello, HttpArena!");
  EXPECT_EQ(small.body, "17");
  EXPECT_EQ(small.field("content-type"), "text/plain");
  for (const std::size_t size : {48U, 512'000U, 2'097'152U, 10'485'760U, 20'971'520U}) {
    EXPECT_EQ(post(client, "/upload", make_content(size, size)).body, std::to_string(size));
  }
}

TEST_P(TargetArenaTest, StaticFiles) {
  const std::string script = make_content(1, 50'000);
  root_.write("static/app.js", script);
  root_.write("static/app.js.br", "brotli");
  root_.write("static/app.js.gz", "gzip");
  root_.write("static/reset.css", "body {}");
  root_.write("static/manifest.json", "{}");
  start({"--target"});
  HttpClient client = connect();
  const std::string accepted = "Accept-Encoding: br;q=1, gzip;q=0.8\r\n";
  EXPECT_EQ(client.get("/static/app.js").body, script);
  EXPECT_EQ(client.get("/static/app.js").field("content-encoding"), "");
  EXPECT_EQ(client.get("/static/app.js", accepted).body, "brotli");
  EXPECT_EQ(client.get("/static/app.js", accepted).field("content-encoding"), "br");
  EXPECT_EQ(client.get("/static/reset.css", accepted).body, "body {}");
  EXPECT_TRUE(client.get("/static/app.js").field("content-type").starts_with("text/javascript"));
  EXPECT_TRUE(client.get("/static/reset.css").field("content-type").starts_with("text/css"));
  EXPECT_EQ(client.get("/static/manifest.json").field("content-type"), "application/json");
  EXPECT_EQ(client.get("/static/nonexistent.txt").status, 404);
}

SPATE_ON_BOTH_BACKENDS(TargetArenaTest);

}  // namespace
}  // namespace integration
