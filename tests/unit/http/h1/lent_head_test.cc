// A rendered head that is being sent from where it lies: it keeps its bytes until it is out, and
// whoever asks meanwhile gets a head of its own.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/h1/head_parser.h"
#include "http/h1/serializer.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using namespace test_support;

// How a response may be framed, and how it is expected then.
struct Way {
  Framing framing;
  Ending ending;
};

const std::vector<Way> kWays = {
    {{}, kGoesOn},
    {{.head_only = true}, kHeadOnly},
    {{.close = true}, kCloses},
    {{.keep_alive = true}, kKeepsAlive},
    {{.head_only = true, .close = true}, {kCloses.field, true}},
    {{.head_only = true, .keep_alive = true}, {kKeepsAlive.field, true}},
};

class LentHeadTest : public ::testing::Test {
 protected:
  // A connection's output.
  struct Output {
    explicit Output(HttpServer& server)
        : server(server),
          chunk(std::make_unique<char[]>(core::ChunkPool::kStride)),
          queue(server.store) {
      queue.give_chunk(chunk.get());
    }
    ~Output() { queue.clear(); }
    std::string take(std::size_t count) { return take_output(queue, server.files, count); }
    std::string take_all() { return take(queued_bytes(queue)); }

    HttpServer& server;
    std::unique_ptr<char[]> chunk;
    OutputQueue queue;
  };

  ExpectedFile put(const std::string& path, std::size_t size) {
    const std::string content = pattern(size);
    server.files.put(path, content, kOld);
    return {content, kOld, "text/css; charset=utf-8"};
  }
  Entry& load(const std::string& path) {
    RequestHead head;
    const std::string request = get("/" + path);
    EXPECT_EQ(parse_head_scalar(request, HeadLimits{}, head).verdict, HeadVerdict::complete);
    const Response response = server.responder.respond(head);
    EXPECT_EQ(response.status, Status::ok);
    return *response.entry;
  }
  // The same with its head rendered for now.
  Entry& render(const std::string& path) {
    Entry& entry = load(path);
    EXPECT_NE(text_of(entry), "");
    EXPECT_TRUE(is_rendered(entry, server.clock));
    return entry;
  }
  std::string text_of(Entry& entry, const Framing& framing = {}) {
    Output output(server);
    EXPECT_TRUE(serialize_whole(entry, framing, server.clock, output.queue));
    return output.take_all();
  }
  void set_wall(int64_t seconds) { server.set_time(server.clock.now(), seconds); }

  HttpServer server;
  Output sending{server};
};

TEST_F(LentHeadTest, KeepsItsBytesWhileOthersGetTheDateOfNow) {
  for (const std::size_t size : {0U, 12U, 4096U, 6000U, 16U * 1024}) {
    const ExpectedFile file = put("a.css", size);
    server.pass(ContentStore::kFreshness);
    const int64_t then = server.clock.wall_seconds();
    Entry& entry = render("a.css");
    const std::string whole = expected_file(file, then);
    const std::size_t head_length = whole.size() - size;
    // All of it, or what a send has left: of the head, of the body, or one byte.
    for (const std::size_t sent :
         {std::size_t{0}, std::size_t{1}, std::size_t{70}, head_length - 1, head_length,
          (head_length + whole.size()) / 2, whole.size() - 1}) {
      if (sent == whole.size()) continue;
      set_wall(then);
      ASSERT_EQ(text_of(entry), whole);
      sending.queue.append_rendered(entry, sent);
      EXPECT_EQ(entry.head.lent, 1u);
      EXPECT_EQ(entry.pins, 1u);
      for (const int64_t now : {then + 1, then + 86'400, then - 10}) {
        set_wall(now);
        for (const Way& way : kWays) {
          EXPECT_EQ(text_of(entry, way.framing), expected_file(file, now, way.ending));
          EXPECT_EQ(entry.head.date_seconds, then);
          EXPECT_FALSE(is_rendered(entry, server.clock));
        }
      }
      EXPECT_EQ(sending.take_all(), whole.substr(sent)) << size << " from " << sent;
      EXPECT_EQ(entry.head.lent, 0u);
      EXPECT_EQ(entry.pins, 0u);
    }
  }
}

TEST_F(LentHeadTest, IsRenewedInPlaceWhenItIsOut) {
  const ExpectedFile file = put("a.css", 6000);
  Entry& entry = render("a.css");
  const char* bytes = entry.head.bytes;
  sending.queue.append_rendered(entry, 0);
  set_wall(kNow + 1);
  EXPECT_EQ(text_of(entry), expected_file(file, kNow + 1));
  EXPECT_FALSE(is_rendered(entry, server.clock));
  sending.take_all();
  EXPECT_EQ(text_of(entry), expected_file(file, kNow + 1));
  EXPECT_TRUE(is_rendered(entry, server.clock));
  EXPECT_EQ(entry.head.bytes, bytes);
  // What is lent now is what was renewed.
  sending.queue.append_rendered(entry, 0);
  EXPECT_EQ(sending.take_all(), expected_file(file, kNow + 1));
}

// A head that is what it has to be is copied as ever, lent or not.
TEST_F(LentHeadTest, IsCopiedWithinItsSecond) {
  const ExpectedFile file = put("a.css", 100);
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 0);
  for (const Way& way : kWays) {
    Output other(server);
    ASSERT_TRUE(serialize_whole(entry, way.framing, server.clock, other.queue));
    EXPECT_NE(other.queue.only_memory(), nullptr) << "head and body are one piece";
    EXPECT_EQ(entry.pins, 1u);
    EXPECT_EQ(other.take_all(), expected_file(file, kNow, way.ending));
  }
  EXPECT_EQ(sending.take_all(), expected_file(file, kNow));
}

// The body behind a head of its own is not copied, however small.
TEST_F(LentHeadTest, TheBodyIsReferredTo) {
  put("a.css", 12);
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 0);
  set_wall(kNow + 1);
  for (const Way& way : kWays) {
    Output other(server);
    ASSERT_TRUE(serialize_whole(entry, way.framing, server.clock, other.queue));
    const auto segments = static_cast<std::size_t>(other.queue.end() - other.queue.begin());
    if (way.framing.head_only) {
      EXPECT_EQ(segments, 1u);
      EXPECT_EQ(entry.pins, 1u);
      continue;
    }
    ASSERT_EQ(segments, 2u);
    EXPECT_EQ(other.queue.begin()[1].memory, entry.body.data());
    EXPECT_EQ(other.queue.begin()[1].length, 12u);
    EXPECT_EQ(entry.pins, 2u);
    EXPECT_EQ(entry.head.lent, 1u) << "the head of the other one is its own";
  }
  EXPECT_EQ(entry.pins, 1u);
}

// Each that sends it has it, until its last byte is out or will not be sent.
TEST_F(LentHeadTest, IsLentUntilTheLastOneIsDone) {
  const ExpectedFile file = put("a.css", 6000);
  Entry& entry = render("a.css");
  const std::string whole = expected_file(file, kNow);
  Output second(server);
  sending.queue.append_rendered(entry, 0);
  second.queue.append_rendered(entry, 100);
  EXPECT_EQ(entry.head.lent, 2u);
  set_wall(kNow + 1);
  EXPECT_EQ(sending.take(whole.size() - 1), whole.substr(0, whole.size() - 1));
  EXPECT_EQ(entry.head.lent, 2u) << "one byte is left";
  EXPECT_EQ(sending.take(1), whole.substr(whole.size() - 1));
  EXPECT_EQ(entry.head.lent, 1u);
  EXPECT_EQ(text_of(entry), expected_file(file, kNow + 1));
  EXPECT_EQ(second.take(whole.size() / 2), whole.substr(100, whole.size() / 2));
  second.queue.clear();
  EXPECT_EQ(entry.head.lent, 0u);
  EXPECT_EQ(entry.pins, 0u);
  EXPECT_EQ(text_of(entry), expected_file(file, kNow + 1));
  EXPECT_TRUE(is_rendered(entry, server.clock));
}

// Responses behind it on the same connection have the date of their own time.
TEST_F(LentHeadTest, OthersFollowInTheSameQueue) {
  const ExpectedFile file = put("a.css", 6000);
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 200);
  std::string expected = expected_file(file, kNow).substr(200);
  for (int64_t wall = kNow; wall < kNow + 4; ++wall) {
    set_wall(wall);
    ASSERT_TRUE(serialize_whole(entry, {}, server.clock, sending.queue));
    expected += expected_file(file, wall);
  }
  std::string text;
  while (!sending.queue.empty()) text += sending.take(997);
  EXPECT_EQ(text, expected);
  EXPECT_EQ(entry.pins, 0u);
  EXPECT_EQ(entry.head.lent, 0u);
}

// Siblings that come while it is lent: the next head says Vary, and the one that is out did not.
TEST_F(LentHeadTest, IsRenderedAnewForOthersToo) {
  const ExpectedFile file = put("a.css", 100);
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 10);
  server.files.put("a.css.br", "br", kOld);
  server.set_time(server.clock.now() + ContentStore::kFreshness, kNow);
  ASSERT_EQ(&load("a.css"), &entry) << "the file is as it was";
  ASSERT_EQ(entry.head.length, 0u);
  for (const Way& way : kWays) {
    std::string expected = expected_file(file, kNow, way.ending);
    expected.insert(expected.find("Accept-Ranges:"), "Vary: Accept-Encoding\r\n");
    EXPECT_EQ(text_of(entry, way.framing), expected);
    EXPECT_EQ(entry.head.length, 0u);
  }
  EXPECT_EQ(sending.take_all(), expected_file(file, kNow).substr(10));
  EXPECT_EQ(entry.head.lent, 0u);
  const std::string anew = text_of(entry);
  EXPECT_TRUE(is_rendered(entry, server.clock));
  EXPECT_NE(anew.find("\r\nVary: Accept-Encoding\r\n"), anew.npos);
  sending.queue.append_rendered(entry, 0);
  EXPECT_EQ(sending.take_all(), anew);
}

// RFC 9110 section 8.8.2.1: Last-Modified is the date until the clock has come to the file's time.
TEST_F(LentHeadTest, LastModifiedInTheFutureIsTheDateOfEach) {
  server.files.put("a.css", "x", kNow + 10);
  Entry& entry = render("a.css");
  const auto modified_of = [](const std::string& text) {
    const std::size_t at = text.find("Last-Modified: ") + 15;
    return text.substr(at, core::kImfFixdateLength);
  };
  for (const int64_t now : {kNow + 5, kNow + 10, kNow + 20, kNow - 5}) {
    set_wall(kNow);
    const std::string then = text_of(entry);
    EXPECT_EQ(modified_of(then), date_text(kNow));
    sending.queue.append_rendered(entry, 0);
    set_wall(now);
    EXPECT_EQ(modified_of(text_of(entry)), date_text(std::min(now, kNow + 10)));
    EXPECT_EQ(sending.take_all(), then);
    EXPECT_EQ(modified_of(text_of(entry)), date_text(std::min(now, kNow + 10)));
    EXPECT_TRUE(is_rendered(entry, server.clock));
  }
}

// A response that makes a head of its own needs more room than a copy; without it nothing is
// queued, and in an empty queue there is room.
TEST_F(LentHeadTest, WithoutRoomNothingIsQueuedOrPinned) {
  const ExpectedFile file = put("a.css", 12);
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 0);
  set_wall(kNow + 1);
  const auto head_length = static_cast<uint32_t>(expected_file(file, kNow + 1, kHeadOnly).size());
  for (uint32_t room = 0; room <= head_length + 1; ++room) {
    Output other(server);
    other.queue.commit(other.queue.room() - room);
    const uint64_t queued = queued_bytes(other.queue);
    const bool done = serialize_whole(entry, {}, server.clock, other.queue);
    EXPECT_EQ(done, room >= head_length) << room;
    EXPECT_EQ(queued_bytes(other.queue), done ? queued + head_length + 12 : queued) << room;
    EXPECT_EQ(entry.pins, done ? 2u : 1u) << room;
  }
  Output other(server);
  std::string expected;
  uint32_t queued = 0;
  for (; serialize_whole(entry, {}, server.clock, other.queue); ++queued) {
    expected += expected_file(file, kNow + 1);
  }
  EXPECT_EQ(queued, OutputQueue::kMaxSegments / 2) << "each has a segment for its body";
  EXPECT_EQ(entry.pins, 1 + queued);
  EXPECT_EQ(other.take_all(), expected);
}

// A connection pins one entry at a time.
TEST_F(LentHeadTest, NoOtherEntryIsPinnedBeside) {
  put("large.css", 6000);
  put("a.css", 12);
  Entry& large = render("large.css");
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 0);
  set_wall(kNow + 1);
  Output other(server);
  ASSERT_TRUE(serialize_whole(large, {}, server.clock, other.queue));
  const uint64_t queued = queued_bytes(other.queue);
  EXPECT_FALSE(serialize_whole(entry, {}, server.clock, other.queue));
  EXPECT_EQ(queued_bytes(other.queue), queued);
  other.take_all();
  EXPECT_TRUE(serialize_whole(entry, {}, server.clock, other.queue));
}

// A file that is replaced meanwhile: what is being sent is of the old one to its end.
TEST_F(LentHeadTest, OutlivesItsEntryInTheStore) {
  const ExpectedFile file = put("a.css", 6000);
  Entry& entry = render("a.css");
  sending.queue.append_rendered(entry, 0);
  server.files.put("a.css", "new", kOld + 1);
  server.pass(2 * kSecond);
  EXPECT_NE(&load("a.css"), &entry);
  EXPECT_EQ(server.store.entry_count(), 2u);
  EXPECT_EQ(sending.take_all(), expected_file(file, kNow));
  EXPECT_EQ(server.store.entry_count(), 1u);
}

}  // namespace
}  // namespace http::h1
