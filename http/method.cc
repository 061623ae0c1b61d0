#include "http/method.h"

#include "core/check.h"

namespace http {

std::string_view method_text(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::delete_:
      return "DELETE";
    case Method::connect:
      return "CONNECT";
    case Method::options:
      return "OPTIONS";
    case Method::trace:
      return "TRACE";
    case Method::patch:
      return "PATCH";
    case Method::other:
      return "";
  }
  UNREACHABLE();
}

Method method_of(core::Bytes token) {
  return token.size() > 8 ? Method::other : method_of_word(method_word(token));
}

}  // namespace http
