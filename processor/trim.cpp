#include "processor/trim.h"

#include <algorithm>

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kPollWait{200};
constexpr int kPollsMax = 25;

// When the first record in [offset, end) was appended; nothing where there is none.
Result<std::optional<TimeMs>> TimeAt(Reader& reader, const TopicPartition& partition,
                                     std::int64_t offset, std::int64_t end) {
  if (Status status = reader.Seek(partition, offset); !status) return status.error();
  for (int attempt = 0; attempt < kPollsMax; ++attempt) {
    Result<Polled> polled = reader.Poll(1, kPollWait);
    if (!polled) return polled.error();
    const auto* records = std::get_if<Records>(&*polled);
    if (records != nullptr && !records->records.empty()) {
      return std::optional<TimeMs>(records->records.front().timestamp);
    }
    Result<std::int64_t> position = reader.Position(partition);
    if (!position) return position.error();
    if (*position >= end) return std::optional<TimeMs>();
  }
  return RetryLater("no record of " + partition.topic + " could be read within some seconds");
}

}  // namespace

Status TrimBefore(Stream& stream, const TopicPartition& partition, std::int64_t committed,
                  TimeMs time) {
  Result<std::int64_t> start = stream.StartOffset(partition);
  if (!start) return start.error();
  if (*start >= committed) return {};
  ReaderSettings reading;
  reading.partitions = {partition};
  Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
  if (!reader) return reader.error();
  std::int64_t low = *start;  // everything below is old
  std::int64_t high = committed;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    Result<std::optional<TimeMs>> at = TimeAt(**reader, partition, middle, committed);
    if (!at) return at.error();
    if (*at && **at < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > *start ? stream.Trim(partition, low) : Status();
}

}  // namespace latecomer
