// A strict reader of the pages that listings make: it knows the few elements and attributes they
// may have and fails the test at anything else, so that no name can add one.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"

namespace http {

struct HtmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;    // of itself and what is in it
  std::string within;  // names of the elements around it, "html body main "
};

// Whether `text` is well-formed UTF-8 (RFC 3629 section 3) without control characters but line
// feed.
inline bool is_plain_utf8(core::Bytes text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xC0) || lead > 0xF7 || i + size > text.size()) return false;
    uint32_t code = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code * 64 + (next & 0x3F);
    }
    const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[size - 1] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
      return false;
    if ((code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0)) return false;
    i += size;
  }
  return true;
}

class HtmlScanner {
 public:
  // The elements of a page in the order of their start tags.
  static std::vector<HtmlElement> scan(const std::string& page) {
    HtmlScanner scanner(page);
    scanner.run();
    return scanner.elements_;
  }

 private:
  explicit HtmlScanner(const std::string& page) : rest_(page) {}

  static const std::map<std::string, std::set<std::string>>& known() {
    static const std::map<std::string, std::set<std::string>> kKnown = {
        {"html", {"lang"}},
        {"head", {}},
        {"meta", {"charset", "name", "content"}},
        {"title", {}},
        {"style", {}},
        {"body", {}},
        {"nav", {"aria-label"}},
        {"h1", {}},
        {"main", {}},
        {"p", {}},
        {"strong", {}},
        {"span", {"aria-current"}},
        {"table", {}},
        {"caption", {}},
        {"thead", {}},
        {"tbody", {}},
        {"tr", {}},
        {"th", {"scope", "aria-sort"}},
        {"td", {"colspan"}},
        {"a", {"href"}},
        {"data", {"value", "title"}},
        {"time", {"datetime"}},
    };
    return kKnown;
  }

  void run() {
    if (!is_plain_utf8(rest_)) return fail("not UTF-8, or a control character");
    if (!take("<!doctype html>\n")) return fail("no doctype");
    while (!rest_.empty() && !failed_) {
      if (take("</")) {
        end_tag();
      } else if (take("<")) {
        start_tag();
      } else {
        text();
      }
    }
    if (!failed_ && !open_.empty()) fail("not closed: " + elements_[open_.back()].name);
  }

  void start_tag() {
    HtmlElement element;
    element.name = take_name();
    const auto known_element = known().find(element.name);
    if (known_element == known().end()) return fail("unknown element " + element.name);
    while (take(" ")) {
      const std::string name = take_name();
      if (!known_element->second.contains(name)) return fail("unknown attribute " + name);
      if (!take("=\"")) return fail("no value of " + name);
      const std::size_t end = rest_.find('"');
      if (end == core::Bytes::npos) return fail("no end of " + name);
      if (!element.attributes.emplace(name, decode(rest_.substr(0, end))).second) {
        return fail("twice: " + name);
      }
      rest_.remove_prefix(end + 1);
    }
    if (!take(">")) return fail("no end of tag " + element.name);
    for (const std::size_t at : open_) element.within += elements_[at].name + " ";
    elements_.push_back(element);
    if (element.name == "meta") return;
    open_.push_back(elements_.size() - 1);
    if (element.name != "style") return;
    const std::size_t end = rest_.find("</");
    if (end == core::Bytes::npos) return fail("no end of style");
    elements_.back().text = rest_.substr(0, end);
    rest_.remove_prefix(end);
  }

  void end_tag() {
    const std::string name = take_name();
    if (open_.empty() || elements_[open_.back()].name != name)
      return fail("unexpected end " + name);
    open_.pop_back();
    if (!take(">")) fail("no end of end tag " + name);
  }

  void text() {
    const std::size_t end = std::min(rest_.find('<'), rest_.size());
    const std::string decoded = decode(rest_.substr(0, end));
    for (const std::size_t at : open_) elements_[at].text += decoded;
    rest_.remove_prefix(end);
  }

  std::string take_name() {
    const std::size_t end =
        std::min(rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz-1"), rest_.size());
    const std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  std::string decode(core::Bytes text) {
    static const std::vector<std::pair<core::Bytes, char>> kReferences = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&#34;", '"'}, {"&#39;", '\''}};
    std::string decoded;
    while (!text.empty()) {
      if (text[0] == '<' || text[0] == '>' || text[0] == '"') fail("bare mark in text");
      std::size_t size = 1;
      char c = text[0];
      for (const auto& [reference, meaning] : kReferences) {
        if (!text.starts_with(reference)) continue;
        size = reference.size();
        c = meaning;
      }
      if (text[0] == '&' && size == 1) fail("bare ampersand");
      decoded += c;
      text.remove_prefix(size);
    }
    return decoded;
  }

  bool take(core::Bytes expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  void fail(const std::string& why) {
    if (!failed_) ADD_FAILURE() << why << " before: " << rest_.substr(0, 80);
    failed_ = true;
  }

  core::Bytes rest_;
  std::vector<HtmlElement> elements_;
  std::vector<std::size_t> open_;
  bool failed_ = false;
};

}  // namespace http
