#include <algorithm>
#include <array>
#include <charconv>

#include "core/ascii.h"
#include "http/configuration/findings.h"
#include "http/scenario/body_template.h"
#include "http/semantics/token.h"

namespace http::scenario {

namespace {

constexpr std::size_t kLongestNumber = 20;
constexpr std::size_t kLongestTime = 20;
constexpr core::Bytes kPlaceholders =
    "{path}, {query:NAME}, {header:NAME}, {random:1..100}, {counter} or {now}; {{ stands for {";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_lower_name(core::Bytes name) {
  return !name.empty() && token_length(name) == name.size() &&
         std::ranges::all_of(name, [](char c) { return core::to_lower(c) == c; });
}

bool parse_number(core::Bytes text, uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end;
}

std::size_t digits_of(uint64_t number) {
  char digits[kLongestNumber];
  return static_cast<std::size_t>(std::to_chars(digits, digits + sizeof(digits), number).ptr -
                                  digits);
}

}  // namespace

class BodyTemplate::Parser {
 public:
  explicit Parser(core::Bytes text) : text_(text) {}

  core::Result<BodyTemplate, Error> parse() {
    std::size_t begin = 0;  // of the text that is not in a part yet
    std::size_t at = 0;
    while ((at = text_.find('{', at)) != core::Bytes::npos) {
      const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
      if (next == '{') {
        add_text(begin, at + 1);
        at += 2;
        begin = at;
      } else if (is_letter(next)) {
        add_text(begin, at);
        if (!read_placeholder(at)) return error_;
        begin = at;
      } else {
        ++at;
      }
    }
    add_text(begin, text_.size());
    return std::move(template_);
  }

 private:
  void add_text(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    add(Part{Kind::text, text_.substr(begin, end - begin)}, end - begin);
  }
  void add(const Part& part, std::size_t most_bytes) {
    template_.parts_.push_back(part);
    template_.most_bytes_ += most_bytes;
  }

  // From "{" at that place to behind its "}".
  bool read_placeholder(std::size_t& at) {
    const std::size_t end = text_.find('}', at);
    if (end == core::Bytes::npos) return fail("a } behind it", text_.substr(at), at);
    const core::Bytes inside = text_.substr(at + 1, end - at - 1);
    const std::size_t colon = inside.find(':');
    const core::Bytes word = inside.substr(0, colon);
    const bool has_argument = colon != core::Bytes::npos;
    const core::Bytes argument = has_argument ? inside.substr(colon + 1) : core::Bytes();
    if (!add_placeholder(word, has_argument, argument)) {
      if (error_.expected.empty()) fail(kPlaceholders, text_.substr(at, end + 1 - at), at);
      error_.nearest = nearest_to(word);
      error_.found = text_.substr(at, end + 1 - at);
      error_.position = at;
      return false;
    }
    at = end + 1;
    return true;
  }

  bool add_placeholder(core::Bytes word, bool has_argument, core::Bytes argument) {
    if (!has_argument) {
      if (word == "path") {
        add(Part{Kind::path, {}}, kMostValue);
        return true;
      }
      if (word == "now") {
        add(Part{Kind::now, {}}, kLongestTime);
        return true;
      }
      if (word != "counter") return false;
      template_.counts_ = true;
      add(Part{Kind::counter, {}}, kLongestNumber);
      return true;
    }
    if (word == "query") {
      if (argument.empty()) return false;
      add(Part{Kind::query, argument}, kMostValue);
      return true;
    }
    if (word == "header") {
      if (!is_lower_name(argument)) {
        error_.expected = "the name of a field in lower case, such as {header:user-agent}";
        return false;
      }
      add(Part{Kind::header, argument}, kMostValue);
      return true;
    }
    if (word != "random") return false;
    Part part{Kind::random, {}};
    const std::size_t dots = argument.find("..");
    const bool is_range = dots != core::Bytes::npos &&
                          parse_number(argument.substr(0, dots), part.least) &&
                          parse_number(argument.substr(dots + 2), part.most);
    if (!is_range || part.most < part.least || part.most > kMostRandom) {
      error_.expected = "two numbers up to 10^18, the smaller one first, as in {random:1..100}";
      return false;
    }
    add(part, digits_of(part.most));
    return true;
  }

  static core::Bytes nearest_to(core::Bytes word) {
    constexpr std::array<core::Bytes, 6> kWords = {"path",   "query",   "header",
                                                   "random", "counter", "now"};
    if (std::ranges::find(kWords, word) != kWords.end()) return {};
    return configuration::nearest_name(word, kWords);
  }

  bool fail(core::Bytes expected, core::Bytes found, std::size_t position) {
    error_ = Error{expected, found, {}, position};
    return false;
  }

  static constexpr uint64_t kMostRandom = 1'000'000'000'000'000'000;

  core::Bytes text_;
  BodyTemplate template_;
  Error error_{};
};

core::Result<BodyTemplate, BodyTemplate::Error> BodyTemplate::parse(core::Bytes text) {
  return Parser(text).parse();
}

}  // namespace http::scenario
