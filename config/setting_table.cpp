#include "config/setting_table.h"

#include <algorithm>

#include "config/setting_checks.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

using Target = const SettingTarget&;
using Value = SettingValue&&;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kKeyBytesShown = 60;

constexpr SettingSection kSections[] = {
    {"", false, false, ""},
    {"stream", false, false, "Where posts and timelines flow between the daemons."},
    {"stream.librdkafka", false, true,
     "Passed to librdkafka as it is (TLS, SASL; kind \"kafka\" only). A secret stands in a file of "
     "its own: write the setting's name with _file and the path."},
    {"store", false, false, "Where timelines are kept to be read."},
    {"replay", false, false, "The server that plays events back."},
    {"processor", false, false, "The builder of timelines."},
    {"log", false, false, "What the daemons say on stderr."},
    {"hashtag", true, false, "A hashtag that is followed: one section for each."},
    {"hashtag.event", true, false,
     "An event under the hashtag above: always one session of its own. Events of a hashtag do not "
     "overlap."},
    {"source", true, false, "Where posts come from: one section for each."},
};

const std::vector<SettingRow>& Rows() {
  using enum SettingType;
  static const std::vector<SettingRow> rows = {
      {.section = "",
       .key = "data",
       .type = kPath,
       .standard = "\"/var/lib/latecomer\"",
       .description = "The folder of the embedded stream and of the SQLite store.",
       .store = [](Target t, Value v) { t.settings->data = std::move(v.text); },
       .check = CheckNotEmpty},

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
       .description = "What the names of all topics start with.",
       .store = [](Target t, Value v) { t.settings->stream.prefix = std::move(v.text); },
       .check = CheckTopicPrefix},

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

      {.section = "log",
       .key = "level",
       .standard = "\"info\"",
       .description = "The least that is said: trace, debug, info, warn, error, critical or off.",
       .store = [](Target t, Value v) { t.settings->log.level = std::move(v.text); },
       .choices = {"trace", "debug", "info", "warn", "error", "critical", "off"}},

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

      {.section = "source",
       .key = "name",
       .example = "\"archive\"",
       .description = "Unique, and never changed: cursors and coverage hang on it. Required.",
       .store = [](Target t, Value v) { t.source->name = std::move(v.text); },
       .required = true,
       .check = CheckSourceName},
      {.section = "source",
       .key = "kind",
       .example = "\"archive\"",
       .description = "mastodon, x, bluesky, jetstream, nostr, engage, wordpress, feed or archive. "
                      "Required.",
       .store = [](Target t, Value v) { t.source->kind = std::move(v.text); },
       .required = true,
       .choices = {"mastodon", "x", "bluesky", "jetstream", "nostr", "engage", "wordpress", "feed",
                   "archive"}},
      {.section = "source",
       .key = "base",
       .example = "\"https://social.example\"",
       .description = "The server's address; mastodon, wordpress, nostr and feed need one.",
       .store = [](Target t, Value v) { t.source->base = std::move(v.text); },
       .check = CheckSourceAddress},
      {.section = "source",
       .key = "path",
       .type = kPath,
       .example = "\"inbox\"",
       .description = "A file, or a folder that is watched (kind \"archive\", which needs it).",
       .store = [](Target t, Value v) { t.source->path = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "source",
       .key = "token_file",
       .type = kPath,
       .example = "\"token\"",
       .description = "A file that holds the token: secrets are never values in this file.",
       .store = [](Target t, Value v) { t.source->token_file = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "source",
       .key = "hashtags",
       .type = kHashtags,
       .standard = "[]",
       .description = "The hashtags that are asked for; empty: all of them.",
       .store = [](Target t, Value v) { t.source->hashtags = std::move(v.texts); }},
  };
  return rows;
}

// Optimal string alignment distance: insertions, deletions, replacements, neighbours swapped.
std::size_t Distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kBytesMax = 64;
  a = a.substr(0, kBytesMax);
  b = b.substr(0, kBytesMax);
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const bool same = a[i - 1] == b[j - 1];
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// The keys of a section, its subsections among them.
std::vector<std::string_view> KeysOf(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const SettingRow& row : Rows()) {
    if (row.section == section) keys.push_back(row.key);
  }
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  for (const SettingSection& other : kSections) {
    if (other.name.size() <= prefix.size() || !other.name.starts_with(prefix)) continue;
    const std::string_view rest = other.name.substr(prefix.size());
    if (rest.find('.') == rest.npos) keys.push_back(rest);
  }
  return keys;
}

bool NamesSecret(std::string_view key) {
  constexpr std::string_view kSecrets[] = {"token",  "access_token",  "bearer_token", "password",
                                           "secret", "client_secret", "api_key",      "apikey"};
  return std::find(std::begin(kSecrets), std::end(kSecrets), key) != std::end(kSecrets);
}

std::string Heading(const SettingSection& section) {
  const std::string name(section.name);
  if (name.empty()) return "the top of the file";
  return section.repeated ? "[[" + name + "]]" : "[" + name + "]";
}

}  // namespace

std::span<const SettingSection> SettingSections() { return kSections; }
std::span<const SettingRow> SettingRows() { return Rows(); }

const SettingRow* FindSetting(std::string_view section, std::string_view key) {
  const auto found = std::find_if(Rows().begin(), Rows().end(), [&](const SettingRow& row) {
    return row.section == section && row.key == key;
  });
  return found == Rows().end() ? nullptr : &*found;
}

const SettingSection* FindSettingSection(std::string_view name) {
  const auto found = std::find_if(std::begin(kSections), std::end(kSections),
                                  [&](const SettingSection& s) { return s.name == name; });
  return found == std::end(kSections) ? nullptr : &*found;
}

std::string SettingName(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

std::string UnknownSetting(std::string_view section, std::string_view key) {
  const std::string name = SettingName(section, Sample(key, kKeyBytesShown));
  if (NamesSecret(key)) {
    return "`" + name + "`: secrets do not stand in this file; put it into a file of its own and " +
           "name that file" + (section == "source" ? " with `token_file`" : "");
  }
  const std::vector<std::string_view> known = KeysOf(section);
  const std::string_view nearest = *std::min_element(
      known.begin(), known.end(),
      [&](std::string_view a, std::string_view b) { return Distance(key, a) < Distance(key, b); });
  std::string message = "`" + name + "` is no setting; ";
  if (Distance(key, nearest) > 2) {
    for (const SettingSection& other : kSections) {
      if (FindSetting(other.name, key) != nullptr) {
        return message + "`" + std::string(key) + "` belongs to " + Heading(other);
      }
    }
  }
  return message + "the nearest one is `" + SettingName(section, nearest) + "`";
}

}  // namespace latecomer
