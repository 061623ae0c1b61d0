// A request that is made of field lines, for what reads only some fields of its head.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>

#include "core/bytes.h"
#include "http/h1/head_parser.h"
#include "http/method.h"
#include "http/request.h"

namespace fuzz {

class RequestOfLines {
 public:
  // Each of `lines` ends with LF alone, so that a corpus file is a plain text.
  RequestOfLines(http::Method method, core::Bytes lines) : text_(http::method_text(method)) {
    text_ += " / HTTP/1.1\r\n";
    for (const char c : lines) {
      if (c == '\n') text_ += '\r';
      text_ += c;
    }
    text_ += "\r\n";
    const http::h1::HeadResult result = http::h1::parse_head_scalar(text_, {}, *head_);
    good_ = result.verdict == http::h1::HeadVerdict::complete && result.consumed == text_.size();
  }

  // Whether the lines are a well-formed head; otherwise there is no head().
  bool good() const { return good_; }
  const http::RequestHead& head() const { return *head_; }

  // The same lines without those of these names, for another method.
  RequestOfLines without(http::Method method, std::initializer_list<http::FieldName> names) const {
    std::string lines;
    for (uint32_t i = 0; i < head_->field_count; ++i) {
      const http::Field& field = head_->fields[i];
      if (std::find(names.begin(), names.end(), field.name) != names.end()) continue;
      lines +=
          std::string(head_->name_of(field)) + ":" + std::string(head_->value_of(field)) + "\n";
    }
    return RequestOfLines(method, lines);
  }

 private:
  std::string text_;
  // What it holds points into text_, which has more bytes than a string can hold in itself.
  std::unique_ptr<http::RequestHead> head_ = std::make_unique<http::RequestHead>();
  bool good_ = false;
};

}  // namespace fuzz
