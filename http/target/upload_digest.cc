#include "http/target/upload_digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace http::target {

namespace {

using State = std::array<uint64_t, 11>;
static_assert(sizeof(State) == sizeof(XXH64_state_t));

XXH64_state_t from(const State& bytes) {
  XXH64_state_t state;
  std::memcpy(&state, bytes.data(), sizeof(state));
  return state;
}

void store(const XXH64_state_t& state, State& bytes) {
  std::memcpy(bytes.data(), &state, sizeof(state));
}

}  // namespace

void UploadDigest::reset() {
  size_ = 0;
  XXH64_state_t state;
  std::memset(&state, 0, sizeof(state));
  XXH64_reset(&state, 0);
  store(state, state_);
}

void UploadDigest::add(core::Bytes bytes) {
  size_ += bytes.size();
  XXH64_state_t state = from(state_);
  XXH64_update(&state, bytes.data(), bytes.size());
  store(state, state_);
}

uint64_t UploadDigest::hash() const {
  const XXH64_state_t state = from(state_);
  return XXH64_digest(&state);
}

}  // namespace http::target
