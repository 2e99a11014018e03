// The settings of one [[source]].
#include "base/time.h"
#include "config/setting_checks.h"
#include "config/setting_table.h"

namespace latecomer {
namespace {

using Target = const SettingTarget&;
using Value = SettingValue&&;

constexpr std::int64_t kDayMs = 86'400'000;

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : " ") + text;
  return joined;
}

}  // namespace

std::vector<SettingRow> SourceSettingRows() {
  using enum SettingType;
  return {
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
       .type = kOneOrMore,
       .example = "\"https://social.example\"",
       .description = "The server's address, or a list of several. mastodon, wordpress, nostr and "
                      "feed need it.",
       .store = [](Target t, Value v) { t.source->options["base"] = Joined(v.texts); },
       .check = CheckSourceAddress},
      {.section = "source",
       .key = "path",
       .type = kPath,
       .example = "\"inbox\"",
       .description = "A file, or a folder that is watched (kind \"archive\", which needs it).",
       .store = [](Target t, Value v) { t.source->options["path"] = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "source",
       .key = "handle",
       .example = "\"reader.bsky.social\"",
       .description = "The name of the account that asks (bluesky, wordpress).",
       .store = [](Target t, Value v) { t.source->options["handle"] = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "source",
       .key = "token_file",
       .type = kPath,
       .example = "\"token\"",
       .description =
           "A file that holds the token or password: secrets are never values in this file.",
       .store = [](Target t, Value v) { t.source->options["token_file"] = std::move(v.text); },
       .check = CheckNotEmpty},
      {.section = "source",
       .key = "since",
       .type = kTime,
       .example = "2011-04-01T00:00:00Z",
       .description = "How far back history is pulled; absent: as far as there is any.",
       .store = [](Target t, Value v) { t.source->options["since"] = FormatTime(v.number); }},
      {.section = "source",
       .key = "revisit_for",
       .type = kDuration,
       .example = "\"365d\"",
       .description =
           "How long after its last new post a conversation is still asked for; absent: for ever.",
       .store =
           [](Target t, Value v) {
             t.source->options["revisit_for"] = std::to_string(v.number / 1000) + "s";
           },
       .number_min = 0,
       .number_max = 36500 * kDayMs},
      {.section = "source",
       .key = "requests_a_day",
       .type = kInteger,
       .example = "10000",
       .description =
           "The most requests to each host in any 24 hours, besides the limits that it states; "
           "absent: 25000, of a blog 10000, of a feed 5000.",
       .store = [](Target t,
                   Value v) { t.source->options["requests_a_day"] = std::to_string(v.number); },
       .number_min = 1,
       .number_max = 10'000'000},
      {.section = "source",
       .key = "stream",
       .type = kFlag,
       .example = "true",
       .description =
           "Whether to listen to the stream of the network, where it has one; absent: as suits "
           "the kind (mastodon with a token, nostr: yes; x: no).",
       .store = [](Target t,
                   Value v) { t.source->options["stream"] = v.number != 0 ? "true" : "false"; }},
      {.section = "source",
       .key = "search",
       .example = "\"recent\"",
       .description = "\"recent\" (seven days) or \"all\", which X sells apart (x).",
       .store = [](Target t, Value v) { t.source->options["search"] = std::move(v.text); },
       .choices = {"recent", "all"}},
      {.section = "source",
       .key = "groups",
       .type = kTexts,
       .example = "[\"5083620\"]",
       .description =
           "The ids of the groups that are read; absent: all that the token may see (engage).",
       .store = [](Target t, Value v) { t.source->options["groups"] = Joined(v.texts); },
       .check = CheckNotEmpty},
      {.section = "source",
       .key = "hashtags",
       .type = kHashtags,
       .standard = "[]",
       .description = "The hashtags that are asked for; empty: all of them.",
       .store = [](Target t, Value v) { t.source->hashtags = std::move(v.texts); }},
  };
}

}  // namespace latecomer
