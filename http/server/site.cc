#include "http/server/site.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/check.h"

namespace http::server {

namespace {

io::SymlinkPolicy symlink_policy(SymlinkChoice choice) {
  switch (choice) {
    case SymlinkChoice::beneath:
      return io::SymlinkPolicy::beneath;
    case SymlinkChoice::none:
      return io::SymlinkPolicy::none;
    case SymlinkChoice::all:
      return io::SymlinkPolicy::all;
  }
  UNREACHABLE();
}

core::Result<MediaTypes> read_media_types(const std::string& path) {
  if (path.empty()) return MediaTypes();
  std::ifstream file(path, std::ios::binary);
  // A directory opens, and cannot be read.
  if (!file.is_open() || (file.peek(), file.bad())) {
    return core::system_error("cannot read --mime-types " + path, errno);
  }
  std::ostringstream text;
  text << file.rdbuf();
  return MediaTypes::parse(text.str(), path);
}

}  // namespace

core::Result<std::unique_ptr<Site>> Site::open(const Options& options) {
  auto media_types = read_media_types(options.mime_types);
  if (!media_types.ok()) return media_types.error();
  auto files = io::PosixFileSystem::open_root(options.root, symlink_policy(options.symlinks));
  if (!files.ok()) return files.error();
  return std::unique_ptr<Site>(
      new Site(options, std::move(files.value()), std::move(media_types.value())));
}

Site::Site(const Options& options, std::unique_ptr<io::PosixFileSystem> files,
           MediaTypes media_types)
    : files_(std::move(files)),
      prompt_files_(*files_),
      file_threads_(*files_),
      media_types_(std::move(media_types)),
      listings_(options.listing),
      entity_tags_(options.etag == EtagChoice::content ? EntityTagSource::content
                                                       : EntityTagSource::modified),
      hasher_(*files_) {
  if (entity_tags_ == EntityTagSource::content) hashing_ = std::thread([this] { hasher_.run(); });
}

Site::~Site() {
  hasher_.stop();
  if (hashing_.joinable()) hashing_.join();
}

ContentPolicy Site::policy() {
  return ContentPolicy{entity_tags_, listings_, &media_types_, &hasher_};
}

}  // namespace http::server
