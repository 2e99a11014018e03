// What the API of Viva Engage (Yammer) answers, read
// (https://learn.microsoft.com/rest/api/yammer/): pages of messages with their `references` joined.
// Pure; what is read comes from outside, and may be anything.
//
// A message's identity is the address that the API itself gives it,
// https://www.yammer.com/api/v1/messages/ID, and its author's …/users/ID: both follow from numbers,
// so that a reply can name what it answers. `web_url`, of which there are several forms, is its
// url.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/json_tree.h"
#include "model/post.h"

namespace latecomer {

struct EngageMessage {
  Post post;
  std::vector<std::string> hashtags;  // folded: of its text; of a thread's first also its topics
  std::int64_t id = 0;
  std::int64_t thread = 0;
  std::uint32_t digest = 0;  // of what an edit may change
};

struct EngagePage {
  std::vector<EngageMessage> messages;  // in their order, then those that are only referred to
  std::size_t listed = 0;               // how many of them the page itself lists
  std::int64_t oldest = 0;              // the smallest id of those; 0: none
  std::int64_t newest = 0;
  bool older_available = false;
  std::map<std::string, std::int64_t> topics;  // folded names, and their ids
  std::vector<std::string> faults;             // of messages that could not be read
  static constexpr std::size_t kFaultsMax = 100;
};

std::string EngageMessageId(std::int64_t id);
std::string EngageUserId(std::int64_t id);
// "2013/06/25 18:14:45 +0000"
std::optional<TimeMs> ParseEngageTime(std::string_view text);

// One thread.
class EngageReader {
 public:
  EngageReader() : tree_({"liked_by", "stats", "followed_user_ids", "ymodules"}) {}
  // `text` is destroyed. kInvalid: it is no JSON, or no page of messages.
  Result<EngagePage> Read(std::string& text, TimeMs retrieved);

 private:
  struct References;
  void Message(JsonValue json, const References& references, TimeMs retrieved, EngagePage& to);
  JsonTree tree_;
};

}  // namespace latecomer
