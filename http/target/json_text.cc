#include "http/target/json_text.h"

namespace http::target {

void put_json_text(core::TextWriter& writer, core::Bytes text) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      const char escaped[] = {'\\', c};
      writer.put(core::Bytes(escaped, sizeof(escaped)));
    } else if (byte < 0x20 || byte >= 0x7f) {
      const char escaped[] = {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
      writer.put(core::Bytes(escaped, sizeof(escaped)));
    } else {
      writer.put(core::Bytes(&c, 1));
    }
  }
}

}  // namespace http::target
