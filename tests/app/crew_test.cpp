#include "app/crew.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "app/until_there.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

Status UntilStop(const std::stop_token& stop) {
  while (WaitFor(milliseconds(10'000), stop)) {
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crew)

BOOST_AUTO_TEST_CASE(stops_all_and_waits) {
  std::atomic<int> ended{0};
  std::atomic<int> failures{0};
  Crew crew([&] { ++failures; });
  for (int i = 0; i < 3; ++i) {
    crew.Launch("waits", [&](const std::stop_token& stop) {
      Status status = UntilStop(stop);
      ++ended;
      return status;
    });
  }
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(static_cast<bool>(crew.Stop()));
  BOOST_TEST((std::chrono::steady_clock::now() - start < milliseconds(5'000)));
  BOOST_TEST(ended == 3);
  BOOST_TEST(failures == 0);
  crew.Launch("too late", [&](const std::stop_token&) {
    ++ended;
    return Status();
  });
  BOOST_TEST(static_cast<bool>(crew.Stop()));
  BOOST_TEST(ended == 3);
}

BOOST_AUTO_TEST_CASE(the_first_failure_is_the_one_told) {
  std::atomic<int> failures{0};
  Crew crew([&] { ++failures; });
  crew.Launch("first", [](const std::stop_token&) -> Status { return Corrupt("broken"); });
  while (!crew.Failure()) WaitFor(milliseconds(1), {});
  crew.Launch("second", [](const std::stop_token&) -> Status { return Fatal("no more"); });
  const Status stopped = crew.Stop();
  BOOST_REQUIRE(!stopped);
  BOOST_TEST((stopped.error().code == ErrorCode::kCorrupt));
  BOOST_TEST(stopped.error().message == "first: broken");
  BOOST_TEST(failures == 1);
}

BOOST_AUTO_TEST_CASE(what_a_thread_throws_is_a_failure) {
  Crew crew([] {});
  crew.Launch("throws",
              [](const std::stop_token&) -> Status { throw std::runtime_error("out of it"); });
  while (!crew.Failure()) WaitFor(milliseconds(1), {});
  BOOST_TEST(crew.Stop().error().message == "throws: out of it");
}

BOOST_AUTO_TEST_CASE(who_only_waits_is_not_waited_for) {
  std::atomic<bool> goes_on{true};
  Crew crew([] {});
  crew.Launch(
      "asks",
      [&](const std::stop_token&) {
        while (goes_on) std::this_thread::sleep_for(milliseconds(1));
        return Status();
      },
      Crew::UnderWay::kNothing);
  BOOST_TEST(static_cast<bool>(crew.Stop()));
  BOOST_TEST(!crew.WaitForTheRest(milliseconds(50)));
  goes_on = false;
  BOOST_TEST(crew.WaitForTheRest(milliseconds(10'000)));
}

BOOST_AUTO_TEST_CASE(until_there_gives_other_errors_at_once_and_hears_a_stop) {
  int calls = 0;
  const Status failed = UntilThere(std::stop_token(), [&]() -> Status {
    ++calls;
    return Fatal("no");
  });
  BOOST_TEST((failed.error().code == ErrorCode::kFatal));
  BOOST_TEST(calls == 1);
  std::stop_source stop;
  const Status stopped = UntilThere(stop.get_token(), [&]() -> Status {
    if (++calls == 3) stop.request_stop();
    return RetryLater("away");
  });
  BOOST_TEST((stopped.error().code == ErrorCode::kRetryLater));
  BOOST_TEST(calls == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
