#include "app/migration_feed.h"

#include <algorithm>

#include "base/json_out.h"
#include "model/timeline_record_json.h"
#include "model/utf8.h"
#include "processor/post_decoder.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::size_t kSampleBytes = 200;

// What a partition's records of `topic` are read for in a phase; nothing where it is no such phase.
const char* TopicOf(MigrationPhase phase) {
  switch (phase) {
    case MigrationPhase::kTimelines:
      return kTimelinesTopic;
    case MigrationPhase::kProcessed:
    case MigrationPhase::kUnprocessed:
      return kPostsTopic;
    case MigrationPhase::kCursors:
      return kCursorsTopic;
    case MigrationPhase::kRejects:
      return kRejectsTopic;
    default:
      return nullptr;
  }
}

std::pair<std::int64_t, std::int64_t> BoundsOf(MigrationPhase phase,
                                               const MigrationSource::Place& place) {
  if (phase == MigrationPhase::kProcessed) return {place.start, place.committed};
  if (phase == MigrationPhase::kUnprocessed) return {place.committed, place.end};
  return {place.start, place.end};
}

// As a processor says it.
std::string RejectValue(const Record& record, const std::string& reason) {
  const std::string sample = record.value ? *record.value : std::string();
  std::string value;
  JsonObject object(value);
  object.Int("v", 1).String("source", "processor").String("reason", reason);
  object.String("where", "posts " + std::to_string(record.partition) + " offset " +
                             std::to_string(record.offset));
  object.Uint("bytes", sample.size()).String("sample", Sample(sample, kSampleBytes)).Close();
  return value;
}

}  // namespace

MigrationFeed::MigrationFeed(Stream& from, const MigrationPlan& plan, Limits limits,
                             MigrationPosition at, MigrationCounts counts)
    : from_(from), plan_(plan), limits_(limits), at_(at), counts_(counts) {}

Status MigrationFeed::Next(MigrationChunk& chunk, const std::stop_token& stop) {
  chunk.records.clear();
  chunk.bytes = 0;
  chunk.places_processors = false;
  read_ = 0;
  while (at_.phase < MigrationPhase::kCopied && !IsFull(chunk)) {
    if (at_.phase == MigrationPhase::kOffsets) {
      if (!chunk.records.empty()) break;  // they come first, and with a chunk of their own
      chunk.places_processors = true;
      NextPhase();
      break;
    }
    if (Status stepped = Step(chunk, stop); !stepped) return stepped;
  }
  chunk.after = at_;
  chunk.counts = counts_;
  return {};
}

bool MigrationFeed::IsFull(const MigrationChunk& chunk) const {
  return chunk.records.size() >= limits_.records_max || chunk.bytes >= limits_.bytes_max ||
         read_ >= limits_.read_max;
}

Status MigrationFeed::Step(MigrationChunk& chunk, const std::stop_token& stop) {
  if (at_.phase == MigrationPhase::kForgotten) {
    StepForgotten(chunk);
  } else if (at_.phase == MigrationPhase::kCarried) {
    StepCarried(chunk);
  } else {
    return StepRange(chunk, stop);
  }
  return {};
}

void MigrationFeed::NextPhase() {
  at_ = {static_cast<MigrationPhase>(static_cast<int>(at_.phase) + 1), 0, 0};
  reader_.reset();
}

void MigrationFeed::StepForgotten(MigrationChunk& chunk) {
  const auto index = static_cast<std::size_t>(at_.next);
  if (index >= plan_.forgotten.size()) return NextPhase();
  ++at_.next;
  TimelineRecord record;
  record.body = plan_.forgotten[index];
  std::string key;
  std::string value;
  AppendTimelineKey(key, record);
  AppendTimelineValue(value, record);
  for (std::int32_t q = 0; q < plan_.to_partitions; ++q) {
    Add(chunk, kTimelinesTopic, q, key, value);
  }
}

void MigrationFeed::StepCarried(MigrationChunk& chunk) {
  const auto index = static_cast<std::size_t>(at_.next);
  if (index >= plan_.carried.size()) return NextPhase();
  ++at_.next;
  AddForget(chunk, *plan_.carried[index]);
}

std::optional<MigrationFeed::Range> MigrationFeed::RangeNow() const {
  const char* topic = TopicOf(at_.phase);
  if (topic == nullptr || at_.partition >= plan_.source.Partitions(topic)) return std::nullopt;
  const TopicPartition of{topic, at_.partition};
  const auto [begin, end] = BoundsOf(at_.phase, plan_.source.At(of));
  return Range{of, std::max(begin, at_.next), end};
}

Status MigrationFeed::StepRange(MigrationChunk& chunk, const std::stop_token& stop) {
  if (!reader_) {
    const std::optional<Range> range = RangeNow();
    if (!range) {
      NextPhase();
      return {};
    }
    reader_ = std::make_unique<PartitionReader>(from_, range->of, range->begin, range->end);
  }
  Result<std::optional<Record>> record = reader_->Next(stop);
  if (!record) return record.error();
  if (!*record) {
    reader_.reset();
    ++at_.partition;
    at_.next = 0;
    return {};
  }
  ++read_;
  at_.next = (*record)->offset + 1;
  return Take(std::move(**record), chunk);
}

Status MigrationFeed::Take(Record record, MigrationChunk& chunk) {
  switch (at_.phase) {
    case MigrationPhase::kTimelines:
      return TakeTimeline(record, chunk);
    case MigrationPhase::kProcessed:
    case MigrationPhase::kUnprocessed:
      return TakePost(record, chunk);
    case MigrationPhase::kCursors: {
      if (!IsLive(kCursorsTopic, record)) return {};
      const std::string source = record.key.substr(0, record.key.find(' '));
      Add(chunk, kCursorsTopic, PartitionOf(source, plan_.to_partitions), std::move(record.key),
          std::move(record.value));
      return {};
    }
    default:
      Add(chunk, kRejectsTopic, 0, std::move(record.key), std::move(record.value));
      return {};
  }
}

bool MigrationFeed::IsLive(const char* topic, const Record& record) const {
  const auto live = plan_.live.find({topic, record.partition});
  return live != plan_.live.end() && live->second.Has(record.offset);
}

// Only what holds a tree's number is spelt anew. Records of no hashtag are none of the live ones:
// kForgotten has written them.
Status MigrationFeed::TakeTimeline(Record& record, MigrationChunk& chunk) {
  if (!IsLive(kTimelinesTopic, record)) return {};
  Result<TimelineRecord> read = ReadTimelineRecord(record.key, record.value, ReadContentToo::kYes);
  if (!read) return CorruptRecord(kTimelinesTopic, record, read.error().message);
  const std::int32_t to = PartitionOf(read->hashtag, plan_.to_partitions);
  Status numbered;
  const auto number = [&](std::int64_t& tree) {
    Result<std::int64_t> anew = plan_.trees.NumberOf(to, record.partition, tree);
    if (anew) tree = *anew;
    if (!anew && numbered) numbered = anew.error();
  };
  auto* entry = std::get_if<EntryRecord>(&read->body);
  auto* tree = std::get_if<TreeRecord>(&read->body);
  if ((entry == nullptr || entry->unpublished) && tree == nullptr) {
    Add(chunk, kTimelinesTopic, to, std::move(record.key), std::move(record.value));
    return {};
  }
  if (entry != nullptr) number(entry->tree);
  if (tree != nullptr) {
    number(tree->tree);
    if (tree->merged_into) number(*tree->merged_into);
  }
  if (!numbered) return CorruptRecord(kTimelinesTopic, record, numbered.error().message);
  std::string key;
  std::string value;
  AppendTimelineKey(key, *read);
  AppendTimelineValue(value, *read);
  Add(chunk, kTimelinesTopic, to, std::move(key), std::move(value));
  return {};
}

Status MigrationFeed::TakePost(Record& record, MigrationChunk& chunk) {
  const bool done = at_.phase == MigrationPhase::kProcessed;
  if (const std::optional<Forget> forget = forgets_.Read(record)) {
    const auto planned = plan_.forgets.find(ForgetReader::NameOf(*forget));
    if (planned == plan_.forgets.end()) {
      return CorruptRecord(kPostsTopic, record,
                           "a Forget that was not there when the source was read first");
    }
    if (planned->second.is_carried()) return {};
    const auto& first = done ? planned->second.processed : planned->second.unprocessed;
    if (first == std::pair(record.partition, record.offset)) AddForget(chunk, planned->second);
    return {};
  }
  if (PartitionOf(record.key, plan_.source.Partitions(kPostsTopic)) != record.partition) {
    return TakeMisplaced(record, chunk);
  }
  const std::int32_t to = PartitionOf(record.key, plan_.to_partitions);
  Add(chunk, kPostsTopic, to, std::move(record.key), std::move(record.value));
  return {};
}

// It would be in its right partition now: what a processor rejects must stay rejected.
Status MigrationFeed::TakeMisplaced(Record& record, MigrationChunk& chunk) {
  if (at_.phase == MigrationPhase::kProcessed) {
    ++counts_.dropped;
    return {};
  }
  PostDecoder decoder(plan_.source.Partitions(kPostsTopic));
  Record copy = record;
  const Result<VersionInput> decoded = decoder.Decode(std::move(copy));
  if (decoded) return CorruptRecord(kPostsTopic, record, "it is in a wrong partition");
  Add(chunk, kRejectsTopic, 0, "processor", RejectValue(record, decoded.error().message));
  return {};
}

void MigrationFeed::AddForget(MigrationChunk& chunk, const PlannedForget& forget) {
  for (std::int32_t q = 0; q < plan_.to_partitions; ++q) {
    Add(chunk, kPostsTopic, q, forget.key, forget.value);
  }
}

void MigrationFeed::Add(MigrationChunk& chunk, const char* topic, std::int32_t partition,
                        std::string key, std::optional<std::string> value) {
  ++CountOf(topic);
  chunk.bytes += key.size() + (value ? value->size() : 0);
  chunk.records.push_back({at_.phase, topic, partition, std::move(key), std::move(value)});
}

std::uint64_t& MigrationFeed::CountOf(const char* topic) {
  const std::string_view name = topic;
  if (name == kTimelinesTopic) return counts_.timelines;
  if (name == kCursorsTopic) return counts_.cursors;
  if (name == kRejectsTopic) return counts_.rejects;
  return at_.phase == MigrationPhase::kProcessed ? counts_.posts : counts_.unprocessed;
}

std::uint64_t MigrationFeed::Passed() const {
  std::uint64_t passed = 0;
  for (int p = 0; p <= static_cast<int>(at_.phase); ++p) {
    const auto phase = static_cast<MigrationPhase>(p);
    const char* topic = TopicOf(phase);
    if (topic == nullptr) continue;
    const std::int32_t count = plan_.source.Partitions(topic);
    for (std::int32_t i = 0; i < count; ++i) {
      const auto [begin, end] = BoundsOf(phase, plan_.source.At({topic, i}));
      std::int64_t until = end;
      if (phase == at_.phase && i > at_.partition) until = begin;
      if (phase == at_.phase && i == at_.partition) until = std::clamp(at_.next, begin, end);
      passed += static_cast<std::uint64_t>(until - begin);
    }
  }
  return passed;
}

std::uint64_t OffsetsToCopy(const MigrationSource& source) {
  std::uint64_t sum = 0;
  for (const char* topic : {kPostsTopic, kTimelinesTopic, kCursorsTopic, kRejectsTopic}) {
    sum += source.Offsets(topic);
  }
  return sum;
}

}  // namespace latecomer
