#include "http/h1/serializer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/error_page.h"
#include "http/h1/head_parser.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using namespace test_support;

const Framing kPlain{};
const Framing kHead{true, false, false};
const Framing kClosing{false, true, false};
const Framing kKeeping{false, false, true};

class SerializerTest : public ::testing::Test {
 protected:
  SerializerTest() : chunk(std::make_unique<char[]>(core::ChunkPool::kStride)) {
    queue.give_chunk(chunk.get());
  }
  ~SerializerTest() override { queue.clear(); }

  Response respond(const std::string& request) {
    RequestHead head;
    EXPECT_EQ(parse_head_scalar(request, HeadLimits{}, head).verdict, HeadVerdict::complete);
    return server.responder.respond(head);
  }
  // The response's bytes, sent one at a time.
  std::string text_of(const Response& response, const Framing& framing) {
    EXPECT_TRUE(serialize(response, framing, server.clock, queue));
    std::string text;
    while (!queue.empty()) text += take_output(queue, server.files, 1);
    return text;
  }
  std::size_t segments() const { return static_cast<std::size_t>(queue.end() - queue.begin()); }
  ExpectedFile put(const std::string& path, std::size_t size, const std::string& type) {
    const std::string content = pattern(size);
    server.files.put(path, content, kOld);
    return {content, kOld, type};
  }

  HttpServer server;
  std::unique_ptr<char[]> chunk;
  OutputQueue queue{server.store};
};

// Spelled out once, so that the pieces of expected_response.h rest on something.
TEST_F(SerializerTest, WordForWord) {
  server.files.put("hello.txt", "hello, world\n", kOld);
  EXPECT_EQ(text_of(respond(get("/hello.txt")), kPlain),
            "HTTP/1.1 200 OK\r\n"
            "Server: spate\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Content-Length: 13\r\n"
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"ae1b981bc490a00-d\"\r\n"
            "Accept-Ranges: bytes\r\n"
            "\r\n"
            "hello, world\n");
  EXPECT_EQ(text_of(respond(get("/hello.txt", "Range: bytes=7-11\r\n")), kPlain),
            "HTTP/1.1 206 Partial Content\r\n"
            "Server: spate\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "Content-Range: bytes 7-11/13\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Content-Length: 5\r\n"
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"ae1b981bc490a00-d\"\r\n"
            "Accept-Ranges: bytes\r\n"
            "\r\n"
            "world");
  EXPECT_EQ(text_of(respond(get("/hello.txt", "If-None-Match: *\r\n")), kPlain),
            "HTTP/1.1 304 Not Modified\r\n"
            "Server: spate\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"ae1b981bc490a00-d\"\r\n"
            "\r\n");
  EXPECT_EQ(text_of(Responder::error(Status::service_unavailable), kClosing),
            "HTTP/1.1 503 Service Unavailable\r\n"
            "Server: spate\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "Retry-After: 1\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Vary: Accept\r\n"
            "Content-Length: 24\r\n"
            "Connection: close\r\n"
            "\r\n"
            "503 Service Unavailable\n");
}

// Around every boundary between ways to send: copied, referred to, from the file.
TEST_F(SerializerTest, BodiesOfEverySizeInEveryFraming) {
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 2, 100, 4095, 4096, 4097, 8192,
                                                         16'383, 16'384, 16'385, 100'000}) {
    const std::string path = "f" + std::to_string(size) + ".css";
    const ExpectedFile file = put(path, size, "text/css; charset=utf-8");
    for (int round = 0; round < 2; ++round) {  // the second time from the rendered head
      const Response response = respond(get("/" + path));
      ASSERT_NE(response.entry, nullptr);
      EXPECT_EQ(response.entry->strategy,
                size <= 16'384 ? Entry::Strategy::memory : Entry::Strategy::file);
      EXPECT_EQ(text_of(response, kPlain), expected_file(file, kNow));
      EXPECT_EQ(text_of(response, kHead), expected_file(file, kNow, kHeadOnly));
      EXPECT_EQ(text_of(response, kClosing), expected_file(file, kNow, kCloses));
      EXPECT_EQ(text_of(response, kKeeping), expected_file(file, kNow, kKeepsAlive));
      EXPECT_EQ(text_of(response, Framing{true, true, false}),
                expected_file(file, kNow, Ending{kCloses.field, true}));
      EXPECT_EQ(response.entry->pins, 0u);
    }
  }
}

TEST_F(SerializerTest, SmallBodiesAreCopiedAndLargerOnesReferredTo) {
  put("small.txt", 4096, "");
  put("medium.txt", 4097, "");
  put("large.txt", 100'000, "");
  Response response = respond(get("/small.txt"));
  ASSERT_TRUE(serialize(response, kPlain, server.clock, queue));
  EXPECT_EQ(segments(), 1u);
  EXPECT_EQ(response.entry->pins, 0u);
  response = respond(get("/medium.txt"));
  ASSERT_TRUE(serialize(response, kPlain, server.clock, queue));
  ASSERT_EQ(segments(), 2u) << "the head joins the response before";
  EXPECT_EQ(queue.begin()[1].memory, response.entry->body.data());
  EXPECT_EQ(response.entry->pins, 1u);
  Entry* medium = response.entry;
  response = respond(get("/large.txt"));
  EXPECT_FALSE(serialize(response, kPlain, server.clock, queue)) << "one pinned entry at a time";
  ASSERT_TRUE(serialize(response, kHead, server.clock, queue)) << "a HEAD pins none";
  response.entry = medium;
  ASSERT_TRUE(serialize(response, kPlain, server.clock, queue)) << "the same one again";
  EXPECT_EQ(medium->pins, 2u);
  queue.clear();
  EXPECT_EQ(medium->pins, 0u);

  response = respond(get("/large.txt"));
  ASSERT_TRUE(serialize(response, kPlain, server.clock, queue));
  ASSERT_EQ(segments(), 2u);
  EXPECT_EQ(queue.begin()[1].file, response.entry->file);
  EXPECT_EQ(queue.begin()[1].length, 100'000u);
  EXPECT_EQ(response.entry->pins, 1u);
  const ByteRange range{1, 2};
  Response part;
  part.status = Status::partial_content;
  part.entry = medium;
  part.parts = {&range, 1};
  EXPECT_FALSE(serialize(part, kPlain, server.clock, queue));
}

TEST_F(SerializerTest, PartsOfMemoryAndOfFiles) {
  for (const std::size_t size : {std::size_t{1000}, std::size_t{100'000}}) {
    const std::string path = "f" + std::to_string(size) + ".js";
    const ExpectedFile file = put(path, size, "text/javascript; charset=utf-8");
    const auto part = [&](std::size_t first, std::size_t last) {
      Response response = respond(get("/" + path));
      response.status = Status::partial_content;
      const ByteRange part{first, last};
      response.parts = {&part, 1};
      return text_of(response, kPlain);
    };
    EXPECT_EQ(part(0, 0), expected_part(file, kNow, 0, 0));
    EXPECT_EQ(part(0, size - 1), expected_part(file, kNow, 0, size - 1));
    EXPECT_EQ(part(size - 1, size - 1), expected_part(file, kNow, size - 1, size - 1));
    EXPECT_EQ(part(17, 600), expected_part(file, kNow, 17, 600));
    EXPECT_EQ(respond(get("/" + path)).entry->pins, 0u);
  }
}

// RFC 9110 section 14.6, word for word.
TEST_F(SerializerTest, SeveralParts) {
  server.files.put("hello.txt", "hello, world\n" + std::string(987, '.'), kOld);
  const std::string request = get("/hello.txt", "Range: bytes=990-,0-4\r\n");
  const Response response = respond(request);
  const std::string text = text_of(response, kPlain);
  const std::size_t begin = text.find("boundary=") + 9;
  const std::string boundary = text.substr(begin, text.find("\r\n", begin) - begin);
  EXPECT_EQ(boundary.size(), 16u);
  const std::string body = "\r\n--" + boundary +
                           "\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Range: bytes 990-999/1000\r\n"
                           "\r\n"
                           "..........\r\n--" +
                           boundary +
                           "\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Range: bytes 0-4/1000\r\n"
                           "\r\n"
                           "hello\r\n--" +
                           boundary + "--\r\n";
  const std::string head =
      "HTTP/1.1 206 Partial Content\r\n"
      "Server: spate\r\n"
      "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
      "Content-Type: multipart/byteranges; boundary=" +
      boundary +
      "\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Content-Length: " +
      std::to_string(body.size()) +
      "\r\n"
      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "ETag: \"ae1b981bc490a00-3e8\"\r\n"
      "Accept-Ranges: bytes\r\n";
  EXPECT_EQ(text, head + "\r\n" + body);
  EXPECT_EQ(text_of(response, kHead), head + "\r\n");
  EXPECT_EQ(text_of(response, kClosing), head + "Connection: close\r\n\r\n" + body);
  EXPECT_NE(text_of(respond(request), kPlain), text) << "another boundary each time";
}

// As many parts as there may be, of a body in memory and of one in a file; nothing stays pinned.
TEST_F(SerializerTest, TheMostParts) {
  for (const std::size_t size : {std::size_t{16 * 1024}, std::size_t{1'000'000}}) {
    const std::string path = "f" + std::to_string(size) + ".js";
    const std::string content = put(path, size, "").content;
    std::string fields = "Range: bytes=";
    std::string bodies;
    for (uint32_t i = 0; i < kMaxRangeParts; ++i) {
      const std::size_t first = (kMaxRangeParts - 1 - i) * (size / kMaxRangeParts);
      const std::size_t last = first + size / kMaxRangeParts - 81;
      fields += (i > 0 ? "," : "") + std::to_string(first) + "-" + std::to_string(last);
    }
    const Response response = respond(get("/" + path, fields + "\r\n"));
    ASSERT_EQ(response.parts.size(), kMaxRangeParts);
    const std::string text = text_of(response, kPlain);
    const std::size_t body = text.find("\r\n\r\n") + 4;
    EXPECT_NE(text.find("Content-Length: " + std::to_string(text.size() - body) + "\r\n"),
              std::string::npos);
    std::size_t at = body;
    for (const ByteRange& part : response.parts) {
      at = text.find("\r\n\r\n", at) + 4;
      ASSERT_EQ(text.substr(at, part.length()), content.substr(part.first, part.length()));
      at += part.length();
      ASSERT_EQ(text.substr(at, 4), "\r\n--");
    }
    EXPECT_TRUE(text.ends_with("--\r\n"));
    EXPECT_EQ(response.entry->pins, 0u);
  }
}

TEST_F(SerializerTest, TheHeadOfAPartAlone) {
  put("small.js", 1'000, "");
  const Response part = respond(get("/small.js", "Range: bytes=0-99\r\n"));
  const std::string whole = text_of(part, kPlain);
  EXPECT_EQ(text_of(part, kHead), whole.substr(0, whole.size() - 100));
}

// Room for every number of bytes less than its head has.
TEST_F(SerializerTest, HeadsWithoutRoomQueueNothing) {
  put("large.js", 100'000, "");
  Response parts = respond(get("/large.js", "Range: bytes=0-40,50000-50040\r\n"));
  ASSERT_EQ(parts.parts.size(), 2u);
  const std::vector<ByteRange> ranges(parts.parts.begin(), parts.parts.end());
  parts.parts = ranges;
  Response part = parts;
  part.parts = {ranges.data(), 1};
  for (const Response& response : {parts, part, Responder::error(Status::not_found)}) {
    for (uint32_t room = 0; room < 600; room += 7) {
      queue.commit(queue.room() - room);
      const uint64_t bytes = queued_bytes(queue);
      if (!serialize(response, kPlain, server.clock, queue)) {
        EXPECT_EQ(queued_bytes(queue), bytes);
      }
      EXPECT_FALSE(room < 22 && serialize_http2_refusal(queue)) << room;
      queue.clear();
    }
  }
}

TEST_F(SerializerTest, PartsWithoutRoomQueueNothing) {
  for (const std::string path : {"small.js", "large.js"}) {
    put(path, path == "small.js" ? 16'000 : 100'000, "");
    const Response parts = respond(get("/" + path, "Range: bytes=0-4000,5000-9000,-2000\r\n"));
    ASSERT_EQ(parts.parts.size(), 3u);
    const std::vector<ByteRange> ranges(parts.parts.begin(), parts.parts.end());
    Response response = parts;
    response.parts = ranges;
    std::size_t queued = 0;
    std::string expected;
    // With every amount of room that smaller responses can leave.
    for (int before = 0; before < 200; ++before) {
      for (int i = 0; i < before; ++i) {
        if (!serialize(Responder::error(Status::not_found), kPlain, server.clock, queue)) break;
      }
      const uint64_t bytes = queued_bytes(queue);
      const uint32_t pins = response.entry->pins;
      if (serialize(response, kPlain, server.clock, queue)) {
        ++queued;
        EXPECT_GT(queued_bytes(queue), bytes + 10'000);
      } else {
        EXPECT_EQ(queued_bytes(queue), bytes);
        EXPECT_EQ(response.entry->pins, pins);
      }
      queue.clear();
      EXPECT_EQ(response.entry->pins, 0u);
    }
    EXPECT_GT(queued, 10u);
    EXPECT_LT(queued, 200u);
  }
}

TEST_F(SerializerTest, FieldsOfCodingsAndListings) {
  server.files.put("a.css", "original", kOld);
  server.files.put("a.css.br", "br", kOld);
  EXPECT_EQ(text_of(respond(get("/a.css", "Accept-Encoding: br\r\n")), kPlain),
            "HTTP/1.1 200 OK\r\n"
            "Server: spate\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "Content-Type: text/css; charset=utf-8\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Content-Length: 2\r\n"
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"ae1b981bc490a00-2-br\"\r\n"
            "Vary: Accept-Encoding\r\n"
            "Content-Encoding: br\r\n"
            "Accept-Ranges: bytes\r\n"
            "\r\n"
            "br");
  // RFC 9110 section 15.4.5: Vary is said again, Content-Encoding is not.
  EXPECT_EQ(text_of(respond(get("/a.css", "Accept-Encoding: br\r\nIf-None-Match: *\r\n")), kPlain),
            "HTTP/1.1 304 Not Modified\r\n"
            "Server: spate\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"ae1b981bc490a00-2-br\"\r\n"
            "Vary: Accept-Encoding\r\n"
            "\r\n");
  Entry& listing = *respond(get("/a.css")).entry;
  listing.has_modified = false;
  listing.vary = "Accept";
  listing.security_policy = "default-src 'none'";
  listing.entity_tag = {};
  listing.head.length = 0;
  const std::string text = text_of(respond(get("/a.css")), kPlain);
  EXPECT_EQ(text.find("Last-Modified"), std::string::npos);
  EXPECT_EQ(text.find("ETag"), std::string::npos);
  EXPECT_NE(text.find("\r\nVary: Accept\r\n"), std::string::npos);
  EXPECT_NE(text.find("\r\nContent-Security-Policy: default-src 'none'\r\n"), std::string::npos);
}

// The longest of everything that a rendered head can hold.
TEST_F(SerializerTest, TheFullestHeadFits) {
  server.files.put("a.css", "original", -9'000'000'000);
  Entry& entry = *respond(get("/a.css")).entry;
  const std::string type(kMaxMediaTypeLength, 't');
  entry.content_type = type;
  entry.coding = ContentCoding::gzip;
  entry.vary = "Accept-Encoding";
  entry.security_policy = kListingPolicy;
  entry.set_entity_tag(EntityTagText(INT64_MIN, UINT64_MAX, ContentCoding::gzip));
  entry.head.length = 0;
  EXPECT_NE(text_of(respond(get("/a.css")), kClosing).find(type), std::string::npos);
}

TEST_F(SerializerTest, EveryErrorInEveryFraming) {
  for (const Status status :
       {Status::bad_request, Status::forbidden, Status::not_found, Status::request_timeout,
        Status::precondition_failed, Status::content_too_large, Status::uri_too_long,
        Status::expectation_failed, Status::request_header_fields_too_large,
        Status::internal_server_error, Status::not_implemented,
        Status::http_version_not_supported}) {
    const Response response = Responder::error(status);
    EXPECT_EQ(text_of(response, kPlain), expected_error(status, kNow));
    EXPECT_EQ(text_of(response, kHead), expected_error(status, kNow, kHeadOnly));
    EXPECT_EQ(text_of(response, kClosing), expected_error(status, kNow, kCloses));
    EXPECT_EQ(text_of(response, kKeeping), expected_error(status, kNow, kKeepsAlive));
    const std::string html = text_of(Responder::error(status, ErrorFormat::html), kPlain);
    EXPECT_NE(html.find("\r\nContent-Type: text/html; charset=utf-8\r\n"), std::string::npos);
    EXPECT_TRUE(html.ends_with("\r\n\r\n" + std::string(error_body(status, ErrorFormat::html))));
  }
}

// Only the date of a rendered head changes, and it is not rendered again.
TEST_F(SerializerTest, TheDateIsPatched) {
  const ExpectedFile file = put("a.txt", 100, "text/plain; charset=utf-8");
  Response response = respond(get("/a.txt"));
  EXPECT_EQ(text_of(response, kPlain), expected_file(file, kNow));
  const char* rendered = response.entry->head.bytes;
  const uint16_t length = response.entry->head.length;
  for (const int64_t wall : {kNow + 1, kNow + 86'400, kNow - 3600, kNow}) {
    server.set_time(server.clock.now(), wall);
    // A mark in the head shows whether it was made anew.
    response.entry->head.bytes[0] = 'h';
    std::string expected = expected_file(file, wall);
    expected[0] = 'h';
    EXPECT_EQ(text_of(response, kPlain), expected);
    EXPECT_EQ(response.entry->head.bytes, rendered);
    EXPECT_EQ(response.entry->head.length, length);
  }
}

// A response that is queued and not sent yet keeps its date, as it keeps its bytes.
TEST_F(SerializerTest, QueuedResponsesKeepTheirDate) {
  const ExpectedFile file = put("a.txt", 5000, "text/plain; charset=utf-8");
  const Response response = respond(get("/a.txt"));
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    const int64_t wall = kNow + i;
    server.set_time(server.clock.now(), wall);
    ASSERT_TRUE(serialize(response, kPlain, server.clock, queue));
    expected += expected_file(file, wall);
  }
  EXPECT_EQ(take_output(queue, server.files, SIZE_MAX), expected);
}

// RFC 9110 section 8.8.2.1: Last-Modified is never later than Date.
TEST_F(SerializerTest, LastModifiedIsNotInTheFuture) {
  server.files.put("future.txt", "x", kNow + 1000);
  const std::string date = "\r\nLast-Modified: " + date_text(kNow) + "\r\n";
  EXPECT_NE(text_of(respond(get("/future.txt")), kPlain).find(date), std::string::npos);
  EXPECT_NE(text_of(respond(get("/future.txt", "Range: bytes=0-0\r\n")), kPlain).find(date),
            std::string::npos);
  EXPECT_NE(text_of(respond(get("/future.txt", "If-None-Match: *\r\n")), kPlain).find(date),
            std::string::npos);
}

// Nor does it become so in a head that is kept, when the clock is set back; and it follows the
// clock until it is the file's.
TEST_F(SerializerTest, LastModifiedOfAKeptHeadFollowsTheClock) {
  server.files.put("a.txt", "x", kNow - 50);
  const Response response = respond(get("/a.txt"));
  for (const int64_t wall : {kNow, kNow - 100, kNow - 99, kNow - 50, kNow - 10, kNow - 60}) {
    server.set_time(server.clock.now(), wall);
    const std::string field = "\r\nLast-Modified: " + date_text(std::min(wall, kNow - 50)) + "\r\n";
    EXPECT_NE(text_of(response, kPlain).find(field), std::string::npos) << wall - kNow;
  }
}

TEST_F(SerializerTest, LongestHeadFits) {
  // A long type, and a time stamp of 16 digits.
  server.files.put("a.potx", "x", -9'000'000'000);
  EXPECT_NE(text_of(respond(get("/a.potx")), kClosing).find("Thu, 19 Oct 1684 08:00:00 GMT"),
            std::string::npos);
}

// Nothing is queued of a response that has no room.
TEST_F(SerializerTest, WithoutRoomNothingIsQueued) {
  const ExpectedFile file = put("a.txt", 4000, "text/plain; charset=utf-8");
  const Response response = respond(get("/a.txt"));
  std::string expected;
  while (serialize(response, kPlain, server.clock, queue)) expected += expected_file(file, kNow);
  EXPECT_EQ(queued_bytes(queue), expected.size());
  // Errors are composed in the room itself; they must not leave a part behind either.
  Response error = Responder::error(Status::not_found);
  while (serialize(error, kPlain, server.clock, queue)) {
    expected += expected_error(Status::not_found, kNow);
  }
  EXPECT_EQ(queued_bytes(queue), expected.size());
  EXPECT_FALSE(serialize(error, kPlain, server.clock, queue));
  EXPECT_EQ(take_output(queue, server.files, SIZE_MAX), expected);
  EXPECT_TRUE(serialize(response, kPlain, server.clock, queue));
}

TEST_F(SerializerTest, WithoutSegmentsNothingIsQueuedOrPinned) {
  const ExpectedFile file = put("large.bin", 50'000, "application/octet-stream");
  const Response response = respond(get("/large.bin"));
  uint32_t queued = 0;
  while (serialize(response, kPlain, server.clock, queue)) ++queued;
  EXPECT_EQ(queued, OutputQueue::kMaxSegments / 2);
  EXPECT_EQ(response.entry->pins, queued);
  Response part = response;
  part.status = Status::partial_content;
  const ByteRange range{1, 2};
  part.parts = {&range, 1};
  EXPECT_FALSE(serialize(part, kPlain, server.clock, queue));
  EXPECT_FALSE(serialize(Responder::error(Status::not_found), kPlain, server.clock, queue));
  EXPECT_EQ(response.entry->pins, queued);
  std::string expected;
  for (uint32_t i = 0; i < queued; ++i) expected += expected_file(file, kNow);
  EXPECT_EQ(take_output(queue, server.files, SIZE_MAX), expected);
  EXPECT_EQ(response.entry->pins, 0u);
}

TEST_F(SerializerTest, TheLongestRedirectFitsIntoAnEmptyQueue) {
  const std::string location(14'336, 'l');  // as much as the responder ever makes
  Response response = Responder::error(Status::moved_permanently);
  response.location = location;
  EXPECT_EQ(text_of(response, kClosing), expected_error(Status::moved_permanently, kNow, kCloses,
                                                        "Location: " + location + "\r\n"));
}

TEST_F(SerializerTest, Continue) {
  serialize_continue(queue);
  ASSERT_TRUE(serialize(Responder::error(Status::not_found), kPlain, server.clock, queue));
  EXPECT_EQ(take_output(queue, server.files, SIZE_MAX),
            "HTTP/1.1 100 Continue\r\n\r\n" + expected_error(Status::not_found, kNow));
}

}  // namespace
}  // namespace http::h1
