// The answers with generated content: all of it, or ranges.
#include "http/semantics/conditional.h"
#include "http/semantics/multipart.h"
#include "http/semantics/range.h"
#include "http/target/target.h"

namespace http::target {

MadeResponse Target::answer_bytes(const Endpoint& endpoint) {
  MadeResponse response = with_status(200);
  response.content_type = kBinary;
  response.block = start_of(endpoint);
  response.length = endpoint.amount;
  return response;
}

// Content that is the same next time has an entity tag, and parts.
MadeResponse Target::answer_range(const Endpoint& endpoint, const RequestHead& head,
                                  const core::CachedClock& clock) {
  core::TextWriter fields = fields_writer();
  fields.put("Accept-Ranges: bytes\r\nETag: ");
  const std::size_t start = fields.size();
  fields.put("\"").put(endpoint.amount).put("-").put(endpoint.seed).put("\"");
  const EntityTag selected{fields.text().substr(start), false};
  fields.put("\r\n");
  const ConditionalResult result =
      evaluate_conditions(head, Validators{selected, std::nullopt}, clock.wall_seconds());
  if (result.outcome == Precondition::precondition_failed) return with_status(412);
  MadeResponse response = with_status(304);
  response.fields = fields.text();
  if (result.outcome == Precondition::not_modified) return response;
  response.status = 200;
  response.content_type = kBinary;
  response.block = pattern_.at(endpoint.seed, 0);
  response.length = endpoint.amount;
  if (!result.range_applies) return response;

  char text[kContentRangeCapacity];
  const RangeChoice choice =
      choose_ranges(head.value(FieldName::range), endpoint.amount, parts_.ranges);
  if (choice.verdict == RangeVerdict::whole) return response;
  if (choice.verdict == RangeVerdict::unsatisfiable) {
    fields.put("Content-Range: ").put(format_unsatisfied_range(endpoint.amount, text));
    response = with_status(416);
  } else if (choice.count == 1) {
    const ByteRange part = parts_.ranges.front();
    fields.put("Content-Range: ").put(format_content_range(part, endpoint.amount, text));
    response.status = 206;
    response.block = pattern_.at(endpoint.seed, part.first);
    response.length = part.length();
  } else {
    parts_.count = choice.count;
    parts_.size = endpoint.amount;
    parts_.boundary = chance_.derive(kForBoundary).next();
    response.status = 206;
    response.parts = &parts_;
    response.length = multipart_length(parts_.all(), kBinary, endpoint.amount);
    return response;
  }
  response.fields = fields.put("\r\n").text();
  return response;
}

}  // namespace http::target
