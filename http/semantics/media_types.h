// Content-Type of a file, by the table of media_type.h and additional types that come before it.
//
// Owns what it read; constant after that, so any thread. Reading allocates, for start only; looking
// a type up does not. Cost of a look-up: a binary search per dot in the file name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace http {

// Most bytes that a type may have with its parameters: response heads have bounded room.
inline constexpr std::size_t kMaxMediaTypeLength = 128;

class MediaTypes {
 public:
  // The built-in table alone.
  MediaTypes() = default;

  // Reads the text of a file in the format of Debian's /etc/mime.types and Apache, where lines name
  // a type and any number of extensions, in that of nginx, or in both:
  //
  //   # comment                                        types {
  //   text/x-rust            rs                          text/x-rust  rs;
  //   text/html; charset=iso-8859-1  old.html old.htm    image/avif   avif avifs;
  //                                                    }
  //
  // - Later lines win over earlier ones, and all over the built-in table.
  // - A text type without parameters gets "; charset=utf-8", as in the built-in table. Types and
  //   parameters are tokens and quoted strings (RFC 9110 section 8.3.1), so that none can end a
  //   header field. In the format of nginx, where ';' ends an entry, types have no parameters.
  // - Extensions have no dot in front, but may have one inside.
  // - The message of an error is "FILE:LINE:COLUMN: expected ..., found ...", counted from 1, the
  //   column in bytes.
  static core::Result<MediaTypes> parse(std::string_view text, std::string_view file_name);

  // As media_type(), but where extensions are looked up here first, in any case of letters: of
  // those that the name ends with the longest. Lives as long as this object, and moves with it.
  core::Bytes type_of(core::Bytes path) const;

 private:
  class Parser;

  struct Mapping {
    std::string extension;
    uint32_t type;  // in types_
  };

  std::vector<std::string> types_;
  std::vector<Mapping> mappings_;  // sorted by extension without regard to case, each once
  std::size_t longest_ = 0;        // extension
};

}  // namespace http
