#include "ingest/csv_reader.h"

#include <algorithm>
#include <cstring>

namespace latecomer {
namespace {

constexpr const char* kTooLong = "The row is longer than 1 MiB.";

}  // namespace

CsvReader::CsvReader(ByteSource& source, char delimiter)
    : source_(source), delimiter_(delimiter), buffer_(kBlockBytes) {}

Status CsvReader::Fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) {
    buffer_.resize(std::min(buffer_.size() * 2, kRowBytesMax + kBlockBytes));
  }
  Result<std::size_t> got = source_.Read(buffer_.data() + end_, buffer_.size() - end_);
  if (!got) return got.error();
  end_ += *got;
  ended_ = *got == 0;
  return {};
}

// The row goes on behind what has been read, unless there is no more or it passes its bound.
CsvReader::Parse CsvReader::More(CsvRow& row, const char* otherwise) const {
  if (!ended_ && rest().size() <= kRowBytesMax) return Parse::kMore;
  row.fault = otherwise;
  return Parse::kFault;
}

// `at` is behind the opening quote, and comes to stand behind the closing one.
CsvReader::Parse CsvReader::ParseQuoted(std::string& field, std::size_t& at, CsvRow& row) const {
  const std::string_view text = rest();
  for (;;) {
    const std::size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) {
      return More(row, "A quote is opened and not closed.");
    }
    field.append(text.substr(at, quote - at));
    at = quote + 1;
    if (at == text.size()) return ended_ ? Parse::kRow : More(row, kTooLong);
    if (text[at] != '"') break;
    field += '"';
    ++at;
  }
  const char next = text[at];
  if (next == delimiter_ || next == '\n') return Parse::kRow;
  if (next == '\r') {
    if (at + 1 == text.size()) return ended_ ? Parse::kRow : More(row, kTooLong);
    if (text[at + 1] == '\n') return Parse::kRow;
  }
  row.fault = "A quote inside a quoted value is not doubled.";
  return Parse::kFault;
}

CsvReader::Parse CsvReader::ParsePlain(std::string& field, std::size_t& at, CsvRow& row) const {
  const std::string_view text = rest();
  std::size_t end = at;
  while (end < text.size() && text[end] != delimiter_ && text[end] != '\n') ++end;
  if (end == text.size() && !ended_) return More(row, kTooLong);
  field.assign(text.substr(at, end - at));
  at = end;
  if (field.ends_with('\r') && (end == text.size() || text[end] == '\n')) field.pop_back();
  if (field.find('"') == std::string::npos) return Parse::kRow;
  row.fault = "A quote stands in a value that does not begin with one.";
  return Parse::kFault;
}

// `used`: bytes of the row with its line end.
CsvReader::Parse CsvReader::ParseRow(CsvRow& row, std::size_t& used) const {
  const std::string_view text = rest();
  std::size_t at = 0;
  row.count = 0;
  for (;;) {
    if (row.count == row.fields.size()) row.fields.emplace_back();
    std::string& field = row.fields[row.count++];
    field.clear();
    const bool quoted = at < text.size() && text[at] == '"';
    if (quoted) ++at;
    const Parse parsed = quoted ? ParseQuoted(field, at, row) : ParsePlain(field, at, row);
    if (parsed != Parse::kRow) return parsed;
    if (at > kRowBytesMax) {
      row.fault = kTooLong;
      return Parse::kFault;
    }
    if (at < text.size() && text[at] == delimiter_) {
      ++at;
      continue;
    }
    if (at < text.size() && text[at] == '\r') ++at;
    used = at < text.size() ? at + 1 : at;
    row.text = text.substr(0, at);
    return Parse::kRow;
  }
}

// Passes over the first line of a row with a fault.
Result<bool> CsvReader::SkipLine(CsvRow& row) {
  row.line = line_++;
  row.count = 0;
  std::size_t lf = rest().find('\n');
  while (lf == std::string_view::npos && !ended_ && rest().size() <= kRowBytesMax) {
    Status filled = Fill();
    if (!filled) return filled.error();
    lf = rest().find('\n');
  }
  if (lf != std::string_view::npos || ended_) {
    row.text = rest().substr(0, lf);
    begin_ += lf == std::string_view::npos ? rest().size() : lf + 1;
    return true;
  }
  // The line is longer than the buffer: its beginning is kept for the report.
  constexpr std::size_t kKept = 1024;
  std::memmove(buffer_.data(), buffer_.data() + begin_, kKept);
  begin_ = end_ = kKept;
  while (!ended_) {
    Result<std::size_t> got = source_.Read(buffer_.data() + kKept, buffer_.size() - kKept);
    if (!got) return got.error();
    ended_ = *got == 0;
    begin_ = kKept;
    end_ = kKept + *got;
    const std::size_t found = rest().find('\n');
    begin_ = found == std::string_view::npos ? end_ : begin_ + found + 1;
    if (found != std::string_view::npos) break;
  }
  row.text = {buffer_.data(), kKept};
  return true;
}

Result<bool> CsvReader::Next(CsvRow& row) {
  for (;;) {
    if (rest().empty() && !ended_) {
      Status filled = Fill();
      if (!filled) return filled.error();
      continue;
    }
    if (rest().empty()) return false;
    row.fault.clear();
    std::size_t used = 0;
    switch (ParseRow(row, used)) {
      case Parse::kMore: {
        Status filled = Fill();
        if (!filled) return filled.error();
        break;
      }
      case Parse::kFault:
        return SkipLine(row);
      case Parse::kRow:
        row.line = line_;
        line_ += static_cast<std::uint64_t>(
            std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                       buffer_.begin() + static_cast<std::ptrdiff_t>(begin_ + used), '\n'));
        begin_ += used;
        if (row.count == 1 && row.fields[0].empty()) break;  // a blank line
        return true;
    }
  }
}

std::vector<std::string> SplitCsvHeader(std::string_view head, char delimiter) {
  const std::unique_ptr<ByteSource> source = MakeMemorySource(head);
  CsvReader reader(*source, delimiter);
  CsvRow row;
  Result<bool> got = reader.Next(row);
  if (!got || !*got || !row.fault.empty()) return {};
  row.fields.resize(row.count);
  for (std::string& name : row.fields) {
    const std::size_t begin = name.find_first_not_of(" \t");
    const std::size_t end = name.find_last_not_of(" \t");
    name = begin == std::string::npos ? "" : name.substr(begin, end - begin + 1);
  }
  return std::move(row.fields);
}

}  // namespace latecomer
