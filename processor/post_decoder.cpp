#include "processor/post_decoder.h"

#include <utility>

#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr std::size_t kFoldedMax = 4'096;

// What the builder reads of a post; its content is bytes by then.
void TakeStructure(const Post& from, PostsValue& value) {
  if (!std::holds_alternative<Post>(value)) value.emplace<Post>();
  Post& to = std::get<Post>(value);
  to.type = from.type;
  to.id = from.id;
  to.published = from.published;
  to.updated = from.updated;
  to.deleted = from.deleted;
  to.attributed_to.id = from.attributed_to.id;
  to.in_reply_to = from.in_reply_to;
  to.context = from.context;
  to.object = from.object;
  to.via = from.via;
}

}  // namespace

// A Forget is appended to every partition, whatever its key.
Status PostDecoder::CheckKey(const Record& record) {
  if (std::holds_alternative<Forget>(reader_.value())) return {};
  if (record.key.empty()) return Invalid("a record without a hashtag as its key");
  if (!folded_.contains(record.key)) {
    // The keys of `timelines` begin with the hashtag and a blank.
    const Result<std::string> folded = FoldHashtag(record.key);
    if (!folded || *folded != record.key) return Invalid("the key is no folded hashtag");
    if (folded_.size() >= kFoldedMax) folded_.clear();
    folded_.insert(record.key);
  }
  if (PartitionOf(record.key, partitions_) != record.partition) {
    return Invalid("the hashtag does not belong to partition " + std::to_string(record.partition));
  }
  return {};
}

Result<VersionInput> PostDecoder::Decode(Record&& record) {
  if (!record.value) return Invalid("a record without a value");
  if (Status status = reader_.Read(*record.value); !status) return status.error();
  if (Status status = CheckKey(record); !status) return status.error();
  if (used_ == held_.size()) held_.emplace_back();
  Held& held = held_[used_++];
  held.hashtag = std::move(record.key);
  held.content.clear();

  VersionInput input;
  input.cause = {record.partition, record.offset};
  input.at = record.timestamp;
  input.hashtag = held.hashtag;
  input.value = &held.value;
  const Post* post = std::get_if<Post>(&reader_.value());
  if (post == nullptr) {
    held.value = std::move(reader_.value());
    return input;
  }
  TakeStructure(*post, held.value);
  if (post->type != PostType::kTombstone) {
    AppendContent(held.content, *post);
    input.content = held.content;
    input.digest = ContentDigest(held.content);
  }
  return input;
}

}  // namespace latecomer
