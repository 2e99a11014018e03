// Rows of comma-separated values (RFC 4180), strictly: a row whose quoting is broken is reported,
// never repaired, so that no value is taken for that of another column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/byte_source.h"

namespace latecomer {

struct CsvRow {
  std::vector<std::string> fields;  // only the first `count` of them count
  std::size_t count = 0;
  std::uint64_t line = 0;  // where it begins, from 1
  std::string_view text;   // as it stands; valid until the next call
  std::string fault;       // a sentence; empty: none
};

class CsvReader {
 public:
  static constexpr std::size_t kRowBytesMax = 1U << 20U;

  CsvReader(ByteSource& source, char delimiter);

  // The next row that is not blank; false at the end. A row with a fault spans its first line only:
  // reading goes on with the line after it, so that a quote that is never closed costs one line and
  // not the rest of the file.
  Result<bool> Next(CsvRow& row);

 private:
  static constexpr std::size_t kBlockBytes = 64U << 10U;
  enum class Parse { kRow, kMore, kFault };

  Status Fill();
  Parse More(CsvRow& row, const char* otherwise) const;
  Parse ParseRow(CsvRow& row, std::size_t& used) const;
  Parse ParseQuoted(std::string& field, std::size_t& at, CsvRow& row) const;
  Parse ParsePlain(std::string& field, std::size_t& at, CsvRow& row) const;
  Result<bool> SkipLine(CsvRow& row);
  std::string_view rest() const { return {buffer_.data() + begin_, end_ - begin_}; }

  ByteSource& source_;
  char delimiter_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_ = 1;
  bool ended_ = false;
};

// The names in a header line; empty if it is badly quoted.
std::vector<std::string> SplitCsvHeader(std::string_view head, char delimiter);

}  // namespace latecomer
