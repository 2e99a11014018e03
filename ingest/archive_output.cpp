#include "ingest/archive_output.h"

#include <algorithm>

#include "model/hashtag.h"
#include "model/html.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr TimeMs kDayMs = 86'400'000;

struct Fault {
  std::string_view field;
  std::string reason;
};

std::optional<Fault> CheckId(std::string_view field, std::string_view id) {
  if (id.size() > kIdBytesMax) {
    return Fault{field, "is longer than " + std::to_string(kIdBytesMax) + " bytes."};
  }
  if (HasControl(id)) return Fault{field, "has a control character."};
  return std::nullopt;
}

std::optional<Fault> CheckTime(std::string_view field, const std::optional<TimeMs>& time,
                               const std::optional<TimeMs>& retrieved) {
  if (!time) return std::nullopt;
  if (*time < kTimeMsMin || *time > kTimeMsMax) {
    return Fault{field, "is outside the years 0001-9999."};
  }
  if (retrieved && *time > *retrieved + kDayMs) {
    return Fault{field, FormatTime(*time) + " is more than a day after it was retrieved (" +
                            FormatTime(*retrieved) + ")."};
  }
  return std::nullopt;
}

std::size_t RoughBytes(const Post& post) {
  std::size_t bytes = post.content.size() + post.summary.size() + post.url.size();
  for (const Tag& tag : post.tag) bytes += tag.name.size() + tag.href.size() + 40;
  for (const Attachment& a : post.attachment) bytes += a.name.size() + a.url.size() + 80;
  return bytes;
}

std::optional<Fault> CheckPost(const Post& post) {
  if (post.id.empty()) return Fault{"id", "is missing."};
  for (const auto& [field, id] : {std::pair<std::string_view, std::string_view>{"id", post.id},
                                  {"inReplyTo", post.in_reply_to},
                                  {"context", post.context},
                                  {"object", post.object},
                                  {"quoteUri", post.quote_uri},
                                  {"attributedTo", post.attributed_to.id}}) {
    if (auto fault = CheckId(field, id)) return fault;
  }
  if (post.type != PostType::kTombstone && !post.published) {
    return Fault{"published", "is missing."};
  }
  if (post.type == PostType::kAnnounce && post.object.empty()) {
    return Fault{"object", "is missing."};
  }
  const std::optional<TimeMs>& retrieved = post.source.retrieved;
  if (auto fault = CheckTime("published", post.published, retrieved)) return fault;
  if (auto fault = CheckTime("updated", post.updated, retrieved)) return fault;
  if (auto fault = CheckTime("deleted", post.deleted, std::nullopt)) return fault;
  if (post.content.size() > kContentBytesMax) {
    return Fault{"content",
                 "is longer than " + std::to_string(kContentBytesMax) + " bytes of HTML."};
  }
  if (RoughBytes(post) > kPostBytesMax / 2 + kContentBytesMax / 2) {
    return Fault{"content", "and its tags and attachments are too long together."};
  }
  return std::nullopt;
}

void KeepWebAddress(std::string& address) {
  if (!address.starts_with("https://") && !address.starts_with("http://")) address.clear();
}

// Addresses that are not of the web would run code or open files where someone follows them; an
// author without an id is none.
void Tidy(Post& post) {
  if (post.attributed_to.id.empty()) post.attributed_to = {};
  for (std::string* address : {&post.url, &post.attributed_to.url, &post.attributed_to.icon}) {
    KeepWebAddress(*address);
  }
  for (Tag& tag : post.tag) KeepWebAddress(tag.href);
  for (Attachment& attachment : post.attachment) KeepWebAddress(attachment.url);
}

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
  Tidy(std::get<Post>(post.value));
  if (const std::optional<Fault> fault = CheckPost(std::get<Post>(post.value))) {
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
