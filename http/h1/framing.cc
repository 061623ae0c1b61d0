#include "http/h1/framing.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/check.h"
#include "core/hexadecimal.h"
#include "http/semantics/token.h"

namespace http::h1 {

namespace {

// One or more digits without overflow, or nothing.
bool parse_length(core::Bytes text, uint64_t& length) {
  length = 0;
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (length > (UINT64_MAX - digit) / 10) return false;
    length = length * 10 + digit;
  }
  return true;
}

// Whether a list of codings has "chunked" at its end and nowhere else.
bool ends_in_chunked(core::Bytes list) {
  bool is_chunked = false;
  ListMembers codings(list);
  for (core::Bytes coding; codings.next(coding);) {
    if (is_chunked || coding.empty() || token_length(coding) != coding.size()) return false;
    is_chunked = core::equals_ignoring_case(coding, "chunked");
  }
  return is_chunked;
}

BodyFraming bad(Status status) {
  return BodyFraming{BodyKind::bad, 0, status};
}

}  // namespace

BodyFraming body_framing(const RequestHead& head) {
  const bool has_length = head.has(FieldName::content_length);
  if (head.has(FieldName::transfer_encoding)) {
    if (has_length || head.minor_version == 0 || head.has_many(FieldName::transfer_encoding)) {
      return bad(Status::bad_request);
    }
    const core::Bytes coding = head.value(FieldName::transfer_encoding);
    if (core::equals_ignoring_case(coding, "chunked")) return BodyFraming{BodyKind::chunked, 0, {}};
    // What else ends in "chunked" is understood not to be supported (section 6.1). Without it at
    // the end nobody can tell where the body ends (section 6.3).
    return bad(ends_in_chunked(coding) ? Status::not_implemented : Status::bad_request);
  }
  if (!has_length) return BodyFraming{};
  uint64_t length = 0;
  if (head.has_many(FieldName::content_length) ||
      !parse_length(head.value(FieldName::content_length), length)) {
    return bad(Status::bad_request);
  }
  return length == 0 ? BodyFraming{} : BodyFraming{BodyKind::length, length, {}};
}

ChunkedDecoder::Verdict ChunkedDecoder::consume(core::Bytes bytes, std::size_t& consumed) {
  consumed = 0;
  Verdict verdict = Verdict::more;
  while (verdict == Verdict::more && consumed < bytes.size()) {
    std::size_t step = 0;
    core::Bytes data;
    verdict = next_data(bytes.substr(consumed), step, data);
    consumed += step;
  }
  return verdict;
}

ChunkedDecoder::Verdict ChunkedDecoder::next_data(core::Bytes bytes, std::size_t& consumed,
                                                  core::Bytes& data) {
  std::size_t at = 0;
  data = core::Bytes();
  const auto finish = [&](Verdict verdict) {
    consumed = at;
    return verdict;
  };
  while (at < bytes.size()) {
    if (state_ == State::data) {
      const uint64_t take = std::min<uint64_t>(left_, bytes.size() - at);
      data = bytes.substr(at, take);
      at += take;
      left_ -= take;
      data_bytes_ += take;
      if (left_ == 0) state_ = State::data_return;
      return finish(Verdict::more);
    }
    const char c = bytes[at++];
    const auto byte = static_cast<unsigned char>(c);
    switch (state_) {
      case State::size_first:
      case State::size: {
        const unsigned digit = core::hex_value(c);
        if (digit < 16) {
          // 16 digits fill 64 bits; the sum with what is counted already must not wrap either.
          if (++digits_ > 16) return finish(Verdict::bad);
          left_ = left_ << 4 | digit;
          if (left_ > UINT64_MAX - data_bytes_) return finish(Verdict::bad);
          state_ = State::size;
        } else if (state_ == State::size && c == ';') {
          state_ = State::extension;
        } else if (state_ == State::size && is_blank(byte) && ++metadata_ <= kMaxMetadata) {
          state_ = State::size_blank;
        } else if (state_ == State::size && c == '\r') {
          state_ = State::size_line_feed;
        } else {
          return finish(Verdict::bad);
        }
        break;
      }
      case State::size_blank:
        // Bad white space before an extension must be read (RFC 9110 section 5.6.3); without one
        // behind it there is none that may stand here.
        if (c == ';') {
          state_ = State::extension;
        } else if (!is_blank(byte) || ++metadata_ > kMaxMetadata) {
          return finish(Verdict::bad);
        }
        break;
      case State::extension:
        if (c == '\r') {
          state_ = State::size_line_feed;
        } else if (!is_value_byte(byte) || ++metadata_ > kMaxMetadata) {
          return finish(Verdict::bad);
        }
        break;
      case State::size_line_feed:
        if (c != '\n') return finish(Verdict::bad);
        state_ = left_ > 0 ? State::data : State::trailer_first;
        digits_ = 0;
        break;
      case State::data_return:
        if (c != '\r') return finish(Verdict::bad);
        state_ = State::data_line_feed;
        break;
      case State::data_line_feed:
        if (c != '\n') return finish(Verdict::bad);
        state_ = State::size_first;
        break;
      case State::trailer_first:
        if (c == '\r') {
          state_ = State::end_line_feed;
        } else if (!is_token_byte(byte) || ++metadata_ > kMaxMetadata) {
          return finish(Verdict::bad);
        } else {
          state_ = State::trailer_name;
        }
        break;
      case State::trailer_name:
        if ((c != ':' && !is_token_byte(byte)) || ++metadata_ > kMaxMetadata) {
          return finish(Verdict::bad);
        }
        if (c == ':') state_ = State::trailer;
        break;
      case State::trailer:
        if (c == '\r') {
          state_ = State::trailer_line_feed;
        } else if (!is_value_byte(byte) || ++metadata_ > kMaxMetadata) {
          return finish(Verdict::bad);
        }
        break;
      case State::trailer_line_feed:
        if (c != '\n') return finish(Verdict::bad);
        state_ = State::trailer_first;
        break;
      case State::end_line_feed:
        if (c != '\n') return finish(Verdict::bad);
        return finish(Verdict::done);
      case State::data:
        UNREACHABLE();
    }
  }
  return finish(Verdict::more);
}

}  // namespace http::h1
