#include "app/import_ledger.h"

#include "base/json_out.h"
#include "model/post_json.h"
#include "model/timeline_record_json.h"
#include "processor/post_decoder.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::size_t kBatch = 2'000;
constexpr std::chrono::milliseconds kWait{100};

class Nowhere : public RecordSink {
 public:
  void OnRecord(const TimelineRecord&) override {}
};

// Gives all records of a partition from `begin` on, until it has no more. Reaching the end as it
// was at the start is not enough: compaction takes away below it what later records supersede, and
// half of a conversation would be missing. Nor is the end as it is now to be waited for: others
// write on, and what they have not committed cannot be read.
Status ForEachRecord(Stream& stream, const TopicPartition& partition, std::int64_t begin,
                     const std::stop_token& stop, const std::function<Status(Record&)>& visit) {
  ReaderSettings reading;
  reading.partitions = {partition};
  Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
  if (!reader) return reader.error();
  if (Status s = (*reader)->Seek(partition, begin); !s) return s;
  Result<std::int64_t> end = stream.EndOffset(partition);
  if (!end) return end.error();
  while (!stop.stop_requested()) {
    Result<Polled> polled = (*reader)->Poll(kBatch, kWait);
    if (!polled) return polled.error();
    auto* records = std::get_if<Records>(&*polled);
    if (records == nullptr) continue;
    for (Record& record : records->records) {
      if (Status s = visit(record); !s) return s;
    }
    if (!records->records.empty()) continue;
    Result<std::int64_t> position = (*reader)->Position(partition);
    if (!position) return position.error();
    if (*position >= *end) return {};
  }
  return RetryLater("stopped; nothing has been written");
}

}  // namespace

struct ImportLedger::Held {
  PostsValue value;
  std::string content;
};

ImportLedger::ImportLedger(const HashtagSettings& settings)
    : settings_(settings), builder_(0, [settings](const std::string&) { return settings; }) {}

ImportLedger::~ImportLedger() = default;

Status ImportLedger::LoadTimelines(Stream& stream, const TopicPartition& partition,
                                   const std::stop_token& stop) {
  // Forgotten records stand under no hashtag and hold for all of them.
  const std::string own = settings_.hashtag + " ";
  Status read = ForEachRecord(stream, partition, 0, stop, [&](Record& record) -> Status {
    if (!record.key.starts_with(own) && !record.key.starts_with(' ')) return {};
    Result<TimelineRecord> parsed =
        ReadTimelineRecord(record.key, record.value, ReadContentToo::kNo);
    if (!parsed) return parsed.error();
    return builder_.Restore(*parsed);
  });
  return read ? builder_.FinishRestore() : read;
}

Status ImportLedger::LoadPosts(Stream& stream, const TopicPartition& partition,
                               std::int32_t partitions, std::int64_t begin,
                               const std::stop_token& stop) {
  PostDecoder decoder(partitions);
  std::size_t open = 0;
  const auto flush = [&] {
    Nowhere nowhere;
    builder_.Flush(nowhere);
    builder_.Commit();
    decoder.Clear();
    open = 0;
  };
  const auto take = [&](Record& record) -> Status {
    Result<VersionInput> input = decoder.Decode(std::move(record));
    if (!input) return {};  // the processor rejects it
    const bool everywhere = std::holds_alternative<Forget>(*input->value);
    if (everywhere || input->hashtag == settings_.hashtag) builder_.Apply(*input);
    if (++open >= kBatch) flush();
    return {};
  };
  Status read = ForEachRecord(stream, partition, begin, stop, take);
  flush();
  return read;
}

Status ImportLedger::Load(Stream& stream, const std::stop_token& stop) {
  Result<std::int32_t> count = stream.PartitionCount(kPostsTopic);
  if (!count) return count.error();
  const std::int32_t number = PartitionOf(settings_.hashtag, *count);
  const TopicPartition posts{kPostsTopic, number};
  // First where the processor stands, then what it has written: so nothing is missed in between;
  // what is read twice folds away.
  Result<std::optional<std::int64_t>> committed = stream.CommittedOffset(kProcessorGroup, posts);
  if (!committed) return committed.error();
  Result<std::int64_t> start = stream.StartOffset(posts);
  if (!start) return start.error();
  if (Status s = LoadTimelines(stream, {kTimelinesTopic, number}, stop); !s) return s;
  return LoadPosts(stream, posts, *count, std::max(committed->value_or(*start), *start), stop);
}

void ImportLedger::Apply(const PostsValue& value) {
  if (used_ == held_.size()) held_.push_back(std::make_unique<Held>());
  Held& held = *held_[used_++];
  held.value = value;
  held.content.clear();
  VersionInput input;
  input.hashtag = settings_.hashtag;
  input.value = &held.value;
  const Post* post = std::get_if<Post>(&held.value);
  if (post != nullptr && post->type != PostType::kTombstone) {
    AppendContent(held.content, *post);
    input.content = held.content;
    input.digest = ContentDigest(held.content);
  }
  const Outcome outcome = builder_.Apply(input);
  if (post != nullptr) {
    ++counts.accepted;
    switch (outcome) {
      case Outcome::kNew:
        ++counts.made;
        break;
      case Outcome::kChanged:
        ++counts.changed;
        break;
      case Outcome::kUnchanged:
        ++counts.unchanged;
        break;
      case Outcome::kForgotten:
        ++counts.forgotten;
        break;
    }
  }
  if (used_ >= kBatch) Flush();
}

void ImportLedger::Flush() {
  Nowhere nowhere;
  builder_.Flush(records_ == nullptr ? nowhere : *records_);
  builder_.Commit();
  used_ = 0;
}

void ImportLedger::Finish() {
  builder_.Touch(settings_.hashtag);
  Flush();
}

std::string ImportCountsJson(const ImportCounts& counts) {
  std::string line;
  JsonObject object(line);
  object.Uint("accepted", counts.accepted).Uint("new", counts.made);
  object.Uint("changed", counts.changed).Uint("unchanged", counts.unchanged);
  object.Uint("forgotten", counts.forgotten).Uint("skipped", counts.skipped);
  object.Uint("rejects", counts.rejects).Close();
  return line;
}

std::string ImportCountsText(const ImportCounts& counts) {
  std::string out = std::to_string(counts.accepted) + " posts: " + std::to_string(counts.made) +
                    " new, " + std::to_string(counts.changed) + " changed, " +
                    std::to_string(counts.unchanged) + " unchanged";
  if (counts.forgotten > 0) out += ", " + std::to_string(counts.forgotten) + " forgotten";
  if (counts.skipped > 0) {
    out += "; " + std::to_string(counts.skipped) + " that do not belong to the hashtag";
  }
  if (counts.rejects > 0) out += "; " + std::to_string(counts.rejects) + " rejects";
  return out;
}

}  // namespace latecomer
