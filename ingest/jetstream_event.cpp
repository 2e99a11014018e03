#include "ingest/jetstream_event.h"

#include "base/time.h"
#include "ingest/bluesky_json.h"
#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

constexpr std::string_view kPrefix = "network.bsky.jetstream.subscribeEvents#";
using Kind = JetstreamEvent::Kind;

void ReadCommit(JsonValue commit, JetstreamEvent& event) {
  event.kind = Kind::kOther;
  if (commit["collection"].text() != kBlueskyPostCollection) return;
  event.rkey = commit["rkey"].text();
  event.cid = commit["cid"].text();
  event.rev = commit["rev"].text();
  event.record = commit["record"];
  const std::string_view operation = commit["operation"].text();
  if (!IsDid(event.did) || !IsRecordKey(event.rkey)) {
    event.kind = Kind::kMalformed;
  } else if (operation == "delete") {
    event.kind = Kind::kDeleted;
  } else if (operation == "create" || operation == "update") {
    event.is_update = operation == "update";
    const bool whole = event.record.is_object() && !event.cid.empty();
    event.kind = whole ? Kind::kWritten : Kind::kMalformed;
  }
}

// Only a deletion is for ever: deactivated, suspended and taken down accounts may come back.
void ReadAccount(JsonValue account, JetstreamEvent& event) {
  const JsonValue active = account["active"];
  const bool gone = active && !active.is_true() && account["status"].text() == "deleted";
  event.kind = gone && IsDid(event.did) ? Kind::kAccountGone : Kind::kOther;
}

JetstreamEvent ReadV1(JsonValue message) {
  JetstreamEvent event;
  event.time_us = message["time_us"].integer().value_or(0);
  event.did = message["did"].text();
  const std::string_view kind = message["kind"].text();
  if (event.time_us <= 0 || kind.empty()) return event;
  event.kind = Kind::kOther;
  if (kind == "commit") ReadCommit(message["commit"], event);
  if (kind == "account") ReadAccount(message["account"], event);
  return event;
}

JetstreamEvent ReadV2(JsonValue message) {
  JetstreamEvent event;
  const std::string_view envelope = message["$type"].text();
  if (envelope == "error") {
    event.kind = Kind::kError;
    event.name = XrpcErrorName(message);
    return event;
  }
  // What a later version of the protocol adds is passed over.
  if (envelope != "message") {
    event.kind = Kind::kOther;
    return event;
  }
  const JsonValue payload = message["payload"];
  std::string_view type = payload["$type"].text();
  if (!type.starts_with(kPrefix)) {
    event.kind = type.empty() ? Kind::kMalformed : Kind::kOther;
    return event;
  }
  type.remove_prefix(kPrefix.size());
  if (type == "info") {
    const bool outdated = payload["name"].text() == "OutdatedCursor";
    event.kind = outdated ? Kind::kOutdated : Kind::kOther;
    return event;
  }
  if (type != "commit" && type != "identity" && type != "account" && type != "sync") {
    event.kind = Kind::kOther;
    return event;
  }
  const std::string_view witnessed = payload["witnessedAt"].text();
  event.time_us = ParseTimeUs(witnessed.empty() ? payload["time"].text() : witnessed);
  event.did = payload["did"].text();
  if (event.time_us <= 0) return event;
  event.kind = Kind::kOther;
  if (type == "commit") ReadCommit(payload, event);
  if (type == "account") ReadAccount(payload["account"], event);
  return event;
}

}  // namespace

std::int64_t ParseTimeUs(std::string_view text) {
  const std::optional<TimeMs> time = ParseTime(text);
  if (!time || *time <= 0) return 0;
  std::int64_t us = *time * 1'000;
  const std::size_t dot = text.find('.');
  std::int64_t unit = 100;
  for (std::size_t i = dot + 4; dot != std::string_view::npos && i < text.size() && unit > 0; ++i) {
    if (text[i] < '0' || text[i] > '9') break;
    us += (text[i] - '0') * unit;
    unit /= 10;
  }
  return us;
}

JetstreamEvent ReadJetstreamEvent(JsonValue message) {
  if (!message.is_object()) return {};
  return message["$type"] ? ReadV2(message) : ReadV1(message);
}

}  // namespace latecomer
