// One way to answer the requests for a path, as the configuration file says.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/request.h"
#include "http/scenario/body_template.h"
#include "http/scenario/escaped_text.h"
#include "http/scenario/rate_cap.h"
#include "http/scenario/size_distribution.h"
#include "http/target/disturbance.h"

namespace http::scenario {

constexpr uint32_t bit(Method method) {
  return uint32_t{1} << static_cast<unsigned>(method);
}

// Immutable once it is read, but for what workers count together. It stays where it is, because its
// parts point into each other.
struct Route {
  uint32_t methods = bit(Method::get) | bit(Method::head);
  uint16_t status = 200;
  std::string fields;  // whole lines, Content-Type among them
  std::string body;    // the body, or the text of its template
  std::optional<BodyTemplate> body_template;
  Escaping escaping = Escaping::none;    // of what is filled in
  std::optional<SizeDistribution> size;  // the body is generated
  std::optional<target::Disturbance> disturbance;

  // Whether an answer counts what others are told, so that it may be made once only.
  bool counts() const {
    return shared->rate.has_value() || (body_template.has_value() && body_template->counts());
  }
  // Bytes that an answer copies into the output at most; a longer body is referred to.
  uint64_t most_copied() const {
    constexpr uint64_t kLongestOfOthers = 4096;  // h1::kCopiedBody
    constexpr uint64_t kRestOfHead = 1024;
    return fields.size() + kRestOfHead +
           (body_template.has_value() ? body_template->most_bytes() : kLongestOfOthers);
  }

  // Shared by all workers. Each in a cache line of its own, away from what is only read.
  struct alignas(64) Shared {
    std::optional<RateCap> rate;
    std::atomic<uint64_t> answers = 0;  // for {counter}
  };
  std::unique_ptr<Shared> shared = std::make_unique<Shared>();
};

}  // namespace http::scenario
