#include "tests/integration/temporary_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/check.h"

namespace integration {

TemporaryDirectory::TemporaryDirectory() {
  path_ = ::testing::TempDir() + "spate-test-XXXXXX";
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryDirectory::write(const std::string& name, std::string_view content) const {
  const std::filesystem::path target = path(name);
  std::filesystem::create_directories(target.parent_path());
  std::ofstream file(target, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  CHECK(file.good());
}

void TemporaryDirectory::replace(const std::string& name, std::string_view content) const {
  const std::string fresh = ".new-version";
  write(fresh, content);
  std::filesystem::rename(path(fresh), path(name));
}

void TemporaryDirectory::set_modified(const std::string& name, int64_t nanoseconds) const {
  constexpr int64_t kSecond = 1'000'000'000;
  const timespec times[2] = {{0, UTIME_OMIT}, {nanoseconds / kSecond, nanoseconds % kSecond}};
  CHECK(utimensat(AT_FDCWD, path(name).c_str(), times, 0) == 0);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string make_content(uint64_t seed, std::size_t size) {
  std::string content((size + 7) / 8 * 8, '\0');
  for (std::size_t word = 0; word * 8 < content.size(); ++word) {
    uint64_t mixed = seed * 0x9e37'79b9'7f4a'7c15 + word;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    mixed ^= mixed >> 31;
    std::memcpy(content.data() + word * 8, &mixed, 8);
  }
  content.resize(size);
  return content;
}

std::string difference(std::string_view actual, std::string_view expected) {
  if (actual == expected) return "";
  std::size_t at = 0;
  while (at < actual.size() && at < expected.size() && actual[at] == expected[at]) ++at;
  return "they part at byte " + std::to_string(at) + "; " + std::to_string(actual.size()) +
         " bytes, expected " + std::to_string(expected.size());
}

}  // namespace integration
