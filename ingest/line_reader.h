// Splits bytes into lines, with a bound on their length.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "ingest/byte_source.h"

namespace latecomer {

// A line, or an item of an array, of a text format. `text` may be written to and is followed by a
// NUL (unless `too_long`), for parsing in place; it is valid until the next call.
struct RecordText {
  char* text = nullptr;
  std::size_t size = 0;
  std::uint64_t number = 0;  // of the line or the item, from 1
  std::uint64_t bytes = 0;   // on disk (unpacked), also where `too_long`
  bool too_long = false;     // dropped while it was read; `text` is its beginning
};

inline constexpr std::size_t kRecordBytesMax = 32U << 20U;
inline constexpr std::size_t kRecordStartBytes = 1024;  // kept of what is too long

class LineReader {
 public:
  explicit LineReader(ByteSource& source, std::size_t line_bytes_max = kRecordBytesMax)
      : source_(source), line_bytes_max_(line_bytes_max), buffer_(kBlockBytes + 1) {}

  // The next line without its LF or CRLF; false at the end. An error of the source comes after all
  // whole lines before it. Memory: twice the longest line within the bound.
  Result<bool> Next(RecordText& line);

 private:
  static constexpr std::size_t kBlockBytes = 256U << 10U;

  Status Fill();
  Result<bool> SkipLong(RecordText& line);

  ByteSource& source_;
  std::size_t line_bytes_max_;
  std::vector<char> buffer_;  // one byte more than is read, for the NUL
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace latecomer
