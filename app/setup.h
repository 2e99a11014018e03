// What commands share: options, settings, the opened stream and store, messages.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/settings.h"
#include "model/timeline.h"
#include "store/timeline_store.h"
#include "stream/stream.h"

namespace CLI {
class App;
}

namespace latecomer {

struct CommonOptions {
  std::string config;  // -c; empty: the defaults
  std::string data;    // --data; empty: as the settings say
};

// Adds -c and --data.
void AddCommonOptions(CLI::App& command, CommonOptions& options);

// The settings, `--data` applied. Prints every mistake on stderr and gives nothing where there are
// any: the command then ends with kWrongUsage.
std::optional<Settings> LoadSettings(const CommonOptions& options);

// Prints "latecomer: MESSAGE" on stderr, and gives the exit code that fits.
int Fail(const Error& error);
int Usage(const std::string& message);
// Flushes standard output; `code`, or kFailed with a message where not all of it could be written.
int FinishOutput(int code);

// The folded key of the conversation that a hashtag as typed belongs to, aliases followed; prints
// and gives nothing where it is no hashtag.
std::optional<HashtagSettings> ResolveHashtag(const Settings& settings, const std::string& typed);

// Whether the stream or the store is kept in files below `settings.data`.
bool UsesDataDirectory(const Settings& settings);
Status MakeDataDirectory(const Settings& settings);
// A place for files that a command needs while it works: the data directory, or the system's place
// for such files where nothing is kept below `data`.
std::string SpoolDirectory(const Settings& settings);

// The name of this process's host among those that share the work: `instance`, or the host's name.
std::string InstanceName(const Settings& settings);

// The name of worker number `worker` of a role: "INSTANCE-processor-0". Embedded, where one process
// holds the data directory, it is the same on every host.
std::string WorkerName(const Settings& settings, const std::string& instance, const char* role,
                       std::int64_t worker);

// The stream and the store as the settings say. What is embedded makes the data directory; of what
// lies elsewhere nothing needs to be reachable yet: its calls give kRetryLater while it is away.
// `name` shows in the broker's and the database's own lists of clients.
Result<std::unique_ptr<Stream>> OpenStream(const Settings& settings,
                                           const std::string& name = "latecomer");
Result<std::unique_ptr<TimelineWriteStore>> OpenWriteStore(const Settings& settings,
                                                           const std::string& name = "latecomer");
// kNotFound, saying what to do, where nothing has been stored yet.
Result<std::unique_ptr<TimelineReadStore>> OpenReadStore(const Settings& settings,
                                                         const std::string& name = "latecomer");

// The partitions that `posts`, `timelines` and `cursors` have: kEmbeddedPartitions, or as the
// settings say. Prepare makes the topics with them, or checks that they are just so. kConflict: a
// migration into them is not finished.
std::int32_t PartitionsOf(const Settings& settings);
Status PrepareTopics(Stream& stream, const Settings& settings);

// The timeline of a hashtag out of the store. kNotFound where nothing stands under it.
Result<std::unique_ptr<Timeline>> ReadTimeline(TimelineReadStore& store,
                                               const std::string& hashtag);

// Partitions of the embedded stream: one process reads them all.
inline constexpr std::int32_t kEmbeddedPartitions = 1;

}  // namespace latecomer
