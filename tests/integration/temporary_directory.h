// A directory for one test, gone at its end, and content to fill it with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace integration {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a new file, or over the one that is there, in place; makes the folders above it.
  void write(const std::string& name, std::string_view content) const;
  // Replaces a file in one step: the new one is renamed over it.
  void replace(const std::string& name, std::string_view content) const;
  // Sets the time of the last modification, in nanoseconds since 1970.
  void set_modified(const std::string& name, int64_t nanoseconds) const;

 private:
  std::string path_;
};

// A time for set_modified() that is long past.
inline constexpr int64_t kLongAgo = 1'700'000'000'123'456'789;

// The whole content of a file; empty if there is none.
std::string read_file(const std::string& path);

// Bytes that name their place: no two stretches are alike, within one content or between seeds.
std::string make_content(uint64_t seed, std::size_t size);

// Where two byte strings part, in a sentence; empty if they are equal. Megabytes are not printed.
std::string difference(std::string_view actual, std::string_view expected);

}  // namespace integration
