// Heads made at random, most of them nearly right: every ISA must give the answer of the scalar
// parser whatever lies behind the input, and libh2o's phr_parse_request, which is more lenient,
// must accept what spate accepts and find the same parts.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http/field_name.h"
#include "http/h1/head_parser.h"
#include "tests/unit/http/h1/head_parser_cases.h"
#include "tests/unit/http/h1/head_parser_support.h"

struct phr_header {
  const char* name;
  size_t name_len;
  const char* value;
  size_t value_len;
};
extern "C" int phr_parse_request(const char* buf, size_t len, const char** method,
                                 size_t* method_len, const char** path, size_t* path_len,
                                 int* minor_version, phr_header* headers, size_t* num_headers,
                                 size_t last_len);

namespace http::h1::head_parser_test {
namespace {

using Random = std::mt19937_64;

size_t below(Random& random, size_t bound) {
  return random() % bound;
}
bool one_in(Random& random, size_t n) {
  return below(random, n) == 0;
}

template <size_t kSize>
std::string_view pick(Random& random, const std::string_view (&choices)[kSize]) {
  return choices[below(random, kSize)];
}

// Mostly short, now and then beyond a block or two.
size_t random_length(Random& random) {
  return one_in(random, 8) ? 1 + below(random, 180) : 1 + below(random, 24);
}

std::string from_alphabet(Random& random, std::string_view alphabet, size_t length) {
  std::string text(length, '\0');
  for (char& c : text) c = alphabet[below(random, alphabet.size())];
  return text;
}

constexpr std::string_view kTokenBytes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_!#$%&'*+.^`|~";
constexpr std::string_view kTargetBytes =
    "abcdefghijklmnopqrstuvwxyz0123456789/////%%?&=.-_~!$'()*+,;:@[]\"<>\\^`{|}";
constexpr std::string_view kValueBytes =
    "abcdefghijklmnopqrstuvwxyz0123456789   \t,;:=/\"()<>@[]{}?\\#*\x80\xff\xc3\xa4";
constexpr std::string_view kBlanks[] = {" ", " ",  " ",  " ",    " ",
                                        "",  "  ", "\t", " \t ", "          "};
constexpr std::string_view kNasty[] = {"\r",   "\n",   "\r\n", "\r\n\r\n", " ",    "\t",  ":",
                                       "\x7f", "\x80", "\x01", "#",        "\r\r", "\n\n"};

std::string random_name(Random& random) {
  if (one_in(random, 2)) return from_alphabet(random, kTokenBytes, random_length(random));
  std::string name(kFieldNameTexts[1 + below(random, kFieldNameTexts.size() - 1)]);
  for (char& c : name) {
    if (c >= 'a' && one_in(random, 4)) c = static_cast<char>(c - 'a' + 'A');
  }
  if (one_in(random, 8)) name += from_alphabet(random, kTokenBytes, 1);
  return name;
}

std::string random_head(Random& random) {
  static constexpr std::string_view kMethods[] = {"GET",     "GET",    "GET",     "HEAD",  "POST",
                                                  "PUT",     "DELETE", "CONNECT", "TRACE", "PATCH",
                                                  "OPTIONS", "get",    "GETS",    "G"};
  static constexpr std::string_view kVersions[] = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1",
                                                   "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.0",
                                                   "HTTP/1.7", "HTTP/1.1", "HTTP/2.0", "HTTP/1.10"};
  std::string head = one_in(random, 12) ? "\r\n" : "";
  head += one_in(random, 10) ? from_alphabet(random, kTokenBytes, random_length(random))
                             : std::string(pick(random, kMethods));
  head += " /" + from_alphabet(random, kTargetBytes, random_length(random)) + " ";
  head += std::string(pick(random, kVersions)) + "\r\n";
  size_t lines = one_in(random, 200) ? 95 + below(random, 10) : below(random, 10);
  for (; lines > 0; --lines) {
    head += random_name(random) + ":" + std::string(pick(random, kBlanks));
    if (!one_in(random, 10)) head += from_alphabet(random, kValueBytes, random_length(random));
    if (one_in(random, 6)) head += pick(random, kBlanks);
    head += "\r\n";
  }
  return head + "\r\n";
}

void mutate(Random& random, std::string& text) {
  for (size_t changes = 1 + below(random, 3); changes > 0 && !text.empty(); --changes) {
    const size_t at = below(random, text.size());
    switch (below(random, 6)) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
        break;
      case 2:
        text.insert(at, pick(random, kNasty));
        break;
      case 3:
        text.erase(at, 1 + below(random, 3));
        break;
      case 4:
        text.resize(at);
        break;
      default:
        text.insert(at, text.substr(below(random, text.size()), 1 + below(random, 40)));
        break;
    }
  }
}

HeadLimits random_limits(Random& random) {
  HeadLimits limits;
  if (one_in(random, 8)) limits.head_bytes = static_cast<uint32_t>(below(random, 400));
  if (one_in(random, 8)) limits.target_bytes = static_cast<uint32_t>(below(random, 40));
  if (one_in(random, 8)) limits.fields = static_cast<uint32_t>(below(random, 8));
  return limits;
}

// The padding of an input: noise, or what could complete or spoil the head if it were looked at.
void fill_padding(Random& random, char* padding) {
  static constexpr std::string_view kFills[] = {"\r\n\r\n",  "\n",      "\r",
                                                "v\r\n\r\n", ": v\r\n", " "};
  if (one_in(random, 2)) {
    for (size_t i = 0; i < core::kPadding; i += 8) {
      const uint64_t noise = random();
      std::memcpy(padding + i, &noise, sizeof(noise));
    }
    return;
  }
  const std::string_view fill = pick(random, kFills);
  for (size_t i = 0; i < core::kPadding; ++i) padding[i] = fill[i % fill.size()];
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether phr_parse_request finds the same. Parts of it that are none of its judgement here: it
// reports any minor version, and the version of some releases leaves blanks behind a value.
testing::AssertionResult pico_agrees(core::Bytes input, const HeadResult& result,
                                     const RequestHead& head) {
  const char *method = nullptr, *path = nullptr;
  size_t method_length = 0, path_length = 0, count = kMaxFields;
  int minor_version = -1;
  std::array<phr_header, kMaxFields> headers{};
  const int consumed = phr_parse_request(input.data(), input.size(), &method, &method_length, &path,
                                         &path_length, &minor_version, headers.data(), &count, 0);
  if (consumed != static_cast<int>(result.consumed)) {
    return testing::AssertionFailure() << "it returns " << consumed;
  }
  if (head.method_text != std::string_view(method, method_length) ||
      head.target != std::string_view(path, path_length) ||
      (minor_version == 0) != (head.minor_version == 0) || head.field_count != count) {
    return testing::AssertionFailure() << "another request line or number of fields";
  }
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const Field& field = head.fields[i];
    if (head.name_of(field) != std::string_view(headers[i].name, headers[i].name_len) ||
        head.value_of(field) != trimmed(std::string_view(headers[i].value, headers[i].value_len))) {
      return testing::AssertionFailure() << "another field " << i;
    }
  }
  return testing::AssertionSuccess();
}

class Comparison {
 public:
  // One input by every parser, each with a new padding.
  void compare(std::string_view text, const HeadLimits& limits, Random& random) {
    buffer_.assign(text.begin(), text.end());
    buffer_.resize(text.size() + core::kPadding);
    const core::Bytes input(buffer_.data(), text.size());
    const HeadResult expected = parse_head_scalar(input, limits, *reference_);
    ++verdicts_[static_cast<size_t>(expected.verdict)];
    for (core::Isa isa : isas_) {
      fill_padding(random, buffer_.data() + text.size());
      const HeadResult found = parse_head_with(isa, input, limits, *head_);
      ASSERT_TRUE(same_answer(expected, *reference_, found, *head_))
          << core::isa_name(isa) << " differs for " << visible(text)
          << "\nscalar: " << describe(expected, *reference_)
          << "\nfound: " << describe(found, *head_);
    }
    if (expected.verdict == HeadVerdict::complete) {
      ASSERT_TRUE(pico_agrees(input, expected, *reference_)) << visible(text);
    }
  }

  int count(HeadVerdict verdict) const { return verdicts_[static_cast<size_t>(verdict)]; }

 private:
  std::vector<core::Isa> isas_ = vector_isas();
  std::unique_ptr<RequestHead> reference_ = std::make_unique<RequestHead>();
  std::unique_ptr<RequestHead> head_ = std::make_unique<RequestHead>();
  std::vector<char> buffer_;
  std::array<int, 3> verdicts_{};
};

TEST(HeadParserDifferential, TableAndAllItsPrefixes) {
  Random random(1);
  Comparison comparison;
  for (const AcceptedCase& accepted : accepted_cases()) {
    for (size_t size = 0; size <= accepted.text.size(); ++size) {
      comparison.compare(std::string_view(accepted.text).substr(0, size), {}, random);
      if (HasFatalFailure()) return;
    }
  }
  for (const RejectedCase& rejected : rejected_cases()) {
    for (size_t size = 0; size <= rejected.text.size(); ++size) {
      comparison.compare(std::string_view(rejected.text).substr(0, size), {}, random);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(comparison.count(HeadVerdict::complete), static_cast<int>(accepted_cases().size()));
  EXPECT_EQ(comparison.count(HeadVerdict::bad), static_cast<int>(rejected_cases().size()));
}

TEST(HeadParserDifferential, RandomHeads) {
  Random random(20);
  Comparison comparison;
  constexpr int kHeads = 200'000 / kSlowdown;
  for (int i = 0; i < kHeads; ++i) {
    std::string text = random_head(random);
    if (one_in(random, 2)) mutate(random, text);
    if (one_in(random, 4)) text += random_head(random);
    comparison.compare(text, random_limits(random), random);
    if (HasFatalFailure()) FAIL() << "head number " << i;
  }
  // The generator is worth something only while it makes enough of each kind.
  EXPECT_GT(comparison.count(HeadVerdict::complete), kHeads / 4);
  EXPECT_GT(comparison.count(HeadVerdict::bad), kHeads / 4);
  EXPECT_GT(comparison.count(HeadVerdict::incomplete), kHeads / 20);
}

TEST(HeadParserDifferential, EverySplitOfRandomHeads) {
  Random random(300);
  Comparison comparison;
  for (int i = 0; i < 300 / kSlowdown; ++i) {
    std::string text = random_head(random);
    if (one_in(random, 2)) mutate(random, text);
    for (size_t size = 0; size <= text.size(); ++size) {
      comparison.compare(std::string_view(text).substr(0, size), {}, random);
      if (HasFatalFailure()) FAIL() << "head number " << i << " cut to " << size;
    }
  }
}

// Once a head is complete or bad it stays so, and until then it is incomplete.
TEST(HeadParserDifferential, VerdictsDoNotChangeOnceGiven) {
  Random random(4000);
  RequestHead head;
  for (int i = 0; i < 2'000 / kSlowdown; ++i) {
    std::string text = random_head(random);
    if (one_in(random, 2)) mutate(random, text);
    const HeadLimits limits = random_limits(random);
    HeadResult last{.verdict = HeadVerdict::incomplete};
    for (size_t size = 0; size <= text.size(); ++size) {
      const HeadResult result =
          parse_head_scalar(std::string_view(text).substr(0, size), limits, head);
      if (last.verdict != HeadVerdict::incomplete) {
        ASSERT_EQ(result.verdict, last.verdict) << visible(text) << " cut to " << size;
        ASSERT_EQ(result.status, last.status) << visible(text) << " cut to " << size;
        ASSERT_EQ(result.consumed, last.consumed) << visible(text) << " cut to " << size;
        ASSERT_EQ(result.reason, last.reason) << visible(text) << " cut to " << size;
      }
      last = result;
    }
  }
}

}  // namespace
}  // namespace http::h1::head_parser_test
