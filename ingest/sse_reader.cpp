#include "ingest/sse_reader.h"

#include <algorithm>
#include <charconv>

namespace latecomer {
namespace {

constexpr std::size_t kNameBytesMax = 1024;  // of an event's type and of an id
constexpr std::int64_t kRetryMsMax = 86'400'000;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::optional<std::chrono::milliseconds> ReadRetry(std::string_view value) {
  const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                    [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  std::int64_t number = kRetryMsMax;  // stays where there are too many digits
  std::from_chars(value.data(), value.data() + value.size(), number);
  return std::chrono::milliseconds(std::min(number, kRetryMsMax));
}

}  // namespace

bool SseReader::Next(SseEvent& event) {
  LineSplitter::Line line;
  while (lines_.Next(line)) {
    if (first_line_ && line.text.starts_with(kByteOrderMark)) {
      line.text.remove_prefix(kByteOrderMark.size());
    }
    first_line_ = false;
    if (line.too_long) {
      too_large_ = true;
    } else if (!line.text.empty()) {
      TakeField(line.text);
    } else if (Dispatch(event)) {
      return true;
    }
  }
  return false;
}

void SseReader::TakeField(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0) {
    ++comments_;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (data_.size() + value.size() + 1 > bytes_max_) too_large_ = true;
    if (too_large_) return;
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    if (value.size() > kNameBytesMax) {
      too_large_ = true;
    } else {
      event_ = value;
    }
  } else if (name == "id") {
    if (value.size() <= kNameBytesMax && value.find('\0') == std::string_view::npos) {
      id_ = value;
    }
  } else if (name == "retry") {
    if (const auto retry = ReadRetry(value)) retry_ = retry;
  }
}

// The empty line: the end of an event, if there is one.
bool SseReader::Dispatch(SseEvent& event) {
  last_event_id_ = id_;  // not before: the event may yet be cut short
  const bool whole = has_data_ && !too_large_;
  if (too_large_) ++dropped_;
  if (whole) {
    event.event = event_.empty() ? "message" : event_;
    event.data = std::move(data_);
  }
  event_.clear();
  data_.clear();
  has_data_ = false;
  too_large_ = false;
  return whole;
}

}  // namespace latecomer
