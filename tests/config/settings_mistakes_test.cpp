// What is wrong in a file of settings, in which words and where.
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"

namespace latecomer {
namespace {

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

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_mistakes)

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
      {"[log]\nformat = 'xml'",
       "2:10: `log.format` is \"xml\", but must be one of \"auto\", \"human\", \"json\" or "
       "\"journald\""},
      {"instance = 'a b'", "1:12: `instance` may contain letters, digits, `.`, `_` and `-` only"},
      {"[sink]\nadmin = '8473'", "2:9: `sink.admin` needs a port: HOST:PORT"},
      {"[stream]\npartitions = 0", "2:14: `stream.partitions` must be from 1 to 1000"},
      {"[stream]\nreplication = 0", "2:15: `stream.replication` must be -1, or at least 1"},
      {"[stream]\nreplication = 2\nmin_insync_replicas = 3",
       "3:23: `stream.min_insync_replicas` must not be more than `stream.replication` (2)"},
      {"[processor]\nworkers = 65", "2:11: `processor.workers` must be from 1 to 64"},
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
