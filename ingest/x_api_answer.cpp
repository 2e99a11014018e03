#include "ingest/x_api_answer.h"

#include <algorithm>

#include "ingest/x_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kTitleBytesMax = 100;
constexpr std::size_t kTokenBytesMax = 1'000;
constexpr std::size_t kRuleBytesMax = 4'096;
constexpr std::size_t kRulesMax = 10'000;
constexpr std::size_t kEditsMax = 100'000;  // then only what an answer itself says is known

// What an answer says and nothing here reads. Unlike in an archive `title` is read: a problem's.
std::vector<std::string_view> UnusedKeys() {
  std::vector<std::string_view> keys = XUnusedKeys();
  std::erase(keys, "title");
  return keys;
}

XProblem::Kind KindOf(std::string_view type) {
  using Kind = XProblem::Kind;
  const std::size_t slash = type.find_last_of("/#");
  if (slash != std::string_view::npos) type.remove_prefix(slash + 1);
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"resource-not-found", Kind::kGone},
      {"not-authorized-for-resource", Kind::kNotVisible},
      {"disallowed-resource", Kind::kNotVisible},
      {"resource-unavailable", Kind::kNotVisible},
      {"usage-capped", Kind::kUsageCap},
      {"operational-disconnect", Kind::kDisconnected},
      {"client-disconnected", Kind::kDisconnected},
      {"streaming-connection", Kind::kTooManyConnections},
      {"duplicate-rules", Kind::kRuleExists},
      {"rule-cap", Kind::kRuleCap},
      {"invalid-rules", Kind::kRuleWrong},
      {"noncompliant-rules", Kind::kRuleWrong},
  };
  for (const auto& [name, kind] : kKinds) {
    if (name == type) return kind;
  }
  return Kind::kOther;
}

XProblem ProblemOf(JsonValue json) {
  XProblem problem;
  problem.kind = KindOf(json["type"].text());
  problem.title = Sample(json["title"].text(), kTitleBytesMax);
  const JsonValue resource = json["resource_type"];
  const std::string_view parameter = json["parameter"].text();
  if (!resource || resource.text() == "tweet") {
    problem.id = XIdOf(json["resource_id"]);
    if (problem.id.empty()) problem.id = XIdOf(json["value"]);
    problem.is_asked_for = resource && (parameter == "ids" || parameter == "id");
  }
  return problem;
}

void ReadProblems(JsonValue root, XAnswer& answer) {
  for (JsonValue error : root["errors"]) {
    if (answer.problems.size() >= XAnswer::kProblemsMax) break;
    if (error.is_object()) answer.problems.push_back(ProblemOf(error));
  }
  // An answer may be a problem itself.
  if (root["type"].is_string() && root["title"].is_string()) {
    answer.problems.push_back(ProblemOf(root));
  }
}

std::string_view Bounded(std::string_view text, std::size_t bytes_max) {
  return text.size() <= bytes_max ? text : std::string_view();
}

void ReadMeta(JsonValue meta, XAnswer& answer) {
  answer.next_token = Bounded(meta["next_token"].text(), kTokenBytesMax);
  answer.total = meta["total_tweet_count"].integer();
}

}  // namespace

bool XAnswer::Has(XProblem::Kind kind) const {
  return std::any_of(problems.begin(), problems.end(),
                     [kind](const XProblem& problem) { return problem.kind == kind; });
}

XAnswerReader::XAnswerReader(XEdits* edits)
    : edits_(edits),
      tree_(UnusedKeys()),
      posts_(
          [this](XPostFound& found) {
            Take(found);
            return true;
          },
          [this](std::string_view field, std::string reason) {
            if (answer_.faults.size() < XAnswer::kFaultsMax) {
              answer_.faults.emplace_back(field, std::move(reason));
            }
          },
          edits) {}

Result<XAnswer> XAnswerReader::Read(std::string& text, TimeMs retrieved) {
  answer_ = {};
  if (Status parsed = tree_.Parse(text.data(), text.size()); !parsed) return parsed.error();
  const JsonValue root = tree_.root();
  if (!root.is_object()) return Invalid("The answer is no JSON object.");
  ReadProblems(root, answer_);
  ReadMeta(root["meta"], answer_);
  posts_.Read(root["data"], root["includes"], retrieved);

  std::vector<std::string_view> has;
  for (const XFound& found : answer_.posts) has.push_back(found.id);
  std::sort(has.begin(), has.end());
  for (XFound& found : answer_.posts) {
    std::erase_if(found.missing, [&](const std::string& id) {
      return std::binary_search(has.begin(), has.end(), id);
    });
  }
  return std::exchange(answer_, {});
}

Result<XAnswer> XAnswerReader::ReadRules(std::string& text) {
  XAnswer answer;
  if (Status parsed = tree_.Parse(text.data(), text.size()); !parsed) return parsed.error();
  const JsonValue root = tree_.root();
  if (!root.is_object()) return Invalid("The answer is no JSON object.");
  ReadProblems(root, answer);
  ReadMeta(root["meta"], answer);
  for (JsonValue rule : root["data"]) {
    const std::string_view id = XIdOf(rule["id"]);
    if (id.empty() || answer.rules.size() >= kRulesMax) continue;
    answer.rules.push_back({std::string(id),
                            std::string(Bounded(rule["value"].text(), kRuleBytesMax)),
                            std::string(Bounded(rule["tag"].text(), kRuleBytesMax))});
  }
  return answer;
}

void XAnswerReader::Take(XPostFound& from) {
  const XTweet& tweet = from.tweet;
  XFound& found = answer_.posts.emplace_back();
  found.id = tweet.id;
  found.first_id = tweet.first_id.empty() ? tweet.id : tweet.first_id;
  found.latest_id = found.id;
  found.conversation = XIdOf(from.json["conversation_id"]);
  found.root = tweet.conversation;
  found.is_asked_for = from.is_asked_for;
  for (const std::string_view id : {tweet.in_reply_to, tweet.quoted, tweet.retweeted}) {
    if (!id.empty()) found.missing.emplace_back(id);
  }
  TakeHistory(from.json["edit_history_tweet_ids"], found);
  found.post = std::move(std::get<Post>(from.post.value));
  found.hashtags = std::move(from.post.hashtags);
  found.created = tweet.created ? *tweet.created : XIdTime(tweet.id).value_or(0);
}

void XAnswerReader::TakeHistory(JsonValue history, XFound& to) {
  for (JsonValue version : history) {
    const std::string_view id = XIdOf(version);
    if (id.empty()) continue;
    to.latest_id = id;
    if (edits_ != nullptr && id != to.first_id && edits_->size() < kEditsMax) {
      edits_->insert_or_assign(std::string(id), to.first_id);
    }
  }
}

}  // namespace latecomer
