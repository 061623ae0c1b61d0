// What a fault does to an answer on its way (http/target/fault.h): where it ends, how slowly its
// head goes, and which chunk has a wrong size. It looks at what has been queued of the answer and
// takes away what does not go out.
//
// After most faults the connection goes on or not as it would have. It ends behind an answer that
// was cut off, one that is shorter than its Content-Length, and one with a chunk size that is no
// number; a client could not find the next one. Behind one that is longer it stays: what is too
// much is taken for the next answer. After a stall it stays, and nothing more comes.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/text_writer.h"
#include "http/h1/serializer.h"
#include "http/output_queue.h"
#include "http/target/fault.h"

namespace http::h1 {

class BrokenAnswer {
 public:
  void begin(const target::Fault& fault);

  const target::Fault& fault() const { return fault_; }
  bool is_broken() const { return fault_.kind != target::FaultKind::none; }
  // Nothing of the answer goes out.
  bool is_instead() const { return resets() || fault_.kind == target::FaultKind::fin_before; }
  bool resets() const { return fault_.kind == target::FaultKind::reset || refuses(); }
  // From the reset on nobody is let in, for so long.
  bool refuses() const { return fault_.kind == target::FaultKind::refuse; }
  uint64_t refusal() const { return static_cast<uint64_t>(fault_.amount); }  // nanoseconds
  bool stalls() const { return fault_.kind == target::FaultKind::stall; }
  // The end of what goes out is the end of the connection.
  bool ends_connection() const;
  // Whether cut() has something to look for.
  bool is_cut() const;
  // The head does not go out at once.
  bool is_slow() const { return fault_.kind == target::FaultKind::slow_head && !is_head_out_; }
  uint64_t gap() const { return static_cast<uint64_t>(fault_.amount); }  // slow: nanoseconds

  // More of the answer lies in the queue behind the first `before` bytes, with its head, the first
  // time, at `start` in the chunk. Takes away what is behind the last byte that goes out; whether
  // that is reached.
  bool cut(uint64_t before, const char* start, OutputQueue& out);

  // The answer lies in the queue, from its head on, and nothing else. Leaves the next byte of the
  // head alone; true: it is the last one, and all that is behind it stays too. Or the head is not
  // what it was, because routes have changed: nothing stays, is_slow() remains, and the connection
  // has to end.
  bool leave_next_of_head(OutputQueue& out);
  // A slow head is made anew for each of its bytes, and has to be the same each time: what it was
  // with the first byte, and what is given then.
  Framing keep_framing(const Framing& now);
  int64_t keep_time(int64_t wall_seconds_now);

  // What has to be wrong about the next chunk: the first one only.
  target::Fault take_chunk_fault();

 private:
  target::Fault fault_;
  uint64_t left_ = 0;  // bytes of the answer that go out, when its head has been seen
  int64_t wall_seconds_ = 0;
  uint64_t head_hash_ = 0;  // slow: of the head, since its first byte
  Framing framing_;
  uint32_t head_bytes_ = 0;  // slow: that have gone out
  bool has_begun_ = false;   // the head has been seen
  bool is_head_out_ = false;
  bool has_chunk_ = false;
};

// Writes what stands before the data of a chunk, with a fault in it if that is one of sizes.
void put_faulty_chunk_size(core::TextWriter& writer, uint64_t size, const target::Fault& fault);
// What Content-Length says of a body of that length: never less than 0.
uint64_t faulty_length(uint64_t length, const target::Fault& fault);

}  // namespace http::h1
