#include "http/target/router.h"

#include <gtest/gtest.h>

#include <string>

namespace http::target {
namespace {

// What the endpoint refers to that was found last.
RouteStorage storage;

// The text of the problem, or nothing.
std::string problem_of(core::Bytes target) {
  Problem problem;
  EXPECT_TRUE(route(target, "/", storage, problem).has_value()) << target;
  return std::string(problem.text());
}

Endpoint endpoint_of(core::Bytes target, core::Bytes prefix = "/") {
  Problem problem;
  const auto endpoint = route(target, prefix, storage, problem);
  EXPECT_EQ(problem.text(), "") << target;
  return endpoint.value_or(Endpoint());
}

bool is_ours(core::Bytes target, core::Bytes prefix = "/") {
  Problem problem;
  return route(target, prefix, storage, problem).has_value();
}

TEST(Router, KnowsEveryName) {
  EXPECT_EQ(endpoint_of("/plaintext").kind, Kind::plaintext);
  EXPECT_EQ(endpoint_of("/json?x=y").kind, Kind::json);
  EXPECT_EQ(endpoint_of("/json/10?m=2").kind, Kind::json_items);
  EXPECT_EQ(endpoint_of("/pipeline").kind, Kind::pipeline);
  EXPECT_EQ(endpoint_of("/baseline11?a=1&b=2").kind, Kind::baseline);
  EXPECT_EQ(endpoint_of("/bytes/10").kind, Kind::bytes);
  for (const char* target : {"/gzip", "/deflate", "/br", "/zstd", "/gzip/10"}) {
    EXPECT_EQ(endpoint_of(target).kind, Kind::coded) << target;
  }
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
  core::Random random(1);
  EXPECT_EQ(endpoint_of("/delay/1.5").own_delay->sample(random), 1'500'000'000U);
  EXPECT_EQ(endpoint_of("/delay/1h").own_delay->sample(random), kHour);
  const uint64_t drawn = endpoint_of("/delay/uniform:1s,2s").own_delay->sample(random);
  EXPECT_GE(drawn, 1'000'000'000U);
  EXPECT_LE(drawn, 2'000'000'000U);
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
            "/delay/T: T: expected a duration of at most 1h, found \"61m\" at character 1\n");
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

TEST(Router, ReadsCodings) {
  EXPECT_EQ(endpoint_of("/gzip/1").coding, Coding::gzip);
  EXPECT_EQ(endpoint_of("/deflate/1").coding, Coding::deflate);
  EXPECT_EQ(endpoint_of("/br/1").coding, Coding::br);
  EXPECT_EQ(endpoint_of("/zstd/1").coding, Coding::zstd);
  EXPECT_FALSE(endpoint_of("/zstd").has_amount);
  EXPECT_TRUE(endpoint_of("/zstd/0").has_amount);
  EXPECT_EQ(endpoint_of("/gzip/1TiB?seed=9").amount, uint64_t{1} << 40);
  EXPECT_EQ(endpoint_of("/gzip/1?seed=9").seed, 9U);
  EXPECT_EQ(problem_of("/br/2TiB"),
            "/br/N: N must be a whole number of bytes from 0 to 1099511627776, such as 1000 or "
            "64KiB, found '2TiB'\n");
  EXPECT_NE(problem_of("/gzip/"), "");
  EXPECT_NE(problem_of("/gzip/1/2"), "");
  EXPECT_NE(problem_of("/gzip?seed=x"), "");
}

TEST(Router, ReadsWhatHttpArenaAsksFor) {
  const Endpoint items = endpoint_of("/json/50?m=7");
  EXPECT_EQ(items.amount, 50U);
  EXPECT_EQ(items.multiplier, 7U);
  for (const char* target : {"/json/0?m=1", "/json/51?m=1", "/json/x?m=1", "/json/1?m=-1",
                             "/json/1?m=x", "/json/1?m=", "/json/1/2?m=1", "/json/"}) {
    EXPECT_NE(problem_of(target), "") << target;
  }
  EXPECT_EQ(problem_of("/json/5"), "/json: m must be a whole number, but is missing\n");
  EXPECT_EQ(endpoint_of("/baseline11").sum, 0);
  EXPECT_EQ(endpoint_of("/baseline11?a=13&b=42").sum, 55);
  EXPECT_EQ(endpoint_of("/baseline11?a=13&b=-42&c=1&delay=1s&delay-seed=9").sum, -28);
  EXPECT_EQ(endpoint_of("/baseline11?a=9223372036854775807").sum, INT64_MAX);
  EXPECT_EQ(endpoint_of("/baseline11?a=-9223372036854775808").sum, INT64_MIN);
  EXPECT_EQ(problem_of("/baseline11?a=1&b=x"),
            "/baseline11: b must be a whole number from -2^63 to 2^63-1, found 'x'\n");
  EXPECT_EQ(problem_of("/baseline11?a=9223372036854775807&b=1"),
            "/baseline11: the sum must be from -2^63 to 2^63-1, found "
            "'a=9223372036854775807&b=1'\n");
  for (const char* target : {"/baseline11?a=9223372036854775808", "/baseline11?a=", "/baseline11?a",
                             "/baseline11?a=1.5", "/baseline11/1", "/pipeline/1"}) {
    EXPECT_NE(problem_of(target), "") << target;
  }
  EXPECT_FALSE(endpoint_of("/upload").is_hashed);
  EXPECT_TRUE(endpoint_of("/upload?hash=xxh64").is_hashed);
}

TEST(Router, DelaysEveryEndpoint) {
  for (const std::string path :
       {"/plaintext", "/json",   "/bytes/1",    "/range/1",        "/delay/1", "/stream-bytes/1",
        "/stream/1",  "/drip",   "/sse",        "/echo",           "/upload",  "/status/200",
        "/headers",   "/ip",     "/redirect/1", "/basic-auth/a/b", "/cache",   "/etag/x",
        "/trailers",  "/gzip/5", "/br",         "/pipeline"}) {
    EXPECT_EQ(endpoint_of(path).disturbance, nullptr) << path;
    EXPECT_EQ(endpoint_of(path + "?delayed=1").disturbance, nullptr) << path;
    core::Random random(1);
    const Endpoint fixed = endpoint_of(path + "?x=y&delay=20ms&delay-seed=5&seed=6");
    ASSERT_NE(fixed.disturbance, nullptr) << path;
    EXPECT_EQ(fixed.disturbance->delay.sample(random), 20'000'000U);
    EXPECT_EQ(fixed.disturbance->delay_seed, 5U);
    const Endpoint drawn = endpoint_of(path + "?delay=0.9*20ms%3B0.1*lognormal:p50=80ms,p99=1s");
    ASSERT_NE(drawn.disturbance, nullptr) << path;
    EXPECT_EQ(drawn.disturbance->delay_seed, std::nullopt);
    EXPECT_NE(problem_of(path + "?delay=fast"), "") << path;
    EXPECT_NE(problem_of(path + "?delay-seed=x"), "") << path;
  }
}

TEST(Router, SaysWhatIsWrongWithADelay) {
  EXPECT_EQ(problem_of("/json?delay=fast"),
            "/json: delay: expected a duration such as 20ms, or uniform:, exp:, normal:, "
            "lognormal: or pareto:, found \"fast\" at character 1\n");
  EXPECT_EQ(problem_of("/bytes/5?delay=uniform:20ms,10ms"),
            "/bytes/N: delay: expected an upper end that is not below the lower one, found "
            "\"10ms\" at character 14\n");
  EXPECT_EQ(problem_of("/json?delay=2h"),
            "/json: delay: expected a duration of at most 1h, found \"2h\" at character 1\n");
  EXPECT_EQ(problem_of("/json?delay=").substr(0, 43),
            "/json: delay: expected a duration such as 2");
  EXPECT_EQ(problem_of("/json?delay=1s&delay-seed=x"),
            "/json: delay-seed must be a whole number from 0 to 18446744073709551615, found "
            "'x'\n");
  EXPECT_EQ(problem_of("/json?delay=" + std::string(513, '1')),
            "/json: delay must be at most 512 bytes, found '" + std::string(64, '1') + "...'\n");
  // The first problem is told.
  EXPECT_EQ(problem_of("/redirect/0?delay=x"),
            "/redirect/N: N must be a whole number from 1 to 1000, found '0'\n");
}

TEST(Router, BreaksEveryEndpoint) {
  const Endpoint broken = endpoint_of("/json?fault=reset@1%,wrong-length:%2B5&fault-seed=3");
  ASSERT_NE(broken.disturbance, nullptr);
  EXPECT_EQ(broken.disturbance->fault_seed, 3U);
  EXPECT_EQ(broken.disturbance->delay_seed, std::nullopt);
  core::Random random(1);
  EXPECT_EQ(broken.disturbance->faults.decide(random).kind, FaultKind::wrong_length);
  // A percent sign may be encoded, and need not be.
  EXPECT_EQ(problem_of("/json?fault=reset@1%25,503@99%25"), "");
  EXPECT_EQ(problem_of("/json?fault=reset@1%,503@99%"), "");
  EXPECT_EQ(problem_of("/json?fault=reset@60%,503@41%"),
            "/json: fault: expected probabilities of at most 100% together, found \"41%\" at "
            "character 15\n");
  EXPECT_EQ(problem_of("/ip?fault=crash"),
            "/ip: fault: expected reset, refuse, fin-before, fin-in-head, fin-in-body, stall, "
            "slow-head, wrong-length, bad-chunk, truncated-gzip, 5xx or a status, found \"crash\" "
            "at character 1\n");
  EXPECT_EQ(problem_of("/ip?fault=refuse:61s@1%"),
            "/ip: fault: expected a duration of at most 60s, found \"61s\" at character 8\n");
  EXPECT_EQ(problem_of("/ip?fault-seed=-1"),
            "/ip: fault-seed must be a whole number from 0 to 18446744073709551615, found "
            "'-1'\n");
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
