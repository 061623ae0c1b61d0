#include "http/server/service_times.h"

#include <gtest/gtest.h>

namespace http::server {
namespace {

using Rest = ServiceTimes::Rest;

class ServiceTimesTest : public ::testing::Test {
 protected:
  // From the first byte to the output that went out, or to what it waits for.
  void serve(uint32_t slot, uint64_t begin, uint32_t requests, uint64_t end,
             Rest rest = Rest::none) {
    times_.begin(slot, begin);
    times_.answered(slot, requests);
    times_.handed_over(slot, rest, end);
  }

  ServiceTimes times_{4};
};

TEST_F(ServiceTimesTest, OneAlone) {
  times_.handed_over_alone(1, 1000, 1007);
  EXPECT_EQ(times_.service().count(), 1U);
  EXPECT_EQ(times_.service().max(), 7U);
  EXPECT_EQ(times_.lateness().count(), 0U);
}

// Its bytes came in pieces, and it went out in pieces.
TEST_F(ServiceTimesTest, FromTheFirstBeginToTheEndOfTheOutput) {
  times_.begin(2, 1000);
  times_.answered(2, 1);
  serve(2, 1010, 1, 1050);
  EXPECT_EQ(times_.service().count(), 1U);
  EXPECT_EQ(times_.service().max(), 50U);
  serve(2, 2000, 2, 2003);
  EXPECT_EQ(times_.service().count(), 2U);
  EXPECT_EQ(times_.service().min(), 3U);
}

TEST_F(ServiceTimesTest, EveryRequestOfAPipeline) {
  serve(0, 100, 16, 120);
  EXPECT_EQ(times_.service().count(), 16U);
  EXPECT_EQ(times_.service().sum(), 16U * 20);
}

// A head that is not whole, or the body of a request: nothing was answered.
TEST_F(ServiceTimesTest, WhatIsNoRequestIsNotCounted) {
  serve(0, 100, 0, 120);
  EXPECT_EQ(times_.service().count(), 0U);
  // And the time until the rest of the head comes is the client's.
  serve(0, 5000, 1, 5001);
  EXPECT_EQ(times_.service().max(), 1U);
}

TEST_F(ServiceTimesTest, ConnectionsDoNotMix) {
  times_.begin(0, 100);
  times_.answered(0, 1);
  serve(1, 200, 3, 201);
  EXPECT_EQ(times_.service().count(), 2U);
  EXPECT_EQ(times_.service().max(), 1U);
  times_.handed_over(0, Rest::none, 300);
  EXPECT_EQ(times_.service().count(), 3U);
  EXPECT_EQ(times_.service().max(), 200U);
}

TEST_F(ServiceTimesTest, ToWaitForTheDiskCounts) {
  serve(0, 100, 1, 110, Rest::disk);  // the one before it
  EXPECT_EQ(times_.service().count(), 1U);
  EXPECT_EQ(times_.service().max(), 10U);
  times_.begin(0, 5000);  // the disk has answered
  times_.answered(0, 2);
  times_.handed_over(0, Rest::none, 5100);
  EXPECT_EQ(times_.service().count(), 2U);
  EXPECT_EQ(times_.service().max(), 5000U);
}

// The time that a delay was asked to take is no service.
TEST_F(ServiceTimesTest, OfADelayTheLatenessCounts) {
  serve(0, 100, 1, 101, Rest::answer);
  EXPECT_EQ(times_.service().count(), 0U);
  times_.begin_in_time(0, 20'100, 20'000);
  serve(0, 20'150, 1, 20'160);
  EXPECT_EQ(times_.lateness().count(), 1U);
  EXPECT_EQ(times_.lateness().max(), 60U);
  EXPECT_EQ(times_.service().count(), 0U);
  // The next one on this connection is as any other.
  serve(0, 30'000, 2, 30'004);
  EXPECT_EQ(times_.service().count(), 1U);
  EXPECT_EQ(times_.service().max(), 4U);
}

TEST_F(ServiceTimesTest, ADripIsLateForEachOfItsPieces) {
  serve(0, 100, 1, 101, Rest::answer);
  for (uint64_t due = 1000; due <= 5000; due += 1000) {
    times_.begin_in_time(0, due, 0);
    times_.begin(0, due + 5);
    times_.handed_over(0, due == 5000 ? Rest::none : Rest::answer, due + due / 1000);
  }
  EXPECT_EQ(times_.lateness().count(), 5U);
  EXPECT_EQ(times_.lateness().max(), 5U);
  EXPECT_EQ(times_.service().count(), 0U);
}

// A request came behind an answer that waited, and both went out together.
TEST_F(ServiceTimesTest, WhatComesWithTheEndOfADelayIsCounted) {
  serve(0, 100, 1, 101, Rest::answer);
  times_.begin_in_time(0, 1000, 900);
  times_.answered(0, 2);
  times_.handed_over(0, Rest::none, 1010);
  EXPECT_EQ(times_.lateness().count(), 1U);
  EXPECT_EQ(times_.service().count(), 1U);
}

TEST_F(ServiceTimesTest, ADelayIsFromItsRequestToItsAnswer) {
  serve(0, 100, 0, 101, Rest::answer);
  EXPECT_EQ(times_.delays().count(), 0U);
  times_.begin_in_time(0, 150, 50);
  times_.answered(0, 1);
  times_.handed_over(0, Rest::none, 157);
  EXPECT_EQ(times_.delays().count(), 1U);
  EXPECT_EQ(times_.delays().max(), 57U);
  EXPECT_EQ(times_.delays_asked().count(), 1U);
  EXPECT_EQ(times_.delays_asked().max(), 50U);
  EXPECT_EQ(times_.service().count(), 0U);
}

// Its beginning was late, and its pieces are no delays.
TEST_F(ServiceTimesTest, ADripHasOneDelay) {
  serve(0, 100, 1, 101, Rest::answer);
  times_.begin_in_time(0, 200, 100);
  times_.handed_over(0, Rest::answer, 203);
  times_.begin_in_time(0, 300, 0);
  times_.handed_over(0, Rest::none, 304);
  EXPECT_EQ(times_.lateness().count(), 2U);
  EXPECT_EQ(times_.delays().count(), 1U);
  EXPECT_EQ(times_.delays().max(), 103U);
  EXPECT_EQ(times_.delays_asked().max(), 100U);
}

TEST_F(ServiceTimesTest, ADelayThatEndsWithItsClientIsNone) {
  times_.begin_in_time(0, 200, 100);
  times_.forget(0, 1);
  times_.begin_in_time(0, 500, 0);  // another connection in the same slot
  times_.handed_over(0, Rest::none, 501);
  EXPECT_EQ(times_.delays().count(), 0U);
  EXPECT_EQ(times_.delays_asked().count(), 0U);
}

TEST_F(ServiceTimesTest, WhoHasEndedLeavesNothingBehind) {
  times_.begin(0, 100);
  times_.answered(0, 5);
  times_.forget(0, 7);
  times_.begin(0, 1000);  // another connection in the same slot
  times_.answered(0, 8);
  times_.handed_over(0, Rest::none, 1001);
  EXPECT_EQ(times_.service().count(), 1U);
  EXPECT_EQ(times_.service().max(), 1U);
}

// A clock of another processor may be behind.
TEST_F(ServiceTimesTest, NeverLessThanNothing) {
  times_.handed_over_alone(1, 1000, 999);
  EXPECT_EQ(times_.service().max(), 0U);
}

}  // namespace
}  // namespace http::server
