// Processors on an embedded stream in a folder of its own, and what they must have made of it.
#pragma once

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "processor/processor_loop.h"
#include "stream/topics.h"
#include "tests/store/temp_dir.h"

namespace latecomer {

// The value of a result that must be there; otherwise the case ends with its message.
template <typename T>
T Take(Result<T> result) {
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
  return std::move(*result);
}
inline void Must(const Status& status) {
  BOOST_REQUIRE_MESSAGE(status, (status ? "" : status.error().message));
}

inline constexpr TimeMs kStart = 1'300'000'000'000;
inline constexpr TimeMs kHour = 3'600'000;

// Every second hashtag has events.
HashtagSettings SettingsOf(const std::string& hashtag);
// Values about few hashtags and ids, so that they meet; Forgets have no hashtag.
using Input = std::pair<std::string, PostsValue>;
std::vector<Input> RandomInputs(std::mt19937& random, std::size_t count, bool forgets);

class LoopStream {
 public:
  explicit LoopStream(std::int32_t partitions,
                      std::chrono::milliseconds session_timeout = std::chrono::seconds(45));

  Stream& stream() { return *stream_; }
  std::int32_t partitions() const { return partitions_; }
  // Closes and opens the file again. No reader or writer may be left.
  void Reopen();

  // Appends in one transaction: a Forget to every partition, others where they belong. The values
  // count for Expected.
  void Write(const std::vector<Input>& inputs);
  // Appends one record as it is.
  void WriteRaw(std::int32_t partition, const std::string& key,
                const std::optional<std::string>& value);
  std::vector<Record> Read(const std::string& topic, std::int32_t partition);
  std::int64_t EndOfTimelines();
  // Whether the group has committed the end of every partition.
  bool CaughtUp();

  // The timelines that the topic holds, and those that the written values must give.
  std::string Timelines();
  std::string Expected() const;
  // Both are the same, before and after compaction.
  void CheckTimelines();

 private:
  test::TempDir dir_;
  std::int32_t partitions_;
  std::chrono::milliseconds session_timeout_;
  std::unique_ptr<Stream> stream_;
  std::vector<Input> written_;
};

ProcessorLoopSettings QuickSettings(const std::string& instance = "processor-0");

// A processor on a thread of its own, until Stop or its end.
class RunningLoop {
 public:
  RunningLoop(Stream& stream, ProcessorLoopSettings settings,
              Builder::SettingsOf settings_of = SettingsOf);
  ~RunningLoop() { static_cast<void>(Stop()); }
  // Asks it to stop, without waiting.
  void AskToStop() { thread_.request_stop(); }
  Status Stop();
  bool ended() const { return ended_; }
  const ProcessorCounters& counters() const { return loop_.counters(); }

 private:
  ProcessorLoop loop_;
  Status status_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

// Fails the case if `done` does not hold within a minute.
void WaitUntil(const std::function<bool()>& done);

}  // namespace latecomer
