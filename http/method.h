// Request methods (RFC 9110 section 9.3, RFC 5789). A method is case-sensitive: "get" is not GET.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "http/request.h"

namespace http {

// "GET"; empty for Method::other, whose text only the request knows. Static storage.
std::string_view method_text(Method method);

// The method that the token names, Method::other if spate does not know it.
Method method_of(core::Bytes token);

// The first eight bytes of a token as a number, the first one lowest; fewer are filled with zeros.
constexpr uint64_t method_word(std::string_view token) {
  uint64_t word = 0;
  for (size_t i = 0; i < token.size() && i < 8; ++i) {
    word |= uint64_t{static_cast<unsigned char>(token[i])} << (8 * i);
  }
  return word;
}

// As method_of() for a token of 1 to 8 bytes given as its method_word(). One comparison for GET.
inline Method method_of_word(uint64_t word) {
  switch (word) {
    case method_word("GET"):
      return Method::get;
    case method_word("HEAD"):
      return Method::head;
    case method_word("POST"):
      return Method::post;
    case method_word("PUT"):
      return Method::put;
    case method_word("DELETE"):
      return Method::delete_;
    case method_word("CONNECT"):
      return Method::connect;
    case method_word("OPTIONS"):
      return Method::options;
    case method_word("TRACE"):
      return Method::trace;
    case method_word("PATCH"):
      return Method::patch;
    default:
      return Method::other;
  }
}

}  // namespace http
