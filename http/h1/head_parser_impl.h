// The vector parser, once for all ISAs. It is a template on the primitives of one ISA, `Scan`:
//
//   class Scan {                                  // 64 bytes in registers
//     explicit Scan(const char* bytes);           // loads them; any alignment
//     ScanMaps maps() const;
//     uint64_t not_target() const;                // bit per byte that may not stand in a target
//     // `bits` without those up to the lowest one of `marks`.
//     static uint64_t clear_through_lowest(uint64_t bits, uint64_t marks);
//
//     class Name {                                // 32 bytes in lower case
//       explicit Name(const char* bytes);         // loads and folds them; any alignment
//       uint32_t first_four() const;              // the first byte lowest
//       uint32_t equal(const char* entry) const;  // bit per byte that equals the one in `entry`
//     };
//   };
//
// How it reads a head: two bitmaps for each block of 64 bytes, bytes that may not stand in a token
// and bytes that may not stand in a field value. In a field line the first bit of the one map is
// the colon and the first bit of the other is the CR, so a line costs two bit scans however long it
// is. What is not so is declined; so is whatever is rare enough to leave it to the scalar parser.
//
// Bytes behind the input are scanned with the last block and may hold anything. They cannot matter:
// a line counts only when its LF lies inside the input, hence all that was decided before it does.
//
// This file is included inside a target region (scan_target.h), after what it includes itself;
// nothing here may use a function of the standard library.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/field_name.h"
#include "http/h1/head_parser_vector.h"
#include "http/method.h"

namespace http::h1 {

template <class Scan>
class VectorHeadParser {
 public:
  static uint32_t parse(const char* input, size_t size, const HeadLimits& limits,
                        RequestHead& head) {
    // From here on the first block needs no bounds.
    if (size < kShortestHead) return 0;
    VectorHeadParser parser(input, size);
    if (!parser.read_request_line(limits, head)) return 0;
    return static_cast<uint32_t>(parser.read_fields(limits, head));
  }

 private:
  static constexpr size_t kBlock = 64;
  static constexpr size_t kShortestHead = 16;  // "G / HTTP/1.1" and two line ends
  static constexpr size_t kVersionBytes = 8;
  static constexpr uint16_t kCrLf = '\r' | '\n' << 8;
  static constexpr uint32_t kGet = static_cast<uint32_t>(method_word("GET "));
  static constexpr uint16_t kColonSpace = ':' | ' ' << 8;
  static constexpr uint64_t kHttp11 = method_word("HTTP/1.1");
  static constexpr uint64_t kMinorBit = uint64_t{'0' ^ '1'} << 56;

  VectorHeadParser(const char* base, size_t size) : base_(base), size_(size) {}

  template <class T>
  static T load(const char* from) {
    T value;
    __builtin_memcpy(&value, from, sizeof(value));
    return value;
  }

  static size_t first_bit(uint64_t bits) { return static_cast<size_t>(__builtin_ctzll(bits)); }

  // False when the next block begins behind the input.
  bool next_block() {
    block_ += kBlock;
    if (block_ >= size_) return false;
    maps_ = Scan(base_ + block_).maps();
    return true;
  }

  bool read_request_line(const HeadLimits& limits, RequestHead& head) {
    const Scan first(base_);
    maps_ = first.maps();
    size_t target = 4;
    if (load<uint32_t>(base_) == kGet) [[likely]] {
      head.method = Method::get;
    } else {
      // A method as long as a block is for the scalar parser.
      if (maps_.not_token == 0) return false;
      const size_t length = first_bit(maps_.not_token);
      target = length + 1;
      if (length == 0 || target == kBlock || base_[length] != ' ') return false;
      head.method = length > 8
                        ? Method::other
                        : method_of_word(load<uint64_t>(base_) & ~uint64_t{0} >> (64 - 8 * length));
    }

    uint64_t ends = first.not_target() & ~uint64_t{0} << target;
    while (ends == 0) {
      block_ += kBlock;
      if (block_ >= size_) return false;
      const Scan scan(base_ + block_);
      maps_ = scan.maps();
      ends = scan.not_target();
    }
    const size_t target_end = block_ + first_bit(ends);
    const size_t version_end = target_end + 1 + kVersionBytes;
    line_ = version_end + 2;
    if (line_ > size_) return false;
    const size_t target_length = target_end - target;
    const uint64_t version = load<uint64_t>(base_ + target_end + 1);
    if (base_[target_end] != ' ' || (version | kMinorBit) != kHttp11 ||
        load<uint16_t>(base_ + version_end) != kCrLf ||
        target_length - 1 >= limits.target_bytes) {  // and one of no byte is none
      return false;
    }
    head.minor_version = static_cast<uint8_t>(version >> 56 & 1);
    head.method_length = static_cast<uint32_t>(target - 1);
    head.target_length = static_cast<uint32_t>(target_length);

    // Forget what lies before the first field line.
    size_t passed = line_ - block_;
    if (passed >= kBlock) {
      if (!next_block()) return false;
      passed -= kBlock;
    }
    maps_.not_token &= ~uint64_t{0} << passed;
    maps_.control &= ~uint64_t{0} << passed;
    return true;
  }

  // Offset behind the empty line; 0 if anything is wrong.
  size_t read_fields(const HeadLimits& limits, RequestHead& head) {
    Field* field = head.fields;
    const Field* const fields_end = field + kMaxFields;
    size_t line = line_;
    for (;;) {
      // Both maps have no bit left of what was read; and no control byte is a token byte, so that
      // the first control byte cannot come before the colon.
      if (maps_.not_token == 0) [[unlikely]] {
        do {
          if (!next_block()) return 0;
        } while (maps_.not_token == 0);
      }
      const size_t colon = block_ + first_bit(maps_.not_token);
      if (maps_.control == 0) [[unlikely]] {
        do {
          if (!next_block()) return 0;
        } while (maps_.control == 0);
      }
      const size_t line_end = block_ + first_bit(maps_.control);
      const size_t next_line = line_end + 2;
      if (next_line > size_ || load<uint16_t>(base_ + line_end) != kCrLf) return 0;

      // Nearly always one space stands before the value and nothing blank after it.
      size_t value = colon + 2;
      if (load<uint16_t>(base_ + colon) != kColonSpace) [[unlikely]] {
        if (line_end == line) {
          recognise_names(head, field);
          return head.field_count <= limits.fields ? next_line : 0;
        }
        if (base_[colon] != ':') return 0;
        value = colon + 1;
      }
      if (colon == line || field == fields_end) return 0;
      size_t value_end = line_end;
      if (may_be_blank(base_[value]) || may_be_blank(base_[value_end - 1])) [[unlikely]] {
        while (is_blank(base_[value])) ++value;
        while (value_end > value && is_blank(base_[value_end - 1])) --value_end;
      }
      store_offsets(*field++, line, colon - line, value, value_end - value);
      line = next_line;

      // Forget the line: the lowest control bits are those of its CR and its LF.
      maps_.control &= maps_.control - 1;
      if (maps_.control == 0) [[unlikely]] {
        // The LF is the first byte of the next block.
        if (!next_block()) return 0;
      }
      maps_.not_token = Scan::clear_through_lowest(maps_.not_token, maps_.control);
      maps_.control &= maps_.control - 1;
    }
  }

  // All of a field but its name. Volatile keeps GCC 12 from making one store of the four, which
  // takes ten instructions to put together (a head of 103 bytes: 27.9 ns so, 26.7 ns with four
  // stores).
  static void store_offsets(volatile Field& field, size_t name_offset, size_t name_length,
                            size_t value_offset, size_t value_length) {
    field.name_offset = static_cast<uint16_t>(name_offset);
    field.name_length = static_cast<uint16_t>(name_length);
    field.value_offset = static_cast<uint16_t>(value_offset);
    field.value_length = static_cast<uint16_t>(value_length);
  }

  // In a loop of its own, so that each of the two loops has registers enough.
  void recognise_names(RequestHead& head, const Field* fields_end) const {
    uint32_t present = 0, repeated = 0, count = 0;
    for (Field* field = head.fields; field != fields_end; ++field, ++count) {
      const FieldNameTable::Entry& known =
          recognise(base_ + field->name_offset, field->name_length);
      field->name = known.name;
      repeated |= present & known.bit;
      present |= known.bit;
    }
    head.present = present;
    head.repeated = repeated;
    head.field_count = count;
  }

  // `text` is a valid name of `length` bytes with a colon behind it.
  static const FieldNameTable::Entry& recognise(const char* text, uint32_t length) {
    const typename Scan::Name name(text);
    const uint32_t slot = FieldNameTable::slot(name.first_four(), length);
    const FieldNameTable::Entry* entry = &kFieldNameTable.entries[slot];
    // A choice of address and no branch: which fields are known ones is hard to predict.
    const bool found = (~name.equal(entry->text) & entry->compared) == 0;
    return *(found ? entry : &kFieldNameTable.none);
  }

  static bool may_be_blank(char byte) { return static_cast<unsigned char>(byte) <= ' '; }
  static bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

  const char* const base_;  // first byte of the request line
  const size_t size_;       // input from there on
  size_t block_ = 0;        // offset of the block that the maps describe
  size_t line_ = 0;         // offset of the first field line
  ScanMaps maps_{};
};

}  // namespace http::h1
