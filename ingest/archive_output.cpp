#include "ingest/archive_output.h"

#include <algorithm>

#include "ingest/post_check.h"
#include "model/hashtag.h"
#include "model/html.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

// NFKC_Casefold of what is plain ASCII is to lower its case.
bool FoldAscii(std::string_view name, std::string& out) {
  if (name.empty() || name.size() > 100) return false;
  out.assign(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!plain) return false;
  }
  return true;
}

}  // namespace

void ArchiveOutput::Start(const RecordText& record, bool is_item) {
  is_item_ = is_item;
  number_ = record.number;
  bytes_ = record.bytes;
  sample_.assign(record.text, std::min(record.size, kSampleBytesMax));
  sink_.OnProgress(source_.BytesOnDisk());
}

void ArchiveOutput::StartItem(std::uint64_t number, std::string_view sample) {
  is_item_ = true;
  number_ = number;
  bytes_ = sample.size();
  sample_.assign(sample.substr(0, kSampleBytesMax));
  sink_.OnProgress(source_.BytesOnDisk());
}

bool ArchiveOutput::Emit(ArchivePost& post) {
  if (const std::optional<PostFault> fault = TidyAndCheckPost(std::get<Post>(post.value))) {
    Reject(fault->field, "`" + std::string(fault->field) + "` " + fault->reason);
    return !stopped_;
  }
  return EmitChecked(post);
}

bool ArchiveOutput::EmitChecked(ArchivePost& post) {
  if (!stopped_ && !sink_.OnPost(post)) stopped_ = true;
  return !stopped_;
}

void ArchiveOutput::Reject(std::string_view field, std::string reason) {
  latecomer::Reject reject;
  reject.where = name_ + (is_item_ ? " item " : ":") + std::to_string(number_);
  if (!field.empty()) reject.where.append(" field ").append(field);
  reject.reason = std::move(reason);
  reject.bytes = bytes_;
  reject.sample = Sample(sample_, kSampleBytesMax);
  sink_.OnReject(std::move(reject));
}

Post& ResetPost(ArchivePost& post) {
  post.hashtags.clear();
  if (!std::holds_alternative<Post>(post.value)) post.value.emplace<Post>();
  Post& out = std::get<Post>(post.value);
  out.type = PostType::kNote;
  out.published.reset();
  out.updated.reset();
  out.deleted.reset();
  Author& author = out.attributed_to;
  for (std::string* text :
       {&out.id, &out.url, &author.id, &author.preferred_username, &author.name, &author.url,
        &author.icon, &out.content, &out.summary, &out.language, &out.in_reply_to, &out.context,
        &out.object, &out.quote_uri, &out.source.kind, &out.source.instance}) {
    text->clear();
  }
  out.sensitive = false;
  out.tag.clear();
  out.attachment.clear();
  out.via = Via::kTag;
  out.source.retrieved.reset();
  return out;
}

void AddHashtag(ArchivePost& post, Post& to, std::string_view written) {
  if (written.starts_with('#')) written.remove_prefix(1);
  if (written.starts_with("\xEF\xBC\x83")) written.remove_prefix(3);  // ＃
  if (to.tag.size() >= kTagsMax) return;
  std::string folded;
  if (!FoldAscii(written, folded)) {
    Result<std::string> result = FoldHashtag(written);
    if (!result) return;
    folded = std::move(*result);
  }
  if (std::find(post.hashtags.begin(), post.hashtags.end(), folded) != post.hashtags.end()) return;
  post.hashtags.push_back(std::move(folded));
  Tag& tag = to.tag.emplace_back();
  tag.type = "Hashtag";
  tag.name.reserve(written.size() + 1);
  tag.name += '#';
  tag.name += written;
}

}  // namespace latecomer
