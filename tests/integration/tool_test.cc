// The clients that people use, curl and wget, against the original files.
#include <filesystem>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class ToolTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    write_content("small.txt", 1, 1000);
    write_content("medium.bin", 2, 100'000);
    write_content("large.bin", 3, 9'000'000);
  }

  // Runs curl with a patience that is shorter than ours, so that it says itself what it waits for.
  Finished curl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"curl", "--noproxy", "*", "--silent", "--show-error",
                                         "--fail", "--max-time", "20"});
    const Finished finished = run_to_end(arguments);
    return finished;
  }

  void expect_same(const std::string& file, const std::string& original) {
    EXPECT_EQ(difference(read_file(file), read_file(root_.path(original))), "") << original;
  }

  std::string copy(const std::string& name) const { return copies_.path(name); }

  TemporaryDirectory copies_;
};

class CurlTest : public ToolTest {
 protected:
  void SetUp() override {
    if (!has_program("curl")) GTEST_SKIP() << "curl is not installed";
    ToolTest::SetUp();
  }
};

class WgetTest : public ToolTest {
 protected:
  void SetUp() override {
    if (!has_program("wget")) GTEST_SKIP() << "wget is not installed";
    ToolTest::SetUp();
  }

  Finished wget(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"wget", "--no-proxy", "--no-verbose", "--tries=1", "--timeout=20"});
    return run_to_end(arguments);
  }
};

TEST_P(CurlTest, FetchesSeveralFilesOnOneConnection) {
  start();
  std::vector<std::string> arguments{"--write-out", "%{num_connects} "};
  for (const std::string name : {"small.txt", "medium.bin", "large.bin"}) {
    arguments.insert(arguments.end(), {"--output", copy(name), server().url("/" + name)});
  }
  const Finished finished = curl(arguments);
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.output, "1 0 0 ");
  for (const std::string name : {"small.txt", "medium.bin", "large.bin"}) {
    expect_same(copy(name), name);
  }
}

TEST_P(CurlTest, ResumesDownload) {
  start();
  const std::string whole = read_file(root_.path("large.bin"));
  copies_.write("large.bin", whole.substr(0, 4'000'000));
  const Finished finished =
      curl({"--continue-at", "-", "--output", copy("large.bin"), "--write-out",
            "%{http_code} %{size_download}", server().url("/large.bin")});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.output, "206 5000000");
  expect_same(copy("large.bin"), "large.bin");
}

TEST_P(CurlTest, FetchesRange) {
  start();
  const Finished finished = curl({"--range", "100-199", server().url("/small.txt")});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.output, read_file(root_.path("small.txt")).substr(100, 100));
}

TEST_P(CurlTest, FetchesOnlyWhatIsNewer) {
  start();
  const std::string url = server().url("/small.txt");
  EXPECT_EQ(curl({"--remote-time", "--output", copy("small.txt"), url}).exit_code, 0);
  const Finished unchanged = curl({"--time-cond", copy("small.txt"), "--output", copy("again"),
                                   "--write-out", "%{http_code}", url});
  EXPECT_EQ(unchanged.exit_code, 0) << unchanged.error_output;
  EXPECT_EQ(unchanged.output, "304");
  EXPECT_EQ(read_file(copy("again")), "");
}

TEST_P(CurlTest, SpeaksHttp10) {
  start();
  for (const std::string name : {"small.txt", "large.bin"}) {
    const Finished finished = curl({"--http1.0", "--output", copy(name), server().url("/" + name)});
    EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
    expect_same(copy(name), name);
  }
}

TEST_P(CurlTest, AsksForHeads) {
  start();
  const std::string url = server().url("/large.bin");
  const Finished finished = curl({"--head", url, url});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_NE(finished.output.find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  EXPECT_NE(finished.output.find("Content-Length: 9000000\r\n"), std::string::npos);
}

// curl would wait a minute for the invitation, and gives up after 20 seconds.
TEST_P(CurlTest, UploadIsRefusedAtOnce) {
  start();
  const Finished finished =
      curl({"--upload-file", root_.path("medium.bin"), "--header", "Expect: 100-continue",
            "--expect100-timeout", "60", "--write-out", "%{http_code} %{size_upload}", "--no-fail",
            "--output", copy("answer"), server().url("/upload.bin")});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.output, "405 0");
}

// Larger than any body that is passed over; curl itself adds the expectation.
TEST_P(CurlTest, LargeUploadIsRefusedAtOnce) {
  start();
  const Finished finished = curl({"--upload-file", root_.path("large.bin"), "--expect100-timeout",
                                  "60", "--write-out", "%{http_code} %{size_upload}", "--no-fail",
                                  "--output", copy("answer"), server().url("/upload.bin")});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.output, "413 0");
}

TEST_P(CurlTest, UploadWithoutExpectationIsRefused) {
  start();
  const Finished finished = curl(
      {"--upload-file", root_.path("medium.bin"), "--header", "Expect:", "--write-out",
       "%{http_code} ", "--no-fail", "--output", copy("answer"), server().url("/a"), "--next",
       "--silent", "--noproxy", "*", "--output", copy("small.txt"), server().url("/small.txt")});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.output, "405 ");
  expect_same(copy("small.txt"), "small.txt");
}

TEST_P(WgetTest, MirrorsTree) {
  root_.write("index.html",
              "<html><a href=\"pages/\">pages</a> <a href=\"medium.bin\">medium</a>"
              "<img src=\"images/a%20picture.png\"></html>");
  root_.write("pages/index.html", "<html><a href=\"one.html\">1</a><a href=\"/large.bin\">l</a>");
  root_.write("pages/one.html", "<html><a href=\"../index.html\">back</a></html>");
  root_.write("images/a picture.png", make_content(4, 50'000));
  start({"--threads", "2"});
  const Finished finished = wget({"--recursive", "--no-host-directories", "--directory-prefix",
                                  copies_.path(), "--execute", "robots=off", server().url("/")});
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  for (const std::string name : {"index.html", "pages/index.html", "pages/one.html", "medium.bin",
                                 "large.bin", "images/a picture.png"}) {
    EXPECT_TRUE(std::filesystem::exists(copy(name))) << name;
    expect_same(copy(name), name);
  }
}

TEST_P(WgetTest, ResumesDownload) {
  start();
  const std::string whole = read_file(root_.path("large.bin"));
  copies_.write("large.bin", whole.substr(0, 5'000'001));
  for (int i = 0; i < 2; ++i) {  // the second time there is nothing left to fetch
    const Finished finished =
        wget({"--continue", "--directory-prefix", copies_.path(), server().url("/large.bin")});
    EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
    expect_same(copy("large.bin"), "large.bin");
  }
}

SPATE_ON_BOTH_BACKENDS(CurlTest);
SPATE_ON_BOTH_BACKENDS(WgetTest);

}  // namespace
}  // namespace integration
