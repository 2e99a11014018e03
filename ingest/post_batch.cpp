#include "ingest/post_batch.h"

#include "base/json_out.h"
#include "ingest/post_check.h"
#include "model/post_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kSampleMax = 200;
constexpr std::size_t kReasonMax = 1'000;
constexpr std::size_t kWhereMax = 4'096;

// A Forget holds for what any partition has.
PostBatch::Held::Kind KindOf(const PostsValue& value) {
  return std::holds_alternative<Forget>(value) ? PostBatch::Held::Kind::kEverywhere
                                               : PostBatch::Held::Kind::kPost;
}

Status TooLong() {
  return Invalid("longer than " + std::to_string(kPostBytesMax) + " bytes as a canonical post");
}

}  // namespace

Status PostBatch::Add(const std::vector<std::string>& hashtags, const PostsValue& value) {
  std::string json;
  AppendPostsValue(json, value);
  if (json.size() > kPostBytesMax) return TooLong();
  for (const std::string& hashtag : hashtags) Hold(KindOf(value), hashtag, json);
  if (std::holds_alternative<Post>(value)) posts_ += hashtags.size();
  return {};
}

Status PostBatch::Add(std::string_view hashtag, const PostsValue& value) {
  std::string json;
  AppendPostsValue(json, value);
  if (json.size() > kPostBytesMax) return TooLong();
  Hold(KindOf(value), std::string(hashtag), std::move(json));
  if (std::holds_alternative<Post>(value)) ++posts_;
  return {};
}

void PostBatch::Hold(Held::Kind kind, std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  held_.push_back({kind, std::move(key), std::move(value)});
}

bool PostBatch::AddOrReject(const std::vector<std::string>& hashtags, Post post,
                            const std::string& where) {
  std::string reason;
  if (const std::optional<PostFault> fault = TidyAndCheckPost(post)) {
    reason = "`" + std::string(fault->field) + "` " + fault->reason;
  } else {
    std::string json;
    AppendPost(json, post);
    if (json.size() > kPostBytesMax) reason = TooLong().error().message;
    if (!IsValidUtf8(json)) reason = "it is not valid UTF-8";
    if (reason.empty()) {
      for (const std::string& hashtag : hashtags) Hold(Held::Kind::kPost, hashtag, json);
      posts_ += hashtags.size();
      return true;
    }
  }
  AddReject({where, std::move(reason), 0, post.id});
  return false;
}

void PostBatch::AddReject(const Reject& reject) {
  std::string json;
  JsonObject object(json);
  object.Int("v", 1).String("source", source_).String("reason", Sample(reject.reason, kReasonMax));
  object.String("where", Sample(reject.where, kWhereMax)).Uint("bytes", reject.bytes);
  object.String("sample", Sample(reject.sample, kSampleMax)).Close();
  ++rejects_;
  Hold(Held::Kind::kReject, source_, std::move(json));
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
