// The contract of io/backend.h on the simulated backend, whose sockets are no sockets: the suite of
// tests/contract needs real ones. Each case runs with many seeds and many mixtures of faults; the
// numbers are those of the contract.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "tests/simulator/simulated_backend.h"

namespace simulator {

namespace {

constexpr uint64_t kSeeds = 60;

// A backend with a listener and one connection that is open, and what its completions said.
class World {
 public:
  World(uint64_t seed, bool has_faults, std::size_t room = 5'000)
      : random(seed),
        faults(has_faults ? draw_faults(random) : FaultRates{}),
        files(timeline, random, faults, trace),
        backend(io::Capacity{4, 1}, timeline, random, faults, files, trace),
        link(std::make_shared<Link>(1, 1, room)) {
    backend.resume_accept(backend.add_listener(0));
    EXPECT_TRUE(backend.connect(link, 0));
    for (int i = 0; i < 1'000 && descriptor < 0; ++i) {
      turn();
      if (accept_errors == 0) continue;
      accept_errors = 0;
      backend.resume_accept(0);
    }
    backend.open(id, descriptor);
    descriptor = -1;
  }

  // Late and short, but nothing that ends a connection.
  static FaultRates draw_faults(Random& random) {
    FaultRates faults = FaultRates::choose(random);
    for (const Fault fault : {Fault::recv_error, Fault::send_error, Fault::file_send_error,
                              Fault::no_buffers, Fault::change_in_send, Fault::stopped}) {
      faults[fault] = 0;
    }
    return faults;
  }

  void client_sends(const std::string& bytes) {
    link->to_server += bytes;
    link->arrived_at = timeline.now();
  }
  void client_reads(std::size_t most) { link->to_client.erase(0, most); }

  // One turn of at most ten seconds.
  void turn() {
    backend.wait(timeline.now() + 10 * kSecond);
    io::Completion completion;
    while (backend.next(completion)) note(completion);
  }
  template <class Condition>
  void run_until(Condition condition) {
    for (int i = 0; i < 5'000 && !condition(); ++i) turn();
    EXPECT_TRUE(condition());
  }

  void note(const io::Completion& completion) {
    EXPECT_FALSE(closed) << "after close() comes one completion and nothing else (6)";
    switch (completion.op) {
      case io::Op::accept:
        if (completion.result < 0) ++accept_errors;
        if (completion.result >= 0) descriptor = completion.result;
        return;
      case io::Op::wake:
        ++wakes;
        return;
      case io::Op::recv:
        EXPECT_FALSE(paused || recv_ended || closing) << "(4), (6)";
        EXPECT_EQ(completion.bytes.size(), completion.result > 0
                                               ? static_cast<std::size_t>(completion.result)
                                               : std::size_t{0});
        EXPECT_LE(completion.bytes.size(), io::kMaxRecv);
        received += completion.bytes;
        if (completion.result <= 0) recv_ended = true;
        recv_result = completion.result;
        break;
      case io::Op::send:
        EXPECT_FALSE(closing) << "(6)";
        EXPECT_NE(completion.result, -EAGAIN) << "(5)";
        send_results.push_back(completion.result);
        break;
      case io::Op::close:
        EXPECT_TRUE(closing);
        closed = true;
        break;
    }
    EXPECT_EQ(completion.socket, id) << "(3)";
  }

  void close() {
    closing = true;
    backend.close(id);
    run_until([this] { return closed; });
  }

  Timeline timeline;
  Random random;
  FaultRates faults;
  Trace trace{timeline, false};
  SimulatedFiles files;
  SimulatedBackend backend;
  std::shared_ptr<Link> link;
  io::SocketId id{2, 1};
  int descriptor = -1;
  int accept_errors = 0;
  int wakes = 0;
  std::string received;
  std::vector<int32_t> send_results;
  int32_t recv_result = 0;
  bool paused = false;
  bool recv_ended = false;
  bool closing = false;
  bool closed = false;
};

std::string numbers(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

TEST(SimulatedContract, RecvGoesOnByItselfAndEndsOnce) {  // 1, 4
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    World world(seed, true);
    world.client_sends(numbers(20'000));
    world.run_until([&] { return world.received.size() == 20'000; });
    world.link->client_finished = true;
    world.run_until([&] { return world.recv_ended; });
    for (int i = 0; i < 20; ++i) world.turn();
    EXPECT_EQ(world.received, numbers(20'000));
    EXPECT_EQ(world.recv_result, 0);
    world.close();
  }
}

TEST(SimulatedContract, APausedSocketGetsNothing) {  // 4
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    World world(seed, true);
    world.backend.pause_recv(world.id);
    world.paused = true;
    world.client_sends("abc");
    for (int i = 0; i < 20; ++i) world.turn();
    world.paused = false;
    world.backend.resume_recv(world.id);
    world.run_until([&] { return world.received == "abc"; });
    world.close();
  }
}

TEST(SimulatedContract, WaitComesBackAtItsTime) {  // 2
  World world(1, false);
  const uint64_t until = world.timeline.now() + 3 * kSecond;
  world.backend.wait(until);
  EXPECT_GE(world.timeline.now(), until);
  EXPECT_LT(world.timeline.now(), until + 2 * kMillisecond);
}

TEST(SimulatedContract, SendsTakeSlicesThenTheFileAndWaitForRoom) {  // 5
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    World world(seed, true, 700);
    world.files.replace("f", numbers(3'000), 5);
    world.faults[Fault::open_error] = 0;
    world.faults[Fault::change_in_call] = 0;
    const core::FileId file = world.files.open("f").value();
    std::string wire;
    world.link->on_taken = [&wire](std::string_view bytes) { wire += bytes; };
    const std::string head = "head:";
    const std::string more = "more:";
    uint64_t sent = 0;
    const uint64_t all = head.size() + more.size() + 2'000;
    while (sent < all) {
      io::Transmission transmission;
      const auto add = [&](const std::string& bytes, uint64_t start) {
        if (sent >= start + bytes.size()) return;
        const std::size_t skipped = sent > start ? sent - start : 0;
        transmission.slices[transmission.slice_count++] = {
            const_cast<char*>(bytes.data() + skipped), bytes.size() - skipped};
      };
      add(head, 0);
      add(more, head.size());
      const uint64_t prefix = head.size() + more.size();
      const uint64_t skipped = sent > prefix ? sent - prefix : 0;
      transmission.file = {file, 500 + skipped, 2'000 - skipped, nullptr};
      const std::size_t before = world.send_results.size();
      world.backend.send(world.id, transmission);
      world.run_until([&] {
        if (world.random.chance(300)) world.client_reads(400);
        return world.send_results.size() > before;
      });
      ASSERT_GT(world.send_results.back(), 0);
      sent += static_cast<uint64_t>(world.send_results.back());
      EXPECT_EQ(wire.size(), sent);
    }
    EXPECT_EQ(wire, head + more + numbers(3'000).substr(500, 2'000));
    EXPECT_LE(world.backend.unacknowledged(world.id), 700u);  // 10
    world.files.close(file);
    world.close();
  }
}

TEST(SimulatedContract, AFileThatShrankOrChangedMeanwhileSaysSo) {  // 5
  World world(1, false);
  world.files.replace("f", numbers(3'000), 5);
  const core::FileId file = world.files.open("f").value();
  const core::FileStatus version = world.files.status(file).value();
  io::Transmission transmission;
  transmission.file = {file, 1'000, 500, nullptr};
  world.files.overwrite("f", "short");
  world.backend.send(world.id, transmission);
  world.run_until([&] { return world.send_results.size() == 1; });
  EXPECT_EQ(world.send_results[0], -ENODATA);
  transmission.file = {file, 0, 5, &version};
  world.link->to_client.assign(world.link->capacity, 'x');  // full: the send has to wait
  world.backend.send(world.id, transmission);
  world.turn();
  world.client_reads(world.link->capacity);
  world.run_until([&] { return world.send_results.size() == 2; });
  EXPECT_EQ(world.send_results[1], -ESTALE);
  world.files.close(file);
  world.close();
}

TEST(SimulatedContract, CloseEndsWhatIsInFlightAndFreesTheIndex) {  // 3, 6
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    World world(seed, true);
    const std::string bytes = numbers(9'000);
    io::Transmission transmission;
    transmission.slices[0] = {const_cast<char*>(bytes.data()), bytes.size()};
    transmission.slice_count = 1;
    world.client_sends("x");
    world.backend.send(world.id, transmission);
    world.close();
    for (int i = 0; i < 20; ++i) world.turn();
    EXPECT_TRUE(world.link->server_closed);
    EXPECT_EQ(world.backend.open_count(), 0u);
  }
}

TEST(SimulatedContract, AnErrorPausesAccepting) {  // 7
  World world(1, false);
  world.faults[Fault::accept_error] = 1'000;
  EXPECT_TRUE(world.backend.connect(std::make_shared<Link>(2, 1, 100), 0));
  for (int i = 0; i < 20; ++i) world.turn();
  EXPECT_EQ(world.accept_errors, 1);
  world.faults[Fault::accept_error] = 0;
  world.backend.resume_accept(0);
  world.run_until([&] { return world.descriptor >= 0; });
  world.backend.discard(world.descriptor);
  world.backend.close_listener(0);
  EXPECT_FALSE(world.backend.connect(std::make_shared<Link>(3, 1, 100), 0));
  world.close();
  EXPECT_EQ(world.backend.open_count(), 0u);
}

TEST(SimulatedContract, AListenerThatRefusesListensAgain) {  // 7
  World world(1, false);
  const auto waiting = std::make_shared<Link>(2, 1, 100);
  EXPECT_TRUE(world.backend.connect(waiting, 0));
  world.backend.stop_listening(0);
  EXPECT_NE(waiting->reasons & Link::kNotAccepted, 0);
  EXPECT_FALSE(world.backend.connect(std::make_shared<Link>(3, 1, 100), 0));
  for (int i = 0; i < 20; ++i) world.turn();
  EXPECT_EQ(world.accept_errors, 0);
  EXPECT_TRUE(world.backend.listen_again(0, 100));
  EXPECT_TRUE(world.backend.connect(std::make_shared<Link>(4, 1, 100), 0));
  world.run_until([&] { return world.descriptor >= 0; });
  world.backend.discard(world.descriptor);
  world.close();
  EXPECT_EQ(world.backend.open_count(), 0u);
}

TEST(SimulatedContract, AWakerWakes) {  // 8
  World world(1, false);
  world.backend.waker().wake();
  world.turn();
  EXPECT_EQ(world.wakes, 1);
  world.close();
}

TEST(SimulatedContract, ResetOnCloseDropsWhatThePeerHasNot) {  // 10
  World world(1, false);
  const std::string bytes = numbers(100);
  io::Transmission transmission;
  transmission.slices[0] = {const_cast<char*>(bytes.data()), bytes.size()};
  transmission.slice_count = 1;
  world.backend.send(world.id, transmission);
  world.run_until([&] { return world.send_results.size() == 1; });
  EXPECT_EQ(world.backend.unacknowledged(world.id), 100u);
  world.backend.reset_on_close(world.id);
  world.close();
  EXPECT_TRUE(world.link->server_reset && world.link->to_client.empty());
}

}  // namespace

}  // namespace simulator
