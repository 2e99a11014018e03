// A broker that cannot be reached for a while: everything waits, says so once, and goes on.
#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <thread>

#include "base/log.h"
#include "tests/stream/kafka_faults.h"
#include "tests/stream/kafka_util.h"

namespace latecomer {
namespace {

using contract::AppendAll;
using contract::Must;
using contract::Numbered;
using contract::Take;
using contract::Topic;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Keeps what is logged while it lives.
class Overheard {
 public:
  Overheard() : sink_(std::make_shared<Sink>()) {
    spdlog::default_logger()->sinks().push_back(sink_);
  }
  ~Overheard() { spdlog::default_logger()->sinks().pop_back(); }
  Overheard(const Overheard&) = delete;
  Overheard& operator=(const Overheard&) = delete;

  int Count(const std::string& part) const {
    const std::lock_guard lock(sink_->guard);
    int count = 0;
    for (const std::string& line : sink_->lines) {
      count += line.find(part) != std::string::npos ? 1 : 0;
    }
    return count;
  }
  std::size_t Lines() const {
    const std::lock_guard lock(sink_->guard);
    return sink_->lines.size();
  }

 private:
  struct Sink final : spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
      const std::lock_guard lock(guard);
      lines.emplace_back(message.payload.data(), message.payload.size());
    }
    void flush_() override {}
    std::mutex guard;
    std::vector<std::string> lines;
  };
  std::shared_ptr<Sink> sink_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_away)

BOOST_AUTO_TEST_CASE(TwentySecondsAwayLoseNothing) {
  KafkaTestLog log;
  log.settings().librdkafka.clear();  // sessions of 45 s
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 3)));
  auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 30));
  contract::Member member(*stream, contract::InGroup("g", "t", "i"));
  contract::Until(
      log, [&] { return member.records.size() == 30; }, [&] { member.Step(); }, "30 records");

  const Overheard overheard;
  std::unique_ptr<Stream> late;
  {
    const BrokerCutOff cut_off;
    const auto until = steady_clock::now() + milliseconds(20'000);
    Must(writer->Begin());
    Must(writer->Append("t", 0, "lost", "v"));
    const Status committed = writer->Commit();
    BOOST_TEST_REQUIRE(!committed);
    writer.reset();
    late = log.Open();  // one that begins meanwhile
    while (steady_clock::now() < until) {
      member.Step(milliseconds(100));
      const auto made = stream->NewWriter("w");
      BOOST_TEST_REQUIRE(!made);
      BOOST_TEST((made.error().code == ErrorCode::kRetryLater));
      BOOST_TEST((late->PartitionCount("t").error().code == ErrorCode::kRetryLater));
    }
  }
  BOOST_TEST(member.records.size() == 30U);
  const auto back = steady_clock::now();
  contract::Until(
      log,
      [&] {
        auto made = stream->NewWriter("w");
        if (made) writer = std::move(*made);
        return writer != nullptr;
      },
      [&] { member.Step(); }, "a writer");
  AppendAll(*writer, "t", Numbered("b", 30));
  contract::Until(
      log, [&] { return member.records.size() == 60; }, [&] { member.Step(); }, "30 more");
  BOOST_TEST((steady_clock::now() - back < milliseconds(15'000)));
  BOOST_TEST(Take(late->PartitionCount("t")) == 3);
  BOOST_TEST(member.lost.empty());
  for (const Record& record : member.records) BOOST_TEST(record.key != "lost");
  BOOST_TEST(overheard.Count("cannot be reached") == 2);  // each stream says it once
  BOOST_TEST(overheard.Count("answers again") == 2);
  BOOST_TEST(overheard.Lines() < 20U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
