// A hash of content for entity tags: XXH3 with 128 bits, from libxxhash. It is the same on every
// machine, so that replicas agree, and 10 GB/s or more. Not cryptographic: who can write the files
// can make two with one tag, and fools nobody but the readers of those files.
//
// One thread each; allocates only where it says so.
#pragma once

#include <memory>
#include <optional>

#include "core/bytes.h"
#include "core/file_system.h"
#include "http/semantics/etag.h"

namespace http {

ContentHash hash_content(core::Bytes bytes);

// The same of bytes that come in pieces. Its state of 576 bytes is allocated.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(const StreamHash&) = delete;
  StreamHash& operator=(const StreamHash&) = delete;

  void add(core::Bytes bytes);
  ContentHash result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hashes of large files, which are computed elsewhere: reading gigabytes would hold up everything
// else on a worker's core.
class ContentHashes {
 public:
  virtual ~ContentHashes() = default;
  // The hash of a file as it is when it has that status, if it is known by now. Not for hits.
  virtual std::optional<ContentHash> hash_of(core::Bytes path, const core::FileStatus& status) = 0;
};

}  // namespace http
