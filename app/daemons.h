// The parts of a daemon's process, all of them for `latecomer run`: opens what they share, waits
// for a broker or a database that is away, starts them, and stops them together.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/crew.h"
#include "app/daemon_part.h"
#include "app/ingest_part.h"
#include "app/processor_part.h"
#include "app/replay_part.h"
#include "app/sink_part.h"
#include "base/file_lock.h"
#include "base/heartbeat.h"
#include "base/outage.h"
#include "base/result.h"
#include "config/settings.h"
#include "store/timeline_store.h"
#include "stream/stream.h"

namespace latecomer {

struct DaemonsOptions {
  bool ingest = false;
  bool process = false;
  bool sink = false;
  bool replay = false;
  bool once = false;                      // sources are read to their ends, and not watched
  std::string instance;                   // empty: as the settings say
  std::string command = "latecomer run";  // that asked for it, for messages
};

class Daemons {
 public:
  // `on_failure` is called once, from a daemon's thread, when the first of them has failed.
  Daemons(SharedSettings settings, DaemonsOptions options, std::function<void()> on_failure);
  ~Daemons();  // stops
  Daemons(const Daemons&) = delete;
  Daemons& operator=(const Daemons&) = delete;

  // Takes the locks (kConflict names who holds one) and opens what is shared. Then the parts are
  // started: at once where everything is embedded, else from a thread of its own that tries again
  // until broker and database are there.
  Status Start();
  void Reload(const SharedSettings& settings);

  // Whether every source has been read and every stage has caught up. An error of a daemon is given
  // once it has failed.
  Result<bool> IsIdle();
  // Any thread; neither blocks.
  HealthReport Health() const;
  void Collect(MetricFamilies& out) const;

  // Stops and waits; gives the first failure, if there was one.
  Status Stop();
  // False: a thread still waits for a broker or a database that does not answer. Nothing is lost
  // with it: the process may end as it is.
  bool HasEnded() { return crew_.WaitForTheRest(std::chrono::milliseconds(500)); }

  const std::string& instance() const { return options_.instance; }
  Stream& stream() { return *stream_; }
  SinkPart& sink() { return *sink_; }
  ProcessorPart* processor() { return processor_.get(); }  // null: it has none

 private:
  Status TakeLocks();
  void MakeParts();
  Status StartParts();
  Status KeepStarting(const std::stop_token& stop);
  Status Watch(const std::stop_token& stop);
  Status Janitor(const std::stop_token& stop);

  SharedSettings settings_;
  DaemonsOptions options_;
  std::vector<FileLock> locks_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<IngestPart> ingest_;
  std::unique_ptr<ProcessorPart> processor_;
  std::unique_ptr<SinkPart> sink_;
  std::unique_ptr<ReplayPart> replay_;
  std::vector<DaemonPart*> parts_;    // in the order in which they start
  std::mutex start_mutex_;            // a part is started, or reloaded
  std::size_t parts_started_ = 0;     // guarded by start_mutex_
  std::atomic<bool> started_{false};  // all of them
  Outage starting_{"start"};
  Outage reaching_{"broker or database"};
  Heartbeat watch_beat_;
  mutable std::mutex probe_mutex_;
  std::string unreachable_ = "it starts";  // guarded by probe_mutex_; empty: all answer
  Crew crew_;                              // last: its threads use all of the above
};

}  // namespace latecomer
