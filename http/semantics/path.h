// From a request target to the path of a file beneath the root, and back to a Location value
// (RFC 9112 section 3.2, RFC 3986 sections 2.1 and 5.2.4).
//
// The decisions, in one place:
// - Bytes are decoded exactly once; what comes out of it is data and never decoded or split again.
// - A decoded slash ("%2F") is no separator. No file name can contain one: not found.
// - Runs of slashes count as one, as in the file system, before dot segments are removed.
// - "." and "..", encoded or not, are removed; a ".." above the root is a bad request.
// - The backslash is an ordinary byte of a name.
// - A raw byte outside of visible ASCII and a raw "#" are bad, in the query too; so is "%00".
//
// Pure functions; any thread; no allocation. Cost: one pass, see bench/micro/path_benchmark.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"

namespace http {

// Longest path with its terminating NUL: PATH_MAX of Linux, so no longer one can name a file.
inline constexpr std::size_t kPathCapacity = 4096;

// Where a path is put together; the caller's scratch, need not be initialised.
struct PathBuffer {
  std::array<char, kPathCapacity> bytes;
};

enum class TargetKind : uint8_t {
  path,       // origin-form or absolute-form: `path` is valid
  asterisk,   // "*", for OPTIONS only
  authority,  // "host:port", for CONNECT only: `authority` is valid
  not_found,  // well-formed, but no file can have this name (404): encoded slash, or too long
  bad,        // 400
};

struct ResolvedTarget {
  TargetKind kind = TargetKind::bad;
  bool directory = false;  // the target ended in "/", "/." or "/..": it can only name a directory
  bool has_query = false;  // there is a "?", perhaps with nothing behind it
  core::Bytes path;        // in the PathBuffer, NUL behind it: no leading or trailing slash, no
                           // empty or dot segment; empty for the root itself
  core::Bytes query;       // as sent, without the "?"; a view into the target
  core::Bytes authority;   // absolute-form: goes before the Host field (RFC 9112 section 3.2.2)
};

// `bad` wins over `not_found`, except that behind kPathCapacity bytes of path no more dots are
// counted. Which method goes with which kind is for the caller to check.
ResolvedTarget resolve_target(core::Bytes target, PathBuffer& buffer);

// True for host [":" port] with a non-empty host and no user information: the authority of an http
// URI and a non-empty Host field. Addresses in brackets are checked by their characters only.
bool is_authority(core::Bytes text);

// True if a segment begins with a dot: such names are not served (".git", ".env"), except for
// ".well-known" as the first one (RFC 8615). `path` is one of a ResolvedTarget.
bool has_hidden_segment(core::Bytes path);

// Room for the longest encoded path: each byte as "%XX" between two slashes.
inline constexpr std::size_t kEncodedPathCapacity = 3 * kPathCapacity;

// `path`, percent-encoded for a Location field: "/" + path, with a "/" behind it if `directory`.
// Whatever `path` is, the result is visible ASCII without quotes, begins with exactly one slash and
// contains no "//" and no backslash, so that it cannot name another host. Needs 3 * path.size() + 2
// bytes and writes nothing if `out` is smaller, which then is the only case of an empty result.
core::Bytes encode_path(core::Bytes path, bool directory, std::span<char> out);

}  // namespace http
