#include "config/settings.h"

#include <stdlib.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

namespace latecomer {
namespace {

TimeMs At(const char* time) { return *ParseTime(time); }

Settings Read(const std::string& toml) {
  ReadSettingsOutcome outcome = ReadSettingsText(toml, "/etc/latecomer/latecomer.toml");
  for (const SettingsMistake& mistake : outcome.mistakes) BOOST_ERROR(FormatMistake(mistake));
  return std::move(outcome.settings);
}

// Every mistake as "LINE:COLUMN: message".
std::vector<std::string> Mistakes(const std::string& toml) {
  std::vector<std::string> out;
  for (const SettingsMistake& mistake : ReadSettingsText(toml, "f.toml").mistakes) {
    BOOST_TEST(mistake.file == "f.toml");
    const std::string text = FormatMistake(mistake);
    BOOST_TEST(text.starts_with("f.toml:"));
    out.push_back(text.substr(7));
  }
  return out;
}

struct Case {
  std::string toml;
  std::string mistake;  // the only one, in full
};

void CheckMistakes(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.toml) {
      const std::vector<std::string> found = Mistakes(c.toml);
      BOOST_TEST(found.size() == 1U);
      for (const std::string& mistake : found) BOOST_TEST(mistake == c.mistake);
    }
  }
}

// A folder of its own that goes with it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "settings_XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(nothing_said_is_the_defaults) {
  BOOST_TEST((Read("") == Settings{}));
  BOOST_TEST((Read("# only a comment\n[stream]\n[store]\n") == Settings{}));
}

BOOST_AUTO_TEST_CASE(everything_said) {
  const Settings s = Read(R"(
data = "state"
[stream]
kind = "kafka"
brokers = "a.example:9092, [::1]:9093"
prefix = "test-"
[stream.librdkafka]
security.protocol = "SASL_SSL"
"statistics.interval.ms" = 5000
enable.ssl.certificate.verification = true
[store]
kind = "postgres"
url = "postgresql://reader@db.example/latecomer?sslmode=verify-full"
search_index = false
[replay]
listen = "/run/latecomer/replay.sock"
base_url = "https://replay.example"
[processor]
batch_records_max = 1000
commit_interval = "250ms"
grace = "36h"
[log]
level = "debug"
[[hashtag]]
name = "#HRevolution"
aliases = ["HRevolution11", "＃hrevolution12"]
gap = "90m"
[[hashtag.event]]
title = "Second"
start = 2012-04-29T09:00:00-05:00
end = 2012-05-01T17:00:00.500-05:00
programme = "programme.ics"
[[hashtag.event]]
title = "First"
start = 2011-04-29 09:00:00Z
end = 2012-04-29T14:00:00Z
[[hashtag]]
name = "café"
gap = "0s"
[[source]]
name = "social"
kind = "mastodon"
base = "https://social.example"
token_file = "/etc/credentials/token"
hashtags = ["#HRevolution", "café"]
[[source]]
name = "old"
kind = "archive"
path = "../archives"
)");
  BOOST_TEST(s.data == "/etc/latecomer/state");
  BOOST_TEST(s.stream.kind == "kafka");
  BOOST_TEST(s.stream.brokers == "a.example:9092, [::1]:9093");
  BOOST_TEST(s.stream.prefix == "test-");
  const std::vector<std::pair<std::string, std::string>> librdkafka = {
      {"security.protocol", "SASL_SSL"},
      {"statistics.interval.ms", "5000"},
      {"enable.ssl.certificate.verification", "true"}};
  BOOST_TEST((s.stream.librdkafka == librdkafka));
  BOOST_TEST(s.store.kind == "postgres");
  BOOST_TEST(s.store.url == "postgresql://reader@db.example/latecomer?sslmode=verify-full");
  BOOST_TEST(!s.store.search_index);
  BOOST_TEST(s.replay.listen == "/run/latecomer/replay.sock");
  BOOST_TEST(s.replay.base_url == "https://replay.example");
  BOOST_TEST(s.processor.batch_records_max == 1000);
  BOOST_TEST(s.processor.commit_interval_ms == 250);
  BOOST_TEST(s.processor.grace_ms == 36 * 3'600'000);
  BOOST_TEST(s.log.level == "debug");

  BOOST_REQUIRE(s.hashtags.size() == 2);
  HashtagSettings hashtag;
  hashtag.hashtag = "hrevolution";
  hashtag.display = "HRevolution";
  hashtag.aliases = {"hrevolution11", "hrevolution12"};
  hashtag.gap_ms = 90 * 60'000;
  hashtag.events = {{At("2011-04-29T09:00:00Z"), At("2012-04-29T14:00:00Z"), "First", ""},
                    {At("2012-04-29T14:00:00Z"), At("2012-05-01T22:00:00.5Z"), "Second",
                     "/etc/latecomer/programme.ics"}};
  BOOST_TEST((s.hashtags[0] == hashtag));
  BOOST_TEST(s.hashtags[1].display == "café");
  BOOST_TEST(s.hashtags[1].gap_ms == 0);

  BOOST_REQUIRE(s.sources.size() == 2);
  SourceSettings social;
  social.name = "social";
  social.kind = "mastodon";
  social.base = "https://social.example";
  social.token_file = "/etc/credentials/token";
  social.hashtags = {"hrevolution", "café"};
  BOOST_TEST((s.sources[0] == social));
  BOOST_TEST(s.sources[1].path == "/etc/archives");
}

BOOST_AUTO_TEST_CASE(finds_the_settings_of_a_hashtag) {
  const Settings s = Read("[[hashtag]]\nname = 'A'\naliases = ['b']\ngap = '1h'\n");
  BOOST_TEST(s.ForHashtag("a").gap_ms == 3'600'000);
  BOOST_TEST(s.ForHashtag("b").hashtag == "a");
  BOOST_TEST(s.ForHashtag("c").hashtag == "c");
  BOOST_TEST(s.ForHashtag("c").display == "c");
  BOOST_TEST(s.ForHashtag("c").gap_ms == kDefaultGapMs);
}

BOOST_AUTO_TEST_CASE(unknown_settings_name_the_nearest) {
  CheckMistakes({
      {"dta = 'x'", "1:1: `dta` is no setting; the nearest one is `data`"},
      {"[strem]\nkind = 'kafka'", "1:2: `strem` is no setting; the nearest one is `stream`"},
      {"[replay]\nlisten_on = 'x'",
       "2:1: `replay.listen_on` is no setting; the nearest one is `replay.listen`"},
      {"[[hashtag]]\nname = 'a'\nalias = []",
       "3:1: `hashtag.alias` is no setting; the nearest one is `hashtag.aliases`"},
      {"[[hashtag]]\nname = 'a'\n[[hashtag.events]]\ntitle = 'b'",
       "3:11: `hashtag.events` is no setting; the nearest one is `hashtag.event`"},
      {"[[sources]]\nname = 'a'", "1:3: `sources` is no setting; the nearest one is `source`"},
      {"brokers = 'x:1'", "1:1: `brokers` is no setting; `brokers` belongs to [stream]"},
      {"[stream]\nKind = 'kafka'",
       "2:1: `stream.Kind` is no setting; the nearest one is `stream.kind`"},
      {"\"da\\nta\" = 1", "1:1: `da ta` is no setting; the nearest one is `data`"},
  });
}

BOOST_AUTO_TEST_CASE(wrong_types) {
  CheckMistakes({
      {"data = 1", "1:8: `data` must be a text in quotes, not an integer"},
      {"stream = 1", "1:10: `stream` must be a section [stream], not an integer"},
      {"[[stream]]\nkind = 'kafka'", "1:1: `stream` must be a section [stream], not a list"},
      {"[hashtag]\nname = 'a'", "1:1: `hashtag` may stand several times: write [[hashtag]]"},
      {"source = ['x']", "1:11: `source` must be sections [[source]], not a text in quotes"},
      {"[store]\nsearch_index = 'yes'",
       "2:16: `store.search_index` must be true or false, not a text in quotes"},
      {"[processor]\nbatch_records_max = 1.5",
       "2:21: `processor.batch_records_max` must be an integer, not a number with a point"},
      {"[replay]\nlisten = 8470", "2:10: `replay.listen` must be a text in quotes, not an integer"},
      {"[processor]\ngrace = 7",
       "2:9: `processor.grace` must be a number and s, m, h or d in quotes (\"6h\"), not an "
       "integer"},
      {"[[hashtag]]\nname = 'a'\naliases = 'b'",
       "3:11: `hashtag.aliases` must be a list of texts: [\"…\", \"…\"], not a text in quotes"},
      {"[[hashtag]]\nname = 'a'\naliases = [1]",
       "3:12: `hashtag.aliases` must be a text in quotes, not an integer"},
      {"[stream.librdkafka]\n\"a.b\" = [1]",
       "2:9: `stream.librdkafka.\"a.b\"` must be a text, an integer, true or false, not a list"},
  });
}

BOOST_AUTO_TEST_CASE(wrong_values) {
  CheckMistakes({
      {"[stream]\nkind = 'rabbit'",
       "2:8: `stream.kind` is \"rabbit\", but must be one of \"embedded\" or \"kafka\""},
      {"[store]\nkind = 'mysql'",
       "2:8: `store.kind` is \"mysql\", but must be one of \"sqlite\" or \"postgres\""},
      {"[log]\nlevel = 'loud'",
       "2:9: `log.level` is \"loud\", but must be one of \"trace\", \"debug\", \"info\", \"warn\", "
       "\"error\", \"critical\" or \"off\""},
      {"[processor]\nbatch_records_max = 0",
       "2:21: `processor.batch_records_max` must be from 1 to 100000"},
      {"[processor]\nbatch_records_max = 9223372036854775807",
       "2:21: `processor.batch_records_max` must be from 1 to 100000"},
      {"[processor]\ncommit_interval = '2h'",
       "2:19: `processor.commit_interval` must be from 1ms to 1m"},
      {"[processor]\ncommit_interval = '0ms'",
       "2:19: `processor.commit_interval` must be from 1ms to 1m"},
      {"[[hashtag]]\nname = 'a'\ngap = '6 hours'",
       "3:7: `hashtag.gap` is \"6 hours\", but must be a number and s, m, h or d in quotes "
       "(\"6h\")"},
      {"[[hashtag]]\nname = 'a'\ngap = '6ms'",
       "3:7: `hashtag.gap` is \"6ms\", but must be a number and s, m, h or d in quotes (\"6h\")"},
      {"[[hashtag]]\nname = 'a'\ngap = '3651d'", "3:7: `hashtag.gap` must be from 0s to 3650d"},
      {"[[hashtag]]\nname = 'a b'",
       "2:8: `hashtag.name` is no hashtag: hashtag \"a b\" contains white space"},
      {"[[hashtag]]\nname = ''", "2:8: `hashtag.name` is no hashtag: hashtag \"\" is empty"},
      {"[replay]\nlisten = '8470'", "2:10: `replay.listen` needs a port: HOST:PORT"},
      {"data = ''", "1:8: `data` must not be empty"},
      {"data = \"a\\u0001b\"", "1:8: `data` contains a control character"},
      {"[[source]]\nname = 'a'\nkind = 'archive'",
       "1:1: `source.path` is missing: a source of kind "
       "\"archive\" needs it"},
      {"[[source]]\nname = 'a'\nkind = 'mastodon'",
       "1:1: `source.base` is missing: a source of kind "
       "\"mastodon\" needs it"},
      {"[[source]]\nkind = 'x'", "1:1: `source.name` is missing"},
      {"[stream.librdkafka]\n\"bootstrap.servers\" = 'x'",
       "2:23: `stream.librdkafka.\"bootstrap.servers\"` is `stream.brokers` here"},
  });
}

BOOST_AUTO_TEST_CASE(names_are_unique) {
  CheckMistakes({
      {"[[hashtag]]\nname = 'a'\n[[hashtag]]\nname = '#A'",
       "4:8: the hashtag \"a\" is named twice, first in line 2"},
      {"[[hashtag]]\nname = 'a'\naliases = ['A']",
       "3:11: the hashtag \"a\" is named twice, first in line 2"},
      {"[[hashtag]]\nname = 'a'\naliases = ['b']\n[[hashtag]]\nname = 'c'\naliases = ['B']",
       "6:11: the hashtag \"b\" is named twice, first in line 3"},
      {"[[hashtag]]\nname = 'a'\naliases = ['b', '#B']",
       "3:17: `hashtag.aliases` names \"b\" twice"},
      {"[[source]]\nname = 'a'\nkind = 'x'\n[[source]]\nname = 'a'\nkind = 'x'",
       "5:8: the source \"a\" is named twice, first in line 2"},
      {"[[source]]\nname = 'a'\nkind = 'x'\nhashtags = ['b', 'B']",
       "4:18: `source.hashtags` names \"b\" twice"},
  });
}

std::string Event(const std::string& title, const std::string& start, const std::string& end) {
  return "[[hashtag.event]]\ntitle = '" + title + "'\nstart = " + start + "\nend = " + end + "\n";
}

BOOST_AUTO_TEST_CASE(events) {
  const std::string tag = "[[hashtag]]\nname = 'a'\n";
  CheckMistakes({
      {tag + Event("E", "2011-01-02T00:00:00Z", "2011-01-01T00:00:00Z"),
       "6:7: `hashtag.event.end` must be after `hashtag.event.start`"},
      {tag + Event("E", "2011-01-01T00:00:00Z", "2011-01-01T01:00:00+01:00"),
       "6:7: `hashtag.event.end` must be after `hashtag.event.start`"},
      {tag + Event("E", "2011-01-01T00:00:00", "2011-01-02T00:00:00Z"),
       "5:9: `hashtag.event.start` needs an offset from UTC: Z, or as in "
       "2011-04-29T09:00:00-05:00"},
      {tag + Event("E", "2011-01-01", "2011-01-02T00:00:00Z"),
       "5:9: `hashtag.event.start` must be a date-time with its offset, without quotes "
       "(2011-04-29T09:00:00-05:00), not a date without time"},
      {tag + Event("E", "2011-01-01T00:00:00Z", "'2011-01-02T00:00:00Z'"),
       "6:7: `hashtag.event.end` must be a date-time with its offset, without quotes "
       "(2011-04-29T09:00:00-05:00), not a text in quotes"},
      {tag + Event("E", "2011-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"),
       "6:7: `hashtag.event.end` lies outside the years 1 to 9999"},
      {tag + Event("E", "2011-01-01T00:00:00Z", "2011-01-03T00:00:00Z") +
           Event("F", "2011-01-02T00:00:00Z", "2011-01-04T00:00:00Z"),
       "7:1: the event \"F\" overlaps \"E\" of line 3"},
      // The second by its start lies within the first by the file.
      {tag + Event("F", "2011-01-02T00:00:00Z", "2011-01-03T00:00:00Z") +
           Event("E", "2011-01-01T00:00:00Z", "2011-01-05T00:00:00Z"),
       "3:1: the event \"F\" overlaps \"E\" of line 7"},
      {tag + "[[hashtag.event]]\nstart = 2011-01-01T00:00:00Z\nend = 2011-01-02T00:00:00Z\n",
       "3:1: `hashtag.event.title` is missing"},
      {tag + "[[hashtag.event]]\ntitle = 'E'\nstart = 2011-01-01T00:00:00Z\n",
       "3:1: `hashtag.event.end` is missing"},
  });
  // Where one ends the next may start; another hashtag's events do not matter.
  const Settings s = Read(tag + Event("E", "2011-01-01T00:00:00Z", "2011-01-02T00:00:00Z") +
                          Event("F", "2011-01-02T00:00:00Z", "2011-01-03T00:00:00Z") +
                          "[[hashtag]]\nname = 'b'\n" +
                          Event("G", "2011-01-01T12:00:00Z", "2011-01-02T12:00:00Z"));
  BOOST_TEST(s.hashtags[0].events.size() == 2U);
  BOOST_TEST(s.hashtags[1].events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(secrets_are_refused) {
  CheckMistakes({
      {"[[source]]\nname = 'a'\nkind = 'x'\ntoken = 'abc'",
       "4:1: `source.token`: secrets do not stand in this file; put it into a file of its own and "
       "name that file with `token_file`"},
      {"[store]\npassword = 'abc'",
       "2:1: `store.password`: secrets do not stand in this file; put it into a file of its own "
       "and "
       "name that file"},
      {"[stream.librdkafka]\nsasl.password = 'abc'",
       "2:17: `stream.librdkafka.\"sasl.password\"`: secrets do not stand in this file; put it "
       "into "
       "a file of its own and name that file with \"sasl.password_file\""},
      {"[store]\nurl = 'postgresql://u:abc@db/x'",
       "2:7: `store.url` holds a password: secrets do not stand in this file; use a password file "
       "of "
       "PostgreSQL (passfile=… or ~/.pgpass)"},
  });
}

BOOST_AUTO_TEST_CASE(secrets_are_read_from_files) {
  const TestFolder folder;
  folder.Write("secret", "abc def\n");
  const ReadSettingsOutcome outcome = ReadSettingsFile(folder.Write(
      "s.toml",
      "[stream.librdkafka]\nsasl.password_file = 'secret'\nssl.key.password_file = 'no'"));
  const std::vector<std::pair<std::string, std::string>> librdkafka = {{"sasl.password", "abc def"},
                                                                       {"ssl.key.password", ""}};
  BOOST_TEST((outcome.settings.stream.librdkafka == librdkafka));
  BOOST_REQUIRE(outcome.mistakes.size() == 1);
  BOOST_TEST(outcome.mistakes[0].line == 3U);
  BOOST_TEST(outcome.mistakes[0].message ==
             "`stream.librdkafka.\"ssl.key.password_file\"` cannot be read, or is empty: " +
                 (folder.path() / "no").string());
}

BOOST_AUTO_TEST_CASE(all_mistakes_at_once_in_order) {
  const std::vector<std::string> found = Mistakes(
      "[stream]\n"
      "kind = 'rabbit'\n"
      "broker = 'x'\n"
      "[log]\n"
      "level = 7\n"
      "[[source]]\n"
      "name = 'a'\n"
      "kind = 'archive'\n"
      "token = 'x'\n"
      "[[hashtag]]\n"
      "gap = 'x'\n");
  const std::vector<std::string> places = {"2:8", "3:1", "5:9", "6:1", "9:1", "10:1", "11:7"};
  BOOST_REQUIRE(found.size() == places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    BOOST_TEST(found[i].starts_with(places[i] + ": "), found[i]);
  }
}

BOOST_AUTO_TEST_CASE(syntax_errors_have_their_place) {
  for (const auto& [toml, place] :
       std::vector<std::pair<std::string, std::string>>{{"data = \n", "1:8: "},
                                                        {"a = 1\n[stream\nkind = 'x'\n", "2:8: "},
                                                        {"data = 'x'\ndata = 'y'\n", "2:"},
                                                        {"[log]\nlevel = 'x\n", "2:"},
                                                        {"data = 2011-02-30T00:00:00Z\n", "1:"},
                                                        {"data = '\xFF'\n", "1:"},
                                                        {"[log]\n[log]\n", "2:"}}) {
    BOOST_TEST_CONTEXT(toml) {
      const std::vector<std::string> found = Mistakes(toml);
      BOOST_REQUIRE(found.size() == 1);
      BOOST_TEST(found[0].starts_with(place), found[0]);
    }
  }
}

BOOST_AUTO_TEST_CASE(files) {
  const TestFolder folder;
  const std::string path = folder.Write("s.toml", "data = 'd'\n[[source]]\nname='a'\nkind='x'\n");
  const ReadSettingsOutcome read = ReadSettingsFile(path);
  BOOST_TEST(read.mistakes.empty());
  BOOST_TEST(read.settings.data == (folder.path() / "d").string());

  const auto only_mistake = [](const std::string& file) {
    const ReadSettingsOutcome outcome = ReadSettingsFile(file);
    BOOST_REQUIRE(outcome.mistakes.size() == 1);
    return FormatMistake(outcome.mistakes[0]);
  };
  const std::string absent = (folder.path() / "absent.toml").string();
  BOOST_TEST(only_mistake(absent) ==
             absent + ": the settings cannot be read: No such file or directory");
  BOOST_TEST(only_mistake(folder.path().string()).find("cannot be read") != std::string::npos);
  const std::string long_file = folder.Write("long.toml", std::string((1U << 20U) + 1, '\n'));
  BOOST_TEST(only_mistake(long_file).ends_with("longer than 1 MiB"));
  // A file beside: paths stay relative to where the daemon runs.
  BOOST_TEST(ReadSettingsText("data = 'd'", "s.toml").settings.data == "d");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
