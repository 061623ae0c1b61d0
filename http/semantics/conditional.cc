#include "http/semantics/conditional.h"

#include "http/semantics/date.h"

namespace http {
namespace {

using Comparison = bool (*)(const EntityTag&, const EntityTag&);

constexpr uint32_t kEvaluated = bit(FieldName::if_match) | bit(FieldName::if_none_match) |
                                bit(FieldName::if_modified_since) |
                                bit(FieldName::if_unmodified_since) | bit(FieldName::range);

// Whether the list that all field lines called `name` form is well-formed and holds "*" or a tag
// equal to `selected`. It is read to its end in any case: a match in a malformed list is none.
bool list_matches(const RequestHead& head, FieldName name, const EntityTag& selected,
                  Comparison equal) {
  bool matched = false;
  for (uint32_t i = 0; i < head.field_count; ++i) {
    if (head.fields[i].name != name) continue;
    EntityTagList list(head.value_of(head.fields[i]));
    EntityTag tag;
    EntityTagList::Item item;
    while ((item = list.next(tag)) == EntityTagList::Item::tag) {
      matched = matched || equal(tag, selected);
    }
    if (item == EntityTagList::Item::malformed) return false;
    if (item == EntityTagList::Item::any) return !head.has_many(name);
  }
  return matched;
}

// The date in the field called `name`, unless there is none, or several, or it is invalid.
std::optional<int64_t> single_date(const RequestHead& head, FieldName name, int64_t now) {
  if (!head.has(name) || head.has_many(name)) return std::nullopt;
  return parse_http_date(head.value(name), now);
}

// Steps 1 to 4 of section 13.2.2.
Precondition check_preconditions(const RequestHead& head, const Validators& selected, int64_t now) {
  const std::optional<int64_t> modified = selected.modified_seconds;
  if (head.has(FieldName::if_match)) {
    if (!list_matches(head, FieldName::if_match, selected.entity_tag, strongly_equal)) {
      return Precondition::precondition_failed;
    }
  } else {
    const auto date = single_date(head, FieldName::if_unmodified_since, now);
    if (date && modified && *modified > *date) return Precondition::precondition_failed;
  }

  const bool read_only = head.method == Method::get || head.method == Method::head;
  if (head.has(FieldName::if_none_match)) {
    if (list_matches(head, FieldName::if_none_match, selected.entity_tag, weakly_equal)) {
      return read_only ? Precondition::not_modified : Precondition::precondition_failed;
    }
  } else if (read_only) {
    const auto date = single_date(head, FieldName::if_modified_since, now);
    if (date && modified && *modified <= *date) return Precondition::not_modified;
  }
  return Precondition::proceed;
}

// Section 13.1.5.
bool if_range_holds(const RequestHead& head, const Validators& selected, int64_t now) {
  if (!head.has(FieldName::if_range)) return true;
  if (head.has_many(FieldName::if_range)) return false;
  const core::Bytes value = head.value(FieldName::if_range);
  if (value.starts_with('"') || value.starts_with("W/")) {
    const std::optional<EntityTag> tag = parse_entity_tag(value);
    return tag && strongly_equal(*tag, selected.entity_tag);
  }
  const std::optional<int64_t> date = parse_http_date(value, now);
  return date && date == selected.modified_seconds && *date < now;
}

}  // namespace

ConditionalResult evaluate_conditions(const RequestHead& head, const Validators& selected,
                                      int64_t now) {
  if ((head.present & kEvaluated) == 0) return {};
  // These select no representation, so there is nothing to compare with (section 13.2.1).
  if (head.method == Method::connect || head.method == Method::options ||
      head.method == Method::trace) {
    return {};
  }
  const Precondition outcome = check_preconditions(head, selected, now);
  const bool range_applies = outcome == Precondition::proceed && head.method == Method::get &&
                             head.has(FieldName::range) && !head.has_many(FieldName::range) &&
                             if_range_holds(head, selected, now);
  return {outcome, range_applies};
}

}  // namespace http
