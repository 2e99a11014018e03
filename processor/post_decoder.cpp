#include "processor/post_decoder.h"

#include <utility>

#include "model/hashtag.h"

namespace latecomer {

Result<VersionInput> PostDecoder::Decode(Record&& record) {
  if (!record.value) return Invalid("a record without a value");
  if (Status status = reader_.Read(*record.value); !status) return status.error();
  // A Forget is appended to every partition, whatever its key.
  const bool everywhere = std::holds_alternative<Forget>(reader_.value());
  if (!everywhere && record.key.empty()) return Invalid("a record without a hashtag as its key");
  // The keys of `timelines` begin with the hashtag and a blank.
  if (!everywhere && record.key != folded_) {
    const Result<std::string> folded = FoldHashtag(record.key);
    if (!folded || *folded != record.key) return Invalid("the key is no folded hashtag");
    folded_ = record.key;
  }
  if (!everywhere && PartitionOf(record.key, partitions_) != record.partition) {
    return Invalid("the hashtag does not belong to partition " + std::to_string(record.partition));
  }
  if (used_ == held_.size()) held_.emplace_back();
  Held& held = held_[used_++];
  held.hashtag = std::move(record.key);
  std::swap(held.value, reader_.value());
  held.content.clear();

  VersionInput input;
  input.cause = {record.partition, record.offset};
  input.at = record.timestamp;
  input.hashtag = held.hashtag;
  input.value = &held.value;
  if (const Post* post = std::get_if<Post>(&held.value)) {
    if (post->type != PostType::kTombstone) {
      AppendContent(held.content, *post);
      input.content = held.content;
      input.digest = ContentDigest(held.content);
    }
  }
  return input;
}

}  // namespace latecomer
