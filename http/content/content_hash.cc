#include "http/content/content_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace http {

namespace {

ContentHash from(const XXH128_hash_t& hash) {
  return {hash.high64, hash.low64};
}

}  // namespace

ContentHash hash_content(core::Bytes bytes) {
  return from(XXH3_128bits(bytes.data(), bytes.size()));
}

struct StreamHash::State {
  XXH3_state_t xxh3;
};

StreamHash::StreamHash() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->xxh3);
}

StreamHash::~StreamHash() = default;

void StreamHash::add(core::Bytes bytes) {
  XXH3_128bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

ContentHash StreamHash::result() const {
  return from(XXH3_128bits_digest(&state_->xxh3));
}

}  // namespace http
