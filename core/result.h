// A value or the reason why there is none, for everything the outside world can cause.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "core/check.h"

namespace core {

// A failure that a person will read: one line that says what happened and what to do.
struct Error {
  std::string message;
};

// "open /srv: No such file or directory" from an errno value.
Error system_error(const std::string& what, int error_number);

// Either a T or an E. Reading the one that is not there is a bug and stops the process.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const E& error() const {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  T* operator->() { return &value(); }
  T& operator*() { return value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace core
