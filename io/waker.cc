#include <unistd.h>

#include <cstdint>

#include "io/backend.h"

namespace io {

void Waker::wake() const {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the backend is awake anyway.
  [[maybe_unused]] const ssize_t written = write(event_descriptor_, &one, sizeof(one));
}

}  // namespace io
