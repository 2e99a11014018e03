#include "base/outage.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <sstream>
#include <thread>

#include "base/heartbeat.h"

namespace latecomer {
namespace {

// What is logged while it lives, as "LEVEL MESSAGE" lines.
class LogCatcher {
 public:
  LogCatcher() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    auto logger = std::make_shared<spdlog::logger>("test", sink);
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(logger);
  }
  LogCatcher(const LogCatcher&) = delete;
  LogCatcher& operator=(const LogCatcher&) = delete;
  ~LogCatcher() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(outage)

BOOST_AUTO_TEST_CASE(is_said_once_and_counted) {
  LogCatcher log;
  Outage outage("the broker");
  outage.Worked();
  BOOST_TEST(log.text() == "");
  for (int i = 0; i < 5; ++i) outage.Failed("connection refused");
  BOOST_TEST(log.text() ==
             "warning the broker: connection refused (tried again until it works; said once)\n");
  BOOST_TEST(outage.IsAway());
  BOOST_TEST(outage.failures() == 5U);
  BOOST_TEST(outage.outages() == 1U);
}

BOOST_AUTO_TEST_CASE(its_end_is_said_and_the_next_one_too) {
  LogCatcher log;
  Outage outage("the broker");
  outage.Failed("a");
  outage.Failed("a");
  outage.Worked();
  outage.Worked();
  BOOST_TEST(!outage.IsAway());
  outage.Failed("b");
  BOOST_TEST(log.text() ==
             "warning the broker: a (tried again until it works; said once)\n"
             "info the broker: works again after 0 s and 2 failed attempts\n"
             "warning the broker: b (tried again until it works; said once)\n");
  BOOST_TEST(outage.outages() == 2U);
  BOOST_TEST(outage.failures() == 3U);
}

BOOST_AUTO_TEST_CASE(a_heartbeat_ages_until_it_beats) {
  Heartbeat heartbeat;
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  const auto before = heartbeat.Age();
  BOOST_TEST((before >= std::chrono::milliseconds(150)));
  heartbeat.Beat();
  BOOST_TEST((heartbeat.Age() < before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
