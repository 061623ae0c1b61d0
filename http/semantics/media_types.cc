#include "http/semantics/media_types.h"

#include <algorithm>
#include <utility>

#include "core/ascii.h"
#include "http/semantics/media_type.h"
#include "http/semantics/token.h"

namespace http {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// What a word of an extension may have: no file name has a slash, and the others mean something in
// one of the formats.
bool is_extension_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F && core::Bytes("/;{}\"").find(c) == core::Bytes::npos;
}

// By bytes in lower case.
bool comes_before(core::Bytes a, core::Bytes b) {
  return std::ranges::lexicographical_compare(a, b, {}, core::to_lower, core::to_lower);
}

// A piece of a file for a message: what a terminal would not show is escaped.
std::string quoted(core::Bytes text) {
  constexpr core::Bytes kDigits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F) {
      result += c;
    } else {
      result += "\\x";
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result + "\"";
}

}  // namespace

class MediaTypes::Parser {
 public:
  Parser(core::Bytes text, core::Bytes file_name) : text_(text), file_name_(file_name) {}

  core::Result<MediaTypes> parse() {
    for (skip_blank(true); !rest().empty(); skip_blank(true)) {
      if (!(at_block() ? read_block() : read_entry(false))) return std::move(error_);
    }
    std::vector<Mapping>& mappings = result_.mappings_;
    std::ranges::reverse(mappings);  // of equal extensions, the last is to be the first
    const auto by_extension = [](const Mapping& a, const Mapping& b) {
      return comes_before(a.extension, b.extension);
    };
    std::ranges::stable_sort(mappings, by_extension);
    const auto same = [&](const Mapping& a, const Mapping& b) { return !by_extension(a, b); };
    mappings.erase(std::unique(mappings.begin(), mappings.end(), same), mappings.end());
    return std::move(result_);
  }

 private:
  core::Bytes rest() const { return text_.substr(position_); }

  // Passes white space, and with `lines` also line ends and comments.
  void skip_blank(bool lines) {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (lines && c == '#') {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (is_space(c) || (lines && c == '\n')) {
        ++position_;
      } else {
        return;
      }
    }
  }

  core::Bytes take(std::size_t length) {
    position_ += length;
    return text_.substr(position_ - length, length);
  }

  bool take(char c) {
    if (!rest().starts_with(c)) return false;
    ++position_;
    return true;
  }

  bool fail(core::Bytes expected) {
    const core::Bytes before = text_.substr(0, position_);
    const auto line = std::ranges::count(before, '\n') + 1;
    const std::size_t column = position_ - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    std::string found = "the end of the file";
    if (!rest().empty()) {
      constexpr std::size_t kMaxShown = 40;
      const std::size_t length = std::min(rest().find_first_of(" \t\r\n"), kMaxShown);
      found = length == 0 ? "the end of the line" : quoted(rest().substr(0, length));
    }
    error_.message = std::string(file_name_) + ":" + std::to_string(line) + ":" +
                     std::to_string(column) + ": expected " + std::string(expected) + ", found " +
                     found;
    return false;
  }

  bool at_block() const { return rest().substr(0, token_length(rest())) == "types"; }

  // types { *( entry ";" ) }
  bool read_block() {
    take(token_length(rest()));
    skip_blank(true);
    if (!take('{')) return fail("\"{\"");
    for (skip_blank(true); !take('}'); skip_blank(true)) {
      if (!read_entry(true)) return false;
    }
    return true;
  }

  // A type and its extensions, in a block through the ';' behind them.
  bool read_entry(bool in_block) {
    std::string type;
    if (!read_type(in_block, type)) return false;
    result_.types_.push_back(std::move(type));
    for (;;) {
      const std::size_t word_end = position_;
      skip_blank(in_block);
      if (in_block ? take(';') : at_line_end()) return true;
      if (position_ == word_end) return fail(in_block ? "white space or \";\"" : "white space");
      if (!read_extension(in_block)) return false;
    }
  }

  bool at_line_end() const {
    return rest().empty() || rest().starts_with('\n') || rest().starts_with('#');
  }

  bool read_extension(bool in_block) {
    std::size_t length = 0;
    while (length < rest().size() && is_extension_byte(rest()[length])) ++length;
    if (length == 0 || rest().starts_with('.')) {
      return fail(in_block ? "an extension without a dot in front, or \";\""
                           : "an extension without a dot in front");
    }
    const auto type = static_cast<uint32_t>(result_.types_.size() - 1);
    result_.mappings_.push_back({std::string(take(length)), type});
    result_.longest_ = std::max(result_.longest_, length);
    return true;
  }

  bool read_type(bool in_block, std::string& type) {
    const std::size_t start = position_;
    const core::Bytes main = take(token_length(rest()));
    const bool has_slash = !main.empty() && take('/');
    const core::Bytes subtype = take(has_slash ? token_length(rest()) : 0);
    if (subtype.empty()) {
      position_ = start;
      return fail(in_block ? "a media type or \"}\"" : "a media type");
    }
    type = std::string(main) + "/" + std::string(subtype);
    const std::size_t plain_length = type.size();
    if (!in_block && !read_parameters(type)) return false;
    if (type.size() == plain_length && core::equals_ignoring_case(main, "text")) {
      type += "; charset=utf-8";
    }
    if (type.size() > kMaxMediaTypeLength) {
      position_ = start;
      return fail("a media type of at most " + std::to_string(kMaxMediaTypeLength) + " bytes");
    }
    return true;
  }

  // *( ";" name "=" value ) with white space around the ';'. What is behind is not touched.
  bool read_parameters(std::string& type) {
    for (;;) {
      const std::size_t end = position_;
      skip_blank(false);
      if (!take(';')) {
        position_ = end;
        return true;
      }
      skip_blank(false);
      const core::Bytes name = take(token_length(rest()));
      if (name.empty()) return fail("a parameter");
      if (!take('=')) return fail("\"=\"");
      const core::Bytes value = take(std::max(token_length(rest()), quoted_string_length(rest())));
      if (value.empty()) return fail("a value");
      type += "; " + std::string(name) + "=" + std::string(value);
    }
  }

  core::Bytes text_;
  core::Bytes file_name_;
  std::size_t position_ = 0;
  MediaTypes result_;
  core::Error error_;
};

core::Result<MediaTypes> MediaTypes::parse(std::string_view text, std::string_view file_name) {
  return Parser(text, file_name).parse();
}

core::Bytes MediaTypes::type_of(core::Bytes path) const {
  const core::Bytes name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0: all of it
  // A dot in front makes a file hidden and begins no extension.
  for (std::size_t dot = name.find('.', 1); dot != core::Bytes::npos;
       dot = name.find('.', dot + 1)) {
    const core::Bytes extension = name.substr(dot + 1);
    if (extension.size() > longest_) continue;
    const auto found =
        std::ranges::lower_bound(mappings_, extension, comes_before, &Mapping::extension);
    if (found != mappings_.end() && !comes_before(extension, found->extension)) {
      return types_[found->type];
    }
  }
  return media_type(path);
}

}  // namespace http
