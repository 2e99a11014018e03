// What X's API v2 answers, read: pages of a search, posts by id, lines of a stream, rules,
// problems. Pure; what is read comes from outside, and may be anything.
//
// Problems are told apart by the last part of their `type`, which has stood under several hosts
// (https://api.twitter.com/2/problems/usage-capped, https://api.x.com/2/problems/usage-capped).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/json_tree.h"
#include "ingest/x_api_posts.h"
#include "model/post.h"

namespace latecomer {

struct XProblem {
  enum class Kind : std::uint8_t {
    kGone,          // resource-not-found: deleted, or its account is
    kNotVisible,    // not-authorized-for-resource and the like: protected, suspended, withheld
    kUsageCap,      // usage-capped: no posts until the month is over
    kDisconnected,  // operational-disconnect, client-disconnected: of a stream
    kTooManyConnections,  // streaming-connection
    kRuleExists,          // duplicate-rules
    kRuleCap,             // rule-cap
    kRuleWrong,           // invalid-rules, noncompliant-rules
    kOther
  };
  Kind kind = Kind::kOther;
  std::string title;          // as X has it, fit to be shown
  std::string id;             // of the post that it is about; may be empty
  bool is_asked_for = false;  // that post was asked for by its id, not only referred to
};

// A post, with what the source needs to know besides.
struct XFound {
  Post post;
  std::vector<std::string> hashtags;  // folded
  std::string id;                     // of this version
  std::string first_id;               // of the first version: what the post is known by
  std::string latest_id;              // of the last version that X knows
  TimeMs created = 0;                 // this version
  std::string conversation;           // as X names it: the id of some version of the root
  std::string root;                   // the first version of that; may be empty
  std::vector<std::string> missing;   // what it refers to and the answer does not have
  bool is_asked_for = false;          // stood in `data`
};

struct XRule {
  std::string id;
  std::string value;
  std::string tag;
  bool operator==(const XRule&) const = default;
};

struct XAnswer {
  std::vector<XFound> posts;
  std::vector<XRule> rules;
  std::vector<XProblem> problems;
  // Items that could not be read: field and reason; kFaultsMax at most.
  std::vector<std::pair<std::string, std::string>> faults;
  std::string next_token;
  std::optional<std::int64_t> total;  // meta.total_tweet_count, of counts

  bool Has(XProblem::Kind kind) const;
  static constexpr std::size_t kFaultsMax = 100;
  static constexpr std::size_t kProblemsMax = 1'000;
};

// One thread.
class XAnswerReader {
 public:
  // `edits` may be null, else it must outlive this, and is added to: later versions of posts that
  // answers tell of.
  explicit XAnswerReader(XEdits* edits);

  // `text` is destroyed. kInvalid: it is no JSON, or no object.
  Result<XAnswer> Read(std::string& text, TimeMs retrieved);
  // The same for rules of the filtered stream.
  Result<XAnswer> ReadRules(std::string& text);

 private:
  void Take(XPostFound& found);
  void TakeHistory(JsonValue history, XFound& to);

  XEdits* const edits_;
  JsonTree tree_;
  XPosts posts_;
  XAnswer answer_;
};

}  // namespace latecomer
