// One role of a daemon's process: ingest, processor, sink or replay. `latecomer run` has all four,
// the other daemons one each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/crew.h"
#include "base/result.h"
#include "config/settings.h"
#include "stream/stream.h"

namespace latecomer {

class MetricFamilies;

// Read by all parts, and replaced as a whole when the settings are read again.
using SharedSettings = std::shared_ptr<const Settings>;  // shared: loops use the old one meanwhile

struct PartContext {
  SharedSettings settings;
  std::string instance;      // of this process, among those that share the work
  Stream* stream = nullptr;  // where the part needs one; its topics are there
  Crew& crew;
};

// What is wrong with a process, in sentences for a person.
struct HealthReport {
  std::vector<std::string> dead;       // a loop hangs: start it again
  std::vector<std::string> not_ready;  // it waits for something, and will go on by itself
};

// Threads: Start once; Reload by the main thread; Probe by the monitor's; the rest by any.
class DaemonPart {
 public:
  virtual ~DaemonPart() = default;

  virtual std::string name() const = 0;
  // Launches the part's threads. kRetryLater or kNotFound: what it needs is not there yet; it is
  // called again.
  virtual Status Start() = 0;
  // Takes what can change while it runs.
  virtual void Reload(const SharedSettings& settings) { static_cast<void>(settings); }
  // Asks the broker or the database, every few seconds, in the monitor's thread: lags, and whether
  // it answers at all. kRetryLater: it is away. Once the part has been started.
  virtual Status Probe() { return {}; }
  // Reads counters only: never blocks.
  virtual void Report(HealthReport& report) const = 0;
  virtual void Collect(MetricFamilies& out) const = 0;
};

}  // namespace latecomer
