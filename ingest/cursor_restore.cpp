#include "ingest/cursor_restore.h"

namespace latecomer {
namespace {

constexpr std::size_t kRecordsAtOnce = 5'000;

}  // namespace

Result<CursorRestore> CursorRestore::Begin(Stream& stream, const TopicPartition& partition,
                                           const std::vector<std::string>& sources) {
  Result<std::int64_t> end = stream.EndOffset(partition);
  if (!end) return end.error();
  ReaderSettings reading;
  reading.partitions = {partition};
  Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
  if (!reader) return reader.error();
  CursorRestore restore(std::move(*reader), partition, *end);
  for (const std::string& source : sources) restore.cursors_[source];
  return restore;
}

Result<bool> CursorRestore::Step(std::chrono::milliseconds wait) {
  Result<std::int64_t> position = reader_->Position(partition_);
  if (!position) return position.error();
  if (*position >= end_) return true;
  Result<Polled> polled = reader_->Poll(kRecordsAtOnce, wait);
  if (!polled) return polled.error();
  if (auto* records = std::get_if<Records>(&*polled)) {
    for (Record& record : records->records) Apply(record);
  }
  position = reader_->Position(partition_);
  if (!position) return position.error();
  return *position >= end_;
}

void CursorRestore::Apply(Record& record) {
  ++records_;
  const std::string_view whole = record.key;
  const std::size_t blank = whole.find(' ');
  const auto source = cursors_.find(whole.substr(0, blank));
  if (source == cursors_.end()) return;
  const std::string_view key =
      blank == std::string_view::npos ? std::string_view() : whole.substr(blank + 1);
  if (record.value) {
    source->second.insert_or_assign(std::string(key), std::move(*record.value));
  } else if (const auto old = source->second.find(key); old != source->second.end()) {
    source->second.erase(old);
  }
}

}  // namespace latecomer
