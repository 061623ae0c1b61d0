#include "http/output_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>

#include "tests/support/http_server.h"

namespace http {
namespace {

using test_support::HttpServer;
using test_support::kOld;
using test_support::pattern;
using test_support::take_output;

class OutputQueueTest : public ::testing::Test {
 protected:
  OutputQueueTest() : chunk(std::make_unique<char[]>(core::ChunkPool::kStride)) {
    queue.give_chunk(chunk.get());
  }
  ~OutputQueueTest() override { queue.clear(); }

  void write(core::Bytes text) {
    std::memcpy(queue.tail(), text.data(), text.size());
    queue.commit(static_cast<uint32_t>(text.size()));
  }

  Entry& load(const std::string& path, const std::string& content) {
    server.files.put(path, content, kOld);
    PathBuffer buffer;
    const std::string target = "/" + path;
    const ResolvedTarget resolved = resolve_target(target, buffer);
    const Content loaded = server.store.load(target, resolved, buffer,
                                             {server.clock.now(), server.clock.wall_seconds()});
    EXPECT_NE(loaded.entry, nullptr);
    return *loaded.entry;
  }

  std::string take(std::size_t count) { return take_output(queue, server.files, count); }
  std::size_t segments() const { return static_cast<std::size_t>(queue.end() - queue.begin()); }

  HttpServer server;
  std::unique_ptr<char[]> chunk;
  OutputQueue queue{server.store};
};

TEST_F(OutputQueueTest, StartsEmpty) {
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.has_chunk());
  EXPECT_EQ(queue.room(), core::ChunkPool::kChunkSize);
  EXPECT_EQ(queue.free_segments(), OutputQueue::kMaxSegments);
}

// A block is read over and over, from any of its bytes on, and in pieces of any size.
TEST_F(OutputQueueTest, BlocksRepeat) {
  std::string memory = pattern(2 * kBlockSize);
  const auto address = reinterpret_cast<uintptr_t>(memory.data());
  char* block = memory.data() + (kBlockSize - address % kBlockSize) % kBlockSize;
  const std::string content(block, kBlockSize);
  for (const std::size_t start : {std::size_t{0}, std::size_t{1}, kBlockSize - 1}) {
    queue.append_repeated(block + start, 3 * kBlockSize);
    EXPECT_EQ(queue.only_memory(), nullptr) << "it does not lie in one piece";
    EXPECT_EQ(left_in_block(queue.begin()->memory), kBlockSize - start);
    std::string sent;
    for (std::size_t step = 1; !queue.empty(); step = step * 2 + 1) {
      sent += take(std::min<std::size_t>(step, queue.begin()->length));
    }
    const std::string round = content.substr(start) + content.substr(0, start);
    EXPECT_TRUE(sent == round + round + round);
  }
  queue.append_repeated(block, 10);
  write("end");
  EXPECT_EQ(take(12), content.substr(0, 10) + "en");
}

TEST_F(OutputQueueTest, WritesOneAfterTheOtherAreOneSegment) {
  write("HTTP/1.1 ");
  write("200 OK");
  EXPECT_EQ(segments(), 1u);
  EXPECT_EQ(queue.room(), core::ChunkPool::kChunkSize - 15);
  write("!");
  EXPECT_EQ(take(100), "HTTP/1.1 200 OK!");
  EXPECT_TRUE(queue.empty());
}

TEST_F(OutputQueueTest, ARunGoesOnWhileItsBeginningIsBeingSent) {
  write("abc");
  const char* sent = queue.begin()->memory;
  write("def");
  EXPECT_EQ(queue.begin()->memory, sent) << "what is being sent stays where it is";
  EXPECT_EQ(take(4), "abcd");
  write("gh");
  EXPECT_EQ(segments(), 1u);
  EXPECT_EQ(take(100), "efgh");
}

TEST_F(OutputQueueTest, AnEmptyQueueStartsOverAtTheBeginningOfItsChunk) {
  write(std::string(core::ChunkPool::kChunkSize, 'x'));
  EXPECT_EQ(queue.room(), 0u);
  EXPECT_EQ(take(core::ChunkPool::kChunkSize - 1).size(), core::ChunkPool::kChunkSize - 1);
  EXPECT_EQ(queue.room(), 0u) << "bytes behind one that is not sent yet are not free";
  EXPECT_EQ(take(1), "x");
  EXPECT_EQ(queue.room(), core::ChunkPool::kChunkSize);
  EXPECT_EQ(queue.tail(), chunk.get());
}

TEST_F(OutputQueueTest, StaticMemoryIsReferredToAndNotCopied) {
  static const std::string kBody = "static";
  write("head ");
  queue.append_memory(kBody, nullptr);
  write(" next");
  ASSERT_EQ(segments(), 3u);
  EXPECT_EQ(queue.begin()[1].memory, kBody.data());
  EXPECT_EQ(take(100), "head static next");
}

TEST_F(OutputQueueTest, SegmentsRunOut) {
  static const std::string kBody = "b";
  for (uint32_t i = 0; i < OutputQueue::kMaxSegments / 2; ++i) {
    EXPECT_EQ(queue.free_segments(), OutputQueue::kMaxSegments - 2 * i);
    write("h");
    queue.append_memory(kBody, nullptr);
  }
  EXPECT_EQ(queue.free_segments(), 0u);
  EXPECT_EQ(take(3), "hbh");
  EXPECT_EQ(queue.free_segments(), 0u) << "the queue starts over only when it is empty";
  const std::string rest = take(100);
  EXPECT_EQ(rest.size(), OutputQueue::kMaxSegments - 3);
  EXPECT_TRUE(rest.starts_with("bhbhbh") && rest.ends_with("bhb"));
  EXPECT_EQ(queue.free_segments(), OutputQueue::kMaxSegments);
}

TEST_F(OutputQueueTest, PinsUntilTheSegmentHasPassed) {
  Entry& entry = load("a.txt", "0123456789");
  queue.append_memory(entry.body, &entry);
  queue.append_memory(entry.body.substr(2, 3), &entry);
  EXPECT_EQ(entry.pins, 2u);
  EXPECT_EQ(take(9), "012345678");
  EXPECT_EQ(entry.pins, 2u);
  EXPECT_EQ(take(1), "9");
  EXPECT_EQ(entry.pins, 1u);
  EXPECT_EQ(take(3), "234");
  EXPECT_EQ(entry.pins, 0u);
}

TEST_F(OutputQueueTest, FileSegmentsMoveTheirOffset) {
  const std::string content = pattern(40'000);
  Entry& entry = load("large.bin", content);
  ASSERT_EQ(entry.strategy, Entry::Strategy::file);
  write("head");
  queue.append_file(entry, 100, 30'000, 4);
  EXPECT_EQ(entry.pins, 1u);
  EXPECT_EQ(take(4 + 10'000), "head" + content.substr(100, 10'000));
  EXPECT_EQ(queue.begin()->offset, 10'100u);
  EXPECT_EQ(queue.begin()->length, 20'000u);
  EXPECT_EQ(queue.begin()->file, entry.file);
  EXPECT_EQ(take(50'000), content.substr(10'100, 20'000));
  EXPECT_EQ(entry.pins, 0u);
}

// What was answered before can be sent without the head of a file.
TEST_F(OutputQueueTest, TheHeadOfAFileBehindOtherResponsesIsASegment) {
  Entry& large = load("large.bin", pattern(40'000));
  write("other response");
  queue.count_response();
  EXPECT_TRUE(queue.is_fresh());
  write("head");
  write("of parts");
  queue.count_response();
  EXPECT_FALSE(queue.is_fresh());
  queue.append_file(large, 0, 10, 12);
  write("of a part");
  queue.append_file(large, 0, 10, 0);
  const Segment* segment = queue.begin();
  EXPECT_EQ(core::Bytes(segment->memory, segment->length), "other response");
  EXPECT_FALSE(queue.begins_file(*segment));
  ++segment;
  EXPECT_EQ(core::Bytes(segment->memory, segment->length), "headof parts");
  EXPECT_TRUE(queue.begins_file(*segment));
  ++segment;
  EXPECT_EQ(segment->file, large.file);
  EXPECT_FALSE(queue.begins_file(*segment));
  take(14);
  EXPECT_FALSE(queue.begins_file(*queue.begin())) << "nothing is before it";
  EXPECT_EQ(take(1000).size(), 41U);
  EXPECT_EQ(queue.take_idle_chunk(), chunk.get());
}

TEST_F(OutputQueueTest, IsFreshUntilAPartIsSent) {
  EXPECT_TRUE(queue.is_fresh());
  write("head");
  queue.count_response();
  EXPECT_TRUE(queue.is_fresh());
  take(1);
  EXPECT_FALSE(queue.is_fresh());
  take(3);
  EXPECT_TRUE(queue.is_fresh());
}

// Whatever the pieces are: a copy, a block that repeats, memory of an entry.
TEST_F(OutputQueueTest, TruncatesAtEveryByte) {
  const std::string content = pattern(30);
  Entry& entry = load("a.txt", content);
  alignas(64) static const char kBlock[] = "0123456789";
  const std::string whole = "head " + std::string("01234") + content + "tail";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    write("head ");
    queue.append_repeated(kBlock, 5);
    queue.append_memory(entry.body, &entry);
    write("tail");
    EXPECT_EQ(queue.size(), whole.size());
    queue.truncate(size);
    EXPECT_EQ(queue.size(), size);
    EXPECT_EQ(queue.empty(), size == 0);
    server.store.check_invariants(size > 10 ? 1 : 0);
    write("more");
    EXPECT_EQ(take(1000), whole.substr(0, size) + "more");
    EXPECT_TRUE(queue.empty());
    server.store.check_invariants(0);
  }
}

TEST_F(OutputQueueTest, ClearUnpinsEverything) {
  Entry& small = load("a.txt", "0123456789");
  Entry& large = load("large.bin", pattern(40'000));
  write("head");
  queue.append_memory(small.body, &small);
  write("head");
  queue.append_file(large, 0, 40'000, 4);
  take(7);
  EXPECT_EQ(small.pins, 1u);
  EXPECT_EQ(large.pins, 1u);
  queue.clear();
  EXPECT_EQ(small.pins, 0u);
  EXPECT_EQ(large.pins, 0u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.room(), core::ChunkPool::kChunkSize);
  EXPECT_EQ(queue.free_segments(), OutputQueue::kMaxSegments);
  EXPECT_EQ(queue.take_idle_chunk(), chunk.get());
}

// A slow download must not keep a chunk: it goes back as soon as the head is out.
TEST_F(OutputQueueTest, TheChunkIsIdleWhenNothingOfItIsLeft) {
  Entry& large = load("large.bin", pattern(40'000));
  write("head");
  queue.append_file(large, 0, 40'000, 4);
  EXPECT_EQ(queue.take_idle_chunk(), nullptr);
  take(3);
  EXPECT_EQ(queue.take_idle_chunk(), nullptr);
  take(1);
  EXPECT_EQ(queue.take_idle_chunk(), chunk.get());
  EXPECT_FALSE(queue.has_chunk());
  EXPECT_EQ(queue.room(), 0u);
  EXPECT_EQ(queue.take_idle_chunk(), nullptr);

  // The next response needs one again, while the file is still being sent.
  take(1000);
  queue.give_chunk(chunk.get());
  EXPECT_EQ(queue.room(), core::ChunkPool::kChunkSize);
  write("next");
  EXPECT_EQ(queue.take_idle_chunk(), nullptr);
  EXPECT_EQ(take(100'000), pattern(40'000).substr(1000) + "next");
  EXPECT_EQ(queue.take_idle_chunk(), chunk.get());
}

// A chunk that was given back and lent again must not be taken for the same run of bytes.
TEST_F(OutputQueueTest, WritesToANewChunkDoNotJoinAnOldSegment) {
  static const std::string kBody = "body";
  const auto second = std::make_unique<char[]>(core::ChunkPool::kStride);
  write("a");
  queue.append_memory(kBody, nullptr);
  take(1);
  ASSERT_EQ(queue.take_idle_chunk(), chunk.get());
  queue.give_chunk(second.get());
  write("b");
  write("c");
  EXPECT_EQ(segments(), 2u);
  EXPECT_EQ(take(100), "bodybc");
}

TEST_F(OutputQueueTest, ADoomedEntryGoesWithItsLastPin) {
  Entry& entry = load("a.txt", "first version");
  queue.append_memory(entry.body, &entry);
  take(3);
  server.files.write("a.txt", "second", kOld + 1);
  server.pass(2 * test_support::kSecond);
  const uint64_t before = server.store.memory_in_use();
  const Entry& next = load("a.txt", "second");
  EXPECT_NE(&next, &entry);
  EXPECT_GT(server.store.memory_in_use(), before) << "the old version is still being sent";
  EXPECT_EQ(server.store.entry_count(), 2u);
  EXPECT_EQ(take(100), "st version");
  EXPECT_EQ(server.store.entry_count(), 1u);
}

// Random writes, appends and sends against the plain stream of bytes that they stand for.
TEST_F(OutputQueueTest, RandomOperationsAgainstAStreamOfBytes) {
  std::mt19937 random(7);
  const std::string content = pattern(50'000);
  Entry& large = load("large.bin", content);
  Entry& small = load("small.txt", pattern(9'000));
  static const std::string kBody = pattern(700);
  ASSERT_EQ(large.strategy, Entry::Strategy::file);

  std::deque<char> expected;
  const auto expect = [&expected](core::Bytes bytes) {
    expected.insert(expected.end(), bytes.begin(), bytes.end());
  };
  uint64_t sent = 0;
  for (int step = 0; step < 100'000; ++step) {
    const std::size_t size = random() % (random() % 8 == 0 ? 3000 : 50);
    switch (random() % 6) {
      case 0:
        if (!queue.has_chunk()) queue.give_chunk(chunk.get());
        if (size > 0 && size <= queue.room() && queue.free_segments() > 0) {
          const std::string text = kBody.substr(0, size);
          write(text);
          expect(text);
        }
        break;
      case 1:
        if (queue.free_segments() > 0) {
          queue.append_memory(kBody, nullptr);
          expect(kBody);
        }
        break;
      case 2:
        if (queue.free_segments() > 0 && size > 0) {
          const core::Bytes part = small.body.substr(random() % 100, size);
          queue.append_memory(part, &small);
          expect(part);
        }
        break;
      case 3:
        if (queue.free_segments() > 0 && size > 0) {
          const std::size_t offset = random() % 40'000;
          queue.append_file(large, offset, size, 0);
          expect(core::Bytes(content).substr(offset, size));
        }
        break;
      case 4: {
        const std::string text = take(random() % 3 == 0 ? 1 : size);
        ASSERT_EQ(text, std::string(expected.begin(),
                                    expected.begin() + static_cast<std::ptrdiff_t>(text.size())))
            << "step " << step;
        expected.erase(expected.begin(),
                       expected.begin() + static_cast<std::ptrdiff_t>(text.size()));
        sent += text.size();
        break;
      }
      case 5:
        if (random() % 50 == 0) {
          queue.clear();
          expected.clear();
        }
        if (char* idle = queue.take_idle_chunk()) {
          ASSERT_EQ(idle, chunk.get());
        }
        break;
    }
    ASSERT_EQ(test_support::queued_bytes(queue), expected.size());
    ASSERT_EQ(queue.empty(), expected.empty());
    uint32_t pins = 0;
    for (const Segment& segment : queue) {
      ASSERT_GT(segment.length, 0u);
      pins += segment.pin != nullptr ? 1 : 0;
    }
    ASSERT_EQ(large.pins + small.pins, pins);
  }
  EXPECT_GT(sent, 1'000'000u);
}

}  // namespace
}  // namespace http
