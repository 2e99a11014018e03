#include "ingest/bluesky_json.h"

#include <algorithm>

#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

constexpr std::size_t kNameBytesMax = 1024;
constexpr std::size_t kErrorNameBytesMax = 64;

bool EndsWithType(JsonValue value, std::string_view fragment) {
  const std::string_view type = value["$type"].text();
  return type.ends_with(fragment);
}

std::string Bounded(std::string_view text) {
  return text.size() <= kNameBytesMax ? std::string(text) : std::string();
}

// One node of a thread; a server that leaves out `$type` is understood too.
std::optional<BlueskyThreadItem> ReadThreadItem(JsonValue node, bool is_parent) {
  BlueskyThreadItem item;
  if (node["post"].is_object()) {
    item.post = node["post"];
    const std::int64_t replies = item.post["replyCount"].integer().value_or(0);
    item.is_cut = !is_parent && replies > 0 && !node["replies"].is_array();
    return item;
  }
  const bool missing = EndsWithType(node, "#notFoundPost") || node["notFound"].is_true();
  const bool blocked = EndsWithType(node, "#blockedPost") || node["blocked"].is_true();
  if (!missing && !blocked) return std::nullopt;
  item.kind = missing ? BlueskyThreadItem::Kind::kNotFound : BlueskyThreadItem::Kind::kBlocked;
  item.uri = node["uri"].text();
  return item;
}

}  // namespace

std::vector<std::string_view> BlueskySkippedKeys() {
  return {"viewer", "associated", "verification", "threadgate", "threadContext", "debug"};
}

BlueskyAuthor ReadBlueskyAuthor(JsonValue profile) {
  return {Bounded(profile["did"].text()), Bounded(profile["handle"].text()),
          Bounded(profile["displayName"].text()), Bounded(profile["avatar"].text())};
}

std::optional<BlueskyView> ReadBlueskyView(JsonValue view) {
  BlueskyView out;
  out.uri = view["uri"].text();
  const std::optional<AtUri> parts = ParseAtUri(out.uri);
  if (!parts || !IsDid(parts->authority) || parts->collection != kBlueskyPostCollection) {
    return std::nullopt;
  }
  out.author = ReadBlueskyAuthor(view["author"]);
  if (!out.author.did.empty() && out.author.did != parts->authority) return std::nullopt;
  out.record.did = parts->authority;
  out.record.rkey = parts->rkey;
  out.record.cid = view["cid"].text();
  out.record.value = view["record"];
  out.record.seen = ParseTime(view["indexedAt"].text());
  out.replies = view["replyCount"].integer().value_or(0);
  return out;
}

std::vector<BlueskyThreadItem> ReadBlueskyThread(JsonValue thread) {
  std::vector<BlueskyThreadItem> items;
  for (JsonValue parent = thread["parent"]; parent; parent = parent["parent"]) {
    if (const auto item = ReadThreadItem(parent, true)) items.push_back(*item);
  }
  std::reverse(items.begin(), items.end());
  std::vector<JsonValue> open{thread};
  while (!open.empty()) {
    const JsonValue node = open.back();
    open.pop_back();
    if (const auto item = ReadThreadItem(node, false)) items.push_back(*item);
    if (!node["replies"].is_array()) continue;
    for (JsonValue reply : node["replies"]) open.push_back(reply);
  }
  return items;
}

std::optional<BlueskySessionJson> ReadBlueskySession(JsonValue session) {
  BlueskySessionJson out;
  out.access = session["accessJwt"].text();
  out.refresh = session["refreshJwt"].text();
  out.did = session["did"].text();
  out.handle = session["handle"].text();
  out.pds = PdsOfDidDocument(session["didDoc"]);
  const JsonValue active = session["active"];
  out.is_active = !active || active.is_true();
  if (out.access.empty() || out.refresh.empty() || !IsDid(out.did)) return std::nullopt;
  return out;
}

std::string_view PdsOfDidDocument(JsonValue document) {
  for (JsonValue service : document["service"]) {
    const std::string_view id = service["id"].text();
    if (!id.ends_with("#atproto_pds")) continue;
    if (service["type"].text() != "AtprotoPersonalDataServer") continue;
    return service["serviceEndpoint"].text();
  }
  return {};
}

std::string XrpcErrorName(JsonValue answer) {
  const std::string_view name = answer["error"].text();
  if (name.empty()) return {};
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain && name.size() <= kErrorNameBytesMax ? std::string(name) : "Unnamed";
}

}  // namespace latecomer
