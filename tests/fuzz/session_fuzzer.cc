// Any bytes as what a client sends on one connection, with the responder and the content store over
// files in memory: however the bytes are cut into pieces and the output is drained, the responses
// are the same and well-formed (RFC 9112 sections 2 to 6), nothing follows the last one, and
// nothing stays pinned.
//
// Choices: in turn, how many bytes come, and whether and how much of the output is sent then.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/response_reader.h"
#include "tests/support/http_server.h"

using namespace test_support;

namespace {

// Little room, so that a few requests already make the store throw entries out.
constexpr http::ContentLimits kTightLimits{
    .memory_bytes = 48 * 1024, .entries = 6, .files = 2, .memory_body_bytes = 16 * 1024};

// Every strategy of the store and the serializer: copied, sent from memory, sent from a file.
struct Site {
  Site() : server(kTightLimits, {http::EntityTagSource::modified, true, nullptr, nullptr}) {
    static const std::string long_text = pattern(40'000);
    server.limits.body_bytes = 1000;
    server.files.put("index.html", "<p>home</p>", kOld);
    server.files.put("a", long_text.substr(0, 100), kOld);
    server.files.put("empty.txt", "", kOld);
    server.files.put("memory.css", long_text.substr(0, 6000), kOld);
    server.files.put("file.bin", long_text, kOld);
    server.files.put("a.br", "compressed", kOld);
    server.files.put("memory.css.gz", long_text.substr(0, 3000), kOld);
    server.files.put("file.bin.zst", long_text.substr(0, 30'000), kOld);
    server.files.put("d/index.html", "<p>directory</p>", kNow - 1);
    server.files.put("d/e/f.js", long_text.substr(0, 200), kOld);
    server.files.put("d/100% & \"e\".txt", long_text.substr(0, 50), kOld);
    server.files.put(".hidden", "hidden", kOld);
  }

  HttpServer server;
};

std::string answer_whole(core::Bytes text) {
  Site site;
  HttpConnection connection(site.server);
  connection.receive(text);
  EXPECT_TRUE(connection.queue.empty());
  return connection.output;
}

std::string answer_in_pieces(core::Bytes text, fuzz::FuzzInput& input) {
  Site site;
  HttpConnection connection(site.server);
  const auto send_some = [&] {
    connection.send(input.choose_piece(queued_bytes(connection.queue)));
  };
  const auto receive = [&](core::Bytes bytes) {
    connection.receive_without_sending(bytes);
    EXPECT_TRUE(!connection.blocked() || !connection.queue.empty()) << "it is full of nothing";
  };
  for (core::Bytes rest = text; !rest.empty();) {
    const std::size_t size = input.choose_piece(rest.size());
    receive(rest.substr(0, size));
    rest.remove_prefix(size);
    if (input.choose() % 2 != 0) send_some();
    while (connection.blocked()) {
      if (!connection.queue.empty()) send_some();
      receive("");
    }
  }
  // A slow reader to the end, but not for as many turns as there are bytes.
  for (int turn = 0; turn < 20 && !connection.queue.empty(); ++turn) send_some();
  connection.send_all();
  return connection.output;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  // The session looks at a head that came in part again when one of its lines ends, so that without
  // a line end the last bytes may or may not have been judged.
  const std::string text = std::string(input.text()) + "\n";
  const std::string whole = answer_whole(text);
  fuzz::expect_responses(whole, text);
  EXPECT_EQ(answer_in_pieces(text, input), whole);
  return 0;
}
