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
instance = "rack-2.a"
[stream]
kind = "kafka"
brokers = "a.example:9092, [::1]:9093"
prefix = "test-"
partitions = 8
replication = 3
min_insync_replicas = 2
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
admin = "[::1]:8474"
[ingest]
admin = "127.0.0.1:0"
[processor]
workers = 4
admin = "0.0.0.0:8472"
batch_records_max = 1000
commit_interval = "250ms"
grace = "36h"
[sink]
workers = 2
batch_records_max = 100
batch_wait = "1s"
admin = "localhost:8473"
[log]
level = "debug"
format = "journald"
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
  BOOST_TEST(s.stream.partitions == 8);
  BOOST_TEST(s.stream.replication == 3);
  BOOST_TEST(s.stream.min_insync_replicas == 2);
  BOOST_TEST(s.instance == "rack-2.a");
  BOOST_TEST(s.replay.admin == "[::1]:8474");
  BOOST_TEST(s.ingest.admin == "127.0.0.1:0");
  BOOST_TEST(s.processor.workers == 4);
  BOOST_TEST(s.processor.admin == "0.0.0.0:8472");
  BOOST_TEST(s.sink.workers == 2);
  BOOST_TEST(s.sink.batch_records_max == 100);
  BOOST_TEST(s.sink.batch_wait_ms == 1000);
  BOOST_TEST(s.sink.admin == "localhost:8473");
  BOOST_TEST(s.log.format == "journald");
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
  social.options = {{"base", "https://social.example"}, {"token_file", "/etc/credentials/token"}};
  social.hashtags = {"hrevolution", "café"};
  BOOST_TEST((s.sources[0] == social));
  BOOST_TEST(s.sources[1].options.at("path") == "/etc/archives");
}

BOOST_AUTO_TEST_CASE(reads_what_sources_of_networks_take) {
  const Settings s = Read(R"(
[ingest]
contact = "mailto:events@school.example"
allowed_private = ["10.1.0.0/16", "wiki.school.example"]
ca_file = "ca.pem"
proxy = "http://proxy.example:3128"
[[source]]
name = "relays"
kind = "nostr"
base = ["wss://a.example", "wss://b.example/x"]
since = 2011-04-29T09:00:00-05:00
revisit_for = "90d"
requests_a_day = 500
stream = false
[[source]]
name = "x"
kind = "x"
search = "all"
[[source]]
name = "groups"
kind = "engage"
groups = ["12", "34"]
[[source]]
name = "sky"
kind = "bluesky"
handle = "reader.bsky.social"
[[source]]
name = "blog"
kind = "feed"
base = "https://blog.example/?feed=atom&tag=x"
)");
  BOOST_TEST(s.ingest.contact == "mailto:events@school.example");
  BOOST_TEST(
      (s.ingest.allowed_private == std::vector<std::string>{"10.1.0.0/16", "wiki.school.example"}));
  BOOST_TEST(s.ingest.ca_file == "/etc/latecomer/ca.pem");
  BOOST_TEST(s.ingest.proxy == "http://proxy.example:3128");
  using Options = std::map<std::string, std::string, std::less<>>;
  BOOST_REQUIRE(s.sources.size() == 5U);
  BOOST_TEST((s.sources[0].options == Options{{"base", "wss://a.example wss://b.example/x"},
                                              {"since", "2011-04-29T14:00:00.000Z"},
                                              {"revisit_for", "7776000s"},
                                              {"requests_a_day", "500"},
                                              {"stream", "false"}}));
  BOOST_TEST((s.sources[1].options == Options{{"search", "all"}}));
  BOOST_TEST((s.sources[2].options == Options{{"groups", "12 34"}}));
  BOOST_TEST((s.sources[3].options == Options{{"handle", "reader.bsky.social"}}));
  BOOST_TEST((s.sources[4].options == Options{{"base", "https://blog.example/?feed=atom&tag=x"}}));
}

BOOST_AUTO_TEST_CASE(finds_the_settings_of_a_hashtag) {
  const Settings s = Read("[[hashtag]]\nname = 'A'\naliases = ['b']\ngap = '1h'\n");
  BOOST_TEST(s.ForHashtag("a").gap_ms == 3'600'000);
  BOOST_TEST(s.ForHashtag("b").hashtag == "a");
  BOOST_TEST(s.ForHashtag("c").hashtag == "c");
  BOOST_TEST(s.ForHashtag("c").display == "c");
  BOOST_TEST(s.ForHashtag("c").gap_ms == kDefaultGapMs);
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
