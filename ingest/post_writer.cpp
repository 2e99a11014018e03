#include "ingest/post_writer.h"

#include "stream/topics.h"

namespace latecomer {

Result<PostWriter> PostWriter::Open(Stream& stream, const std::string& source) {
  Result<std::int32_t> partitions = stream.PartitionCount(kPostsTopic);
  if (!partitions) return partitions.error();
  Result<std::int32_t> cursors = stream.PartitionCount(kCursorsTopic);
  if (!cursors) return cursors.error();
  Result<std::unique_ptr<Writer>> writer = stream.NewWriter("latecomer-ingest-" + source);
  if (!writer) return writer.error();
  return PostWriter(std::move(*writer), source, *partitions, PartitionOf(source, *cursors));
}

Status PostWriter::AddReject(const Reject& reject) {
  batch_.AddReject(reject);
  return {};
}

Status PostWriter::AppendAll(const PostBatch& batch) {
  using Kind = PostBatch::Held::Kind;
  for (const PostBatch::Held& held : batch.held()) {
    Status status;
    if (held.kind == Kind::kReject) {
      status = writer_->Append(kRejectsTopic, 0, held.key, held.value);
    } else if (held.kind == Kind::kPost) {
      status =
          writer_->Append(kPostsTopic, PartitionOf(held.key, partitions_), held.key, held.value);
    } else {
      for (std::int32_t p = 0; p < partitions_ && status; ++p) {
        status = writer_->Append(kPostsTopic, p, held.key, held.value);
      }
    }
    if (!status) return status;
  }
  for (const auto& [key, value] : batch.cursors()) {
    std::optional<std::string_view> text;
    if (value) text = *value;
    const std::string whole = CursorRecordKey(batch.source(), key);
    if (Status s = writer_->Append(kCursorsTopic, cursor_partition_, whole, text); !s) return s;
  }
  return {};
}

Status PostWriter::Write(const PostBatch& batch, const SourceFence* fence,
                         const std::function<bool()>& may_commit) {
  if (Status begun = writer_->Begin(); !begun) return begun;
  Status status = AppendAll(batch);
  if (status && fence != nullptr) {
    status = writer_->SendOffsets(fence->group, fence->partition, fence->next);
  }
  if (status && may_commit && !may_commit()) {
    status = Conflict("Source " + batch.source() + " is no longer owned here.");
  }
  if (status) return writer_->Commit();
  // The first failure is the one that is reported, unless it sounds as if this writer could go on.
  const Status aborted = writer_->Abort();
  if (!aborted && status.error().code == ErrorCode::kRetryLater) {
    return Conflict(status.error().message + " Aborting failed too: " + aborted.error().message);
  }
  return status;
}

Status PostWriter::Commit(const std::string& cursor_key, std::string_view cursor_value) {
  const std::size_t name = batch_.source().size();
  const std::string_view key =
      cursor_key.size() > name ? std::string_view(cursor_key).substr(name + 1) : std::string_view();
  if (Status moved = batch_.MoveCursor(key, cursor_value); !moved) return moved;
  if (Status written = Write(batch_, nullptr); !written) return written;
  batch_.Clear();
  return {};
}

}  // namespace latecomer
