// A worker whose routes change while it serves, on both backends: when it has left the earlier
// ones.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/scenario.h"
#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

template <class B>
class WorkerScenario : public WorkerTest<B> {
 protected:
  void SetUp() override {
    WorkerTest<B>::SetUp();
    this->configuration_.scenario = first_.get();
  }
  static std::unique_ptr<const scenario::Scenario> with_body(char letter, std::size_t size) {
    return test_support::make_scenario("[[route]]\npath = '/small'\nbody = '" +
                                       std::string(size, letter) + "'\n");
  }
  bool settles(const scenario::Scenario& scenario) {
    return this->run_until([&] { return this->worker_->settled_scenario() == &scenario; });
  }
  std::string answer(const std::string& end) {
    auto client = this->connect();
    client->peer.write(kRequest);
    EXPECT_TRUE(this->run_until([&] {
      client->pump();
      return client->text.ends_with(end);
    })) << client->text;
    return client->text;
  }

  static constexpr std::size_t kLong = 8 * 1024 * 1024;
  std::unique_ptr<const scenario::Scenario> first_ = with_body('a', kLong);
};
TYPED_TEST_SUITE(WorkerScenario, Backends, BackendNames);

TYPED_TEST(WorkerScenario, IsSettledAtOnceWhereNothingIsSent) {
  this->start();
  if (this->worker_ == nullptr) return;
  EXPECT_EQ(this->worker_->settled_scenario(), this->first_.get());
  const auto second = this->with_body('b', 5);
  this->worker_->change_scenario(*second);
  EXPECT_TRUE(this->settles(*second));
  this->answer("\r\n\r\nbbbbb");
  // Of two changes in one turn the last one counts.
  const auto third = this->with_body('c', 5);
  const auto fourth = this->with_body('d', 5);
  this->worker_->change_scenario(*third);
  this->worker_->change_scenario(*fourth);
  EXPECT_TRUE(this->settles(*fourth));
  this->answer("\r\n\r\nddddd");
}

// A download of an earlier body is that body to its end, and keeps it until then.
TYPED_TEST(WorkerScenario, WaitsForWhatIsBeingSent) {
  this->start(64 * 1024);
  if (this->worker_ == nullptr) return;
  auto reader = this->connect(16 * 1024);
  reader->most_text = this->kLong + 4096;
  reader->peer.write(kRequest);
  ASSERT_TRUE(this->run_until([&] { return this->requests() == 1; }));
  const auto second = this->with_body('b', 5);
  this->worker_->change_scenario(*second);
  this->answer("\r\n\r\nbbbbb");
  // Longer than the pause between two looks.
  this->run_for(1200 * kMillisecond);
  EXPECT_EQ(this->worker_->settled_scenario(), this->first_.get());
  ASSERT_TRUE(this->run_until([&] {
    reader->pump();
    return reader->text.size() > this->kLong &&
           reader->text.find("\r\n\r\n") != std::string::npos &&
           reader->text.size() == reader->text.find("\r\n\r\n") + 4 + this->kLong;
  }));
  const std::size_t body = reader->text.find("\r\n\r\n") + 4;
  EXPECT_EQ(reader->text.find_first_not_of('a', body), std::string::npos);
  EXPECT_TRUE(this->settles(*second));
}

// Who leaves in the middle of a download holds nothing.
TYPED_TEST(WorkerScenario, DoesNotWaitForWhoLeaves) {
  this->start(64 * 1024);
  if (this->worker_ == nullptr) return;
  {
    auto reader = this->connect(16 * 1024);
    reader->peer.write(kRequest);
    ASSERT_TRUE(this->run_until([&] { return this->requests() == 1; }));
  }
  const auto second = this->with_body('b', 5);
  this->worker_->change_scenario(*second);
  EXPECT_TRUE(this->settles(*second));
}

}  // namespace
}  // namespace http::server
