#include "http/semantics/path.h"

#include <algorithm>
#include <optional>

#include "core/ascii.h"
#include "core/hexadecimal.h"

namespace http {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 3986 section 2.
constexpr bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || core::Bytes("-._~").find(c) != core::Bytes::npos;
}
constexpr bool is_subdelimiter(char c) {
  return core::Bytes("!$&'()*+,;=").find(c) != core::Bytes::npos;
}

// What a request target may hold unencoded. Browsers leave more bytes alone than RFC 3986 lists
// ("[", "|"), so every visible one passes but the one that would begin a fragment.
constexpr bool is_target_byte(char c) {
  return c > ' ' && c < '\x7F' && c != '#';
}

// A table of the bytes for which `predicate` holds.
template <class Predicate>
constexpr std::array<bool, 256> make_table(Predicate predicate) {
  std::array<bool, 256> table{};
  for (unsigned i = 0; i < 256; ++i) table[i] = predicate(static_cast<char>(i));
  return table;
}

// Bytes of a path segment as sent that stand for themselves: all but "%" and what ends the segment.
constexpr std::array<bool, 256> kPlain =
    make_table([](char c) { return is_target_byte(c) && c != '%' && c != '/' && c != '?'; });

// Bytes of a path segment that need no encoding: unreserved, sub-delimiters, ":" and "@".
constexpr std::array<bool, 256> kKeptInLocation = make_table(
    [](char c) { return is_unreserved(c) || is_subdelimiter(c) || c == ':' || c == '@'; });

bool holds(const std::array<bool, 256>& table, char c) {
  return table[static_cast<unsigned char>(c)];
}

// The byte that "%XX" at the start of `text` stands for.
std::optional<char> decode_triplet(core::Bytes text) {
  if (text.size() < 3) return std::nullopt;
  const unsigned high = core::hex_value(text[1]);
  const unsigned low = core::hex_value(text[2]);
  if ((high | low) >= 16) return std::nullopt;
  return static_cast<char>(high << 4 | low);
}

// RFC 3986 section 3.2.2, without the empty host.
bool is_host(core::Bytes host) {
  if (host.starts_with('[')) {
    if (host.size() < 4 || !host.ends_with(']')) return false;  // "[::]" is the shortest
    const core::Bytes address = host.substr(1, host.size() - 2);
    return std::all_of(address.begin(), address.end(),
                       [](char c) { return core::hex_value(c) < 16 || c == ':' || c == '.'; });
  }
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%') {
      if (!decode_triplet(host.substr(i))) return false;
      i += 2;
    } else if (!is_unreserved(host[i]) && !is_subdelimiter(host[i])) {
      return false;
    }
  }
  return !host.empty();
}

// Where the ":" before the port is, or the size: colons inside brackets belong to an address.
std::size_t port_separator(core::Bytes authority) {
  const std::size_t colon = authority.rfind(':');
  return colon == core::Bytes::npos || authority.ends_with(']') ? authority.size() : colon;
}

// Takes "http://" or "https://" off, in any case.
bool take_scheme(core::Bytes& target) {
  for (const core::Bytes scheme : {core::Bytes("http://"), core::Bytes("https://")}) {
    if (!core::equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

// Puts a path together from the segments of a target, from left to right.
class PathBuilder {
 public:
  explicit PathBuilder(PathBuffer& buffer) : out_(buffer.bytes.data()) {}

  // Takes a segment, up to "/", "?" or the end, off `rest`. False if it is badly encoded or leads
  // above the root.
  bool take_segment(core::Bytes& rest) {
    const std::size_t start = length_ == 0 ? 0 : length_ + 1;
    const std::size_t limit = start < kLongest ? std::min(rest.size(), kLongest - start) : 0;
    std::size_t plain = 0;
    while (plain < limit && holds(kPlain, rest[plain])) {
      out_[start + plain] = rest[plain];
      ++plain;
    }
    rest.remove_prefix(plain);
    std::size_t end = start + plain;
    if (!at_segment_end(rest) && !decode_to_segment_end(rest, end)) return false;
    return !fits_ || add_name(start, end);
  }

  void finish(ResolvedTarget& result) {
    if (!nameable_ || !fits_) {
      result.kind = TargetKind::not_found;
      return;
    }
    out_[length_] = '\0';
    result.kind = TargetKind::path;
    result.path = {out_, length_};
    result.directory = directory_;
  }

 private:
  static constexpr std::size_t kLongest = kPathCapacity - 1;

  static bool at_segment_end(core::Bytes rest) {
    return rest.empty() || rest.front() == '/' || rest.front() == '?';
  }

  // The part of a segment from its first byte that is not plain or finds no room.
  bool decode_to_segment_end(core::Bytes& rest, std::size_t& end) {
    while (!at_segment_end(rest)) {
      char c = rest.front();
      std::size_t length = 1;
      if (!holds(kPlain, c)) {
        const std::optional<char> decoded = c == '%' ? decode_triplet(rest) : std::nullopt;
        if (!decoded || *decoded == '\0') return false;
        nameable_ = nameable_ && *decoded != '/';
        c = *decoded == '/' ? '%' : *decoded;  // of an unnameable path only the dots count
        length = 3;
      }
      rest.remove_prefix(length);
      if (end < kLongest) {
        out_[end++] = c;
      } else {
        fits_ = false;
      }
    }
    return true;
  }

  // Makes the bytes from `start` to `end` the last segment of the path, or does what its dots say.
  bool add_name(std::size_t start, std::size_t end) {
    const core::Bytes name(out_ + start, end - start);
    directory_ = name.empty() || name == "." || name == "..";
    if (name == "..") return remove_last();
    if (directory_) return true;
    if (start > 0) out_[start - 1] = '/';
    length_ = end;
    return true;
  }

  // Each byte is removed at most once, so a target costs one pass however many ".." it has.
  bool remove_last() {
    if (length_ == 0) return false;
    const std::size_t slash = core::Bytes(out_, length_).rfind('/');
    length_ = slash == core::Bytes::npos ? 0 : slash;
    return true;
  }

  char* out_;
  std::size_t length_ = 0;
  bool directory_ = true;
  bool nameable_ = true;  // no encoded slash so far
  bool fits_ = true;      // never longer than the buffer so far
};

// `rest` is a path that begins with "/", or nothing, and perhaps a query.
void resolve_path(core::Bytes rest, PathBuffer& buffer, ResolvedTarget& result) {
  PathBuilder builder(buffer);
  while (rest.starts_with('/')) {
    rest.remove_prefix(1);
    if (!builder.take_segment(rest)) return;
  }
  if (rest.starts_with('?')) {
    result.has_query = true;
    result.query = rest.substr(1);
    if (!std::all_of(result.query.begin(), result.query.end(), is_target_byte)) return;
  }
  builder.finish(result);
}

}  // namespace

ResolvedTarget resolve_target(core::Bytes target, PathBuffer& buffer) {
  ResolvedTarget result;
  if (target.starts_with('/')) {
    resolve_path(target, buffer, result);
  } else if (target == "*") {
    result.kind = TargetKind::asterisk;
  } else if (take_scheme(target)) {
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (!is_authority(target.substr(0, end))) return result;
    result.authority = target.substr(0, end);
    resolve_path(target.substr(end), buffer, result);
  } else if (is_authority(target) && port_separator(target) + 1 < target.size()) {
    result.kind = TargetKind::authority;
    result.authority = target;
  }
  return result;
}

bool is_authority(core::Bytes text) {
  const std::size_t separator = port_separator(text);
  const core::Bytes port = text.substr(std::min(separator + 1, text.size()));
  return is_host(text.substr(0, separator)) && std::all_of(port.begin(), port.end(), is_digit);
}

bool has_hidden_segment(core::Bytes path) {
  constexpr core::Bytes kWellKnown = ".well-known";
  if (path == kWellKnown) return false;
  if (path.starts_with(kWellKnown) && path[kWellKnown.size()] == '/') {
    path.remove_prefix(kWellKnown.size());
  }
  return path.starts_with('.') || path.find("/.") != core::Bytes::npos;
}

core::Bytes encode_path(core::Bytes path, bool directory, std::span<char> out) {
  if (out.size() < 3 * path.size() + 2) return {};
  constexpr core::Bytes kHexDigits = "0123456789ABCDEF";
  std::size_t length = 0;
  out[length++] = '/';
  for (const char c : path) {
    if (c == '/') {
      if (out[length - 1] != '/') out[length++] = '/';
    } else if (holds(kKeptInLocation, c)) {
      out[length++] = c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out[length++] = '%';
      out[length++] = kHexDigits[byte >> 4];
      out[length++] = kHexDigits[byte & 15];
    }
  }
  if (directory && out[length - 1] != '/') out[length++] = '/';
  return {out.data(), length};
}

}  // namespace http
