// A `timelines` topic in an embedded stream of its own, and sinks that run on it.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fake_store.h"
#include "sink/sink_loop.h"
#include "store_contract.h"
#include "stream/embedded_stream.h"
#include "stream/topics.h"
#include "temp_dir.h"

namespace latecomer::test {

class SinkStream {
 public:
  explicit SinkStream(std::int32_t partitions);

  std::unique_ptr<Stream> Open() const;
  Stream& stream() { return *stream_; }
  // Closes the stream of this process, as before a fork.
  void Close() { stream_.reset(); }
  void Reopen() { stream_ = Open(); }
  const TempDir& dir() const { return dir_; }

  // Writes the records of the log to one partition, a transaction for a few; ids of forgotten and
  // removed records as they are.
  void Write(const Log& log, std::int32_t partition);
  void WriteRaw(const std::string& key, const std::string& value, std::int32_t partition);
  // All that the partition holds now, read without a group.
  std::vector<SequencedRecord> Read(std::int32_t partition);
  std::int64_t End(std::int32_t partition);

 private:
  TempDir dir_;
  std::unique_ptr<Stream> stream_;
  std::int32_t partitions_;
};

// A sink on a thread of its own, until Stop or the end.
class RunningSink {
 public:
  RunningSink(Stream& stream, TimelineWriteStore& store, SinkSettings settings);
  ~RunningSink() { static_cast<void>(Stop()); }
  Status Stop();
  SinkLoop& loop() { return loop_; }
  bool ended() const { return ended_; }

 private:
  SinkLoop loop_;
  Status status_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

SinkSettings QuickSettings(const std::string& instance);

// Fails the test if `done` does not hold within a minute.
void WaitUntil(const std::function<bool()>& done);
bool CaughtUp(SinkStream& stream, RunningSink& sink, std::int32_t partitions);

}  // namespace latecomer::test
