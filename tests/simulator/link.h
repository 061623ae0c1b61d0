// One simulated TCP connection: a byte stream in each direction. The server's end is held by the
// backend, the other by a client; both look at the same object, for which there is one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulator {

// A connection that is turned away has so long at most for its first request.
constexpr uint64_t kMostTurnedAway = 2'000'000'000;

struct Link {
  // Why a connection may end before all its responses are out, as bits.
  enum Reason : uint32_t {
    kNone = 0,
    kFault = 1,         // injected by the kernel
    kClient = 2,        // the client reset it, or ended without having read all
    kCounted = 4,       // the worker did it and counted it: shed, reclaimed, a deadline, a change
    kDrain = 8,         // drained or stopped
    kLingerOver = 16,   // the client went on sending for longer than it was listened to
    kNotAccepted = 32,  // refused, or the listener closed
    kChanged = 64,      // the kernel said that the file had changed or ended
  };

  Link(uint64_t link_number, uint32_t client_address, std::size_t room)
      : number(link_number), address(client_address), capacity(room) {}

  uint64_t number;
  uint32_t address;             // of the client; 0: gone when it is asked for
  bool is_late = false;         // accepted although accepting was paused
  bool is_turned_away = false;  // it is told 503 because there is no room
  std::size_t capacity;         // of to_client: what the sockets hold

  std::string to_server;  // what the server has not read
  bool client_finished = false;
  bool client_reset = false;
  uint64_t delivered = 0;  // bytes that the worker was given

  std::string to_client;  // what the client has not read
  bool server_finished = false;
  bool server_reset = false;
  bool server_closed = false;
  uint64_t taken = 0;  // bytes that the kernel took of the worker
  std::vector<std::pair<uint64_t, uint64_t>> reads = {};  // when the client read how many bytes
  uint64_t shut_at = 0;
  uint64_t opened_at = 0;
  uint64_t quiet_since = 0;  // the worker has it, or its last send has completed
  bool is_sending = false;
  bool end_delivered = false;  // the worker knows that the client has ended
  uint64_t send_asked_at = 0;  // when the worker last asked for a send
  uint64_t delivered_before_send = 0;

  uint32_t reasons = kNone;
  uint64_t arrived_at = 0;  // when the client last sent or ended something
  // Sees how far the worker has been given bytes.
  std::function<void()> on_delivered;
  // Sees all bytes that the kernel takes of the worker.
  std::function<void(std::string_view)> on_taken;
  // Tells the client that there is something to read.
  std::function<void()> on_readable;

  std::size_t room() const { return capacity > to_client.size() ? capacity - to_client.size() : 0; }
  void reset_client() {
    server_reset = true;
    to_client.clear();
    if (on_readable) on_readable();
  }
};

}  // namespace simulator
