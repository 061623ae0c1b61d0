// The content codings that text can be had in (RFC 9110 section 8.4.1, RFC 7932, RFC 8878).
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/check.h"

namespace http::target {

enum class Coding : uint8_t { gzip, deflate, br, zstd };

// Value of the Content-Encoding field.
constexpr core::Bytes name_of(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return "gzip";
    case Coding::deflate:
      return "deflate";
    case Coding::br:
      return "br";
    case Coding::zstd:
      return "zstd";
  }
  UNREACHABLE();
}

}  // namespace http::target
