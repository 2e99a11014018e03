#include "ingest/post_check.h"

#include <algorithm>

#include "model/html.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr TimeMs kDayMs = 86'400'000;

std::optional<PostFault> CheckId(std::string_view field, std::string_view id) {
  if (id.size() > kIdBytesMax) {
    return PostFault{field, "is longer than " + std::to_string(kIdBytesMax) + " bytes."};
  }
  if (HasControl(id)) return PostFault{field, "has a control character."};
  return std::nullopt;
}

std::optional<PostFault> CheckTime(std::string_view field, const std::optional<TimeMs>& time,
                                   const std::optional<TimeMs>& retrieved) {
  if (!time) return std::nullopt;
  if (*time < kTimeMsMin || *time > kTimeMsMax) {
    return PostFault{field, "is outside the years 0001-9999."};
  }
  if (retrieved && *time > *retrieved + kDayMs) {
    return PostFault{field, FormatTime(*time) + " is more than a day after it was retrieved (" +
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

std::optional<PostFault> CheckPost(const Post& post) {
  if (post.id.empty()) return PostFault{"id", "is missing."};
  for (const auto& [field, id] : {std::pair<std::string_view, std::string_view>{"id", post.id},
                                  {"inReplyTo", post.in_reply_to},
                                  {"context", post.context},
                                  {"object", post.object},
                                  {"quoteUri", post.quote_uri},
                                  {"attributedTo", post.attributed_to.id}}) {
    if (auto fault = CheckId(field, id)) return fault;
  }
  if (post.type != PostType::kTombstone && !post.published) {
    return PostFault{"published", "is missing."};
  }
  if (post.type == PostType::kAnnounce && post.object.empty()) {
    return PostFault{"object", "is missing."};
  }
  const std::optional<TimeMs>& retrieved = post.source.retrieved;
  if (auto fault = CheckTime("published", post.published, retrieved)) return fault;
  if (auto fault = CheckTime("updated", post.updated, retrieved)) return fault;
  if (auto fault = CheckTime("deleted", post.deleted, std::nullopt)) return fault;
  if (post.content.size() > kContentBytesMax) {
    return PostFault{"content",
                     "is longer than " + std::to_string(kContentBytesMax) + " bytes of HTML."};
  }
  if (RoughBytes(post) > kPostBytesMax / 2 + kContentBytesMax / 2) {
    return PostFault{"content", "and its tags and attachments are too long together."};
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

}  // namespace

std::optional<PostFault> TidyAndCheckPost(Post& post) {
  Tidy(post);
  return CheckPost(post);
}

}  // namespace latecomer
