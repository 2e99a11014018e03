// What a topic of timeline records says: BROKERS TOPIC PARTITIONS [FILE | count].
//
// Restores the timelines of all hashtags from the committed records and derives them as `export
// --format timeline` does; checks that the records' trees are the conversations. Prints one JSON
// object: records, bytes (keys and values), hashtags, entries and the digest of all timelines. With
// FILE the timelines themselves go there; with "count" records and bytes are counted, no more.
#include <cstdlib>
#include <map>
#include <string>
#include <unordered_map>

#include "bench/peers/bare_kafka.h"
#include "model/hashtag_settings.h"
#include "model/html.h"
#include "model/post_json.h"
#include "model/timeline_collector.h"
#include "model/timeline_json.h"
#include "model/timeline_record_json.h"

namespace latecomer {
namespace {

struct Collected {
  explicit Collected(const std::string& hashtag) : collector(hashtag) {}
  TimelineCollector collector;
  std::map<std::int64_t, TreeRecord> trees;
};

struct Totals {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  std::map<std::string, std::uint64_t> digests;  // by hashtag
};

void Apply(std::map<std::string, Collected>& all, const rd_kafka_message_t& message) {
  const std::string key(static_cast<const char*>(message.key), message.key_len);
  std::optional<std::string> value;
  if (message.payload != nullptr) {
    value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  Result<TimelineRecord> record = ReadTimelineRecord(key, value, ReadContentToo::kYes);
  if (!record) GiveUp(key + ": " + record.error().message);
  Collected& collected = all.try_emplace(record->hashtag, record->hashtag).first->second;
  if (const auto* tree = std::get_if<TreeRecord>(&record->body)) {
    collected.trees[tree->tree] = *tree;
  } else {
    collected.collector.Apply(*record);
  }
}

// The records' trees and the conversations that follow from the links must be the same.
void CheckTrees(const Timeline& timeline, const std::map<std::int64_t, TreeRecord>& trees) {
  std::unordered_map<std::int64_t, std::uint32_t> conversation_of;
  for (const TimelineEntry& entry : timeline.entries()) {
    auto tree = trees.find(entry.record.tree);
    while (tree != trees.end() && tree->second.merged_into) {
      tree = trees.find(*tree->second.merged_into);
    }
    if (tree == trees.end()) GiveUp("no tree of " + entry.record.id);
    const TimelineConversation& conversation = timeline.conversations()[entry.conversation];
    if (tree->second.root != conversation.id) {
      GiveUp("tree " + std::to_string(tree->first) + " of " + entry.record.id + " has the root " +
             tree->second.root + ", its conversation is " + conversation.id);
    }
    const auto known = conversation_of.emplace(tree->first, entry.conversation).first;
    if (known->second != entry.conversation) GiveUp("a tree of two conversations");
  }
}

void Derive(const std::string& hashtag, Collected& collected, Totals& totals, std::FILE* file) {
  const Timeline timeline(collected.collector.Take());
  CheckTrees(timeline, collected.trees);
  const auto text = [](const TimelineEntry& entry) {
    Post post;
    if (Status read = ReadContent(entry.record.content, post); !read) {
      GiveUp(entry.record.id + ": " + read.error().message);
    }
    return TextFromHtml(post.content);
  };
  std::string all;
  WriteTimelineJson(timeline, kDefaultGapMs, kNone, text, [&](std::string_view line) {
    all += line;
    all += '\n';
  });
  if (file != nullptr) std::fwrite(all.data(), 1, all.size(), file);
  totals.entries += timeline.entries().size();
  totals.digests[hashtag] = ContentDigest(all);
}

void ReadPartition(rd_kafka_t* consumer, const std::string& topic, std::int32_t partition,
                   Totals& totals, bool only_count, std::FILE* file) {
  const std::int64_t end = EndOf(consumer, topic, partition);
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = 0;
  Must(rd_kafka_assign(consumer, list.get()), "assign");
  std::map<std::string, Collected> all;
  while (true) {
    Must(rd_kafka_position(consumer, list.get()), "position");
    if (list->elems[0].offset >= end || end == 0) break;
    const KafkaMessage message(rd_kafka_consumer_poll(consumer, 1'000));
    if (message == nullptr || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (message != nullptr && message->offset >= end) break;
      continue;
    }
    Must(message->err, "a record");
    ++totals.records;
    totals.bytes += message->key_len + message->len;
    if (!only_count) Apply(all, *message);
  }
  for (auto& [hashtag, collected] : all) Derive(hashtag, collected, totals, file);
}

int Main(int argc, char** argv) {
  if (argc < 4) GiveUp("kafka_check BROKERS TOPIC PARTITIONS [FILE | count]");
  const bool only_count = argc > 4 && std::string_view(argv[4]) == "count";
  const bool to_file = argc > 4 && !only_count;
  std::FILE* const file = to_file ? std::fopen(argv[4], "wb") : nullptr;
  if (to_file && file == nullptr) GiveUp("cannot write the file");
  const KafkaHandle consumer = OpenKafka(RD_KAFKA_CONSUMER, argv[1],
                                         {{"group.id", "check"},
                                          {"enable.auto.commit", "false"},
                                          {"enable.partition.eof", "true"},
                                          {"isolation.level", "read_committed"}});
  Totals totals;
  for (int partition = 0; partition < std::atoi(argv[3]); ++partition) {
    ReadPartition(consumer.get(), argv[2], partition, totals, only_count, file);
  }
  rd_kafka_consumer_close(consumer.get());
  if (file != nullptr) std::fclose(file);
  if (only_count) {
    std::printf("{\"records\":%llu,\"bytes\":%llu}\n",
                static_cast<unsigned long long>(totals.records),
                static_cast<unsigned long long>(totals.bytes));
    return 0;
  }
  std::string digests;
  for (const auto& [hashtag, digest] : totals.digests) {
    digests += hashtag + " " + std::to_string(digest) + "\n";
  }
  std::printf(R"({"records":%llu,"bytes":%llu,"hashtags":%zu,"entries":%llu,"digest":"%016llx"})"
              "\n",
              static_cast<unsigned long long>(totals.records),
              static_cast<unsigned long long>(totals.bytes), totals.digests.size(),
              static_cast<unsigned long long>(totals.entries),
              static_cast<unsigned long long>(ContentDigest(digests)));
  return 0;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Main(argc, argv); }
