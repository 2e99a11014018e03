#include "ingest/post_batch.h"

#include "base/json_out.h"
#include "model/post_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kSampleMax = 200;
constexpr std::size_t kReasonMax = 1'000;
constexpr std::size_t kWhereMax = 4'096;

Status TooLong() {
  return Invalid("longer than " + std::to_string(kPostBytesMax) + " bytes as a canonical post");
}

}  // namespace

Status PostBatch::Add(const std::vector<std::string>& hashtags, const PostsValue& value) {
  std::string json;
  AppendPostsValue(json, value);
  if (json.size() > kPostBytesMax) return TooLong();
  const bool forget = std::holds_alternative<Forget>(value);
  for (const std::string& hashtag : hashtags) {
    bytes_ += json.size() + hashtag.size();
    if (std::holds_alternative<Post>(value)) ++posts_;
    held_.push_back({forget ? Held::Kind::kEverywhere : Held::Kind::kPost, hashtag, json});
  }
  return {};
}

Status PostBatch::Add(std::string_view hashtag, const PostsValue& value) {
  std::string json;
  AppendPostsValue(json, value);
  if (json.size() > kPostBytesMax) return TooLong();
  bytes_ += json.size() + hashtag.size();
  const bool forget = std::holds_alternative<Forget>(value);
  if (std::holds_alternative<Post>(value)) ++posts_;
  held_.push_back({forget ? Held::Kind::kEverywhere : Held::Kind::kPost, std::string(hashtag),
                   std::move(json)});
  return {};
}

bool PostBatch::AddOrReject(const std::vector<std::string>& hashtags, const Post& post,
                            const std::string& where) {
  const Status added = Add(hashtags, PostsValue(post));
  if (added) return true;
  AddReject({where, added.error().message, 0, post.id});
  return false;
}

void PostBatch::AddReject(const Reject& reject) {
  std::string json;
  JsonObject object(json);
  object.Int("v", 1).String("source", source_).String("reason", Sample(reject.reason, kReasonMax));
  object.String("where", Sample(reject.where, kWhereMax)).Uint("bytes", reject.bytes);
  object.String("sample", Sample(reject.sample, kSampleMax)).Close();
  bytes_ += json.size();
  ++rejects_;
  held_.push_back({Held::Kind::kReject, source_, std::move(json)});
}

Status PostBatch::MoveCursor(std::string_view key, std::string_view value) {
  if (value.size() > kCursorValueBytesMax) {
    return Invalid("The cursor of source " + source_ + " is longer than " +
                   std::to_string(kCursorValueBytesMax) + " bytes.");
  }
  return SetCursor(key, std::string(value));
}

Status PostBatch::DeleteCursor(std::string_view key) { return SetCursor(key, std::nullopt); }

Status PostBatch::SetCursor(std::string_view key, std::optional<std::string> value) {
  if (key.size() > kCursorKeyBytesMax) {
    return Invalid("A cursor's key of source " + source_ + " is longer than " +
                   std::to_string(kCursorKeyBytesMax) + " bytes.");
  }
  bytes_ += key.size() + (value ? value->size() : 0);
  cursors_.insert_or_assign(std::string(key), std::move(value));
  return {};
}

void PostBatch::Clear() {
  held_.clear();
  cursors_.clear();
  posts_ = 0;
  rejects_ = 0;
  bytes_ = 0;
}

std::string CursorRecordKey(std::string_view source, std::string_view key) {
  std::string whole(source);
  if (!key.empty()) {
    whole += ' ';
    whole += key;
  }
  return whole;
}

}  // namespace latecomer
