#include "processor/timelines_writer.h"

#include <chrono>
#include <unordered_map>

#include "model/timeline_record_json.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::size_t kChunk = 5'000;
constexpr std::chrono::milliseconds kWait{100};

}  // namespace

void TimelinesWriter::OnRecord(const TimelineRecord& record) {
  batch_.Add(partition_, [&record](std::string& out) -> RecordBatch::Written {
    AppendTimelineKey(out, record);
    const std::size_t key_end = out.size();
    return {key_end, AppendTimelineValue(out, record)};
  });
}

void TimelinesWriter::OnRewrite(const TimelineRecord& record) {
  rewrites_.push_back(record);
  std::get<EntryRecord>(rewrites_.back().body).is_link = false;
}

Status TimelinesWriter::FindContents(Stream& stream) {
  std::unordered_map<std::string, EntryRecord*> wanted;  // by key
  for (TimelineRecord& record : rewrites_) {
    std::string key;
    AppendTimelineKey(key, record);
    wanted.emplace(std::move(key), &std::get<EntryRecord>(record.body));
  }
  const TopicPartition timelines{kTimelinesTopic, partition_};
  Result<std::int64_t> end = stream.EndOffset(timelines);
  if (!end) return end.error();
  ReaderSettings reading;
  reading.partitions = {timelines};
  Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
  if (!reader) return reader.error();
  while (true) {
    Result<std::int64_t> position = (*reader)->Position(timelines);
    if (!position) return position.error();
    if (*position >= *end) return {};
    Result<Polled> polled = (*reader)->Poll(kChunk, kWait);
    if (!polled) return polled.error();
    const auto* records = std::get_if<Records>(&*polled);
    if (records == nullptr) continue;
    for (const Record& record : records->records) {
      const auto found = wanted.find(record.key);
      if (found == wanted.end()) continue;
      Result<TimelineRecord> read =
          ReadTimelineRecord(record.key, record.value, ReadContentToo::kYes);
      if (!read) return read.error();
      const auto* entry = std::get_if<EntryRecord>(&read->body);
      found->second->content = entry == nullptr ? std::string() : entry->content;
    }
  }
}

Status TimelinesWriter::Finish(Stream& stream) {
  if (rewrites_.empty()) return {};
  if (Status found = FindContents(stream); !found) return found;
  for (const TimelineRecord& record : rewrites_) {
    const std::string& id = std::get<EntryRecord>(record.body).id;
    OnRecord(record);
    // A link written before may name it too; the entry now says all that it did.
    OnRecord({record.hashtag, record.cause, RemovedRecord{"link", id}});
  }
  return {};
}

}  // namespace latecomer
