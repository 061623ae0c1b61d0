// Any bytes as a request target: what is found is what a resolver written in the plainest way
// finds; it stays beneath the root; and its Location leads to the same place and to no other host
// (RFC 9112 section 3.2, RFC 3986 section 5.2.4).
#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/semantics/path.h"
#include "tests/fuzz/fuzz_input.h"

using namespace http;

namespace {

struct Found {
  TargetKind kind;
  std::string path;
  bool directory = false;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> segments(1);
  for (const char c : text) {
    if (c == '/') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

// False if a triplet is malformed or stands for NUL.
bool decode(const std::string& text, std::string& decoded) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string digits = text.substr(i + 1, 2);
    if (digits.size() < 2 || std::isxdigit(static_cast<unsigned char>(digits[0])) == 0 ||
        std::isxdigit(static_cast<unsigned char>(digits[1])) == 0) {
      return false;
    }
    decoded += static_cast<char>(std::stoi(digits, nullptr, 16));
    if (decoded.back() == '\0') return false;
    i += 2;
  }
  return true;
}

// Of a target in origin-form that fits into a PathBuffer.
Found resolve_plainly(const std::string& target) {
  for (const char c : target) {
    if (!is_visible(c) || c == '#') return {TargetKind::bad, ""};
  }
  std::vector<std::string> names;
  bool directory = true;
  bool nameable = true;
  for (const std::string& segment : split(target.substr(0, target.find('?')))) {
    std::string name;
    if (!decode(segment, name)) return {TargetKind::bad, ""};
    nameable = nameable && name.find('/') == std::string::npos;
    directory = name.empty() || name == "." || name == "..";
    if (name == "..") {
      if (names.empty()) return {TargetKind::bad, ""};
      names.pop_back();
    } else if (!directory) {
      names.push_back(name);
    }
  }
  if (!nameable) return {TargetKind::not_found, ""};
  std::string path;
  for (const std::string& name : names) path += (path.empty() ? "" : "/") + name;
  return {TargetKind::path, path, directory};
}

bool is_hidden(const std::string& path) {
  const std::vector<std::string> names = split(path);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].starts_with('.') && !(i == 0 && names[i] == ".well-known")) return true;
  }
  return false;
}

// Nothing that the file system would take for more than names beneath the root.
void expect_beneath_the_root(const ResolvedTarget& found) {
  ASSERT_LT(found.path.size(), kPathCapacity);
  EXPECT_EQ(found.path.data()[found.path.size()], '\0');
  EXPECT_EQ(found.path.find('\0'), core::Bytes::npos);
  if (found.path.empty()) return;
  for (const std::string& name : split(std::string(found.path))) {
    EXPECT_FALSE(name.empty() || name == "." || name == "..") << found.path;
  }
}

// It names the same place, here, and is written in the one way.
void expect_location(const ResolvedTarget& found) {
  static const auto buffer = std::make_unique<PathBuffer>();
  char text[kEncodedPathCapacity];
  const std::string location(encode_path(found.path, found.directory, text));
  ASSERT_TRUE(location.starts_with('/'));
  EXPECT_EQ(location.find("//"), std::string::npos) << location;
  EXPECT_EQ(location.find_first_of("\\\"?#<>"), std::string::npos) << location;
  for (const char c : location) EXPECT_TRUE(is_visible(c)) << location;

  const ResolvedTarget again = resolve_target(location, *buffer);
  ASSERT_EQ(again.kind, TargetKind::path) << location;
  EXPECT_EQ(again.path, found.path);
  EXPECT_EQ(again.directory, found.directory);
  EXPECT_FALSE(again.has_query);
  EXPECT_TRUE(again.authority.empty());
  char other_text[kEncodedPathCapacity];
  EXPECT_EQ(encode_path(again.path, again.directory, other_text), location);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const fuzz::ExactCopy copy(core::Bytes(reinterpret_cast<const char*>(data), size));
  const core::Bytes target = copy.bytes();
  const auto buffer = std::make_unique<PathBuffer>();
  const ResolvedTarget found = resolve_target(target, *buffer);

  if (found.kind == TargetKind::path) {
    expect_beneath_the_root(found);
    expect_location(found);
    EXPECT_EQ(has_hidden_segment(found.path), is_hidden(std::string(found.path)));
    if (found.has_query) EXPECT_TRUE(target.ends_with("?" + std::string(found.query)));
  }
  if (!found.authority.empty()) EXPECT_TRUE(is_authority(found.authority));
  if (found.kind == TargetKind::asterisk) EXPECT_EQ(target, "*");
  if (found.kind == TargetKind::authority) EXPECT_EQ(found.authority, target);

  if (target.starts_with('/') && target.size() < kPathCapacity) {
    const Found expected = resolve_plainly(std::string(target));
    EXPECT_EQ(found.kind, expected.kind) << target;
    if (found.kind == TargetKind::path) {
      EXPECT_EQ(found.path, expected.path);
      EXPECT_EQ(found.directory, expected.directory);
      EXPECT_EQ(found.has_query, target.find('?') != core::Bytes::npos);
    }
  }
  return 0;
}
