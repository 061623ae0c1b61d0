// A worker that sends files which change meanwhile, on both backends.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

template <class B>
class WorkerFiles : public WorkerTest<B> {};
TYPED_TEST_SUITE(WorkerFiles, Backends, BackendNames);

// The client does not read, so the file waits behind answers that are complete.
TYPED_TEST(WorkerFiles, AFileThatChangesInAPipelineTakesNoOtherAnswerWithIt) {
  const std::string page(4000, 'p');
  this->root_.write("page", page);
  this->start(4096);
  if (this->worker_ == nullptr) return;
  auto client = this->connect(4096);
  client->most_text = 1 << 20;
  std::string requests;
  for (const char* path : {"/page", "/page", "/page", "/large"}) {
    requests += std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client->peer.write(requests);
  ASSERT_TRUE(this->run_until([&] { return this->requests() == 4; }));
  std::filesystem::resize_file(this->root_ / "large", 1024 * 1024);
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->ended;
  }));
  EXPECT_EQ(this->worker_->counters().files_changed, 1U);
  std::size_t at = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client->text.substr(at, 15), "HTTP/1.1 200 OK");
    at = client->text.find("\r\n\r\n", at) + 4;
    EXPECT_EQ(client->text.substr(at, page.size()), page);
    at += page.size();
  }
  EXPECT_EQ(client->text.size(), at) << "nothing of the file";
}

}  // namespace
}  // namespace http::server
