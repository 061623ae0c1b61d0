// What listing.h is made of: the entries that are listed, in their order, and the two ways to write
// them down. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/file_system.h"
#include "http/content/listing.h"

namespace http {

// Views and pointers into what render_listing() was given.
struct Listing {
  core::Bytes path;
  std::vector<const core::DirectoryEntry*> entries;
  bool complete = true;
  ListingView view;
};

inline bool is_directory(const core::DirectoryEntry& entry) {
  return entry.status.kind == core::FileKind::directory;
}

std::string render_html(const Listing& listing);
std::string render_json(const Listing& listing);

}  // namespace http
