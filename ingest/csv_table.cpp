#include "ingest/csv_table.h"

#include <array>

#include "ingest/archive_detect.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::array<char, 3> kDelimiters = {',', ';', '\t'};

char Plain(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + 32);
  return c == '-' || c == ' ' ? '_' : c;
}

bool SameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Plain(a[i]) != Plain(b[i])) return false;
  }
  return true;
}

void CheckRow(ArchiveOutput& out, const CsvHeader& header, const CsvRow& row,
              const std::function<void(const CsvRow& row)>& sink) {
  std::string start(row.text.substr(0, kSampleBytesMax));
  out.StartLine({start.data(), start.size(), row.line, row.text.size(), false});
  if (!row.fault.empty()) {
    out.Reject("", row.fault);
    return;
  }
  if (row.count != header.size()) {
    out.Reject("", "The row has " + std::to_string(row.count) + " values, the header names " +
                       std::to_string(header.size()) + ".");
    return;
  }
  const std::size_t bad = FindInvalidUtf8(row.text);
  if (bad != row.text.size()) {
    out.Reject("", "Invalid UTF-8 at byte " + std::to_string(bad + 1) + " of the row.");
    return;
  }
  if (row.text.find('\0') != std::string_view::npos) {
    out.Reject("", "The row holds NUL.");
    return;
  }
  sink(row);
}

}  // namespace

std::size_t CsvHeader::Find(std::initializer_list<std::string_view> names) const {
  for (std::string_view name : names) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (SameName(names_[i], name)) return i;
    }
  }
  return kNone;
}

char FindCsvDelimiter(std::string_view head, const HeaderTest& fits) {
  for (char delimiter : kDelimiters) {
    if (fits(CsvHeader(SplitCsvHeader(head, delimiter)))) return delimiter;
  }
  return 0;
}

Status ReadCsv(ArchiveInput& input, const HeaderTest& fits,
               const std::function<Status(const CsvHeader& header)>& start,
               const std::function<void(const CsvRow& row)>& sink) {
  const std::string head(input.source.Peek(kDetectBytes));
  const char found = FindCsvDelimiter(head, fits);
  const char delimiter = found != 0 ? found : ',';
  const CsvHeader header(SplitCsvHeader(head, delimiter));
  Status started = start(header);
  if (!started) return Invalid(input.out.name() + ":1: " + started.error().message);
  CsvReader reader(input.source, delimiter);
  CsvRow row;
  Result<bool> more = reader.Next(row);  // the header itself
  while (more && *more && !input.out.stopped()) {
    more = reader.Next(row);
    if (more && *more) CheckRow(input.out, header, row, sink);
  }
  if (!more) return more.error();
  return {};
}

}  // namespace latecomer
