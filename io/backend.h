// The seam between spate and the kernel: a completion-style interface that both backends offer.
//
// A backend belongs to one thread, which created it. The worker is a template over the backend, so
// no call here is virtual; which backend runs is decided once, at start (io/probe.h).
//
// The contract, which tests/contract checks on every backend:
//
//  1. Calls only queue. Their effects arrive as completions from next(); no completion is delivered
//     from inside a call, and readiness is never shown. System calls may happen in wait() and
//     next().
//  2. A turn is one wait(until) and then next() until it returns false. A completion and the bytes
//     it carries are valid until the following call of next() or wait(). wait() with nothing to
//     report comes back at `until`, rounded up to what the kernel can measure; it counts from the
//     last read_clock(), so that a turn reads the clock once. Work is shared out: bulk work (below)
//     comes after what is short, and a turn does no more than kBulkQuantum of it, however many
//     sockets have it. So one that never runs dry keeps the others waiting for so much and no more.
//  3. A socket is named by the handle its owner chose for it in open(); its index must be below
//     Capacity::sockets. Every completion carries that handle. Completions that belong to an
//     earlier occupant of the index are dropped and counted, never delivered.
//  4. recv: open() starts it and it goes on by itself. Op::recv with result > 0 carries that many
//     bytes, at most kMaxRecv, with core::kPadding readable bytes behind them. result 0 is the end
//     of the stream, delivered once. result < 0 is -errno, delivered once. After either, no more
//     recv completions. After pause_recv() no recv completion is delivered until resume_recv();
//     what the kernel had already handed over is kept and delivered first, in order. Exception: a
//     backend that runs out of memory for what it keeps ends the recv of a paused socket with
//     -ENOBUFS.
//     The descriptor that open() takes is one that this backend accepted: what is set on it
//     (O_NONBLOCK) differs.
//  5. send: at most one per socket at a time. The Transmission and all it points to stay valid and
//     unchanged until its Op::send completion: result > 0 is how many bytes of it were taken,
//     slices first, then the file; fewer than all is normal, never an error. result < 0 is -errno.
//     A file range that reads no byte although some are left (the file shrank) completes with
//     -ENODATA. One that is old (FileRange::is_old) or had to wait for the socket or the disk, and
//     whose file has another size or time of modification than FileRange::version or can not be
//     looked at, completes with -ESTALE. One completion moves at most kFileQuantum bytes of a file,
//     so a large file never holds up the others. A send waits for room in the socket by itself;
//     -EAGAIN is never delivered. It waits for the disk by itself too, up to 0.1 s without holding
//     up the thread. There is at least one byte to send. The process ignores SIGPIPE: memory goes
//     out with MSG_NOSIGNAL, but sendfile() has no such flag.
//     send_now(), with no send in flight, puts memory on the socket at once: how many bytes were
//     taken, and no completion follows. 0 when none was, for whatever reason, which send() then
//     tells. Only what answers the last Op::recv of the socket is taken, and once, so that nobody
//     sends on and on.
//  6. close() ends whatever is in flight. Exactly one Op::close completion follows, after every
//     operation on the socket has ended and all lent memory is free again; no other completion of
//     that socket follows the call. Only then may the index be opened again. The descriptor is the
//     backend's from open() on.
//  7. accept: resume_accept() starts it and it goes on by itself. Op::accept carries the listener's
//     index in socket.index and a new descriptor in result, whose owner is the receiver. After
//     pause_accept() or close_listener() a few that were already accepted may still arrive. The
//     listening socket does not block. A negative result (-errno, for instance -EMFILE) also pauses
//     accepting at that listener, so that exhaustion cannot spin. peer() of a new descriptor or
//     of a socket acts at once, with one system call: where the connection came from, AF_UNSPEC if
//     it is gone.
//     Any thread may have a listener refuse connections (stop_listening() in io/listener.h). That
//     is no error here: nothing is accepted, and a turn sleeps as ever, until listen_again(), which
//     acts at once; then it goes on by itself, if it is not paused. False: the kernel does not let
//     it listen now, and nothing has changed. Not with limit_accept_queue() while it refuses, which
//     would have it listen.
//  8. wake() of the Waker, from any thread, causes at least one Op::wake; wakes may be merged.
//  9. No call allocates after create().
// 10. unacknowledged() and reset_on_close() act at once, with one system call each. Bytes that
// sends
//     took less those unacknowledged are what the peer's kernel has: a completed send only says
//     that there was room in the socket, which can hold megabytes. After reset_on_close(), close()
//     drops what the peer has not got, so that a peer that does not read keeps no memory of the
//     kernel.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <concepts>
#include <cstdint>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "core/handle.h"
#include "io/listener.h"

namespace io {

using SocketId = core::Handle;

enum class Op : uint8_t { accept, recv, send, close, wake };

struct Completion {
  Op op;
  int32_t result;
  SocketId socket;
  core::Bytes bytes;  // recv: what was received
};

// A range of an open file. The descriptor stays its owner's.
struct FileRange {
  int descriptor = -1;
  uint64_t offset = 0;
  uint64_t length = 0;
  const core::FileStatus* version = nullptr;  // what the file has to be, or null: whatever it is
  // Other work came between the look that told the version and this send: the file is compared with
  // its version before anything of the range is sent. Otherwise only behind a wait of the send.
  bool is_old = false;
};

// What one send puts on the wire: the slices in order, then the file range.
struct Transmission {
  static constexpr uint32_t kMaxSlices = 16;

  uint32_t slice_count = 0;
  iovec slices[kMaxSlices];
  FileRange file;          // length 0: none
  mutable msghdr message;  // the backend's, while it sends
};

// Most bytes that one recv completion carries.
inline constexpr uint32_t kMaxRecv = 8 * 1024;

// Most bytes of a file that one send moves: 1 MiB is 80 to 120 microseconds on loopback. In halves
// it costs half as much again, because the client sleeps and is woken between them.
inline constexpr uint64_t kFileQuantum = 1024 * 1024;

// Bulk work: sends of more than kShortFile bytes of a file, sends that go on after one that was not
// an answer or had to wait for room, receives that go on because the last one did not empty the
// socket. Its sockets take turns, one step each, and a turn of the backend ends when their steps
// come to kBulkQuantum. A step counts as the bytes that it moved, and as kBulkStep at least:
// answering what one receive carries (32 requests in the cache: 13 microseconds) takes as long as
// to send so much of a file (5 to 15).
inline constexpr uint64_t kShortFile = 64 * 1024;
inline constexpr uint64_t kBulkStep = 64 * 1024;
inline constexpr uint64_t kBulkQuantum = 512 * 1024;
// When more sockets than kBulkBacklog wait for their step, which is 2 milliseconds and more, only
// so many connections are accepted in a turn as it serves with 512 KiB each. Otherwise all that
// want a connection would share what there is, and everyone would get his file too late.
inline constexpr uint32_t kBulkBacklog = 64;
inline constexpr uint32_t kAcceptsBehindBacklog = 2;

// What a step of bulk work takes of kBulkQuantum.
inline uint64_t bulk_cost(const Completion& step) {
  const bool sent = step.op == Op::send && step.result > 0;
  return std::max(kBulkStep, sent ? static_cast<uint64_t>(step.result) : 0);
}

// What a backend is sized for.
struct Capacity {
  uint32_t sockets = 0;
  uint32_t listeners = 0;
};

// Counters of one backend; the thread that owns it writes them.
struct BackendCounters {
  uint64_t turns = 0;
  uint64_t completions = 0;
  uint64_t stale = 0;       // completions of an earlier occupant, dropped
  uint64_t no_buffers = 0;  // receives that had to wait for a buffer (ENOBUFS)
  uint64_t disk_waits = 0;  // sends whose file was not in the page cache
  uint64_t send_waits = 0;  // sends that found the socket full
};

// Wakes a backend that waits. Copyable; valid as long as the backend. Any thread, signal-safe.
class Waker {
 public:
  explicit Waker(int event_descriptor) : event_descriptor_(event_descriptor) {}
  void wake() const;

 private:
  int event_descriptor_;
};

template <class B>
concept Backend = requires(B backend, SocketId socket, uint32_t listener, int descriptor,
                           const Transmission& transmission, core::Bytes bytes, uint64_t until,
                           Completion& completion) {
  { backend.read_clock() } -> std::same_as<core::ClockReading>;
  { backend.add_listener(descriptor) } -> std::same_as<uint32_t>;  // takes the descriptor; paused
  backend.resume_accept(listener);
  backend.pause_accept(listener);
  backend.close_listener(listener);
  { backend.accept_queue(listener) } -> std::same_as<AcceptQueue>;
  backend.limit_accept_queue(listener, uint32_t{});                      // see io/listener.h
  { backend.listen_again(listener, uint32_t{}) } -> std::same_as<bool>;  // the same
  { backend.peer(descriptor) } -> std::same_as<sockaddr_storage>;  // of an accepted descriptor
  { backend.peer(socket) } -> std::same_as<sockaddr_storage>;
  backend.discard(descriptor);  // closes an accepted descriptor that is not wanted
  backend.open(socket, descriptor);
  backend.pause_recv(socket);
  backend.resume_recv(socket);
  backend.send(socket, transmission);
  { backend.send_now(socket, bytes) } -> std::same_as<uint64_t>;
  // With no send in flight: the peer sees the end of the stream; recv goes on.
  backend.shutdown_send(socket);
  { backend.unacknowledged(socket) } -> std::same_as<uint64_t>;  // bytes; 0 if it can not be told
  backend.reset_on_close(socket);
  backend.close(socket);
  backend.wait(until);  // monotonic nanoseconds; core::kNever waits for an event
  { backend.next(completion) } -> std::same_as<bool>;
  { backend.waker() } -> std::same_as<Waker>;
  { backend.counters() } -> std::same_as<const BackendCounters&>;
};

}  // namespace io
