#include <algorithm>

#include "http/content/listing_formats.h"
#include "http/content/listing_text.h"

namespace http {
namespace {

// Links to directories above that a page shows; in a deeper one those in the middle are left out,
// because each is as long as it is far.
constexpr std::size_t kMostCrumbs = 32;

constexpr core::Bytes kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Index of )";

// Names are shown with every space and break anywhere, so that nothing scrolls sideways. On a
// narrow screen size and time stand below the name. The segments of the path are boxes, so that one
// that is written from right to left stays in its place.
constexpr core::Bytes kStyle = R"(</title>
<style>
:root { --link: #0b57d0; --muted: #596273; --line: #dfe3e8; --row: #f3f6fa }
@media (prefers-color-scheme: dark) {
:root { --link: #8ab4f8; --muted: #9aa3b2; --line: #33383f; --row: #23272e }
}
body { font: 1rem/1.4 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem .5rem }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
a:focus-visible { outline: 2px solid; outline-offset: -2px; border-radius: 4px }
h1 { font-size: 1.375rem; font-weight: 600; margin: .5rem }
h1 > * { display: inline-block; max-width: 100%; padding: .25rem .125rem }
h1 > *, td a { white-space: pre-wrap; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; padding: 0 .5rem .75rem; color: var(--muted) }
p { margin: .5rem }
thead { position: sticky; top: 0; background: Canvas }
tr { border-bottom: 1px solid var(--line) }
tbody tr:hover { background: var(--row) }
th, td { padding: 0; text-align: left; vertical-align: top; font-weight: 400 }
th a, td a { display: block; padding: .5rem }
td + td { padding: .5rem; color: var(--muted) }
th + th, td + td { width: 1%; white-space: nowrap }
th:nth-child(2), td:nth-child(2) { text-align: right }
[aria-sort] { font-weight: 600 }
[aria-sort="ascending"] a::after { content: " \2191"; content: " \2191" / "" }
[aria-sort="descending"] a::after { content: " \2193"; content: " \2193" / "" }
@media (max-width: 40rem) {
tr { display: flex; flex-wrap: wrap }
td:first-child { width: 100% }
td:first-child:not([colspan]) a { padding-bottom: 0 }
th + th, td + td { width: auto }
td + td { padding-top: 0; font-size: .875rem }
th:last-child, td:last-child { margin-left: auto }
}
</style>
</head>
<body>
<nav aria-label="Path"><h1>)";

// Calls `each(name, distance)` for the segments of a path; the last one has distance 0.
template <class Each>
void for_each_segment(core::Bytes path, Each each) {
  std::size_t distance = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  while (true) {
    const std::size_t slash = path.find('/');
    each(path.substr(0, slash), distance);
    if (slash == core::Bytes::npos) return;
    path.remove_prefix(slash + 1);
    --distance;
  }
}

// The path with a link to every directory above, each as far up as it is.
void append_path(std::string& out, core::Bytes path) {
  if (path.empty()) {
    out += "<span aria-current=\"page\">/</span>";
    return;
  }
  const auto append_up = [&out](std::size_t steps) {
    out += "<a href=\"";
    for (std::size_t i = 0; i < steps; ++i) out += "../";
    out += "\">";
  };
  const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  append_up(depth + 1);
  out += "/</a>";
  if (depth > kMostCrumbs) out += "<span>\u2026/</span>";
  for_each_segment(path, [&](core::Bytes name, std::size_t distance) {
    if (distance > kMostCrumbs) return;
    if (distance == 0) {
      out += "<span aria-current=\"page\">";
    } else {
      append_up(distance);
    }
    append_html(out, name);
    out += distance == 0 ? "/</span>" : "/</a>";
  });
}

void append_size_cell(std::string& out, uint64_t size) {
  out += "<data value=\"";
  append_number(out, size);
  out += "\" title=\"";
  append_grouped(out, size);
  out += size == 1 ? " byte\">" : " bytes\">";
  append_size(out, size);
  out += "</data>";
}

void append_count(std::string& out, std::size_t count, core::Bytes one, core::Bytes many) {
  append_grouped(out, count);
  out += ' ';
  out += count == 1 ? one : many;
}

// "2 directories, 10 files, 1.5 MiB".
void append_summary(std::string& out, const Listing& listing) {
  if (listing.entries.empty()) {
    out += "Nothing to show";
    return;
  }
  std::size_t directories = 0;
  uint64_t size = 0;
  for (const core::DirectoryEntry* entry : listing.entries) {
    if (is_directory(*entry)) {
      ++directories;
    } else {
      size += entry->status.size;
    }
  }
  const std::size_t files = listing.entries.size() - directories;
  if (directories > 0) append_count(out, directories, "directory", "directories");
  if (files == 0) return;
  if (directories > 0) out += ", ";
  append_count(out, files, "file", "files");
  out += ", ";
  append_size_cell(out, size);
}

// A heading that is a link to the view sorted by it; a second visit turns the order round.
void append_heading(std::string& out, const ListingView& view, ListingSort sort, core::Bytes name,
                    core::Bytes text) {
  const bool current = view.sort == sort;
  // What is largest or newest is what people look for.
  const bool descending = current ? !view.descending : sort != ListingSort::name;
  out += "<th scope=\"col\"";
  if (current) {
    out += view.descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"";
  }
  out += "><a href=\"?sort=";
  out += name;
  out += descending ? "&amp;order=desc\">" : "&amp;order=asc\">";
  out += text;
  out += "</a></th>\n";
}

void append_row(std::string& out, std::string& link, const core::DirectoryEntry& entry) {
  const bool directory = is_directory(entry);
  link.clear();
  append_link(link, entry.name, directory);
  out += "<tr><td><a href=\"";
  append_html(out, link);
  out += "\">";
  append_html(out, entry.name);
  out += directory ? "/</a></td><td>" : "</a></td><td>";
  if (!directory) append_size_cell(out, entry.status.size);
  out += "</td><td><time datetime=\"";
  append_date(out, entry.status.modified);
  out += 'T';
  append_time_of_day(out, entry.status.modified);
  out += "Z\">";
  append_date(out, entry.status.modified);
  out += ' ';
  append_time_of_day(out, entry.status.modified);
  out.resize(out.size() - 3);  // no seconds
  out += "</time></td></tr>\n";
}

}  // namespace

std::string render_html(const Listing& listing) {
  std::string out;
  out.reserve(4'000 + 250 * listing.entries.size());
  out += kHead;
  out += '/';
  append_html(out, listing.path);
  if (!listing.path.empty()) out += '/';
  out += kStyle;
  append_path(out, listing.path);
  out += "</h1></nav>\n<main>\n";
  if (!listing.complete) {
    out += "<p><strong>Not everything is shown:</strong> this directory has more names.</p>\n";
  }
  out += "<table>\n<caption>";
  append_summary(out, listing);
  out += "</caption>\n<thead>\n<tr>\n";
  append_heading(out, listing.view, ListingSort::name, "name", "Name");
  append_heading(out, listing.view, ListingSort::size, "size", "Size");
  append_heading(out, listing.view, ListingSort::modified, "modified", "Modified (UTC)");
  out += "</tr>\n</thead>\n<tbody>\n";
  if (!listing.path.empty()) {
    out += "<tr><td colspan=\"3\"><a href=\"../\">\u2191 Parent directory</a></td></tr>\n";
  }
  std::string link;
  for (const core::DirectoryEntry* entry : listing.entries) append_row(out, link, *entry);
  out += "</tbody>\n</table>\n</main>\n</body>\n</html>\n";
  return out;
}

}  // namespace http
