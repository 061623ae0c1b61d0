#include "http/target/router.h"

#include <gtest/gtest.h>

#include <string>

namespace http::target {
namespace {

// The text of the problem, or nothing.
std::string problem_of(core::Bytes target) {
  Problem problem;
  EXPECT_TRUE(route(target, "/", problem).has_value()) << target;
  return std::string(problem.text());
}

Endpoint endpoint_of(core::Bytes target, core::Bytes prefix = "/") {
  Problem problem;
  const auto endpoint = route(target, prefix, problem);
  EXPECT_EQ(problem.text(), "") << target;
  return endpoint.value_or(Endpoint());
}

bool is_ours(core::Bytes target, core::Bytes prefix = "/") {
  Problem problem;
  return route(target, prefix, problem).has_value();
}

TEST(Router, KnowsEveryName) {
  EXPECT_EQ(endpoint_of("/plaintext").kind, Kind::plaintext);
  EXPECT_EQ(endpoint_of("/json?x=y").kind, Kind::json);
  EXPECT_EQ(endpoint_of("/bytes/10").kind, Kind::bytes);
  EXPECT_EQ(endpoint_of("/range/10").kind, Kind::range);
  EXPECT_EQ(endpoint_of("/trailers?a=b").kind, Kind::trailers);
  EXPECT_EQ(endpoint_of("/trailers?a=b").text, "a=b");
  EXPECT_EQ(endpoint_of("/delay/1").kind, Kind::delay);
  EXPECT_EQ(endpoint_of("/stream-bytes/1").kind, Kind::stream_bytes);
  EXPECT_EQ(endpoint_of("/stream/1").kind, Kind::stream);
  EXPECT_EQ(endpoint_of("/drip").kind, Kind::drip);
  EXPECT_EQ(endpoint_of("/sse").kind, Kind::sse);
  EXPECT_EQ(endpoint_of("/echo").kind, Kind::echo);
  EXPECT_EQ(endpoint_of("/upload").kind, Kind::upload);
  EXPECT_EQ(endpoint_of("/status/200").kind, Kind::status);
  EXPECT_EQ(endpoint_of("/headers").kind, Kind::headers);
  EXPECT_EQ(endpoint_of("/ip").kind, Kind::ip);
  EXPECT_EQ(endpoint_of("/redirect/3").kind, Kind::redirect);
  EXPECT_EQ(endpoint_of("/basic-auth/a/b").kind, Kind::basic_auth);
  EXPECT_EQ(endpoint_of("/cache").kind, Kind::cache);
  EXPECT_EQ(endpoint_of("/cache/60").kind, Kind::cache);
  EXPECT_EQ(endpoint_of("/etag/abc").kind, Kind::etag);
}

TEST(Router, LeavesOtherNamesAlone) {
  for (const char* target : {"/", "/index.html", "/Plaintext", "/plaintext2", "/plain", "//json",
                             "/a/json", "*", "json", "/?json", ""}) {
    EXPECT_FALSE(is_ours(target)) << target;
  }
}

TEST(Router, LooksBeneathItsPrefixOnly) {
  EXPECT_EQ(endpoint_of("/t/json", "/t/").kind, Kind::json);
  EXPECT_EQ(endpoint_of("/t/bytes/7?seed=3", "/t/").amount, 7U);
  EXPECT_FALSE(is_ours("/json", "/t/"));
  EXPECT_FALSE(is_ours("/t", "/t/"));
  EXPECT_FALSE(is_ours("/t?/json", "/t/"));
  EXPECT_FALSE(is_ours("/tt/json", "/t/"));
}

TEST(Router, ReadsParameters) {
  const Endpoint bytes = endpoint_of("/bytes/1TiB?other=1&seed=42");
  EXPECT_EQ(bytes.amount, uint64_t{1} << 40);
  EXPECT_EQ(bytes.seed, 42U);
  EXPECT_TRUE(bytes.is_seeded);
  EXPECT_FALSE(endpoint_of("/bytes/0").is_seeded);
  EXPECT_EQ(endpoint_of("/status/200:0.9,500:0.1").text, "200:0.9,500:0.1");
  EXPECT_EQ(endpoint_of("/delay/1.5").delay, 1'500'000'000U);
  EXPECT_EQ(endpoint_of("/delay/1h").delay, kHour);
  EXPECT_EQ(endpoint_of("/redirect/1000").amount, 1000U);
  const Endpoint user = endpoint_of("/basic-auth/me/secret%2F");
  EXPECT_EQ(user.text, "me");
  EXPECT_EQ(user.password, "secret%2F");
  EXPECT_FALSE(endpoint_of("/cache").has_amount);
  EXPECT_EQ(endpoint_of("/cache/60").amount, 60U);
  EXPECT_EQ(endpoint_of("/etag/a%20b").text, "a%20b");
  EXPECT_EQ(endpoint_of("/status/204").methods, Methods::any);
  EXPECT_EQ(endpoint_of("/bytes/1").methods, Methods::read);
}

TEST(Router, SaysWhatIsWrong) {
  EXPECT_EQ(problem_of("/bytes/abc"),
            "/bytes/N: N must be a whole number of bytes from 0 to 1099511627776, such as 1000 or "
            "64KiB, found 'abc'\n");
  EXPECT_EQ(problem_of("/bytes/1?seed=-1"),
            "/bytes/N: seed must be a whole number from 0 to 18446744073709551615, found '-1'\n");
  EXPECT_EQ(problem_of("/redirect/0"),
            "/redirect/N: N must be a whole number from 1 to 1000, found '0'\n");
  EXPECT_EQ(problem_of("/cache/x"),
            "/cache/SECONDS: SECONDS must be a whole number from 0 to 2147483648, found 'x'\n");
  EXPECT_EQ(problem_of("/delay/61m"),
            "/delay/T: T must be a time up to 3600s, such as 20ms or 1.5 (seconds), found "
            "'61m'\n");
  EXPECT_EQ(problem_of("/plaintext/x"),
            "/plaintext: the rest of the path must be empty, found '/x'\n");
  EXPECT_EQ(problem_of("/basic-auth/me"),
            "/basic-auth/USER/PASSWORD: PASSWORD must be a password, but is missing\n");
  for (const char* target : {"/bytes",
                             "/bytes/",
                             "/bytes/1/2",
                             "/bytes/1099511627777",
                             "/status",
                             "/status/x",
                             "/status/100",
                             "/status/199",
                             "/status/600",
                             "/status/200,",
                             "/status/,200",
                             "/status/200:x",
                             "/status/200:-1",
                             "/status/200:0",
                             "/status/200:nan",
                             "/status/200/1",
                             "/stream",
                             "/stream/x",
                             "/stream-bytes/1?chunk=0",
                             "/stream-bytes/1?gap=x",
                             "/drip?bytes=0",
                             "/drip?duration=2h",
                             "/drip?code=99",
                             "/sse?count=0",
                             "/sse/1",
                             "/delay",
                             "/delay/soon",
                             "/redirect",
                             "/redirect/1001",
                             "/basic-auth",
                             "/basic-auth/a/b/c",
                             "/cache/-1",
                             "/etag",
                             "/ip/1",
                             "/headers/"}) {
    EXPECT_NE(problem_of(target), "") << target;
  }
}

TEST(Router, ChoosesStatusesByWeight) {
  EXPECT_EQ(choose_status("404", 0.5), 404);
  EXPECT_EQ(choose_status("200:0.9,500:0.1", 0), 200);
  EXPECT_EQ(choose_status("200:0.9,500:0.1", 0.899), 200);
  EXPECT_EQ(choose_status("200:0.9,500:0.1", 0.901), 500);
  EXPECT_EQ(choose_status("200,404,500", 0.34), 404);
  EXPECT_EQ(choose_status("200:0,404:3,500:0", 0.999999), 404);
  EXPECT_EQ(choose_status("", 0), std::nullopt);
}

}  // namespace
}  // namespace http::target
