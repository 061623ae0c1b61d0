// The listing of a directory, as a page for a person or as JSON for a program.
//
// Decisions, in one place:
// - Directories come before files in every order. Names are compared without regard to the case of
//   ASCII letters first and by bytes then, so the order is total; equal sizes or times are ordered
//   by name, ascending. Sizes of directories mean nothing and do not count.
// - What has_hidden_segment() would refuse to serve is not listed.
// - Links are relative ("./name", "../"), so that a page works behind a prefix too, and percent-
//   encoded byte by byte: whatever a name is, its link leads to the file of that name. A byte that
//   is no UTF-8 is shown as U+FFFD.
// - The page needs no script and nothing from elsewhere; see kListingPolicy.
//
// Pure functions; any thread. They allocate: a listing is made on a miss and kept for a second.
// Cost: about 6 ms for 10,000 entries; size: most_listing_bytes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.h"
#include "core/file_system.h"

namespace http {

enum class ListingFormat : uint8_t { html, json };
enum class ListingSort : uint8_t { name, size, modified };

// One of the ways in which a directory can be shown.
struct ListingView {
  ListingFormat format = ListingFormat::html;
  ListingSort sort = ListingSort::name;
  bool descending = false;

  static constexpr uint8_t kCount = 12;
  // A number below kCount, another one for each view: part of a cache key.
  uint8_t index() const;

  bool operator==(const ListingView&) const = default;
};

// Reads "sort" (name, size, modified) and "order" (asc, desc) from a query, "sort=size&order=desc".
// The last of several wins. Other keys and values are ignored, so every query gives a view.
ListingView parse_listing_query(core::Bytes query, ListingFormat format);

// For the Content-Type field.
core::Bytes listing_content_type(ListingFormat format);

// For the Content-Security-Policy field of a page: its own style and the site's icon, no script, no
// form, nothing else loaded.
inline constexpr core::Bytes kListingPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'";

// `path` is that of the directory, decoded and relative to the root; "" is the root.
std::string render_listing(core::Bytes path, const core::Directory& directory,
                           const ListingView& view);

// No listing of that many entries is larger, whatever their names (up to 255 bytes each) and the
// path (up to kPathCapacity bytes) are. Usual names take a twelfth of it.
constexpr std::size_t most_listing_bytes(std::size_t entries) {
  return 60'000 + 2'800 * entries;
}

}  // namespace http
