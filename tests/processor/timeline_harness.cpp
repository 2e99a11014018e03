#include "tests/processor/timeline_harness.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "model/post_json.h"
#include "model/timeline.h"
#include "model/timeline_collector.h"
#include "model/timeline_json.h"
#include "model/timeline_record_json.h"

namespace latecomer {
namespace {

class Collect : public RecordSink {
 public:
  void OnRecord(const TimelineRecord& record) override { records.push_back(record); }
  std::vector<TimelineRecord> records;
};

}  // namespace

TimelineHarness::TimelineHarness(HashtagSettings settings) : settings_(std::move(settings)) {
  builder_ = std::make_unique<Builder>(0, [this](const std::string&) { return settings_; });
  builder_->Touch(settings_.hashtag);
  Commit();
}

Outcome TimelineHarness::Apply(const PostsValue& value) {
  Held& held = held_.emplace_back(Held{value, {}});
  VersionInput input;
  input.cause = {0, offset_++};
  input.hashtag = settings_.hashtag;
  input.value = &held.value;
  if (const Post* post = std::get_if<Post>(&held.value)) {
    AppendContent(held.content, *post);
    input.content = held.content;
    input.digest = ContentDigest(held.content);
  }
  return builder_->Apply(input);
}

void TimelineHarness::Commit() {
  Collect collected;
  builder_->Flush(collected);
  std::set<std::string> keys;
  for (const TimelineRecord& record : collected.records) {
    std::string key;
    std::string value;
    AppendTimelineKey(key, record);
    BOOST_REQUIRE_MESSAGE(keys.insert(key).second, "two records for " << key << " in one batch");
    ++written_;
    if (AppendTimelineValue(value, record)) {
      log_[key] = {next_, value};
    } else {
      log_.erase(key);
    }
    ++next_;
  }
  builder_->Commit();
  held_.clear();
}

void TimelineHarness::Abort() {
  Collect collected;
  builder_->Flush(collected);
  builder_->Unwind();
  held_.clear();
}

std::vector<TimelineRecord> TimelineHarness::Log() const {
  std::map<std::int64_t, std::pair<std::string, std::string>> in_order;
  for (const auto& [key, value] : log_) in_order[value.first] = {key, value.second};
  std::vector<TimelineRecord> records;
  for (const auto& [offset, pair] : in_order) {
    Result<TimelineRecord> record =
        ReadTimelineRecord(pair.first, pair.second, ReadContentToo::kYes);
    BOOST_REQUIRE_MESSAGE(record, (record ? std::string() : record.error().message));
    records.push_back(std::move(*record));
  }
  return records;
}

std::string TimelineHarness::Timeline() const {
  TimelineCollector collector(settings_.hashtag);
  for (const TimelineRecord& record : Log()) collector.Apply(record);
  const latecomer::Timeline timeline(collector.Take());
  std::string out;
  WriteTimelineJson(
      timeline, settings_.gap_ms, kNone,
      [](const TimelineEntry& entry) {
        Post post;
        BOOST_REQUIRE(ReadContent(entry.record.content, post));
        return post.content;
      },
      [&](std::string_view line) { out.append(line).append("\n"); });
  return out;
}

std::unique_ptr<Builder> TimelineHarness::Restored() const {
  auto builder = std::make_unique<Builder>(0, [this](const std::string&) { return settings_; });
  for (const TimelineRecord& record : Log()) {
    const Status status = builder->Restore(record);
    BOOST_REQUIRE_MESSAGE(status, (status ? std::string() : status.error().message));
  }
  const Status status = builder->FinishRestore();
  BOOST_REQUIRE_MESSAGE(status, (status ? std::string() : status.error().message + LogText()));
  return builder;
}

std::string TimelineHarness::RestoredDump() const { return Restored()->Dump(); }

void TimelineHarness::Restart() {
  builder_ = Restored();
  builder_->Touch(settings_.hashtag);
  Commit();
}

std::string TimelineHarness::LogText() const {
  std::string out;
  for (const auto& [key, value] : log_) {
    out += std::to_string(value.first) + " " + key + " = " + value.second + "\n";
  }
  return out;
}

std::string TimelineHarness::CheckTrees() const {
  TimelineCollector collector(settings_.hashtag);
  std::map<std::int64_t, TreeRecord> trees;
  for (const TimelineRecord& record : Log()) {
    collector.Apply(record);
    if (const auto* tree = std::get_if<TreeRecord>(&record.body)) trees[tree->tree] = *tree;
  }
  const latecomer::Timeline timeline(collector.Take());
  std::map<std::int64_t, std::string> conversation_of;
  for (const TimelineEntry& entry : timeline.entries()) {
    std::int64_t tree = entry.record.tree;
    while (trees.count(tree) > 0 && trees[tree].merged_into) tree = *trees[tree].merged_into;
    const std::string& id = timeline.conversations()[entry.conversation].id;
    if (trees.count(tree) == 0) return "no record of tree " + std::to_string(tree);
    if (trees[tree].root != id)
      return "tree of " + entry.record.id + " has root " + trees[tree].root;
    const auto [it, added] = conversation_of.emplace(tree, id);
    if (!added && it->second != id) return "one tree for " + id + " and " + it->second;
  }
  std::set<std::string> ids;
  for (const auto& [tree, id] : conversation_of) {
    if (!ids.insert(id).second) return "two trees for " + id;
  }
  return "";
}

}  // namespace latecomer
