#include "ingest/post_writer.h"

#include "base/json_out.h"
#include "model/post_json.h"
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

Status PostWriter::Add(std::string_view hashtag, const PostsValue& value) {
  std::string json;
  AppendPostsValue(json, value);
  if (json.size() > kPostBytesMax) {
    return Invalid("longer than " + std::to_string(kPostBytesMax) + " bytes as a canonical post");
  }
  bytes_ += json.size();
  ++records_;
  if (std::holds_alternative<Forget>(value)) {
    for (std::int32_t p = 0; p < partitions_; ++p) {
      held_.push_back({false, p, std::string(hashtag), json});
    }
    return {};
  }
  held_.push_back(
      {false, PartitionOf(hashtag, partitions_), std::string(hashtag), std::move(json)});
  return {};
}

Status PostWriter::AddReject(const Reject& reject) {
  std::string json;
  JsonObject object(json);
  object.Int("v", 1).String("source", source_).String("reason", reject.reason);
  object.String("where", reject.where).Uint("bytes", reject.bytes);
  object.String("sample", reject.sample).Close();
  bytes_ += json.size();
  ++records_;
  held_.push_back({true, 0, source_, std::move(json)});
  return {};
}

Status PostWriter::Write(const std::string& cursor_key, std::string_view cursor_value) {
  if (Status s = writer_->Begin(); !s) return s;
  for (const Held& held : held_) {
    const char* const topic = held.reject ? kRejectsTopic : kPostsTopic;
    if (Status s = writer_->Append(topic, held.partition, held.key, held.value); !s) return s;
  }
  // In the same transaction: the cursor never becomes durable before what it covers.
  Status s = writer_->Append(kCursorsTopic, cursor_partition_, cursor_key, cursor_value);
  return s ? writer_->Commit() : s;
}

Status PostWriter::Commit(const std::string& cursor_key, std::string_view cursor_value) {
  if (Status s = Write(cursor_key, cursor_value); !s) return s;
  held_.clear();
  records_ = 0;
  bytes_ = 0;
  return {};
}

}  // namespace latecomer
