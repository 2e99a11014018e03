// A CSV file with a header line, its columns asked for by name.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/archive_format.h"
#include "ingest/csv_reader.h"

namespace latecomer {

class CsvHeader {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  CsvHeader() = default;
  explicit CsvHeader(std::vector<std::string> names) : names_(std::move(names)) {}

  // The first column with one of these names (case does not count, and `_`, `-` and blanks are
  // one), in the order of the names; kNone.
  std::size_t Find(std::initializer_list<std::string_view> names) const;
  std::size_t Find(std::string_view name) const { return Find({name}); }
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

// Whether the first line is a header of which `fits` holds, with a comma, a semicolon or a tab
// between its names; which of them, or 0.
using HeaderTest = std::function<bool(const CsvHeader& header)>;
char FindCsvDelimiter(std::string_view head, const HeaderTest& fits);

// Calls `sink` for each row that has as many fields as the header; rejects the others. `start` is
// given the header first, and may refuse it.
Status ReadCsv(ArchiveInput& input, const HeaderTest& fits,
               const std::function<Status(const CsvHeader& header)>& start,
               const std::function<void(const CsvRow& row)>& sink);

// The field of that column; "" for kNone.
inline std::string_view CsvField(const CsvRow& row, std::size_t column) {
  return column < row.count ? std::string_view(row.fields[column]) : std::string_view();
}

}  // namespace latecomer
