#include "app/migration_source.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/sha256.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::size_t kPollRecords = 1'000;
constexpr std::chrono::milliseconds kPollWait{100};
constexpr const char* kTopics[] = {kPostsTopic, kTimelinesTopic, kCursorsTopic, kRejectsTopic};

Result<MigrationSource::Place> PlaceOf(Stream& stream, const TopicPartition& partition,
                                       std::int64_t& committed) {
  MigrationSource::Place place;
  Result<std::int64_t> end = stream.EndOffset(partition);
  if (!end) return end.error();
  Result<std::int64_t> start = stream.StartOffset(partition);
  if (!start) return start.error();
  place.start = *start;
  place.end = std::max(*end, *start);
  committed = -1;
  if (partition.topic == kPostsTopic) {
    Result<std::optional<std::int64_t>> done = stream.CommittedOffset(kProcessorGroup, partition);
    if (!done) return done.error();
    committed = done->value_or(-1);
  }
  place.committed = std::clamp(committed, place.start, place.end);
  return place;
}

}  // namespace

std::int32_t MigrationSource::Partitions(std::string_view topic) const {
  return static_cast<std::int32_t>(std::count_if(
      places.begin(), places.end(), [&](const auto& place) { return place.first.topic == topic; }));
}

std::uint64_t MigrationSource::Offsets(std::string_view topic) const {
  std::uint64_t sum = 0;
  for (const auto& [of, place] : places) {
    if (of.topic == topic) sum += static_cast<std::uint64_t>(place.end - place.start);
  }
  return sum;
}

// Where a topic starts is left out of the hash: records that are old enough may go at any time.
Result<MigrationSource> LookAtSource(Stream& stream) {
  MigrationSource source;
  std::string id;
  std::string state;
  for (const char* topic : kTopics) {
    Result<std::int32_t> count = stream.PartitionCount(topic);
    if (!count) return count.error();
    Result<std::string> topic_id = stream.TopicId(topic);
    if (!topic_id) return topic_id.error();
    id += *topic_id + " " + std::to_string(*count) + "\n";
    for (std::int32_t p = 0; p < *count; ++p) {
      std::int64_t committed = -1;
      Result<MigrationSource::Place> place = PlaceOf(stream, {topic, p}, committed);
      if (!place) return place.error();
      source.places.emplace(TopicPartition{topic, p}, *place);
      state += std::to_string(place->end) + " " + std::to_string(committed) + "\n";
    }
  }
  source.id = Sha256Hex(id);
  source.state = Sha256Hex(state);
  return source;
}

Status PartitionReader::Open() {
  ReaderSettings reading;
  reading.partitions = {of_};
  Result<std::unique_ptr<Reader>> reader = stream_.NewReader(reading);
  if (!reader) return reader.error();
  if (Status sought = (*reader)->Seek(of_, next_); !sought) return sought;
  reader_ = std::move(*reader);
  return {};
}

Result<std::optional<Record>> PartitionReader::Next(const std::stop_token& stop) {
  if (held_.empty() && !at_end_) {
    if (Status filled = Fill(stop); !filled) return filled.error();
  }
  if (held_.empty()) return std::optional<Record>();
  std::optional<Record> record = std::move(held_.front());
  held_.pop_front();
  return record;
}

// The *position* says that all was read: offsets have holes.
Status PartitionReader::Fill(const std::stop_token& stop) {
  if (next_ >= end_) {
    at_end_ = true;
    return {};
  }
  if (!reader_) {
    if (Status opened = WithPatience(stop, [this] { return Open(); }); !opened) return opened;
  }
  const auto until = std::chrono::steady_clock::now() + kMigrationPatience;
  while (held_.empty()) {
    if (stop.stop_requested()) return RetryLater("stopped");
    Result<std::int64_t> position = reader_->Position(of_);
    if (!position) return position.error();
    at_end_ = *position >= end_;
    if (at_end_) return {};
    Result<Polled> polled = reader_->Poll(kPollRecords, kPollWait);
    if (!polled && polled.error().code != ErrorCode::kRetryLater) return polled.error();
    if (polled) {
      auto* records = std::get_if<Records>(&*polled);
      if (records == nullptr) continue;
      for (Record& record : records->records) {
        if (record.offset < end_) held_.push_back(std::move(record));
      }
    } else {
      WaitUnlessStopped(kPollWait, stop);
    }
    if (held_.empty() && std::chrono::steady_clock::now() > until) {
      return RetryLater("nothing could be read from partition " + std::to_string(of_.partition) +
                        " of " + of_.topic + " at offset " + std::to_string(*position) +
                        " for a minute: either its broker is away, or a daemon that runs, or that "
                        "was killed just now, has a transaction open there");
    }
  }
  return {};
}

bool WaitUnlessStopped(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace latecomer
