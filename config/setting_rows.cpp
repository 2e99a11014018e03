// Every section of the file and its settings, in their order; those of sources stand in
// setting_rows_source.cpp.
#include <iterator>

#include "config/setting_checks.h"
#include "config/setting_table.h"

namespace latecomer {
namespace {

using Target = const SettingTarget&;
using Value = SettingValue&&;

constexpr std::int64_t kDayMs = 86'400'000;

constexpr SettingSection kSections[] = {
    {"", false, false, ""},
    {"stream", false, false, "Where posts and timelines flow between the daemons."},
    {"stream.librdkafka", false, true,
     "Passed to librdkafka as it is (TLS, SASL; kind \"kafka\" only). A secret stands in a file of "
     "its own: write the setting's name with _file and the path."},
    {"store", false, false, "Where timelines are kept to be read."},
    {"replay", false, false, "The server that plays events back."},
    {"ingest", false, false, "The daemon that reads the sources."},
    {"processor", false, false, "The builder of timelines."},
    {"sink", false, false, "What moves timelines into the store."},
    {"log", false, false, "What the daemons say on stderr."},
    {"hashtag", true, false, "A hashtag that is followed: one section for each."},
    {"hashtag.event", true, false,
     "An event under the hashtag above: always one session of its own. Events of a hashtag do not "
     "overlap."},
    {"source", true, false, "Where posts come from: one section for each."},
};

std::vector<SettingRow> GeneralRows() {
  using enum SettingType;
  return {
      {.section = "",
       .key = "data",
       .type = kPath,
       .standard = "\"/var/lib/latecomer\"",
       .description = "The folder of the embedded stream and of the SQLite store.",
       .store = [](Target t, Value v) { t.settings->data = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "",
       .key = "instance",
       .standard = "\"\"",
       .description =
           "The name of this machine or container among those that share the work, the same after "
           "a restart; no two processes of one daemon have the same. Empty: the host's name.",
       .store = [](Target t, Value v) { t.settings->instance = std::move(v.text); },
       .check = CheckInstance},

      {.section = "stream",
       .key = "kind",
       .standard = "\"embedded\"",
       .description = "\"embedded\" (files below `data`) or \"kafka\".",
       .store = [](Target t, Value v) { t.settings->stream.kind = std::move(v.text); },
       .choices = {"embedded", "kafka"}},
      {.section = "stream",
       .key = "brokers",
       .standard = "\"localhost:9092\"",
       .description = "Kafka's brokers, HOST:PORT, several by commas (kind \"kafka\" only).",
       .store = [](Target t, Value v) { t.settings->stream.brokers = std::move(v.text); },
       .check = CheckBrokers},
      {.section = "stream",
       .key = "prefix",
       .standard = "\"latecomer.\"",
       .description = "What the names of all topics start with. Keep it once there is data: under "
                      "another prefix everything begins anew, in the store too.",
       .store = [](Target t, Value v) { t.settings->stream.prefix = std::move(v.text); },
       .check = CheckTopicPrefix},
      {.section = "stream",
       .key = "partitions",
       .type = kInteger,
       .standard = "32",
       .description = "How many partitions `posts`, `timelines` and `cursors` are made with: the "
                      "most processors and sinks that can share the work. Fixed once the topics "
                      "exist (kind \"kafka\" only).",
       .store =
           [](Target t, Value v) {
             t.settings->stream.partitions = static_cast<std::int32_t>(v.number);
           },
       .number_min = 1,
       .number_max = 1'000},
      {.section = "stream",
       .key = "replication",
       .type = kInteger,
       .standard = "-1",
       .description = "On how many brokers each topic is kept; -1: as the brokers are set (kind "
                      "\"kafka\" only).",
       .store = [](Target t,
                   Value v) { t.settings->stream.replication = static_cast<int>(v.number); },
       .number_min = -1,
       .number_max = 15},
      {.section = "stream",
       .key = "min_insync_replicas",
       .type = kInteger,
       .standard = "0",
       .description = "How many brokers must have a record before it counts as written; 0: 2 where "
                      "a topic is kept on 3 or more, else 1 (kind \"kafka\" only).",
       .store =
           [](Target t, Value v) {
             t.settings->stream.min_insync_replicas = static_cast<int>(v.number);
           },
       .number_min = 0,
       .number_max = 15},

      {.section = "store",
       .key = "kind",
       .standard = "\"sqlite\"",
       .description = "\"sqlite\" (a file below `data`) or \"postgres\".",
       .store = [](Target t, Value v) { t.settings->store.kind = std::move(v.text); },
       .choices = {"sqlite", "postgres"}},
      {.section = "store",
       .key = "url",
       .standard = "\"postgresql:///latecomer\"",
       .description = "PostgreSQL's connection, without a password (kind \"postgres\" only).",
       .store = [](Target t, Value v) { t.settings->store.url = std::move(v.text); },
       .check = CheckDatabase},
      {.section = "store",
       .key = "search_index",
       .type = kFlag,
       .standard = "true",
       .description = "Whether texts are indexed for search; without, the store is smaller.",
       .store = [](Target t, Value v) { t.settings->store.search_index = v.number != 0; }},

      {.section = "replay",
       .key = "listen",
       .standard = "\"127.0.0.1:8470\"",
       .description = "HOST:PORT, an IPv6 address in brackets, or the path of a Unix socket.",
       .store = [](Target t, Value v) { t.settings->replay.listen = std::move(v.text); },
       .check = CheckListen},
      {.section = "replay",
       .key = "base_url",
       .standard = "\"\"",
       .description = "The server's address as people see it; empty: http:// and `listen`.",
       .store = [](Target t, Value v) { t.settings->replay.base_url = std::move(v.text); },
       .check = CheckWebAddress},
      {.section = "replay",
       .key = "admin",
       .standard = "\"\"",
       .description = "HOST:PORT of metrics and health. Empty: 127.0.0.1:8474 or, where that port "
                      "is taken, a free one, which the log names.",
       .store = [](Target t, Value v) { t.settings->replay.admin = std::move(v.text); },
       .check = CheckAdmin},

      {.section = "ingest",
       .key = "admin",
       .standard = "\"\"",
       .description = "HOST:PORT of metrics and health. Empty: 127.0.0.1:8471 or, where that port "
                      "is taken, a free one, which the log names.",
       .store = [](Target t, Value v) { t.settings->ingest.admin = std::move(v.text); },
       .check = CheckAdmin},
      {.section = "ingest",
       .key = "contact",
       .standard = "\"\"",
       .description =
           "Whom those who run the servers that are asked can turn to: a URL or an address of "
           "mail. It stands in each request. Empty: `replay.base_url`; one of the two is needed.",
       .store = [](Target t, Value v) { t.settings->ingest.contact = std::move(v.text); },
       .check = CheckContact},
      {.section = "ingest",
       .key = "allowed_private",
       .type = kTexts,
       .standard = "[]",
       .description =
           "Hosts, addresses and networks (\"10.1.0.0/16\") of a private network that sources may "
           "ask. All others are refused, wherever a link or a redirect points.",
       .store = [](Target t, Value v) { t.settings->ingest.allowed_private = std::move(v.texts); },
       .check = CheckNotEmpty},
      {.section = "ingest",
       .key = "ca_file",
       .type = kPath,
       .example = "\"ca.pem\"",
       .description = "The authorities that are trusted, instead of the system's.",
       .store = [](Target t, Value v) { t.settings->ingest.ca_file = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "ingest",
       .key = "proxy",
       .example = "\"http://proxy.example:3128\"",
       .description = "A proxy for all that sources ask.",
       .store = [](Target t, Value v) { t.settings->ingest.proxy = std::move(v.text); },
       .check = CheckNotEmpty},

      {.section = "processor",
       .key = "batch_records_max",
       .type = kInteger,
       .standard = "5000",
       .description = "The most records of `posts` that one transaction takes.",
       .store = [](Target t, Value v) { t.settings->processor.batch_records_max = v.number; },
       .number_min = 1,
       .number_max = 100'000},
      {.section = "processor",
       .key = "commit_interval",
       .type = kPause,
       .standard = "\"100ms\"",
       .description = "The longest time until what has been built is committed.",
       .store = [](Target t, Value v) { t.settings->processor.commit_interval_ms = v.number; },
       .number_min = 1,
       .number_max = 60'000},
      {.section = "processor",
       .key = "grace",
       .type = kDuration,
       .standard = "\"7d\"",
       .description = "How long posts are kept in `posts` after they have been processed.",
       .store = [](Target t, Value v) { t.settings->processor.grace_ms = v.number; },
       .number_min = 0,
       .number_max = 3650 * kDayMs},
      {.section = "processor",
       .key = "workers",
       .type = kInteger,
       .standard = "1",
       .description = "How many threads of one process build timelines, each with partitions of "
                      "its own (kind \"kafka\" only).",
       .store = [](Target t, Value v) { t.settings->processor.workers = v.number; },
       .number_min = 1,
       .number_max = 64},
      {.section = "processor",
       .key = "admin",
       .standard = "\"\"",
       .description = "HOST:PORT of metrics and health. Empty: 127.0.0.1:8472 or, where that port "
                      "is taken, a free one, which the log names.",
       .store = [](Target t, Value v) { t.settings->processor.admin = std::move(v.text); },
       .check = CheckAdmin},

      {.section = "sink",
       .key = "workers",
       .type = kInteger,
       .standard = "1",
       .description = "How many threads of one process write to the store, each with partitions "
                      "and a connection of its own (kind \"postgres\" only).",
       .store = [](Target t, Value v) { t.settings->sink.workers = v.number; },
       .number_min = 1,
       .number_max = 64},
      {.section = "sink",
       .key = "batch_records_max",
       .type = kInteger,
       .standard = "5000",
       .description = "The most records of `timelines` that one transaction takes.",
       .store = [](Target t, Value v) { t.settings->sink.batch_records_max = v.number; },
       .number_min = 1,
       .number_max = 100'000},
      {.section = "sink",
       .key = "batch_wait",
       .type = kPause,
       .standard = "\"100ms\"",
       .description = "The longest time from a record until the store has it.",
       .store = [](Target t, Value v) { t.settings->sink.batch_wait_ms = v.number; },
       .number_min = 1,
       .number_max = 60'000},
      {.section = "sink",
       .key = "admin",
       .standard = "\"\"",
       .description = "HOST:PORT of metrics and health. Empty: 127.0.0.1:8473 or, where that port "
                      "is taken, a free one, which the log names.",
       .store = [](Target t, Value v) { t.settings->sink.admin = std::move(v.text); },
       .check = CheckAdmin},

      {.section = "log",
       .key = "level",
       .standard = "\"info\"",
       .description = "The least that is said: trace, debug, info, warn, error, critical or off.",
       .store = [](Target t, Value v) { t.settings->log.level = std::move(v.text); },
       .choices = {"trace", "debug", "info", "warn", "error", "critical", "off"}},
      {.section = "log",
       .key = "format",
       .standard = "\"auto\"",
       .description =
           "\"human\", \"json\" (one object a line), \"journald\" (with priorities, for systemd), "
           "or \"auto\": human on a terminal, journald where stderr is the journal, else json.",
       .store = [](Target t, Value v) { t.settings->log.format = std::move(v.text); },
       .choices = {"auto", "human", "json", "journald"}},

      {.section = "hashtag",
       .key = "name",
       .type = kHashtag,
       .example = "\"hrevolution\"",
       .description = "The hashtag as its organiser writes it. Required.",
       .store =
           [](Target t, Value v) {
             t.hashtag->hashtag = std::move(v.text);
             t.hashtag->display = std::move(v.written);
           },
       .required = true},
      {.section = "hashtag",
       .key = "aliases",
       .type = kHashtags,
       .standard = "[]",
       .description = "Other hashtags whose posts belong to this one.",
       .store = [](Target t, Value v) { t.hashtag->aliases = std::move(v.texts); }},
      {.section = "hashtag",
       .key = "gap",
       .type = kDuration,
       .standard = "\"6h\"",
       .description = "A longer silence than this starts a new session, but within an event.",
       .store = [](Target t, Value v) { t.hashtag->gap_ms = v.number; },
       .number_min = 0,
       .number_max = 3650 * kDayMs},

      {.section = "hashtag.event",
       .key = "title",
       .example = "\"HRevolution 2011\"",
       .description = "What the event is called. Required.",
       .store = [](Target t, Value v) { t.event->title = std::move(v.text); },
       .required = true,
       .check = CheckNotEmpty},
      {.section = "hashtag.event",
       .key = "start",
       .type = kTime,
       .example = "2011-04-29T09:00:00-05:00",
       .description = "When it starts, with the offset from UTC. Required.",
       .store = [](Target t, Value v) { t.event->start = v.number; },
       .required = true},
      {.section = "hashtag.event",
       .key = "end",
       .type = kTime,
       .example = "2011-05-01T17:00:00-05:00",
       .description = "When it has ended: the first instant that is late. Required.",
       .store = [](Target t, Value v) { t.event->end = v.number; },
       .required = true},
      {.section = "hashtag.event",
       .key = "programme",
       .type = kPath,
       .example = "\"programme.ics\"",
       .description = "An iCalendar file that names the event's parts in the replay.",
       .store = [](Target t, Value v) { t.event->programme = std::move(v.text); },
       .check = CheckNotEmpty},
  };
}

const std::vector<SettingRow>& Rows() {
  static const std::vector<SettingRow> rows = [] {
    std::vector<SettingRow> all = GeneralRows();
    const std::vector<SettingRow> sources = SourceSettingRows();
    all.insert(all.end(), sources.begin(), sources.end());
    return all;
  }();
  return rows;
}

}  // namespace

std::span<const SettingSection> SettingSections() { return kSections; }
std::span<const SettingRow> SettingRows() { return Rows(); }

}  // namespace latecomer
