#include "ingest/json_items.h"

namespace latecomer {
namespace {

bool IsBlank(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

int JsonItemReader::Refill() {
  Result<std::size_t> got = source_.Read(block_.data(), block_.size());
  if (!got) {
    error_ = got.error();
    return kError;
  }
  passed_ += end_;
  begin_ = 0;
  end_ = *got;
  return end_ == 0 ? kEnd : static_cast<unsigned char>(block_[begin_++]);
}

// Reads on behind the closing quote; false if the document ends first. `text` (if asked for) is
// the string as it stands, cut at kKeyBytesMax.
Result<bool> JsonItemReader::ReadString(std::string* text) {
  bool escaped = false;
  for (;;) {
    const int c = Byte();
    if (c == kError) return error_;
    if (c == kEnd) return false;
    if (c == '"' && !escaped) return true;
    escaped = c == '\\' && !escaped;
    if (text != nullptr && text->size() < kKeyBytesMax) text->push_back(static_cast<char>(c));
  }
}

// Moves behind the bracket that opens the array of the member key_; false if there is none.
Result<bool> JsonItemReader::FindKey() {
  std::uint64_t depth = 0;
  std::string last;    // the latest string at depth 1
  bool named = false;  // that string and a colon: a value follows
  for (;;) {
    const int c = Byte();
    if (c == kError) return error_;
    if (c == kEnd) return false;
    if (IsBlank(c)) continue;
    if (c == '[' && depth == 1 && named && last == key_) return true;
    if (c == '"') {
      last.clear();
      Result<bool> whole = ReadString(depth == 1 ? &last : nullptr);
      if (!whole) return whole.error();
      if (!*whole) return false;
      named = false;
    } else if (c == ':') {
      named = true;
    } else {
      named = false;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) return false;
    }
  }
}

Status JsonItemReader::FindArray() {
  found_ = true;
  if (!key_.empty()) {
    Result<bool> found = FindKey();
    if (!found) return found.error();
    if (!*found) return Invalid("The document has no array `" + key_ + "`.");
    return {};
  }
  for (;;) {
    const int c = Byte();
    if (c == kError) return error_;
    if (c == kEnd) return Invalid("The document has no array.");
    if (c == '[') return {};
  }
}

void JsonItemReader::Append(char c) {
  ++item_bytes_;
  if (item_bytes_ <= item_bytes_max_) item_.push_back(c);
}

Result<bool> JsonItemReader::Next(RecordText& item) {
  if (!found_) {
    Status found = FindArray();
    if (!found) return found.error();
  }
  item_.clear();
  item_bytes_ = 0;
  std::uint64_t depth = 0;
  bool in_string = false;
  bool escaped = false;
  for (;;) {
    const int c = Byte();
    if (c == kError) return error_;
    if (c == kEnd) {
      return Invalid("The array ends too early, at byte " + std::to_string(position()) + ".");
    }
    if (item_bytes_ == 0 && (IsBlank(c) || c == ',')) continue;
    if (!in_string && depth == 0 && (c == ',' || c == ']')) {
      const bool at_end = c == ']';
      if (at_end && item_bytes_ == 0) return false;
      if (at_end) --begin_;  // met again by the next call
      break;
    }
    Append(static_cast<char>(c));
    if (in_string) {
      if (c == '"' && !escaped) in_string = false;
      escaped = c == '\\' && !escaped;
      continue;
    }
    if (c == '"') {
      in_string = true;
      escaped = false;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  const bool too_long = item_bytes_ > item_bytes_max_;
  if (too_long) item_.resize(kRecordStartBytes);
  const std::size_t size = item_.size();
  item_.push_back('\0');
  item = {item_.data(), size, ++number_, item_bytes_, too_long};
  return true;
}

}  // namespace latecomer
