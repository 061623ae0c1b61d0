// What a connection still has to send, in order: pieces of its output chunk, memory and file ranges
// of pinned entries. Small pieces are written into the chunk, so that a run of pipelined responses
// is one contiguous piece; large bodies are only referred to, and a generated body of any length is
// one block of memory that is referred to over and over.
//
// The queue exists only while there is something to send; it borrows its chunk
// (core/chunk_pool.h) from the worker. Memory in the queue stays where it is until advance() passes
// it, so a send may be under way while more is appended. One thread; no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/bytes.h"
#include "core/check.h"
#include "core/chunk_pool.h"
#include "http/content/content_store.h"
#include "http/repeated_block.h"
#include "http/semantics/range.h"

namespace http {

// A piece of output: memory, or a range of an open file.
struct Segment {
  union {
    const char* memory;
    uint64_t offset;  // file: of the first byte
  };
  uint64_t length;
  Entry* pin;               // released when the segment is passed; may be null
  core::FileId file;        // kNoFile: memory
  bool in_chunk;            // memory of the output chunk
  bool lends_head = false;  // memory of the rendered head of `pin`, and of its body behind it
  bool repeats = false;     // memory of a block, at whose end it goes on at its start
  bool is_lasting = false;  // memory of a scenario, which stays while a queue refers to it
};

class OutputQueue {
 public:
  // Enough for a response with kMaxRangeParts parts of a file and their heads.
  static constexpr uint32_t kMaxSegments = 2 * kMaxRangeParts + 2;
  // The quantum of requests: so many of one connection are answered before the others have their
  // turn. In a pipeline one costs 0.4 microseconds, and 2.7 if the file is looked for in vain, so
  // all of them 90 at most.
  static constexpr uint32_t kMaxResponses = 32;

  // `store` owns the entries that will be pinned.
  explicit OutputQueue(ContentStore& store) : store_(&store) {}

  // Lends an empty chunk of core::ChunkPool::kChunkSize bytes. There must be none.
  void give_chunk(char* chunk) {
    DCHECK(chunk_ == nullptr);
    chunk_ = chunk;
    used_ = 0;
  }
  bool has_chunk() const { return chunk_ != nullptr; }
  // Takes the chunk back when nothing of it is left to send, or returns null: a slow download must
  // not keep one.
  char* take_idle_chunk() { return chunk_pieces_ == 0 ? std::exchange(chunk_, nullptr) : nullptr; }

  bool empty() const { return first_ == end_; }
  // Bytes that are left to send. O(segments).
  uint64_t size() const {
    uint64_t sum = 0;
    for (const Segment& segment : *this) sum += segment.length;
    return sum;
  }
  // Responses since it was last empty: false when there are kMaxResponses, so that a pipeline
  // without end waits until they are sent.
  bool takes_response() const { return responses_ < kMaxResponses; }
  void count_response() { ++responses_; }
  // One response and nothing of it sent, so what it was made from was looked at just now.
  bool is_fresh() const { return responses_ <= 1 && !has_advanced_; }
  // Bytes that can be written into the chunk, and segments that can be appended.
  uint32_t room() const { return chunk_ != nullptr ? core::ChunkPool::kChunkSize - used_ : 0; }
  uint32_t free_segments() const { return kMaxSegments - end_; }

  // Where the next room() bytes of the chunk may be written; commit() then appends `size` of them.
  // Needs a free segment.
  char* tail() const { return chunk_ + used_; }
  [[gnu::always_inline]] void commit(uint32_t size) {
    DCHECK(size <= room());
    char* start = tail();
    used_ += size;
    if (end_ > first_) {
      Segment& last = segments_[end_ - 1];
      if (last.in_chunk && last.memory + last.length == start) {
        last.length += size;
        return;
      }
    }
    append(Segment{{.memory = start}, size, nullptr, core::kNoFile, true});
    ++chunk_pieces_;
  }

  // Memory that outlives the queue (a static body), or of `pin`, which is pinned here.
  void append_memory(core::Bytes memory, Entry* pin) {
    if (pin != nullptr) store_->pin(*pin);
    append(Segment{{.memory = memory.data()}, memory.size(), pin, core::kNoFile, false});
  }
  // Memory of a scenario (http/scenario), whose owner looks for it in the queues before he frees
  // it.
  void append_lasting(core::Bytes memory) {
    Segment segment{{.memory = memory.data()}, memory.size(), nullptr, core::kNoFile, false};
    segment.is_lasting = true;
    append(segment);
  }
  // So many bytes of a block that outlives the queue, from one of its bytes on.
  void append_repeated(const char* first, uint64_t length) {
    Segment segment{{.memory = first}, length, nullptr, core::kNoFile, false};
    segment.repeats = true;
    append(segment);
  }
  // The rendered head of an entry and its body, which lie together, from the byte at `sent` on.
  void append_rendered(Entry& entry, uint64_t sent) {
    store_->pin(entry);
    ++entry.head.lent;
    append(Segment{{.memory = entry.head.bytes + sent},
                   entry.head.length + entry.body.size() - sent,
                   &entry,
                   core::kNoFile,
                   false,
                   true});
  }
  // The last `head` bytes of the chunk are those of its response: they become a segment of their
  // own, so that what lies before can be sent without them (begins_file).
  void append_file(Entry& entry, uint64_t offset, uint64_t length, uint64_t head) {
    separate(head);
    store_->pin(entry);
    append(Segment{{.offset = offset}, length, &entry, entry.file, false});
  }

  // Whether something of another entry waits here. A connection pins one entry at a time, so that
  // connections that do not read hold no more than that.
  bool pins_other_than(const Entry& entry) const {
    return std::any_of(begin(), end(), [&entry](const Segment& segment) {
      return segment.pin != nullptr && segment.pin != &entry;
    });
  }

  // The segments from the one that is being sent on.
  const Segment* begin() const { return segments_.data() + first_; }
  const Segment* end() const { return segments_.data() + end_; }
  // Whether `segment` is the head of a range of a file behind what other responses are made of. A
  // file that has changed ends the connection, and they are not to be lost with it.
  bool begins_file(const Segment& segment) const {
    const Segment* next = &segment + 1;
    return &segment != begin() && segment.in_chunk && next != end() && next->file != core::kNoFile;
  }

  // What is left, if it is one piece of memory; null otherwise.
  const Segment* only_memory() const {
    const Segment& front = segments_[first_];
    if (end_ - first_ != 1 || front.file != core::kNoFile || front.repeats) return nullptr;
    return &front;
  }

  // `bytes` were sent. An empty queue starts over at the beginning of its chunk.
  void advance(uint64_t bytes) {
    if (end_ - first_ != 1 || segments_[first_].length != bytes) return advance_in_part(bytes);
    pass_front();
    reset();
  }
  // Forgets what is behind the first `size` bytes. They may be under way; what is behind may not.
  void truncate(uint64_t size);
  // Forgets everything that is left.
  void clear();

 private:
  void append(const Segment& segment) {
    CHECK(end_ < kMaxSegments);
    segments_[end_++] = segment;
  }
  void advance_in_part(uint64_t bytes);
  void separate(uint64_t bytes);
  void pass_front() { release(segments_[first_++]); }
  void release(const Segment& segment) {
    if (segment.in_chunk) {
      --chunk_pieces_;
    } else if (segment.pin != nullptr) {
      if (segment.lends_head) --segment.pin->head.lent;
      store_->unpin(*segment.pin);
    }
  }
  void reset() {
    first_ = 0;
    end_ = 0;
    used_ = 0;
    responses_ = 0;
    has_advanced_ = false;
  }

  char* chunk_ = nullptr;
  ContentStore* store_;
  uint32_t used_ = 0;
  uint16_t first_ = 0;
  uint16_t end_ = 0;
  uint16_t chunk_pieces_ = 0;  // segments that lie in the chunk
  uint16_t responses_ = 0;
  bool has_advanced_ = false;
  std::array<Segment, kMaxSegments> segments_;  // [first_, end_) are valid
};

}  // namespace http
