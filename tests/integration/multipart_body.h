// Reads a multipart/byteranges response (RFC 9110 section 14.6, RFC 2046 section 5.1.1) as strictly
// as a client may: whatever is not exactly a delimiter, a part head or the bytes of a part fails
// the test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/integration/http_client.h"

namespace integration {

// One part; positions of the first and the last byte, both included.
struct BodyPart {
  std::string content_type;
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t size = 0;  // of the whole file
  std::string body;
};

// The parts of a complete response. After a failure, those before it.
std::vector<BodyPart> parse_multipart(const Response& response);

}  // namespace integration
