#include "ingest/line_reader.h"

#include <algorithm>
#include <cstring>

namespace latecomer {

// Reads more bytes behind those that are there.
Status LineReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + 1 == buffer_.size()) {
    buffer_.resize(std::min(buffer_.size() * 2, line_bytes_max_ + kBlockBytes + 1));
  }
  Result<std::size_t> got = source_.Read(buffer_.data() + end_, buffer_.size() - 1 - end_);
  if (!got) return got.error();
  end_ += *got;
  ended_ = *got == 0;
  return {};
}

Result<bool> LineReader::Next(RecordText& line) {
  std::size_t searched = 0;
  for (;;) {
    char* start = buffer_.data() + begin_;
    const std::size_t there = end_ - begin_;
    const auto* lf = static_cast<char*>(std::memchr(start + searched, '\n', there - searched));
    if (lf == nullptr && there > line_bytes_max_) return SkipLong(line);
    if (lf == nullptr && !ended_) {
      searched = there;
      Status filled = Fill();
      if (!filled) return filled.error();
      continue;
    }
    if (lf == nullptr && there == 0) return false;
    std::size_t size = lf != nullptr ? static_cast<std::size_t>(lf - start) : there;
    line = {start, size, ++number_, size + (lf != nullptr ? 1 : 0), false};
    begin_ += static_cast<std::size_t>(line.bytes);
    if (size > line_bytes_max_) {
      line.too_long = true;
      size = kRecordStartBytes;
    } else if (size > 0 && start[size - 1] == '\r') {
      --size;
    }
    start[size] = '\0';
    line.size = size;
    return true;
  }
}

// Reads on to the end of a line that passes the bound, keeping its beginning only.
Result<bool> LineReader::SkipLong(RecordText& line) {
  std::uint64_t bytes = end_ - begin_;
  end_ = begin_ + kRecordStartBytes;
  const std::size_t keep = end_;
  for (;;) {
    Result<std::size_t> got = source_.Read(buffer_.data() + keep, buffer_.size() - 1 - keep);
    if (!got) return got.error();
    char* block = buffer_.data() + keep;
    const auto* lf = static_cast<char*>(std::memchr(block, '\n', *got));
    if (lf == nullptr && *got > 0) {
      bytes += *got;
      continue;
    }
    const std::size_t used = lf != nullptr ? static_cast<std::size_t>(lf - block) + 1 : 0;
    ended_ = *got == 0;
    line = {buffer_.data() + begin_, kRecordStartBytes, ++number_, bytes + used, true};

    begin_ = keep + used;
    end_ = keep + *got;
    if (used == 0) begin_ = end_;
    return true;
  }
}

}  // namespace latecomer
