#include "app/reload.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {

BOOST_AUTO_TEST_SUITE(reload)

BOOST_AUTO_TEST_CASE(nothing_changed) {
  Settings fresh;
  BOOST_TEST(KeepWhatCannotChange({}, fresh).empty());
  BOOST_TEST((fresh == Settings{}));
}

BOOST_AUTO_TEST_CASE(what_can_change_is_taken) {
  Settings fresh;
  fresh.log.level = "debug";
  fresh.replay.base_url = "https://replay.example";
  fresh.hashtags.resize(2);
  fresh.sources.resize(1);
  const Settings wanted = fresh;
  BOOST_TEST(KeepWhatCannotChange({}, fresh).empty());
  BOOST_TEST((fresh == wanted));
}

BOOST_AUTO_TEST_CASE(what_cannot_change_is_named_and_set_back) {
  const Settings running;
  Settings fresh;
  fresh.log.level = "debug";
  fresh.data = "elsewhere";
  fresh.instance = "b";
  fresh.stream.kind = "kafka";
  fresh.stream.brokers = "b:1";
  fresh.stream.prefix = "p.";
  fresh.stream.partitions = 1;
  fresh.stream.replication = 3;
  fresh.stream.min_insync_replicas = 2;
  fresh.stream.librdkafka = {{"a", "b"}};
  fresh.store.kind = "postgres";
  fresh.store.url = "postgresql://x/y";
  fresh.store.search_index = false;
  fresh.replay.listen = "127.0.0.1:1";
  fresh.replay.admin = "127.0.0.1:2";
  fresh.ingest.admin = "127.0.0.1:3";
  fresh.ingest.contact = "a@b.example";
  fresh.ingest.allowed_private = {"10.0.0.1"};
  fresh.ingest.ca_file = "ca";
  fresh.ingest.proxy = "http://p:1";
  fresh.processor.workers = 2;
  fresh.sink.batch_wait_ms = 7;
  fresh.log.format = "json";
  const std::vector<std::string> expected = {"data",
                                             "instance",
                                             "stream.kind",
                                             "stream.brokers",
                                             "stream.prefix",
                                             "stream.partitions",
                                             "stream.replication",
                                             "stream.min_insync_replicas",
                                             "stream.librdkafka",
                                             "store.kind",
                                             "store.url",
                                             "store.search_index",
                                             "replay.listen",
                                             "replay.admin",
                                             "ingest.admin",
                                             "ingest.contact",
                                             "ingest.allowed_private",
                                             "ingest.ca_file",
                                             "ingest.proxy",
                                             "processor",
                                             "sink",
                                             "log.format"};
  BOOST_TEST(KeepWhatCannotChange(running, fresh) == expected, boost::test_tools::per_element());
  Settings only_level;
  only_level.log.level = "debug";
  BOOST_TEST((fresh == only_level));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
