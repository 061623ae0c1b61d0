// Range requests (RFC 9110 section 14) for files in memory and open ones: which bytes come, and how
// they are framed.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/integration/multipart_body.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

// Positions of the first and the last byte, both included.
struct Stretch {
  uint64_t first;
  uint64_t last;
};

// 1000 and 12288 bytes are kept in memory, three million are sent from the file.
constexpr std::size_t kSizes[] = {1000, 12'288, 3'000'000};

class RangeTest : public ServerTest {
 protected:
  void write_files() {
    for (const std::size_t size : kSizes) {
      const std::string name = "file" + std::to_string(size);
      contents_[name] = write_content(name, size, size);
      root_.set_modified(name, kLongAgo);
    }
  }

  // The response holds exactly these stretches, in this order.
  static void expect_parts(const Response& response, const std::vector<Stretch>& expected,
                           const std::string& content, const std::string& trace) {
    SCOPED_TRACE(trace + " of " + std::to_string(content.size()));
    ASSERT_EQ(response.status, 206);
    if (expected.size() == 1) {
      const Stretch& part = expected.front();
      EXPECT_EQ(response.field("content-range"), "bytes " + std::to_string(part.first) + "-" +
                                                     std::to_string(part.last) + "/" +
                                                     std::to_string(content.size()));
      EXPECT_EQ(response.field("content-type"), "application/octet-stream");
      EXPECT_EQ(difference(response.body, content.substr(part.first, part.last - part.first + 1)),
                "");
      return;
    }
    const std::vector<BodyPart> parts = parse_multipart(response);
    ASSERT_EQ(parts.size(), expected.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const BodyPart& part = parts[i];
      EXPECT_EQ(part.content_type, "application/octet-stream");
      EXPECT_EQ(part.first, expected[i].first);
      EXPECT_EQ(part.last, expected[i].last);
      EXPECT_EQ(part.size, content.size());
      EXPECT_EQ(difference(part.body, content.substr(part.first, part.body.size())), "");
    }
  }

  static std::string field(const std::string& ranges) { return "Range: bytes=" + ranges + "\r\n"; }

  std::map<std::string, std::string> contents_;  // by name
};

// Section 14.1.2: "first-last", "first-" and "-suffix"; a last position beyond the end is the end.
TEST_P(RangeTest, SendsOneRange) {
  write_files();
  start();
  HttpClient client = connect();
  for (const auto& [name, content] : contents_) {
    const uint64_t end = content.size() - 1;
    const std::string size = std::to_string(content.size());
    const std::pair<std::string, Stretch> cases[] = {
        {"0-0", {0, 0}},
        {"0-499", {0, 499}},
        {"500-999", {500, 999}},
        {"999-", {999, end}},
        {"0-", {0, end}},
        {"0-" + std::to_string(end), {0, end}},
        {"0-" + size, {0, end}},
        {"1-99999999999999999999999999", {1, end}},
        {std::to_string(end) + "-" + std::to_string(end), {end, end}},
        {std::to_string(end) + "-", {end, end}},
        {"-1", {end, end}},
        {"-999", {content.size() - 999, end}},
        {"-" + size, {0, end}},
        {"-99999999999999999999999999", {0, end}},
        {"00000000000000000000000007-0008", {7, 8}},
        {",5-6,", {5, 6}},  // section 5.6.1.2: empty elements do not count
    };
    for (const auto& [ranges, part] : cases) {
      expect_parts(client.get("/" + name, field(ranges)), {part}, content, ranges);
    }
    // Section 14.1: units are compared without regard to case.
    expect_parts(client.get("/" + name, "Range: BYTES=1-2\r\n"), {{1, 2}}, content, "BYTES");
  }
}

// Section 15.3.7.2.
TEST_P(RangeTest, SendsSeveralRanges) {
  write_files();
  start();
  HttpClient client = connect();
  for (const auto& [name, content] : contents_) {
    const uint64_t end = content.size() - 1;
    const std::string size = std::to_string(content.size());
    const std::pair<std::string, std::vector<Stretch>> cases[] = {
        {"0-0,-1", {{0, 0}, {end, end}}},
        {"0-9,200-209,-10", {{0, 9}, {200, 209}, {end - 9, end}}},
        {"0-9, 200-209 ,\t-10", {{0, 9}, {200, 209}, {end - 9, end}}},
        // In the order of the request.
        {"-10,200-209,0-9", {{end - 9, end}, {200, 209}, {0, 9}}},
        {"500-509,0-9", {{500, 509}, {0, 9}}},
        // Some can not be satisfied.
        {"0-9," + size + "-,500-509", {{0, 9}, {500, 509}}},
        {size + "-,3-4", {{3, 4}}},
        // What overlaps, touches or nearly does comes as one.
        {"0-9,5-300", {{0, 300}}},
        {"5-300,0-9", {{0, 300}}},
        {"0-9,10-19", {{0, 19}}},
        {"0-9,50-59", {{0, 59}}},
        {"0-9,500-509,5-20", {{0, 20}, {500, 509}}},
        {"600-609,0-9,300-309,595-605", {{595, 609}, {0, 9}, {300, 309}}},
        {"0-0,0-0,0-0,0-0", {{0, 0}}},
    };
    for (const auto& [ranges, parts] : cases) {
      expect_parts(client.get("/" + name, field(ranges)), parts, content, ranges);
    }
  }
}

// Section 14.2: the field is ignored if its unit or syntax is unknown, and may be otherwise.
TEST_P(RangeTest, SendsEverythingInstead) {
  write_files();
  start();
  HttpClient client = connect();
  std::string many_whole;
  for (int i = 0; i < 1000; ++i) many_whole += "0-,";
  const std::string ignored[] = {
      "Range: items=0-1\r\n",
      "Range: bytes\r\n",
      "Range: bytes=\r\n",
      "Range: bytes 0-1\r\n",
      "Range: 0-1\r\n",
      field("5-4"),
      field("-"),
      field("1"),
      field("a-b"),
      field("0x1-2"),
      field("+1-2"),
      field("1 - 2"),
      field("0-1;2-3"),
      field("0-1,x"),
      field("0-1,5-4"),
      field("--1"),
      field("0-1") + field("2-3"),
      // More than the whole, or exactly that.
      field(many_whole),
      field("0-499,500-"),
      field("-1,0-"),
  };
  for (const auto& [name, content] : contents_) {
    for (const std::string& fields : ignored) {
      const Response response = client.get("/" + name, fields);
      EXPECT_EQ(response.status, 200) << fields;
      EXPECT_EQ(response.field("content-range"), "") << fields;
      EXPECT_EQ(difference(response.body, content), "") << fields;
    }
  }
}

// Section 14.2: more than 16 parts are not worth their heads.
TEST_P(RangeTest, SendsEverythingInsteadOfManyParts) {
  write_files();
  start();
  HttpClient client = connect();
  std::string ranges;
  std::vector<Stretch> parts;
  for (uint64_t first = 0; first < 1600; first += 100) {
    ranges += std::to_string(first) + "-" + std::to_string(first) + ",";
    parts.push_back({first, first});
  }
  for (const std::string name : {"file12288", "file3000000"}) {
    const std::string& content = contents_[name];
    expect_parts(client.get("/" + name, field(ranges)), parts, content, ranges);
    const Response response = client.get("/" + name, field(ranges + "1600-1600"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(difference(response.body, content), "");
  }
}

// Section 15.5.17.
TEST_P(RangeTest, SaysThatNothingCanBeSatisfied) {
  write_files();
  root_.write("empty", "");
  contents_["empty"] = "";
  start();
  HttpClient client = connect();
  for (const auto& [name, content] : contents_) {
    const std::string size = std::to_string(content.size());
    for (const std::string& ranges :
         {size + "-", size + "-" + size, std::string("99999999999999999999999-"),
          size + "-," + size + "-"}) {
      const Response response = client.get("/" + name, field(ranges));
      EXPECT_EQ(response.status, 416) << ranges;
      EXPECT_EQ(response.field("content-range"), "bytes */" + size);
      EXPECT_EQ(response.field("etag"), "");
      EXPECT_NE(response.body, "");
    }
    EXPECT_EQ(client.get("/" + name, field("-0")).status, 416);
  }
  // A suffix of an empty file can be satisfied and has no Content-Range that could say so.
  const Response suffix = client.get("/empty", field("-5"));
  EXPECT_EQ(suffix.status, 200);
  EXPECT_EQ(suffix.field("content-length"), "0");
}

// Section 14.2: ranges are defined for GET alone. Everything else of the head is as for a GET.
TEST_P(RangeTest, IsIgnoredByHead) {
  write_files();
  start();
  HttpClient client = connect();
  for (const auto& [name, content] : contents_) {
    for (const char* ranges : {"0-9", "0-9,500-509", "99999999-"}) {
      const Response response = client.head("/" + name, field(ranges));
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.field("content-length"), std::to_string(content.size()));
      EXPECT_EQ(response.field("accept-ranges"), "bytes");
    }
    EXPECT_EQ(client.get("/" + name, field("1-1")).body, content.substr(1, 1));
  }
}

// Section 13.1.5.
TEST_P(RangeTest, AppliesIfTheVersionIsTheSame) {
  write_files();
  start();
  HttpClient client = connect();
  for (const auto& [name, content] : contents_) {
    const std::string path = "/" + name;
    const Response head = client.head(path);
    const std::string tag = head.field("etag");
    const std::string date = head.field("last-modified");
    EXPECT_EQ(date, "Tue, 14 Nov 2023 22:13:20 GMT");
    for (const std::string& same : {tag, date, std::string("Tuesday, 14-Nov-23 22:13:20 GMT"),
                                    std::string("Tue Nov 14 22:13:20 2023")}) {
      const std::string condition = "If-Range: " + same + "\r\n";
      expect_parts(client.get(path, condition + field("0-9")), {{0, 9}}, content, condition);
      expect_parts(client.get(path, condition + field("0-9,-9")),
                   {{0, 9}, {content.size() - 9, content.size() - 1}}, content, condition);
      EXPECT_EQ(client.get(path, condition + field("9999999-")).status, 416);
      EXPECT_EQ(difference(client.get(path, condition).body, content), "");
    }
    for (const std::string& other : {"W/" + tag, std::string("\"other\""), tag + ", \"other\"",
                                     std::string("*"), std::string("Tue, 14 Nov 2023 22:13:19 GMT"),
                                     std::string("Tue, 14 Nov 2023 22:13:21 GMT"),
                                     std::string("yesterday"), tag + "\r\nIf-Range: " + tag}) {
      const std::string condition = "If-Range: " + other + "\r\n";
      for (const char* ranges : {"0-9", "0-9,-9", "9999999-"}) {
        const Response response = client.get(path, condition + field(ranges));
        EXPECT_EQ(response.status, 200) << condition;
        EXPECT_EQ(difference(response.body, content), "");
      }
    }
    // Section 13.2.2: what else is asked comes before.
    EXPECT_EQ(client.get(path, "If-None-Match: " + tag + "\r\n" + field("0-9")).status, 304);
    EXPECT_EQ(client.get(path, "If-Match: \"other\"\r\n" + field("0-9")).status, 412);
    EXPECT_EQ(client.get(path, "If-Match: " + tag + "\r\n" + field("0-9")).status, 206);
  }
}

// Section 17.15: whatever is asked, the parts together are no more than the file. And section 14.2:
// they hold what was asked.
TEST_P(RangeTest, NeverSendsMoreThanTheFile) {
  write_files();
  start();
  HttpClient client = connect();
  std::mt19937 random(1);
  int multiparts = 0;
  for (int round = 0; round < 300; ++round) {
    const auto& [name, content] = *std::next(contents_.begin(), round % 3);
    std::vector<Stretch> asked;
    std::string ranges;
    const uint64_t count = 1 + random() % 20;
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t first = random() % content.size();
      const uint64_t last = first + random() % (content.size() / 10);
      ranges += std::to_string(first) + "-" + std::to_string(last) + ",";
      asked.push_back({first, std::min<uint64_t>(last, content.size() - 1)});
    }
    const Response response = client.get("/" + name, field(ranges));
    if (response.status == 200) {
      ASSERT_EQ(difference(response.body, content), "") << ranges;
      continue;
    }
    ASSERT_EQ(response.status, 206) << ranges;
    std::vector<BodyPart> parts;
    if (response.field("content-range").empty()) {
      parts = parse_multipart(response);
      ++multiparts;
      EXPECT_GT(parts.size(), 1U);
      EXPECT_LE(parts.size(), 16U);
    } else {
      const uint64_t first =
          std::strtoull(response.field("content-range").c_str() + 6, nullptr, 10);
      parts.push_back({"", first, first + response.body.size() - 1, content.size(), response.body});
    }
    uint64_t sum = 0;
    for (const BodyPart& part : parts) {
      ASSERT_EQ(difference(part.body, content.substr(part.first, part.body.size())), "") << ranges;
      sum += part.body.size();
      for (const BodyPart& other : parts) {
        EXPECT_TRUE(&other == &part || other.last < part.first || other.first > part.last);
      }
    }
    EXPECT_LE(sum, content.size());
    for (const Stretch& stretch : asked) {
      EXPECT_TRUE(std::any_of(parts.begin(), parts.end(),
                              [&stretch](const BodyPart& part) {
                                return part.first <= stretch.first && stretch.last <= part.last;
                              }))
          << stretch.first << " of " << ranges;
    }
  }
  EXPECT_GT(multiparts, 100);
}

// More parts under way than a connection's output holds, to a client whose window is small.
TEST_P(RangeTest, SendsAPipelineOfManyParts) {
  write_files();
  start();
  std::string ranges;
  std::vector<Stretch> expected;
  for (uint64_t i = 0; i < 16; ++i) {
    const Stretch part{i * 760, i * 760 + 559};
    ranges += std::to_string(part.first) + "-" + std::to_string(part.last) + ",";
    expected.push_back(part);
  }
  for (const std::string name : {"file12288", "file3000000"}) {
    HttpClient client = connect(2048);
    constexpr int kRequests = 20;
    for (int i = 0; i < kRequests; ++i) client.request("GET", "/" + name, field(ranges));
    for (int i = 0; i < kRequests; ++i) {
      expect_parts(client.read_response(), expected, contents_[name], name);
    }
  }
}

// Section 14.1.2: positions have no limit. A file beyond all 32-bit numbers, empty but for what is
// written around the places where one of them would overflow.
TEST_P(RangeTest, IsExactBeyondFourGigabytes) {
  constexpr uint64_t kSize = (uint64_t{5} << 30) + 7;
  constexpr uint64_t kAround = 1000;
  const uint64_t places[] = {uint64_t{1} << 31, uint64_t{1} << 32, kSize - kAround};
  const int file = open(root_.path("sparse").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_GE(file, 0);
  if (ftruncate(file, static_cast<off_t>(kSize)) != 0) GTEST_SKIP() << "no room for large files";
  for (const uint64_t place : places) {
    const std::string content = make_content(place, 2 * kAround);
    ASSERT_EQ(pwrite(file, content.data(), content.size(), static_cast<off_t>(place - kAround)),
              static_cast<ssize_t>(content.size()));
  }
  const auto content_of = [file](uint64_t first, uint64_t last) {
    std::string content(last - first + 1, '\0');
    EXPECT_EQ(pread(file, content.data(), content.size(), static_cast<off_t>(first)),
              static_cast<ssize_t>(content.size()));
    return content;
  };
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.head("/sparse").field("content-length"), std::to_string(kSize));

  std::vector<uint64_t> edges;
  for (const uint64_t power : {places[0], places[1]}) {
    for (const uint64_t edge : {power - 2, power - 1, power, power + 1}) edges.push_back(edge);
  }
  edges.push_back(kSize - 1);
  for (const uint64_t edge : edges) {
    for (const Stretch& part : {Stretch{edge, edge}, Stretch{edge - 1, edge},
                                Stretch{edge - 700, std::min(edge + 700, kSize - 1)},
                                Stretch{edge - 500'000, std::min(edge + 500'000, kSize - 1)}}) {
      const Response response = client.get(
          "/sparse", field(std::to_string(part.first) + "-" + std::to_string(part.last)));
      ASSERT_EQ(response.status, 206);
      EXPECT_EQ(response.field("content-range"), "bytes " + std::to_string(part.first) + "-" +
                                                     std::to_string(part.last) + "/" +
                                                     std::to_string(kSize));
      EXPECT_EQ(difference(response.body, content_of(part.first, part.last)), "") << part.first;
    }
  }
  EXPECT_EQ(client.get("/sparse", field("-7")).body, content_of(kSize - 7, kSize - 1));
  EXPECT_EQ(client.get("/sparse", field(std::to_string(kSize - 7) + "-")).body,
            content_of(kSize - 7, kSize - 1));
  const Response beyond = client.get("/sparse", field(std::to_string(kSize) + "-"));
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.field("content-range"), "bytes */" + std::to_string(kSize));

  std::string ranges = "-7";
  for (const uint64_t edge : {places[1], places[0]}) {
    ranges += "," + std::to_string(edge - 300) + "-" + std::to_string(edge + 300);
  }
  const std::vector<BodyPart> parts =
      parse_multipart(client.get("/sparse", field(ranges + ",0-9")));
  ASSERT_EQ(parts.size(), 4U);
  EXPECT_EQ(parts[0].first, kSize - 7);
  EXPECT_EQ(parts[1].first, places[1] - 300);
  EXPECT_EQ(parts[2].first, places[0] - 300);
  EXPECT_EQ(parts[3].first, 0U);
  for (const BodyPart& part : parts) {
    EXPECT_EQ(part.size, kSize);
    EXPECT_EQ(difference(part.body, content_of(part.first, part.last)), "") << part.first;
  }
  // All of it and two parts that are nearly that: lengths beyond 32 bits.
  client.request("GET", "/sparse", field("0-9,1000-"));
  EXPECT_GT(std::strtoull(client.read_response(true).field("content-length").c_str(), nullptr, 10),
            kSize - 1000);
  HttpClient whole = connect();
  whole.request("GET", "/sparse");
  EXPECT_EQ(whole.read_response(true).field("content-length"), std::to_string(kSize));
  EXPECT_EQ(difference(whole.read(100'000), std::string(100'000, '\0')), "");
  close(file);
}

SPATE_ON_BOTH_BACKENDS(RangeTest);

}  // namespace
}  // namespace integration
