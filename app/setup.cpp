#include "app/setup.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "app/command.h"
#include "app/migration.h"
#include "model/hashtag.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"
#include "stream/embedded_stream.h"
#include "stream/kafka_stream.h"
#include "stream/topics.h"

namespace latecomer {

void AddCommonOptions(CLI::App& command, CommonOptions& options) {
  command
      .add_option("-c,--config", options.config,
                  "Settings (TOML); config/latecomer.toml documents each. Default: the defaults")
      ->type_name("FILE");
  command.add_option("--data", options.data, "Data directory; wins over the settings' `data`")
      ->type_name("DIR");
}

std::optional<Settings> LoadSettings(const CommonOptions& options) {
  ReadSettingsOutcome outcome;
  if (!options.config.empty()) outcome = ReadSettingsFile(options.config);
  for (const SettingsMistake& mistake : outcome.mistakes) {
    std::cerr << "latecomer: " << FormatMistake(mistake) << "\n";
  }
  if (!outcome.mistakes.empty()) return std::nullopt;
  if (!options.data.empty()) outcome.settings.data = options.data;
  return std::move(outcome.settings);
}

int Fail(const Error& error) {
  std::cerr << "latecomer: " << error.message << "\n";
  return kFailed;
}

int Usage(const std::string& message) {
  std::cerr << "latecomer: " << message << "\n";
  return kWrongUsage;
}

int FinishOutput(int code) {
  std::cout.flush();
  if (std::cout.good()) return code;
  std::cerr << "latecomer: cannot write standard output: " << std::strerror(errno) << "\n";
  return kFailed;
}

std::optional<HashtagSettings> ResolveHashtag(const Settings& settings, const std::string& typed) {
  Result<std::string> folded = FoldHashtag(typed);
  if (!folded) {
    std::cerr << "latecomer: --hashtag \"" << typed << "\": " << folded.error().message << "\n";
    return std::nullopt;
  }
  HashtagSettings found = settings.ForHashtag(*folded);
  if (found.hashtag.empty()) found.hashtag = *folded;
  return found;
}

bool UsesDataDirectory(const Settings& settings) {
  return settings.stream.kind == "embedded" || settings.store.kind == "sqlite";
}

Status MakeDataDirectory(const Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(settings.data, error);
  if (error) {
    return Fatal("cannot make the data directory " + settings.data + ": " + error.message() +
                 "; name another one with --data or `data` in the settings");
  }
  return {};
}

std::string SpoolDirectory(const Settings& settings) {
  if (UsesDataDirectory(settings)) return settings.data;
  std::error_code error;
  const std::filesystem::path path = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : path.string();
}

std::string InstanceName(const Settings& settings) {
  if (!settings.instance.empty()) return settings.instance;
  char name[HOST_NAME_MAX + 1] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  std::string instance = name;
  for (char& c : instance) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return instance;
}

std::string WorkerName(const Settings& settings, const std::string& instance, const char* role,
                       std::int64_t worker) {
  const std::string name = std::string(role) + "-" + std::to_string(worker);
  return settings.stream.kind == "embedded" ? name : instance + "-" + name;
}

std::int32_t PartitionsOf(const Settings& settings) {
  return settings.stream.kind == "embedded" ? kEmbeddedPartitions : settings.stream.partitions;
}

Status PrepareTopics(Stream& stream, const Settings& settings) {
  if (Status made = EnsureTopics(stream, PartitionsOf(settings)); !made) return made;
  return RefuseUnfinishedMigration(stream);
}

namespace {

std::string PathIn(const Settings& settings, const char* name) {
  return (std::filesystem::path(settings.data) / name).string();
}

SqliteStoreSettings SqliteSettings(const Settings& settings) {
  SqliteStoreSettings sqlite;
  sqlite.path = PathIn(settings, "store.db");
  sqlite.search_index = settings.store.search_index;
  return sqlite;
}

Result<std::unique_ptr<Stream>> OpenKafka(const Settings& settings, const std::string& name) {
  KafkaStreamSettings kafka;
  kafka.brokers = settings.stream.brokers;
  kafka.prefix = settings.stream.prefix;
  kafka.client_id = name;
  kafka.replication = settings.stream.replication;
  kafka.min_insync_replicas = settings.stream.min_insync_replicas;
  kafka.librdkafka = settings.stream.librdkafka;
  return OpenKafkaStream(kafka);
}

PostgresStoreSettings PostgresSettings(const Settings& settings, const std::string& name) {
  PostgresStoreSettings postgres;
  postgres.url = settings.store.url;
  postgres.search_index = settings.store.search_index;
  postgres.application_name = name;
  return postgres;
}

}  // namespace

Result<std::unique_ptr<Stream>> OpenStream(const Settings& settings, const std::string& name) {
  if (settings.stream.kind == "kafka") return OpenKafka(settings, name);
  if (Status made = MakeDataDirectory(settings); !made) return made.error();
  EmbeddedStreamSettings stream;
  stream.path = PathIn(settings, "stream.db");
  stream.prefix = settings.stream.prefix;
  return OpenEmbeddedStream(stream);
}

Result<std::unique_ptr<TimelineWriteStore>> OpenWriteStore(const Settings& settings,
                                                           const std::string& name) {
  if (settings.store.kind == "postgres") {
    return OpenPostgresWriteStore(PostgresSettings(settings, name));
  }
  if (Status made = MakeDataDirectory(settings); !made) return made.error();
  return OpenSqliteWriteStore(SqliteSettings(settings));
}

Result<std::unique_ptr<TimelineReadStore>> OpenReadStore(const Settings& settings,
                                                         const std::string& name) {
  if (settings.store.kind == "postgres") {
    return OpenPostgresReadStore(PostgresSettings(settings, name));
  }
  Result<std::unique_ptr<TimelineReadStore>> store = OpenSqliteReadStore(SqliteSettings(settings));
  if (!store && store.error().code == ErrorCode::kNotFound) {
    return NotFound("nothing is stored under " + settings.data +
                    " yet: import an archive and let `latecomer run` build its timeline");
  }
  return store;
}

Result<std::unique_ptr<Timeline>> ReadTimeline(TimelineReadStore& store,
                                               const std::string& hashtag) {
  Result<TimelineSnapshot> snapshot = store.Snapshot(hashtag);
  if (!snapshot) return snapshot.error();
  return std::make_unique<Timeline>(std::move(snapshot->parts));
}

}  // namespace latecomer
