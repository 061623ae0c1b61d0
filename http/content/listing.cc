#include "http/content/listing.h"

#include <algorithm>

#include "core/ascii.h"
#include "http/content/listing_formats.h"
#include "http/semantics/path.h"

namespace http {
namespace {

// Below, at or above zero.
int compare_names(core::Bytes a, core::Bytes b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), [](char c, char d) {
    return core::to_lower(c) == core::to_lower(d);
  });
  if (end.first != a.end() && end.second != b.end()) {
    return static_cast<unsigned char>(core::to_lower(*end.first)) -
           static_cast<unsigned char>(core::to_lower(*end.second));
  }
  return a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
}

template <class Number>
int compare_numbers(Number a, Number b) {
  return static_cast<int>(a > b) - static_cast<int>(a < b);
}

// The order of a view, but for ties.
int compare(const core::DirectoryEntry& a, const core::DirectoryEntry& b, ListingSort sort) {
  switch (sort) {
    case ListingSort::name:
      break;
    case ListingSort::size:
      return is_directory(a) ? 0 : compare_numbers(a.status.size, b.status.size);
    case ListingSort::modified:
      return compare_numbers(a.status.modified, b.status.modified);
  }
  return compare_names(a.name, b.name);
}

bool is_before(const core::DirectoryEntry& a, const core::DirectoryEntry& b,
               const ListingView& view) {
  if (is_directory(a) != is_directory(b)) return is_directory(a);
  const int order = compare(a, b, view.sort);
  if (order != 0) return view.descending ? order > 0 : order < 0;
  return compare_names(a.name, b.name) < 0;
}

bool is_hidden(core::Bytes path, core::Bytes name) {
  if (!name.starts_with('.')) return false;
  if (path.empty()) return has_hidden_segment(name);
  return has_hidden_segment(std::string(path).append("/").append(name));
}

// Takes what is before `separator` off `rest`, and the separator.
core::Bytes take(core::Bytes& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const core::Bytes taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

}  // namespace

uint8_t ListingView::index() const {
  const int number = (static_cast<int>(format) * 3 + static_cast<int>(sort)) * 2 + descending;
  return static_cast<uint8_t>(number);
}

ListingView parse_listing_query(core::Bytes query, ListingFormat format) {
  ListingView view{format};
  while (!query.empty()) {
    core::Bytes value = take(query, '&');
    const core::Bytes key = take(value, '=');
    if (key == "sort") {
      if (value == "name") view.sort = ListingSort::name;
      if (value == "size") view.sort = ListingSort::size;
      if (value == "modified") view.sort = ListingSort::modified;
    } else if (key == "order") {
      if (value == "asc") view.descending = false;
      if (value == "desc") view.descending = true;
    }
  }
  return view;
}

core::Bytes listing_content_type(ListingFormat format) {
  return format == ListingFormat::html ? "text/html; charset=utf-8" : "application/json";
}

std::string render_listing(core::Bytes path, const core::Directory& directory,
                           const ListingView& view) {
  Listing listing{path, {}, directory.complete, view};
  listing.entries.reserve(directory.entries.size());
  for (const core::DirectoryEntry& entry : directory.entries) {
    if (!is_hidden(path, entry.name)) listing.entries.push_back(&entry);
  }
  std::sort(listing.entries.begin(), listing.entries.end(),
            [&view](const core::DirectoryEntry* a, const core::DirectoryEntry* b) {
              return is_before(*a, *b, view);
            });
  return view.format == ListingFormat::html ? render_html(listing) : render_json(listing);
}

}  // namespace http
