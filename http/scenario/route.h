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

  // Shared by all workers. Each in a cache line of its own, away from what is only read.
  struct alignas(64) Shared {
    std::optional<RateCap> rate;
    std::atomic<uint64_t> answers = 0;  // for {counter}
  };
  std::unique_ptr<Shared> shared = std::make_unique<Shared>();
};

}  // namespace http::scenario
