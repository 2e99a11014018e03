#include "app/setup.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "app/command.h"
#include "model/hashtag.h"
#include "store/sqlite_store.h"
#include "stream/embedded_stream.h"

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

Status MakeDataDirectory(const Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(settings.data, error);
  if (error) {
    return Fatal("cannot make the data directory " + settings.data + ": " + error.message() +
                 "; name another one with --data or `data` in the settings");
  }
  return {};
}

namespace {

std::string PathIn(const Settings& settings, const char* name) {
  return (std::filesystem::path(settings.data) / name).string();
}

}  // namespace

Result<std::unique_ptr<Stream>> OpenStream(const Settings& settings) {
  if (settings.stream.kind != "embedded") {
    return Fatal("[stream] kind = \"" + settings.stream.kind +
                 "\" is not part of this version: set it to \"embedded\"");
  }
  if (Status made = MakeDataDirectory(settings); !made) return made.error();
  EmbeddedStreamSettings stream;
  stream.path = PathIn(settings, "stream.db");
  stream.prefix = settings.stream.prefix;
  return OpenEmbeddedStream(stream);
}

namespace {

Result<SqliteStoreSettings> SqliteSettings(const Settings& settings) {
  if (settings.store.kind != "sqlite") {
    return Fatal("[store] kind = \"" + settings.store.kind +
                 "\" is not part of this version: set it to \"sqlite\"");
  }
  SqliteStoreSettings sqlite;
  sqlite.path = PathIn(settings, "store.db");
  sqlite.search_index = settings.store.search_index;
  return sqlite;
}

}  // namespace

Result<std::unique_ptr<TimelineWriteStore>> OpenWriteStore(const Settings& settings) {
  Result<SqliteStoreSettings> sqlite = SqliteSettings(settings);
  if (!sqlite) return sqlite.error();
  if (Status made = MakeDataDirectory(settings); !made) return made.error();
  return OpenSqliteWriteStore(*sqlite);
}

Result<std::unique_ptr<TimelineReadStore>> OpenReadStore(const Settings& settings) {
  Result<SqliteStoreSettings> sqlite = SqliteSettings(settings);
  if (!sqlite) return sqlite.error();
  Result<std::unique_ptr<TimelineReadStore>> store = OpenSqliteReadStore(*sqlite);
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
