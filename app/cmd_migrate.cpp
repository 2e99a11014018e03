// latecomer migrate: everything from an embedded data directory into Kafka and PostgreSQL, or back.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "app/command.h"
#include "app/migration.h"
#include "app/migration_stores.h"
#include "app/progress.h"
#include "app/setup.h"
#include "base/file_lock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/stop_signals.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSayEvery{30};  // where there is no terminal
constexpr double kEstimateFrom = 0.02;         // of the work: before that it would only be guessed

struct MigrateOptions {
  std::string config;
  std::string from;
  std::string to;
  bool yes = false;
  bool json = false;
};

// A stream with its store.
struct Side {
  Settings settings;
  std::string name;
  std::vector<FileLock> locks;
  std::unique_ptr<Stream> stream;
  std::unique_ptr<TimelineWriteStore> writes;
  std::unique_ptr<TimelineReadStore> reads;
};

// What is done now, how much of it, and how long the rest will take.
class Meter {
 public:
  void Show(const char* what, std::uint64_t done, std::uint64_t total) {
    if (what != what_) {
      what_ = what;
      since_ = said_ = Clock::now();
      first_ = done;
    }
    bar_.Show(Text(done, total), done, total);
    if (isatty(STDERR_FILENO) == 1 || total == 0 || Clock::now() - said_ < kSayEvery) return;
    said_ = Clock::now();
    std::cerr << Text(done, total) << ": " << done * 100 / total << " %\n";
  }
  void Clear() { bar_.Clear(); }

 private:
  std::string Text(std::uint64_t done, std::uint64_t total) const {
    std::string text = what_;
    const double part = done <= first_ || total <= first_ ? 0
                                                          : static_cast<double>(done - first_) /
                                                                static_cast<double>(total - first_);
    if (part < kEstimateFrom || part >= 1) return text;
    const double passed = std::chrono::duration<double>(Clock::now() - since_).count();
    const auto left = static_cast<std::int64_t>(passed / part * (1 - part)) + 1;
    return text + ", about " +
           (left < 120 ? std::to_string(left) + " s" : std::to_string((left + 59) / 60) + " min") +
           " left";
  }

  ProgressBar bar_;
  std::string what_;
  std::uint64_t first_ = 0;
  Clock::time_point since_;
  Clock::time_point said_;
};

bool IsSamePlace(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) ||
         std::filesystem::weakly_canonical(a, error) == std::filesystem::weakly_canonical(b, error);
}

Side EmbeddedSide(const Settings& settings, const std::string& directory) {
  Side side;
  side.settings = settings;
  side.settings.data = directory;
  side.settings.stream.kind = "embedded";
  side.settings.store.kind = "sqlite";
  side.settings.stream.prefix = StreamSettings().prefix;  // that of the settings is Kafka's
  side.name = directory;
  return side;
}

Side SettingsSide(const Settings& settings) {
  Side side;
  side.settings = settings;
  const StreamSettings& stream = settings.stream;
  side.name = stream.kind == "embedded"
                  ? settings.data
                  : "Kafka at " + stream.brokers + " (prefix " + stream.prefix + ")";
  return side;
}

// No `run` works on the directory meanwhile.
Status TakeLock(Side& side) {
  if (!UsesDataDirectory(side.settings)) return {};
  if (Status made = MakeDataDirectory(side.settings); !made) return made;
  const std::string path = (std::filesystem::path(side.settings.data) / "run.lock").string();
  Result<FileLock> held = FileLock::Take(path, "latecomer migrate");
  if (!held && held.error().code == ErrorCode::kConflict) {
    return Conflict(held.error().message + ": stop that one, then migrate");
  }
  if (!held) return held.error();
  side.locks.push_back(std::move(*held));
  return {};
}

Status Open(Side& side) {
  Result<std::unique_ptr<Stream>> stream = OpenStream(side.settings, "latecomer migrate");
  if (!stream) return stream.error();
  side.stream = std::move(*stream);
  Result<std::unique_ptr<TimelineWriteStore>> store =
      OpenWriteStore(side.settings, "latecomer migrate");
  if (!store) return store.error();
  side.writes = std::move(*store);
  return {};
}

Status OpenReads(Side& side) {
  Result<std::unique_ptr<TimelineReadStore>> store =
      OpenReadStore(side.settings, "latecomer migrate");
  if (!store) return store.error();
  side.reads = std::move(*store);
  return {};
}

// A directory may have been made under a prefix of its own: that of the settings, then.
Status OpenSource(Side& side, const std::string& other_prefix) {
  if (side.settings.stream.kind == "embedded") {
    const auto file = std::filesystem::path(side.settings.data) / "stream.db";
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
      return NotFound(side.settings.data + " is no data directory of Latecomer: there is no " +
                      file.string());
    }
  }
  if (Status locked = TakeLock(side); !locked) return locked;
  if (Status opened = Open(side); !opened) return opened;
  if (side.settings.stream.kind != "embedded") return {};
  const Result<std::int32_t> found = side.stream->PartitionCount(kPostsTopic);
  if (found || found.error().code != ErrorCode::kNotFound) return {};
  side.settings.stream.prefix = other_prefix;
  return Open(side);
}

bool IsAgreed(const MigrateOptions& options, const Side& from, const Side& to,
              const Migration& migration) {
  if (options.yes) return true;
  std::cerr << (migration.is_resumed() ? "This goes on moving " : "This copies ")
            << migration.offsets() << " records of " << from.name
            << " (partitions: " << migration.from_partitions() << ") into " << to.name
            << " (partitions: " << PartitionsOf(to.settings)
            << ").\nAll daemons on both sides must be stopped until it is done. Go on? [y/N] ";
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

// `stores` and `seconds`: of a migration that was finished now, not earlier.
void PrintSummary(const Migration& migration, const Side& from, const Side& to,
                  const std::optional<StoresCompared>& stores, Clock::time_point begin) {
  const MigrationCounts& counts = migration.state().counts;
  std::string line;
  JsonObject object(line);
  object.String("from", from.name).String("to", to.name);
  object.Int("from_partitions", migration.from_partitions());
  object.Int("to_partitions", PartitionsOf(to.settings));
  object.Uint("timelines", counts.timelines).Uint("posts", counts.posts);
  object.Uint("unprocessed", counts.unprocessed).Uint("cursors", counts.cursors);
  object.Uint("rejects", counts.rejects).Uint("dropped", counts.dropped);
  object.Bool("resumed", migration.is_resumed()).Bool("done_before", !stores);
  if (stores) {
    object.Uint("hashtags", stores->hashtags).Uint("entries", stores->entries);
    object.Uint("reposts", stores->reposts);
    const auto seconds = std::chrono::round<std::chrono::seconds>(Clock::now() - begin);
    object.Int("seconds", seconds.count());
  }
  object.Close();
  std::cout << line << "\n";
}

void SayDone(const Migration& migration, const Side& from, const Side& to,
             const StoresCompared& stores) {
  const MigrationCounts& counts = migration.state().counts;
  std::cerr << "moved " << counts.timelines << " records of timelines, " << counts.posts
            << " processed and " << counts.unprocessed << " unprocessed posts, " << counts.cursors
            << " cursors and " << counts.rejects << " rejects into " << to.name << ";\ncompared "
            << stores.hashtags << (stores.hashtags == 1 ? " hashtag with " : " hashtags with ")
            << stores.entries << " entries and " << stores.reposts << " reposts: all the same.\n"
            << from.name << " is as it was. Once you are sure, remove it: "
            << (from.settings.stream.kind == "embedded"
                    ? "delete the directory"
                    : "delete the topics that begin with \"" + from.settings.stream.prefix +
                          "\", and the schema `latecomer` of the database")
            << ".\n";
  if (to.settings.stream.kind == "embedded" &&
      to.settings.stream.prefix != from.settings.stream.prefix) {
    std::cerr << "Settings that use " << to.name << " must leave [stream] prefix out.\n";
  }
}

Status Work(Migration& migration, Side& from, Side& to, Meter& meter, StoresCompared& stores,
            const std::stop_token& stop) {
  const MigrationProgress progress = [&meter](const char* what, std::uint64_t done,
                                              std::uint64_t total) {
    meter.Show(what, done, total);
  };
  if (Status s = migration.Copy(stop); !s) return s;
  if (Status s = migration.Compare(stop); !s) return s;
  for (Side* side : {&to, &from}) {
    const std::string sink = WorkerName(side->settings, InstanceName(side->settings), "sink", 0);
    if (Status s = CatchUpStore(*side->stream, *side->writes, sink, progress, stop); !s) return s;
    if (Status s = OpenReads(*side); !s) return s;
  }
  const auto gap_of = [&](const std::string& hashtag) {
    return to.settings.ForHashtag(hashtag).gap_ms;
  };
  Result<StoresCompared> compared = CompareStores(*from.reads, *to.reads, gap_of, progress, stop);
  if (!compared) return compared.error();
  stores = *compared;
  if (Status s = migration.CheckSource(stop); !s) return s;
  if (Status s = migration.Finish(stop); !s) return s;
  // Only the records that said how far it was are superseded by now.
  return to.stream->Clean(Now());
}

int FailOrStop(const Error& error, const StopSignals& signals) {
  if (!signals.token().stop_requested()) return Fail(error);
  std::cerr << "latecomer: interrupted; run it again to resume\n";
  return kFailed;
}

int Move(const MigrateOptions& options, Side& from, Side& to, StopSignals& signals) {
  if (Status opened = OpenSource(from, to.settings.stream.prefix); !opened)
    return Fail(opened.error());
  if (Status locked = TakeLock(to); !locked) return Fail(locked.error());
  if (Status opened = Open(to); !opened) return Fail(opened.error());
  const auto begin = Clock::now();
  Meter meter;
  MigrationOptions moving;
  moving.from_name = from.name;
  moving.to_name = to.name;
  moving.partitions = PartitionsOf(to.settings);
  Migration migration(*from.stream, *to.stream, moving,
                      [&meter](const char* what, std::uint64_t done, std::uint64_t total) {
                        meter.Show(what, done, total);
                      });
  Status status = migration.Prepare(signals.token());
  if (!status) return FailOrStop(status.error(), signals);
  if (migration.is_done()) {
    std::cerr << from.name << " was moved into " << to.name
              << " before, and has not changed since: nothing to do\n";
    if (options.json) PrintSummary(migration, from, to, std::nullopt, begin);
    return kDone;
  }
  status =
      CheckStoreIsFree(*to.stream, *to.writes, to.name, migration.is_resumed(), signals.token());
  if (!status) return FailOrStop(status.error(), signals);
  if (!IsAgreed(options, from, to, migration)) {
    std::cerr << "nothing has been moved\n";
    return kFailed;
  }
  StoresCompared stores;
  status = Work(migration, from, to, meter, stores, signals.token());
  meter.Clear();
  if (!status) return FailOrStop(status.error(), signals);
  if (options.json) PrintSummary(migration, from, to, stores, begin);
  SayDone(migration, from, to, stores);
  return kDone;
}

int Migrate(const MigrateOptions& options) {
  if (options.from.empty() == options.to.empty()) {
    return Usage("migrate: give exactly one of --from and --to");
  }
  CommonOptions common;
  common.config = options.config;
  const std::optional<Settings> settings = LoadSettings(common);
  if (!settings) return kWrongUsage;
  const std::string& directory = options.from.empty() ? options.to : options.from;
  if (UsesDataDirectory(*settings) && IsSamePlace(settings->data, directory)) {
    return Usage("migrate: " + options.config + " names " + directory +
                 " itself; its [stream] and [store] are to name the other side");
  }
  if (!options.yes && isatty(STDIN_FILENO) != 1) {
    return Usage("migrate: there is no terminal to ask on; give --yes");
  }
  LogOptions log;
  log.level = "warning";
  log.format = settings->log.format;
  log.daemon = "migrate";
  SetUpLog(log);
  StopSignals signals;
  Side embedded = EmbeddedSide(*settings, directory);
  Side other = SettingsSide(*settings);
  return options.to.empty() ? Move(options, embedded, other, signals)
                            : Move(options, other, embedded, signals);
}

}  // namespace

void AddMigrate(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "migrate", "Move everything from a data directory into Kafka and PostgreSQL, or back");
  auto options = std::make_shared<MigrateOptions>();
  command
      ->add_option("-c,--config", options->config,
                   "Settings (TOML): [stream] and [store] name the side that is no directory")
      ->type_name("FILE")
      ->required();
  command->add_option("--from", options->from, "The data directory to move")->type_name("DIR");
  command->add_option("--to", options->to, "A new data directory to move into")->type_name("DIR");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->add_flag("--json", options->json, "What was moved as JSON, on standard output");
  command->footer(
      "Stop all daemons on both sides first. What was cut off resumes when it is run again; at the "
      "end both sides are compared, and the source is left as it was. docs/migrating.md tells "
      "all.");
  command->callback([options, &exit_code] { exit_code = FinishOutput(Migrate(*options)); });
}

}  // namespace latecomer
