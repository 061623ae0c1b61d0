#include "http/field_name.h"

#include "core/ascii.h"

namespace http {

constinit const FieldNameTable kFieldNameTable = FieldNameTable::build();

FieldName field_name_of(core::Bytes text) {
  if (text.size() < FieldNameTable::kMinimumLength) return FieldName::other;
  const char start[] = {core::to_lower(text[0]), core::to_lower(text[1]), core::to_lower(text[2]),
                        core::to_lower(text[3])};
  const uint32_t slot = FieldNameTable::slot(FieldNameTable::first_four({start, sizeof(start)}),
                                             static_cast<uint32_t>(text.size()));
  const FieldName candidate = kFieldNameTable.entries[slot].name;
  const bool same = core::equals_ignoring_case(text, field_name_text(candidate));
  return same ? candidate : FieldName::other;
}

}  // namespace http
