// Writes posts into the stream in batches, each one transaction with the cursor that covers it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/archive.h"
#include "model/post.h"
#include "stream/stream.h"

namespace latecomer {

class PostWriter {
 public:
  // `source` names the cursor's partition and the rejects; one writer a source: a second one fences
  // the first, which then fails with kConflict.
  static Result<PostWriter> Open(Stream& stream, const std::string& source);

  // Adds to the batch. A Forget goes into every partition. kInvalid: longer than kPostBytesMax.
  Status Add(std::string_view hashtag, const PostsValue& value);
  Status AddReject(const Reject& reject);
  bool IsFull() const { return records_ >= kBatchRecordsMax || bytes_ >= kBatchBytesMax; }
  // Makes the batch and the cursor durable, or nothing of it. kRetryLater: the batch is kept, call
  // again.
  Status Commit(const std::string& cursor_key, std::string_view cursor_value);

  static constexpr std::size_t kBatchRecordsMax = 5'000;
  static constexpr std::size_t kBatchBytesMax = 8U << 20U;

 private:
  struct Held {
    bool reject;
    std::int32_t partition;
    std::string key;
    std::string value;
  };
  PostWriter(std::unique_ptr<Writer> writer, std::string source, std::int32_t partitions,
             std::int32_t cursor_partition)
      : writer_(std::move(writer)),
        source_(std::move(source)),
        partitions_(partitions),
        cursor_partition_(cursor_partition) {}
  Status Write(const std::string& cursor_key, std::string_view cursor_value);

  std::unique_ptr<Writer> writer_;
  std::string source_;
  std::int32_t partitions_;
  std::int32_t cursor_partition_;
  std::vector<Held> held_;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace latecomer
