// Writes batches of posts into the stream, each one transaction with the cursors that cover it: a
// cursor never becomes durable before the data. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/archive.h"
#include "ingest/post_batch.h"
#include "model/post.h"
#include "stream/stream.h"

namespace latecomer {

// Shows the stream that the writer's source is still its own: the transaction commits an offset of
// the owned partition of `cursors` under the group's present generation, which fails for a member
// that has lost it (KIP-447).
struct SourceFence {
  GroupMetadata group;
  TopicPartition partition;
  std::int64_t next = 0;  // at most the partition's end; nothing reads it
};

class PostWriter {
 public:
  // `source` names the cursor's partition and the rejects; one writer a source: a second one fences
  // the first, which then fails with kConflict.
  static Result<PostWriter> Open(Stream& stream, const std::string& source);

  // Makes the batch durable, or nothing of it; the batch is not changed. `fence` may be null.
  // `may_commit` (may be empty) is asked last, before the commit: false aborts, kConflict.
  // kRetryLater: try again. kConflict: fenced, or the outcome is not known; this writer is of no
  // more use, and only the cursors in the stream say what was written. kFatal, kCorrupt: as the
  // stream's. Blocks as Writer::Commit does.
  Status Write(const PostBatch& batch, const SourceFence* fence,
               const std::function<bool()>& may_commit = {});

  // For who writes alone, without a group (import, forget): a batch of the writer's own.
  Status Add(std::string_view hashtag, const PostsValue& value) {
    return batch_.Add(hashtag, value);
  }
  Status AddReject(const Reject& reject);
  bool IsFull() const { return batch_.IsFull(); }
  // Makes the batch and the cursor durable. `cursor_key` is whole: the source's name, and after one
  // space what else it has. kRetryLater: the batch is kept, call again.
  Status Commit(const std::string& cursor_key, std::string_view cursor_value);

 private:
  PostWriter(std::unique_ptr<Writer> writer, std::string source, std::int32_t partitions,
             std::int32_t cursor_partition)
      : writer_(std::move(writer)),
        batch_(std::move(source)),
        partitions_(partitions),
        cursor_partition_(cursor_partition) {}
  Status AppendAll(const PostBatch& batch);

  std::unique_ptr<Writer> writer_;
  PostBatch batch_;
  std::int32_t partitions_;
  std::int32_t cursor_partition_;
};

}  // namespace latecomer
