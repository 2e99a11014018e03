#include "ingest/bluesky_names.h"

#include "ingest/bluesky_json.h"

namespace latecomer {

BlueskyAuthor BlueskyNames::Of(const std::string& did, TimeMs now) {
  const auto known = kept_.find(did);
  if (known != kept_.end() && now - known->second.asked_at < kKeptForMs) {
    return known->second.author;
  }
  BlueskyAuthor author;
  author.did = did;
  if (now < failed_at_ + kFailedForMs) return author;
  const Result<XrpcAnswer> answer = api_.Profiles({did});
  if (!answer || !answer->ok()) {
    failed_at_ = now;
    return author;
  }
  for (JsonValue profile : answer->root["profiles"]) {
    BlueskyAuthor found = ReadBlueskyAuthor(profile);
    if (found.did == did) author = std::move(found);
  }
  if (kept_.size() >= kKeptMax) kept_.clear();
  kept_[did] = {author, now};
  return author;
}

}  // namespace latecomer
