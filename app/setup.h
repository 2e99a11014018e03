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

// The embedded stream and store under `settings.data`, which is made where it is not there.
Status MakeDataDirectory(const Settings& settings);
Result<std::unique_ptr<Stream>> OpenStream(const Settings& settings);
Result<std::unique_ptr<TimelineWriteStore>> OpenWriteStore(const Settings& settings);
// kNotFound, saying what to do, where nothing has been stored yet.
Result<std::unique_ptr<TimelineReadStore>> OpenReadStore(const Settings& settings);

// The timeline of a hashtag out of the store. kNotFound where nothing stands under it.
Result<std::unique_ptr<Timeline>> ReadTimeline(TimelineReadStore& store,
                                               const std::string& hashtag);

// Partitions of the embedded stream: one process reads them all.
inline constexpr std::int32_t kEmbeddedPartitions = 1;

}  // namespace latecomer
