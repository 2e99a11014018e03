#include "app/migration_plan.h"

#include <algorithm>

#include "base/sha256.h"
#include "model/timeline_record_json.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::uint64_t kReportEvery = 5'000;

class Survey {
 public:
  Survey(Stream& from, MigrationPlan& plan, const PassedOffsets& passed,
         const std::stop_token& stop)
      : from_(from), plan_(plan), report_(passed), stop_(stop) {}

  Status Run() {
    if (Status s = ReadTopic(kTimelinesTopic, &Survey::TakeTimeline); !s) return s;
    if (Status s = ReadTopic(kPostsTopic, &Survey::TakePost); !s) return s;
    if (Status s = ReadTopic(kCursorsTopic, &Survey::TakeCursor); !s) return s;
    plan_.trees.Finish();
    SettleForgotten();
    SettleForgets();
    SettleDigest();
    return {};
  }

 private:
  struct Known {
    std::int32_t posts = 0;  // how many partitions know it as a post's
    std::int32_t authors = 0;
    TimeMs at = 0;
  };

  Status ReadTopic(const char* topic, Status (Survey::*take)(Record&)) {
    const std::int32_t count = plan_.source.Partitions(topic);
    for (std::int32_t p = 0; p < count; ++p) {
      const TopicPartition of{topic, p};
      const MigrationSource::Place& place = plan_.source.At(of);
      PartitionReader reader(from_, of, place.start, place.end);
      while (true) {
        Result<std::optional<Record>> record = reader.Next(stop_);
        if (!record) return record.error();
        if (!*record) break;
        if (Status taken = (this->*take)(**record); !taken) return taken;
        const auto inside = static_cast<std::uint64_t>((*record)->offset - place.start);
        if (inside % kReportEvery == 0) report_(passed_ + inside);
      }
      passed_ += static_cast<std::uint64_t>(place.end - place.start);
      if (const auto live = plan_.live.find(of); live != plan_.live.end()) live->second.Finish();
      if (of.topic == kTimelinesTopic) CountForgotten();
    }
    return {};
  }

  Status TakeTimeline(Record& record) {
    Result<TimelineRecord> read = ReadTimelineRecord(record.key, record.value, ReadContentToo::kNo);
    if (!read) return CorruptRecord(kTimelinesTopic, record, read.error().message);
    const auto* forgotten = std::get_if<ForgottenRecord>(&read->body);
    if (read->hashtag.empty()) {
      if (forgotten == nullptr) return CorruptRecord(kTimelinesTopic, record, "no hashtag");
      of_partition_[forgotten->sha256] = *forgotten;
      return {};
    }
    if (PartitionOf(read->hashtag, plan_.source.Partitions(kTimelinesTopic)) != record.partition) {
      return CorruptRecord(kTimelinesTopic, record,
                           "hashtag " + read->hashtag + " does not belong to this partition");
    }
    plan_.live[{kTimelinesTopic, record.partition}].Add(record);
    const std::int32_t to = PartitionOf(read->hashtag, plan_.to_partitions);
    Status added;
    if (const auto* entry = std::get_if<EntryRecord>(&read->body)) {
      if (!entry->unpublished) added = plan_.trees.Add(to, record.partition, entry->tree);
    } else if (const auto* tree = std::get_if<TreeRecord>(&read->body)) {
      added = plan_.trees.Add(to, record.partition, tree->tree);
      if (added && tree->merged_into) {
        added = plan_.trees.Add(to, record.partition, *tree->merged_into);
      }
    }
    return added ? added : CorruptRecord(kTimelinesTopic, record, added.error().message);
  }

  void CountForgotten() {
    for (const auto& [sha256, record] : of_partition_) {
      const auto [it, added] = known_.try_emplace(sha256);
      it->second.posts += record.post ? 1 : 0;
      it->second.authors += record.author ? 1 : 0;
      it->second.at = added ? record.at : std::min(it->second.at, record.at);
    }
    of_partition_.clear();
  }

  Status TakePost(Record& record) {
    const std::optional<Forget> forget = forgets_.Read(record);
    if (!forget) return {};
    PlannedForget& planned = plan_.forgets[ForgetReader::NameOf(*forget)];
    if (planned.copies++ == 0) {
      planned.forget = *forget;
      planned.key = record.key;
      planned.value = *record.value;
    }
    const bool done = record.offset < plan_.source.At({kPostsTopic, record.partition}).committed;
    auto& copy = done ? planned.processed : planned.unprocessed;
    if (!copy) copy = {record.partition, record.offset};
    return {};
  }

  Status TakeCursor(Record& record) {
    if (record.key != kMigrationKey) plan_.live[{kCursorsTopic, record.partition}].Add(record);
    return {};
  }

  // A hash that only some partitions know will be known by all once they have processed the Forget;
  // where there is no such Forget to come, it holds for all of them from now on.
  void SettleForgotten() {
    std::map<std::string, bool> posts_to_come;
    std::map<std::string, bool> authors_to_come;
    for (const auto& [name, planned] : plan_.forgets) {
      if (!planned.unprocessed) continue;
      const bool by_author = !planned.forget.author.empty();
      const std::string& id = by_author ? planned.forget.author : planned.forget.post;
      (by_author ? authors_to_come : posts_to_come)[Sha256Hex(id)] = true;
    }
    const std::int32_t all = plan_.source.Partitions(kTimelinesTopic);
    for (const auto& [sha256, known] : known_) {
      ForgottenRecord record;
      record.sha256 = sha256;
      record.at = known.at;
      record.post = known.posts == all || (known.posts > 0 && !posts_to_come.contains(sha256));
      record.author =
          known.authors == all || (known.authors > 0 && !authors_to_come.contains(sha256));
      if (record.post || record.author) plan_.forgotten.push_back(record);
    }
  }

  void SettleForgets() {
    for (const auto& [name, planned] : plan_.forgets) {
      if (planned.is_carried()) plan_.carried.push_back(&planned);
    }
    std::sort(plan_.carried.begin(), plan_.carried.end(),
              [](const PlannedForget* a, const PlannedForget* b) {
                return *a->unprocessed < *b->unprocessed;
              });
  }

  void SettleDigest() {
    std::string text = plan_.trees.Digest() + "\n";
    for (const ForgottenRecord& record : plan_.forgotten) {
      text += record.sha256 + " " + std::to_string(record.at) + (record.post ? " post" : "") +
              (record.author ? " author\n" : "\n");
    }
    for (const auto& [name, planned] : plan_.forgets) {
      text += Sha256Hex(name);
      for (const auto& copy : {planned.processed, planned.unprocessed}) {
        text +=
            copy ? " " + std::to_string(copy->first) + ":" + std::to_string(copy->second) : " none";
      }
      text += "\n";
    }
    for (const auto& [partition, live] : plan_.live) {
      text += partition.topic + " " + std::to_string(partition.partition) + " " + live.Digest();
      text += "\n";
    }
    plan_.digest = Sha256Hex(text);
  }

  Stream& from_;
  MigrationPlan& plan_;
  const PassedOffsets& report_;
  const std::stop_token& stop_;
  std::uint64_t passed_ = 0;
  std::map<std::string, ForgottenRecord> of_partition_;
  std::map<std::string, Known> known_;
  ForgetReader forgets_;
};

}  // namespace

// Parsing each record would cost more than all the rest: a Forget cannot be spelt without either.
std::optional<Forget> ForgetReader::Read(const Record& record) {
  if (!record.value || (record.value->find("Forget") == std::string::npos &&
                        record.value->find("\\u") == std::string::npos)) {
    return std::nullopt;
  }
  if (!reader_.Read(*record.value)) return std::nullopt;
  const auto* forget = std::get_if<Forget>(&reader_.value());
  return forget == nullptr ? std::nullopt : std::optional<Forget>(*forget);
}

std::string ForgetReader::NameOf(const Forget& forget) {
  return forget.author.empty() ? "post " + forget.post : "author " + forget.author;
}

Result<MigrationPlan> PlanMigration(Stream& from, std::int32_t to_partitions,
                                    const PassedOffsets& passed, const std::stop_token& stop) {
  Result<MigrationSource> source = WithPatience(stop, [&] { return LookAtSource(from); });
  if (!source) return source.error();
  Result<MigrationPlan> plan = MigrationPlan(to_partitions);
  plan->source = std::move(*source);
  if (Status done = Survey(from, *plan, passed, stop).Run(); !done) return done.error();
  return plan;
}

Error CorruptRecord(const char* topic, const Record& record, const std::string& why) {
  return Corrupt("offset " + std::to_string(record.offset) + " of partition " +
                 std::to_string(record.partition) + " of " + topic + " in the source: " + why);
}

}  // namespace latecomer
