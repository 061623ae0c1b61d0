#include "http/h1/scan_classes.h"

#include "http/field_name.h"

namespace http::h1 {

namespace {

constexpr ScanTables kTables = ScanTables::build();
static_assert(kTables.agrees_with_predicates());

consteval ScanConstants build_constants() {
  ScanConstants constants{};
  for (size_t i = 0; i < sizeof(constants.low); ++i) {
    constants.low[i] = kTables.low[i % 16];
    constants.high[i] = kTables.high[i % 16];
    constants.low_nibble[i] = 0x0f;
    constants.minus_one[i] = 0xff;
    constants.control_to_top[i] = 0x80 - ScanTables::kControlClass;
    constants.not_token_to_top[i] = 0x80 - (ScanTables::kControlClass - 1);
    constants.minus_exclamation[i] = static_cast<uint8_t>(-'!');
    constants.beyond_tilde_to_top[i] = 0x80 - ('~' + 1 - '!');
    constants.hash[i] = '#';
    constants.case_bit[i] = FieldNameTable::kCaseBit;
  }
  return constants;
}

}  // namespace

constinit const ScanConstants kScanConstants = build_constants();

}  // namespace http::h1
