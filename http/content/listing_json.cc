#include <array>

#include "http/content/listing_formats.h"
#include "http/content/listing_text.h"
#include "http/semantics/path.h"

namespace http {
namespace {

void append_entry(std::string& out, const core::DirectoryEntry& entry) {
  const bool directory = is_directory(entry);
  out += "{\"name\":";
  append_json(out, entry.name);
  out += ",\"href\":\"";
  append_link(out, entry.name, directory);
  if (directory) {
    out += "\",\"type\":\"directory\"";
  } else {
    out += "\",\"type\":\"file\",\"size\":";
    append_number(out, entry.status.size);
  }
  out += ",\"modified\":\"";
  append_date(out, entry.status.modified);
  out += 'T';
  append_time_of_day(out, entry.status.modified);
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t nanosecond = (entry.status.modified % kSecond + kSecond) % kSecond;
  out += '.';
  const std::size_t start = out.size();
  append_number(out, static_cast<uint64_t>(nanosecond));
  out.insert(start, start + 9 - out.size(), '0');
  out += "Z\"}";
}

}  // namespace

std::string render_json(const Listing& listing) {
  std::string out;
  out.reserve(1'000 + 200 * listing.entries.size());
  std::string path = "/";
  path += listing.path;
  if (!listing.path.empty()) path += '/';
  out += "{\"path\":";
  append_json(out, path);
  std::array<char, kEncodedPathCapacity> encoded;
  out += ",\"href\":\"";
  out += encode_path(listing.path, true, encoded);
  out += "\",\"complete\":";
  out += listing.complete ? "true" : "false";
  out += ",\"entries\":[";
  core::Bytes separator = "\n";
  for (const core::DirectoryEntry* entry : listing.entries) {
    out += separator;
    append_entry(out, *entry);
    separator = ",\n";
  }
  out += "\n]}\n";
  return out;
}

}  // namespace http
