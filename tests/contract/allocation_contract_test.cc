// Contract 9: after create() no call allocates. malloc and its relatives are replaced here by ones
// that count; operator new of libstdc++ calls malloc. Not under a sanitizer, which replaces them
// itself.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tests/contract/backend_fixture.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPATE_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SPATE_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef SPATE_COUNTS_ALLOCATIONS
#define SPATE_COUNTS_ALLOCATIONS 1
#endif

namespace contract {
namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace
}  // namespace contract

#if SPATE_COUNTS_ALLOCATIONS
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

void* malloc(std::size_t size) {
  ++contract::allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++contract::allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  ++contract::allocations;
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  ++contract::allocations;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}
void free(void* memory) {
  __libc_free(memory);
}
}  // extern "C"
#endif

namespace contract {

template <class B>
class AllocationContract : public ::testing::Test {
 public:
  static constexpr uint32_t kConnections = 16;

  void SetUp() override {
    if (SPATE_COUNTS_ALLOCATIONS == 0) GTEST_SKIP() << "the sanitizer has its own allocator";
    auto created = B::create(io::Capacity{kConnections, 1});
    if (!created.ok()) GTEST_SKIP() << created.error().message;
    backend_ = std::move(created.value());
    LoopbackListener listener;
    port_ = listener.port;
    listener_ = backend_->add_listener(listener.descriptor.release());
    backend_->resume_accept(listener_);
  }

  // Nothing of the fixture here: it allocates. Each connection echoes what it hears.
  void serve(const io::Completion& completion) {
    const uint32_t index = completion.socket.index;
    switch (completion.op) {
      case io::Op::accept:
        CHECK(completion.result >= 0);
        ++generations_[opened_];
        if (generations_[opened_] % 2 == 0) ++generations_[opened_];
        backend_->open(io::SocketId{opened_, generations_[opened_]}, completion.result);
        ++opened_;
        return;
      case io::Op::recv: {
        if (completion.result <= 0) return backend_->close(completion.socket);
        CHECK(completion.bytes.size() <= sizeof(echoes_[index].bytes));
        Echo& echo = echoes_[index];
        completion.bytes.copy(echo.bytes, completion.bytes.size());
        echo.transmission.slice_count = 1;
        echo.transmission.slices[0] = {echo.bytes, completion.bytes.size()};
        echo.transmission.file = {file_.get(), 0, echo.with_file ? kFileBytes : 0};
        echo.with_file = !echo.with_file;
        backend_->pause_recv(completion.socket);
        backend_->send(completion.socket, echo.transmission);
        return;
      }
      case io::Op::send:
        CHECK(completion.result > 0);
        backend_->resume_recv(completion.socket);
        ++answered_;
        return;
      case io::Op::close:
        ++closed_;
        return;
      case io::Op::wake:
        ++wakes_;
        return;
    }
  }

  void turn() {
    backend_->wait(backend_->read_clock().monotonic + 1'000'000);
    io::Completion completion;
    while (backend_->next(completion)) serve(completion);
  }

  void round_trip(Peer& peer) {
    constexpr std::string_view kRequest = "an echo, please";
    CHECK(peer.write(kRequest) == static_cast<ssize_t>(kRequest.size()));
    const uint64_t before = answered_;
    while (answered_ == before) turn();
    char answer[256];
    CHECK(peer.read(answer, sizeof(answer)) >= static_cast<ssize_t>(kRequest.size()));
    CHECK(std::string_view(answer, kRequest.size()) == kRequest);
  }

 protected:
  static constexpr uint64_t kFileBytes = 50;

  struct Echo {
    io::Transmission transmission;
    char bytes[16 * 1024];
    bool with_file = false;
  };

  std::unique_ptr<B> backend_;
  uint16_t port_ = 0;
  uint32_t listener_ = 0;
  uint32_t opened_ = 0;
  uint32_t closed_ = 0;
  uint64_t answered_ = 0;
  uint64_t wakes_ = 0;
  uint32_t generations_[kConnections] = {};
  Echo echoes_[kConnections];
  Descriptor file_ = make_file(1, kFileBytes);
};
TYPED_TEST_SUITE(AllocationContract, Backends, BackendNames);

TYPED_TEST(AllocationContract, TheCounterCounts) {
  const uint64_t before = allocations;
  delete new volatile int(1);
  std::vector<char> bytes(100);
  asm volatile("" : : "r"(bytes.data()) : "memory");
  EXPECT_GE(allocations - before, 1U);
}

TYPED_TEST(AllocationContract, NoneInTenThousandEchoes) {
  Peer peers[this->kConnections];
  for (Peer& peer : peers) peer = Peer::connect(this->port_);
  while (this->opened_ < this->kConnections) this->turn();
  for (Peer& peer : peers) this->round_trip(peer);

  const uint64_t before = allocations;
  for (uint32_t i = 0; i < 10'000; ++i) {
    this->round_trip(peers[i % this->kConnections]);
    if (i % 100 == 0) this->backend_->waker().wake();
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(this->wakes_, 0U);
}

TYPED_TEST(AllocationContract, NoneInConnectionsThatComeAndGo) {
  const auto come_and_go = [&] {
    this->opened_ = 0;
    this->closed_ = 0;
    Peer peers[this->kConnections];
    for (Peer& peer : peers) peer = Peer::connect(this->port_);
    while (this->opened_ < this->kConnections) this->turn();
    for (Peer& peer : peers) this->round_trip(peer);
    for (Peer& peer : peers) peer.finish();
    while (this->closed_ < this->kConnections) this->turn();
  };
  come_and_go();
  const uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) come_and_go();
  EXPECT_EQ(allocations - before, 0U);
}

}  // namespace contract
