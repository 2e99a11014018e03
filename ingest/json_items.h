// The items of one array in a large JSON document, one by one, without holding the document.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/line_reader.h"

namespace latecomer {

// Finds the array by counting brackets outside strings; each item is for the caller to parse.
class JsonItemReader {
 public:
  // `key` empty: the array is the first `[` of the document, whatever stands before it (as
  // `window.YTD.tweets.part0 = [`). Else: the member of that name of the object that the document
  // is.
  JsonItemReader(ByteSource& source, std::string key, std::size_t item_bytes_max = kRecordBytesMax)
      : source_(source),
        key_(std::move(key)),
        item_bytes_max_(item_bytes_max),
        block_(kBlockBytes) {}

  // The next item; false at the end of the array. kInvalid: there is no such array, or the document
  // ends within it. Memory: one item within the bound; a longer one is dropped as it is read.
  Result<bool> Next(RecordText& item);

 private:
  static constexpr std::size_t kBlockBytes = 64U << 10U;
  static constexpr std::size_t kKeyBytesMax = 256;

  static constexpr int kEnd = -1;
  static constexpr int kError = -2;  // see error_

  // The next byte, kEnd or kError.
  int Byte() {
    if (begin_ == end_) return Refill();
    return static_cast<unsigned char>(block_[begin_++]);
  }
  int Refill();
  std::uint64_t position() const { return passed_ + begin_; }
  Status FindArray();
  Result<bool> FindKey();
  Result<bool> ReadString(std::string* text);
  void Append(char c);

  ByteSource& source_;
  std::string key_;
  std::size_t item_bytes_max_;
  std::vector<char> block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t passed_ = 0;
  Error error_;
  std::vector<char> item_;
  std::uint64_t item_bytes_ = 0;
  std::uint64_t number_ = 0;
  bool found_ = false;
};

}  // namespace latecomer
