// All daemons of the embedded default in one process, sharing one data directory.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/file_lock.h"
#include "base/result.h"
#include "config/settings.h"
#include "processor/processor_loop.h"
#include "sink/sink_loop.h"
#include "store/timeline_store.h"
#include "stream/stream.h"

namespace latecomer {

class Daemons {
 public:
  // `on_failure` is called once, from a daemon's thread, when the first of them has failed.
  Daemons(const Settings& settings, std::function<void()> on_failure);
  ~Daemons();  // stops
  Daemons(const Daemons&) = delete;
  Daemons& operator=(const Daemons&) = delete;

  // Takes the data directory's lock (kConflict names who holds it), opens stream and store, starts
  // processor and sink.
  Status Start();
  // Starts reading the `archive` sources, each once.
  Status StartSources();

  // Whether every source has been read and every stage has caught up. An error of a daemon is given
  // once it has failed.
  Result<bool> IsIdle();
  // Stops and waits; gives the first failure, if there was one.
  Status Stop();

  Stream& stream() { return *stream_; }
  TimelineWriteStore& write_store() { return *write_store_; }
  const ProcessorCounters& processed() const { return processor_->counters(); }

 private:
  void Launch(const std::string& name, std::function<Status(std::stop_token)> run);
  Status ImportSource(const SourceSettings& source, const std::string& hashtag,
                      const std::stop_token& stop);
  Status Janitor(std::stop_token stop);
  Result<bool> HasProcessed(std::int32_t partition);
  Result<bool> HasStored(std::int32_t partition);
  std::optional<Error> Failure();

  const Settings& settings_;
  std::function<void()> on_failure_;
  std::optional<FileLock> lock_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<TimelineWriteStore> write_store_;
  std::unique_ptr<ProcessorLoop> processor_;
  std::unique_ptr<SinkLoop> sink_;
  std::atomic<int> sources_left_{0};
  std::mutex mutex_;
  std::optional<Error> failure_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace latecomer
