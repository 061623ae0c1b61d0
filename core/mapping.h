// Anonymous zeroed memory reserved once at start. Pages become resident when they are first
// touched, so a capacity that is never used costs address space only.
#pragma once

#include <cstddef>

namespace core {

class Mapping {
 public:
  Mapping() = default;
  // Throws std::bad_alloc when the address space or a limit does not allow it: start-up only.
  explicit Mapping(std::size_t bytes);
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace core
