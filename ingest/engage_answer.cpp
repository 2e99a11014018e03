#include "ingest/engage_answer.h"

#include <algorithm>
#include <optional>

#include "ingest/archive_output.h"
#include "ingest/revisits.h"
#include "model/hashtag.h"
#include "model/html.h"

namespace latecomer {
namespace {

constexpr std::size_t kMessagesMax = 10'000;
constexpr char kInstance[] = "www.yammer.com";

std::string ApiId(const char* kind, std::int64_t id) {
  return std::string("https://www.yammer.com/api/v1/") + kind + "/" + std::to_string(id);
}

void SetAuthor(JsonValue user, std::int64_t id, Author& author) {
  author.id = EngageUserId(id);
  author.preferred_username = user["name"].text();
  author.name = user["full_name"].text();
  author.url = user["web_url"].text();
  author.icon = user["mugshot_url"].text();
}

void AddAttachments(JsonValue list, Post& post) {
  for (JsonValue item : list) {
    if (post.attachment.size() >= kAttachmentsMax) break;
    const std::string_view url = item["web_url"].text();
    if (url.empty()) continue;
    Attachment& attachment = post.attachment.emplace_back();
    attachment.type = item["type"].text() == "image" ? "Image" : "Document";
    attachment.media_type = item["content_type"].text();
    attachment.url = url;
    attachment.name = item["name"].text();
  }
}

}  // namespace

std::string EngageMessageId(std::int64_t id) { return ApiId("messages", id); }
std::string EngageUserId(std::int64_t id) { return ApiId("users", id); }

std::optional<TimeMs> ParseEngageTime(std::string_view text) {
  if (text.size() != 25 || text[4] != '/' || text[7] != '/' || text[19] != ' ') {
    return ParseTime(text);
  }
  std::string time(text.substr(0, 19));
  time[4] = time[7] = '-';
  time[10] = 'T';
  time.append(text.substr(20, 3)).append(":").append(text.substr(23));
  return ParseTime(time);
}

struct EngageReader::References {
  std::map<std::int64_t, JsonValue> users;
  std::map<std::int64_t, JsonValue> threads;
  std::map<std::int64_t, std::string> topics;
};

Result<EngagePage> EngageReader::Read(std::string& text, TimeMs retrieved) {
  if (Status parsed = tree_.Parse(text.data(), text.size()); !parsed) return parsed.error();
  const JsonValue root = tree_.root();
  EngagePage page;
  References references;
  for (JsonValue item : root["references"]) {
    const std::string_view type = item["type"].text();
    const std::int64_t id = item["id"].integer().value_or(0);
    if (type == "user") references.users.emplace(id, item);
    if (type == "thread") references.threads.emplace(id, item);
    if (type != "topic") continue;
    const JsonValue name = item["name"] ? item["name"] : item["permalink"];
    Result<std::string> folded = FoldHashtag(name.text());
    if (!folded) continue;
    page.topics.insert_or_assign(*folded, id);
    references.topics.emplace(id, std::move(*folded));
  }
  if (root["messages"].is_array()) {
    for (JsonValue message : root["messages"]) {
      const std::int64_t id = message["id"].integer().value_or(0);
      if (id > 0) {
        page.oldest = page.oldest == 0 ? id : std::min(page.oldest, id);
        page.newest = std::max(page.newest, id);
      }
      Message(message, references, retrieved, page);
    }
  } else if (root["id"].integer()) {
    Message(root, references, retrieved, page);  // one message by itself
  } else {
    return Invalid("The answer has no `messages`.");
  }
  page.listed = page.messages.size();
  page.older_available = root["meta"]["older_available"].is_true();
  for (JsonValue item : root["references"]) {
    if (item["type"].text() == "message") Message(item, references, retrieved, page);
  }
  return page;
}

void EngageReader::Message(JsonValue json, const References& references, TimeMs retrieved,
                           EngagePage& to) {
  const std::int64_t id = json["id"].integer().value_or(0);
  const auto fault = [&to](const char* text) {
    if (to.faults.size() < EngagePage::kFaultsMax) to.faults.emplace_back(text);
  };
  if (id <= 0) return fault("`id` is no id of a message.");
  if (json["direct_message"].is_true()) return;  // between persons
  const std::optional<TimeMs> created = ParseEngageTime(json["created_at"].text());
  if (!created) return fault("`created_at` is no time.");
  if (to.messages.size() >= kMessagesMax) return;
  ArchivePost holder;
  Post& post = ResetPost(holder);
  const std::int64_t thread = json["thread_id"].integer().value_or(id);
  post.id = EngageMessageId(id);
  post.url = json["web_url"].text();
  post.published = created;
  if (const auto replied = json["replied_to_id"].integer()) {
    post.in_reply_to = EngageMessageId(*replied);
  }
  post.context = EngageMessageId(thread);
  post.language = json["language"].text();
  if (const auto sender = json["sender_id"].integer()) {
    const auto user = references.users.find(*sender);
    SetAuthor(user == references.users.end() ? JsonValue() : user->second, *sender,
              post.attributed_to);
  }
  const JsonValue body = json["body"];
  const std::string_view plain = body["plain"].text();
  const std::string_view rich = body["rich"].text();
  post.content = rich.empty() ? HtmlFromText(plain) : SanitiseHtml(rich);
  post.summary = json["title"].text();
  for (const HashtagInText& found : FindHashtags(plain)) AddHashtag(holder, post, found.name);
  const auto whole = references.threads.find(thread);
  if (whole != references.threads.end() && thread == id) {
    for (JsonValue topic : whole->second["topics"]) {
      const auto name = references.topics.find(topic["id"].integer().value_or(0));
      if (name != references.topics.end()) AddHashtag(holder, post, name->second);
    }
  }
  AddAttachments(json["attachments"], post);
  post.source = {"engage", kInstance, retrieved};
  EngageMessage& message = to.messages.emplace_back();
  message.id = id;
  message.thread = thread;
  message.digest = KnownDigest(post.content + '\n' + post.summary);
  message.hashtags = std::move(holder.hashtags);
  message.post = std::move(post);
}

}  // namespace latecomer
