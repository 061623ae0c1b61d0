#include "http/target/sample_text.h"

#include <algorithm>

#include "core/check.h"
#include "core/random.h"

namespace http::target {

namespace {

constexpr std::array<core::Bytes, 16> kAdjectives = {
    "amber", "brisk", "calm",  "deep",  "eager",  "fluid", "grand", "hollow",
    "icy",   "jolly", "level", "misty", "narrow", "open",  "quiet", "rapid"};
constexpr std::array<core::Bytes, 16> kNouns = {
    "anchor", "bridge", "canal", "delta", "eddy", "ford",    "gate",   "harbour",
    "inlet",  "jetty",  "lock",  "mill",  "oar",  "pontoon", "sluice", "weir"};
constexpr std::array<core::Bytes, 6> kCategories = {"boats", "charts", "gauges",
                                                    "pumps", "ropes",  "tools"};
constexpr std::array<core::Bytes, 8> kTags = {"new",   "heavy",   "light", "steel",
                                              "spare", "outdoor", "sale",  "tested"};

template <std::size_t size>
core::Bytes choose(const std::array<core::Bytes, size>& words, core::Random& random) {
  return words[random.below(size)];
}

}  // namespace

SampleItem sample_item(uint64_t id) {
  core::Random random = core::Random(0).derive(id);
  SampleItem item;
  item.id = id;
  item.name = {choose(kAdjectives, random), choose(kNouns, random)};
  item.category = choose(kCategories, random);
  item.price = 1 + random.below(500);
  item.quantity = 1 + random.below(100);
  item.active = random.below(4) != 0;
  item.tag_count = 2 + random.below(item.tags.size() - 1);
  // Neighbours in the list, so that no tag comes twice.
  const uint64_t first = random.next();
  for (std::size_t i = 0; i < item.tags.size(); ++i)
    item.tags[i] = kTags[(first + i) % kTags.size()];
  item.score = 1 + random.below(50);
  item.ratings = 1 + random.below(300);
  return item;
}

void put_members(core::TextWriter& writer, const SampleItem& item) {
  writer.put("\"id\":").put(item.id);
  writer.put(",\"name\":\"").put(item.name[0]).put(" ").put(item.name[1]);
  writer.put("\",\"category\":\"").put(item.category);
  writer.put("\",\"price\":").put(item.price).put(",\"quantity\":").put(item.quantity);
  writer.put(",\"active\":").put(item.active ? "true" : "false").put(",\"tags\":[");
  for (std::size_t i = 0; i < item.tag_count; ++i) {
    writer.put(i > 0 ? ",\"" : "\"").put(item.tags[i]).put("\"");
  }
  writer.put("],\"rating\":{\"score\":").put(item.score).put(",\"count\":").put(item.ratings);
  writer.put("}");
}

void write_sample(std::span<char, kSampleSize> out) {
  core::TextWriter writer(out.data(), out.size());
  std::size_t end = 0;
  for (uint64_t id = 1;; ++id) {
    writer.put("{");
    put_members(writer, sample_item(id));
    writer.put("}\n");
    if (!writer.complete()) break;
    end = writer.size();
  }
  // Blanks before its end make the last line fit.
  CHECK(end > 0);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(end - 1), out.end() - 1, ' ');
  out.back() = '\n';
}

}  // namespace http::target
