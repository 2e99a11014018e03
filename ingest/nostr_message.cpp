#include "ingest/nostr_message.h"

#include <algorithm>
#include <utility>

#include "base/json_out.h"
#include "ingest/json_tree.h"
#include "ingest/nostr_id.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr int kKindMax = 65'535;
constexpr std::size_t kTagsMax = 5'000;
constexpr std::size_t kSubscriptionBytesMax = 64;
constexpr std::size_t kProfileNameBytesMax = 200;
constexpr std::size_t kProfileUrlBytesMax = 2'000;
constexpr std::size_t kReasonBytesMax = 32;

std::optional<JsonValue> Item(JsonValue array, std::size_t index) {
  for (const JsonValue item : array) {
    if (index-- == 0) return item;
  }
  return std::nullopt;
}

std::string_view Text(JsonValue array, std::size_t index) {
  const std::optional<JsonValue> item = Item(array, index);
  return item && item->is_string() ? item->text() : std::string_view();
}

bool IsHexOf(std::string_view text, std::size_t digits) {
  return text.size() == digits && BytesOfHex(text).has_value();
}

Status ReadTags(JsonValue json, NostrEvent& event) {
  if (!json.is_array()) return Invalid("an event without tags");
  for (const JsonValue item : json) {
    if (!item.is_array()) return Invalid("an event with a tag that is no array");
    if (event.tags.size() == kTagsMax) return Invalid("an event with too many tags");
    std::vector<std::string> tag;
    for (const JsonValue value : item) {
      if (!value.is_string()) return Invalid("an event with a tag of something else than strings");
      tag.emplace_back(value.text());
    }
    // It is part of what is hashed, so an empty one cannot be left out.
    if (tag.empty()) return Invalid("an event with an empty tag");
    event.tags.push_back(std::move(tag));
  }
  return {};
}

Result<NostrEvent> ReadEvent(JsonValue json) {
  if (!json.is_object()) return Invalid("an event that is no object");
  NostrEvent event;
  event.id = json["id"].text();
  event.pubkey = json["pubkey"].text();
  event.sig = json["sig"].text();
  if (!IsNostrHex(event.id)) return Invalid("an event without a proper id");
  if (!IsNostrHex(event.pubkey)) return Invalid("an event without a proper key");
  if (!IsHexOf(event.sig, 2 * kNostrHexBytes)) return Invalid("an event without a signature");
  const std::optional<std::int64_t> created = json["created_at"].integer();
  if (!created) return Invalid("an event without a time");
  event.created_at = *created;
  const std::optional<std::int64_t> kind = json["kind"].integer();
  if (!kind || *kind < 0 || *kind > kKindMax) return Invalid("an event without a proper kind");
  event.kind = static_cast<int>(*kind);
  const JsonValue content = json["content"];
  if (!content.is_string()) return Invalid("an event without content");
  event.content = content.text();
  if (Status tags = ReadTags(json["tags"], event); !tags) return tags.error();
  return event;
}

void AppendStrings(std::string& out, const std::vector<std::string>& strings) {
  out += '[';
  bool first = true;
  for (const std::string& text : strings) {
    if (!first) out += ',';
    first = false;
    AppendJsonString(out, text);
  }
  out += ']';
}

void AppendFilter(std::string& out, const NostrFilter& filter) {
  JsonObject object(out);
  if (!filter.ids.empty()) AppendStrings(object.Key("ids").out(), filter.ids);
  if (!filter.authors.empty()) AppendStrings(object.Key("authors").out(), filter.authors);
  if (!filter.kinds.empty()) {
    object.Key("kinds").out() += '[';
    for (std::size_t i = 0; i < filter.kinds.size(); ++i) {
      if (i > 0) out += ',';
      AppendJsonInt(out, filter.kinds[i]);
    }
    out += ']';
  }
  for (const auto& [letter, values] : filter.tags) {
    AppendStrings(object.Key(std::string("#") + letter).out(), values);
  }
  if (filter.since) object.Int("since", *filter.since);
  if (filter.until) object.Int("until", *filter.until);
  if (filter.limit) object.Int("limit", *filter.limit);
  object.Close();
}

std::string ProfileText(JsonValue json, std::size_t bytes_max) {
  return json.is_string() ? Sample(json.text(), bytes_max) : "";
}

}  // namespace

Result<NostrMessage> ReadNostrMessage(std::string& text) {
  JsonTree tree;
  if (Status parsed = tree.Parse(text.data(), text.size()); !parsed) return parsed.error();
  const JsonValue root = tree.root();
  const std::string_view type = Text(root, 0);
  if (!root.is_array() || type.empty()) return Invalid("no message of a relay");
  NostrMessage message;
  if (type == "NOTICE") {
    message.type = NostrMessage::Type::kNotice;
    message.text = Text(root, 1);
    return message;
  }
  message.subscription = Text(root, 1).substr(0, kSubscriptionBytesMax);
  if (type == "EOSE") message.type = NostrMessage::Type::kEndOfStored;
  if (type == "CLOSED") {
    message.type = NostrMessage::Type::kClosed;
    message.text = Text(root, 2);
  }
  if (type == "EVENT") {
    const std::optional<JsonValue> json = Item(root, 2);
    if (!json) return Invalid("a message without its event");
    Result<NostrEvent> event = ReadEvent(*json);
    if (!event) return event.error();
    message.type = NostrMessage::Type::kEvent;
    message.event = std::move(*event);
  }
  return message;
}

Result<NostrEvent> ReadNostrEvent(std::string& text) {
  JsonTree tree;
  if (Status parsed = tree.Parse(text.data(), text.size()); !parsed) return parsed.error();
  return ReadEvent(tree.root());
}

NostrProfile ReadNostrProfile(std::string_view content) {
  std::string text(content);
  JsonTree tree;
  NostrProfile profile;
  if (!tree.Parse(text.data(), text.size())) return profile;
  const JsonValue root = tree.root();
  profile.name = ProfileText(root["display_name"], kProfileNameBytesMax);
  if (profile.name.empty()) profile.name = ProfileText(root["name"], kProfileNameBytesMax);
  profile.picture = ProfileText(root["picture"], kProfileUrlBytesMax);
  profile.nip05 = ProfileText(root["nip05"], kProfileNameBytesMax);
  return profile;
}

std::string WriteNostrRequest(std::string_view subscription,
                              const std::vector<NostrFilter>& filters) {
  std::string out = "[\"REQ\",";
  AppendJsonString(out, subscription);
  for (const NostrFilter& filter : filters) {
    out += ',';
    AppendFilter(out, filter);
  }
  return out + ']';
}

std::string WriteNostrClose(std::string_view subscription) {
  std::string out = "[\"CLOSE\",";
  AppendJsonString(out, subscription);
  return out + ']';
}

std::string_view NostrReason(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon > kReasonBytesMax) return "";
  const std::string_view word = text.substr(0, colon);
  const bool plain = std::all_of(word.begin(), word.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return plain ? word : std::string_view();
}

}  // namespace latecomer
