#include "ingest/cursor_store.h"

#include "stream/topics.h"

namespace latecomer {

Result<std::optional<std::string>> ReadCursor(Stream& stream, const std::string& source,
                                              const std::string& key) {
  Result<std::int32_t> count = stream.PartitionCount(kCursorsTopic);
  if (!count) return count.error();
  const TopicPartition partition{kCursorsTopic, PartitionOf(source, *count)};
  Result<std::int64_t> end = stream.EndOffset(partition);
  if (!end) return end.error();
  ReaderSettings reading;
  reading.partitions = {partition};
  Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
  if (!reader) return reader.error();
  std::optional<std::string> found;
  while (true) {
    Result<std::int64_t> position = (*reader)->Position(partition);
    if (!position) return position.error();
    if (*position >= *end) return found;
    Result<Polled> polled = (*reader)->Poll(1'000, std::chrono::milliseconds(100));
    if (!polled) return polled.error();
    auto* records = std::get_if<Records>(&*polled);
    if (records == nullptr) continue;
    for (Record& record : records->records) {
      if (record.key == key) found = std::move(record.value);
    }
  }
}

}  // namespace latecomer
