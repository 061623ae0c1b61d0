// The one door from protocols to content: a request head in, a response out.
//
// Knows methods, targets, content negotiation, conditions and ranges (RFC 9110), and nothing of
// connections or framing. One worker's, one thread. A hit in the content store costs no system call
// (a large file one) and no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/check.h"
#include "core/clock.h"
#include "http/content/content_store.h"
#include "http/request.h"
#include "http/response.h"
#include "http/semantics/accept_encoding.h"
#include "http/semantics/path.h"
#include "http/semantics/range.h"
#include "http/target/target.h"

namespace http {

class Responder {
 public:
  // `secret` goes into boundaries, so that no file can hold one on purpose.
  Responder(ContentStore& store, const core::CachedClock& clock, uint64_t secret)
      : store_(store), clock_(clock), secret_(secret) {}

  // Has the endpoints of a load-test target answered too, which outlives the responder; they come
  // before files of the same names.
  void add_target(target::Target& target) { load_target_ = &target; }

  // The response is valid until the next call. Status::not_ready: there is none before the disk has
  // answered, and nothing has happened but looks; ask again then.
  Response respond(const RequestHead& head, const target::Caller& caller = {});

  // Which entries are looked for: one of a large file costs a system call.
  enum class Among : uint8_t { all, in_memory };

  // Fields that can make a 200 something else.
  static constexpr uint32_t kSelecting =
      bit(FieldName::if_match) | bit(FieldName::if_none_match) | bit(FieldName::if_modified_since) |
      bit(FieldName::if_unmodified_since) | bit(FieldName::if_range) | bit(FieldName::range);

  // The whole representation, if that is the answer to a GET or HEAD without any of kSelecting and
  // it is here: what nearly every request gets. Null: respond() knows the answer. Valid as a
  // response is.
  template <Among among>
  [[gnu::always_inline]] Entry* find_whole(const RequestHead& head) {
    DCHECK(!head.has_any(kSelecting));
    // A target that has a query or another form is no key of the store and is not found.
    Entry* entry = store_.find(head.target, clock_.now());
    if (entry == nullptr) return nullptr;
    if (!entry->siblings.empty() || head.has(FieldName::accept_encoding)) {
      entry = find_accepted(head, *entry);
      if (entry == nullptr) return nullptr;
    }
    if (entry->strategy == Entry::Strategy::memory) return entry;
    return among == Among::all ? if_unchanged(*entry) : nullptr;
  }

  // What the disk answered from now on is as old as that moment of the wall clock, which decides
  // how far the time stamps of a file can be trusted; nothing: as new as the clock says.
  void set_age_of_answers(std::optional<int64_t> wall_seconds) { asked_at_ = wall_seconds; }

  // A response without a representation: an error with its body, in the format that the head asks
  // for, or as text if there is no head.
  [[gnu::cold]] static Response error(Status status, ErrorFormat format = ErrorFormat::text);
  [[gnu::cold]] static Response error(Status status, const RequestHead& head);

  ContentStore& store() { return store_; }
  const core::CachedClock& clock() const { return clock_; }

 private:
  [[gnu::cold]] Response respond_to_unusual_method(const RequestHead& head);
  std::optional<Response> respond_by_target(const RequestHead& head, const target::Caller& caller);
  // What it is now, for what that caller gets.
  const core::CachedClock& clock_for(const target::Caller& caller) const {
    return caller.clock != nullptr ? *caller.clock : clock_;
  }
  const scenario::RoutedPath* find_route(core::Bytes& path);
  Response respond_by_route(const scenario::RoutedPath& routed, core::Bytes path,
                            const RequestHead& head, const target::Caller& caller);
  Response made(const target::MadeResponse& response);
  bool resolve(const RequestHead& head, Response& failure);
  Entry* find(core::Bytes raw_path, Variant variant);
  [[gnu::noinline]] Entry* if_unchanged(Entry& entry);
  [[gnu::noinline]] Entry* find_accepted(const RequestHead& head, Entry& original);
  [[gnu::noinline]] Entry* find_or_load(const RequestHead& head, Response& failure);
  Entry* load(const RequestHead& head, core::Bytes raw_path, Response& failure);
  Entry* find_listing(const RequestHead& head, core::Bytes raw_path);
  Entry* negotiate(const RequestHead& head, Entry& original, Response& failure);
  const AcceptedCodings& accepted_codings(const RequestHead& head);
  Response redirect(const RequestHead& head);
  [[gnu::noinline]] Response select(const RequestHead& head, Entry& entry);
  uint64_t next_boundary();
  Moment time() const { return {clock_.now(), asked_at_.value_or(clock_.wall_seconds())}; }

  ContentStore& store_;
  const core::CachedClock& clock_;
  PathBuffer path_buffer_;
  ResolvedTarget target_;
  std::array<ByteRange, kMaxRangeParts> parts_;
  uint64_t secret_;
  uint64_t boundaries_ = 0;  // made so far
  target::Target* load_target_ = nullptr;
  std::optional<int64_t> asked_at_;
  // The last Accept-Encoding that was read. Nearly every request of a browser has the same one.
  AcceptedCodings known_codings_;
  std::size_t known_length_ = 0;
  char known_text_[128];
  char location_[kEncodedPathCapacity + 2048];
};

}  // namespace http
