#include "ingest/http_lines.h"

#include <algorithm>

namespace latecomer {

void LineSplitter::Feed(std::string_view bytes) {
  DropTaken();
  buffer_ += bytes;
}

void LineSplitter::DropTaken() {
  buffer_.erase(0, begin_);
  looked_ -= begin_;
  begin_ = 0;
}

bool LineSplitter::Next(Line& line) {
  if (skip_lf_ && begin_ < buffer_.size()) {
    skip_lf_ = false;
    if (buffer_[begin_] == '\n') ++begin_;
    looked_ = std::max(looked_, begin_);
  }
  const std::size_t end =
      ends_ == Ends::kLf ? buffer_.find('\n', looked_) : buffer_.find_first_of("\r\n", looked_);
  if (end == std::string::npos) {
    looked_ = buffer_.size();
    if (buffer_.size() - begin_ > line_max_) {
      buffer_.clear();
      begin_ = looked_ = 0;
      skip_line_ = true;
    }
    return false;
  }
  std::string_view text = std::string_view(buffer_).substr(begin_, end - begin_);
  if (ends_ == Ends::kLf && text.ends_with('\r')) text.remove_suffix(1);
  skip_lf_ = buffer_[end] == '\r';
  begin_ = looked_ = end + 1;
  line.too_long = skip_line_ || text.size() > line_max_;
  line.text = line.too_long ? std::string_view() : text;
  skip_line_ = false;
  return true;
}

}  // namespace latecomer
