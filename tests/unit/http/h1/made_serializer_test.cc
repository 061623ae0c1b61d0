// The head that was put together last is what a new one would be.
#include "http/h1/made_serializer.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace http::h1 {
namespace {

using target::MadeResponse;

constexpr int64_t kStart = 1'700'000'000;

std::string head_of(const MadeResponse& made, const Framing& framing,
                    const core::CachedClock& clock, LastMadeHead& last) {
  std::array<char, 4096> room;
  core::TextWriter writer(room.data(), room.size());
  last.put(writer, made, framing, clock);
  EXPECT_TRUE(writer.complete());
  return std::string(writer.text());
}

// Each of what a head says changes now and then, and stays otherwise.
TEST(LastMadeHead, IsWhatANewOneWouldBe) {
  std::mt19937_64 random(5);
  const auto changes = [&random] { return random() % 8 == 0; };
  const std::array<core::Bytes, 4> types = {"text/plain", "text/plain; charset=utf-8", "", "a/b"};
  const std::string long_type = "application/" + std::string(100, 'x');
  MadeResponse made;
  Framing framing;
  int64_t seconds = kStart;
  LastMadeHead last;
  uint32_t same = 0;
  std::string before;
  for (int i = 0; i < 20'000; ++i) {
    if (changes()) made.status = std::array<uint16_t, 5>{200, 204, 304, 503, 299}[random() % 5];
    if (changes()) made.content_type = types[random() % types.size()];
    if (changes() && changes()) made.content_type = long_type;
    if (changes()) made.length = random() >> random() % 64;
    if (changes()) made.fields = random() % 4 == 0 ? "A: b\r\n" : "";
    if (changes()) made.trailer_names = random() % 4 == 0 ? "C" : "";
    if (changes()) made.is_chunked = random() % 4 == 0;
    if (changes()) made.has_length = random() % 4 != 0;
    if (changes()) made.fault = target::Fault();
    if (changes() && changes()) {
      made.fault.kind = target::FaultKind::wrong_length;
      made.fault.amount = 3;
    }
    if (changes()) framing.close = random() % 2 == 0;
    if (changes()) framing.keep_alive = random() % 2 == 0;
    if (changes()) framing.takes_chunks = random() % 2 == 0;
    if (changes()) framing.head_only = random() % 2 == 0;
    if (changes()) seconds += static_cast<int64_t>(random() % 3) - 1;
    core::CachedClock clock;
    clock.update({0, seconds});
    LastMadeHead none;
    const std::string expected = head_of(made, framing, clock, none);
    const std::string found = head_of(made, framing, clock, last);
    ASSERT_EQ(found, expected) << i;
    same += found == before ? 1 : 0;
    before = found;
  }
  EXPECT_GT(same, 1000U);
}

// What a type was stays known where its memory has become another.
TEST(LastMadeHead, ComparesTheTextOfAType) {
  std::string type = "text/aaaa";
  MadeResponse made;
  made.content_type = type;
  core::CachedClock clock;
  clock.update({0, kStart});
  LastMadeHead last;
  EXPECT_NE(head_of(made, {}, clock, last).find("text/aaaa"), std::string::npos);
  type.replace(5, 4, "bbbb");
  made.content_type = type;
  EXPECT_NE(head_of(made, {}, clock, last).find("text/bbbb"), std::string::npos);
}

}  // namespace
}  // namespace http::h1
