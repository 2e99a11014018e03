// Settings: TOML, strictly typed; config/latecomer.toml documents each with its default.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/hashtag_settings.h"

namespace latecomer {

struct StreamSettings {
  std::string kind = "embedded";  // or "kafka"
  std::string brokers = "localhost:9092";
  std::string prefix = "latecomer.";
  std::int32_t partitions = 32;  // of Kafka's topics
  int replication = -1;          // -1: as the brokers are set
  int min_insync_replicas = 0;   // 0: 2 where replication is 3 or more, else 1
  std::vector<std::pair<std::string, std::string>> librdkafka;
  bool operator==(const StreamSettings&) const = default;
};

struct StoreSettings {
  std::string kind = "sqlite";  // or "postgres"
  std::string url = "postgresql:///latecomer";
  bool search_index = true;
  bool operator==(const StoreSettings&) const = default;
};

struct ReplaySettings {
  std::string listen = "127.0.0.1:8470";  // or the path of a Unix socket
  std::string base_url;                   // empty: http:// and `listen`
  std::string admin;
  bool operator==(const ReplaySettings&) const = default;
};

// `admin` of each daemon: HOST:PORT of metrics and health; empty: its default port or a free one.
struct IngestSettings {
  std::string admin;
  std::string contact;  // of who runs this; empty: ReplaySettings::base_url
  std::vector<std::string> allowed_private;
  std::string ca_file;
  std::string proxy;
  bool operator==(const IngestSettings&) const = default;
};

struct ProcessorSettings {
  std::int64_t batch_records_max = 5'000;
  std::int64_t commit_interval_ms = 100;
  std::int64_t grace_ms = 7LL * 86'400'000;  // how long processed posts are kept
  std::int64_t workers = 1;
  std::string admin;
  bool operator==(const ProcessorSettings&) const = default;
};

struct SinkDaemonSettings {
  std::int64_t workers = 1;
  std::int64_t batch_records_max = 5'000;
  std::int64_t batch_wait_ms = 100;
  std::string admin;
  bool operator==(const SinkDaemonSettings&) const = default;
};

struct LogSettings {
  std::string level = "info";
  std::string format = "auto";  // or "human", "json", "journald"
  bool operator==(const LogSettings&) const = default;
};

struct SourceSettings {
  std::string name;
  std::string kind;
  // What the section holds besides: `base` (several separated by one space), `path`, `token_file`,
  // `handle`, `since` (RFC 3339), `revisit_for` ("86400s"), `requests_a_day`, `stream` ("true",
  // "false"), `search`, `groups` (as `base`). What is not set is not there.
  std::map<std::string, std::string, std::less<>> options;
  std::vector<std::string> hashtags;  // folded; empty: all of them
  bool operator==(const SourceSettings&) const = default;
};

struct Settings {
  std::string data = "/var/lib/latecomer";
  std::string instance;  // empty: the host's name
  StreamSettings stream;
  StoreSettings store;
  ReplaySettings replay;
  IngestSettings ingest;
  ProcessorSettings processor;
  SinkDaemonSettings sink;
  LogSettings log;
  std::vector<HashtagSettings> hashtags;
  std::vector<SourceSettings> sources;

  // The settings of a folded hashtag, aliases followed; defaults where it has none.
  HashtagSettings ForHashtag(const std::string& folded) const;

  bool operator==(const Settings&) const = default;
};

struct SettingsMistake {
  std::string file;
  std::uint32_t line = 0;  // from 1; 0: the file as a whole
  std::uint32_t column = 0;
  std::string message;  // names the key; for an unknown key the nearest known one
};

// Reads settings; all mistakes at once, in the order of the file. `settings` is complete only if
// there are none. Relative paths (data, path, token_file, programme) start at the folder of the
// file. A syntax error ends the reading: it is the only mistake then. Times need an offset; secrets
// are refused as values: a librdkafka setting that holds one is named with `_file` and read here.
struct ReadSettingsOutcome {
  Settings settings;
  std::vector<SettingsMistake> mistakes;
};
ReadSettingsOutcome ReadSettingsFile(const std::string& path);
ReadSettingsOutcome ReadSettingsText(const std::string& toml, const std::string& file_name);

// "FILE:LINE:COLUMN: message"
std::string FormatMistake(const SettingsMistake& mistake);

}  // namespace latecomer
