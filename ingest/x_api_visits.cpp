#include "ingest/x_api_visits.h"

#include <algorithm>
#include <charconv>

#include "ingest/x_api_query.h"
#include "ingest/x_api_tail.h"
#include "ingest/x_post.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDueMax = 64;
constexpr XPatience kPatience{0ms, 0.7};  // of a limit; the rest is for what is new
constexpr std::int64_t kOverlapMs = std::chrono::milliseconds(XTail::kOverlap).count();
constexpr std::int64_t kGoneAgainMs = std::chrono::milliseconds(XVisits::kGoneAgain).count();
constexpr std::int64_t kRecentMs = std::chrono::milliseconds(24h * 7 - 2min).count();
constexpr int kEmptyPagesMax = 20;
constexpr char kSearched[] = "GET /2/tweets/search conversation_id";
constexpr char kLooked[] = "GET /2/tweets";

}  // namespace

XVisits::XVisits(SourceContext& context, XApi& api, XCollector& collector,
                 XConversations& conversations)
    : context_(context), api_(api), collector_(collector), conversations_(conversations) {}

bool XVisits::HasWork() const {
  return round_ || conversations_.revisits().Due(context_.Now()) || !collector_.wanted().empty();
}

Status XVisits::Step() {
  if (!round_) Begin();
  if (!round_->is_searched) return Search();
  if (!round_->is_listed) ListIds();
  if (!round_->ids.empty()) return Look();
  return End();
}

// As many of those that are due as one query holds, either never pulled whole or all pulled before.
void XVisits::Begin() {
  Round& round = round_.emplace();
  const std::size_t query_max = api_.all() ? kXQueryAllMax : kXQueryMax;
  std::optional<bool> is_first;
  TimeMs start = 0;
  for (const std::string& root : conversations_.revisits().AllDue(context_.Now(), kDueMax)) {
    const XConversation* conversation = conversations_.Find(root);
    if (conversation == nullptr) continue;
    const bool first = conversation->upto == 0;
    if (is_first.value_or(first) != first) continue;
    std::string terms;
    for (const std::string& version : conversation->versions) {
      terms += (terms.empty() ? "" : " OR ") + XConversationTerm(version);
    }
    const std::string more = round.search.query.empty() ? terms : " OR " + terms;
    if (round.search.query.size() + more.size() > query_max) break;
    round.search.query += more;
    is_first = first;
    const TimeMs from = first ? XIdTime(root).value_or(kXEpoch) : conversation->upto - kOverlapMs;
    start = round.roots.empty() ? from : std::min(start, from);
    round.roots.push_back(root);
    round.before.emplace(root, conversations_.Known(root));
  }
  round.is_searched = round.roots.empty();  // then it is for what is wanted only
  const TimeMs now = api_.ServerNow().value_or(context_.Now());
  if (api_.all()) {
    round.search.start = std::clamp(start, kXEpoch, now - kOverlapMs);
  } else if (start > now - kRecentMs) {
    round.search.start = std::min(start, now - kOverlapMs);
  }
}

Status XVisits::Search() {
  Round& round = *round_;
  Result<XAnswer> answer = api_.Search(round.search, kPatience);
  if (!answer) {
    if (answer.error().code == ErrorCode::kInvalid) return GiveUp();
    return answer.error();
  }
  if (!round.upto) round.upto = api_.ServerNow().value_or(context_.Now());
  for (const XFound& found : answer->posts) {
    if (found.id == found.latest_id) round.seen.insert(found.first_id);
  }
  const std::string token = answer->next_token;
  round.empty = answer->posts.empty() ? round.empty + 1 : 0;
  if (Status taken = collector_.Take(*answer, kSearched); !taken) return taken;
  round.search.next_token = token;
  // Round and round, or on for ever, is the end, too.
  const bool goes_on = round.tokens.insert(token).second && round.empty <= kEmptyPagesMax;
  round.is_searched = token.empty() || !goes_on;
  return collector_.Write();
}

void XVisits::ListIds() {
  Round& round = *round_;
  round.is_listed = true;
  std::set<std::string> ids;
  for (const std::string& root : round.roots) {
    KnownPosts known = conversations_.Known(root);
    known.try_emplace(root, 0U);  // a search for a conversation does not give its root
    for (const auto& [id, digest] : known) {
      if (round.seen.contains(id)) continue;
      ids.insert(id);
      round.root_of.insert_or_assign(id, root);
    }
  }
  for (const std::string& id : collector_.wanted()) {
    if (!round.seen.contains(id)) ids.insert(id);
  }
  collector_.wanted().clear();
  round.ids.assign(ids.begin(), ids.end());
}

Status XVisits::Look() {
  Round& round = *round_;
  const std::size_t count = std::min(round.ids.size(), XApi::kIdsMax);
  const std::vector<std::string> ids(round.ids.end() - static_cast<std::ptrdiff_t>(count),
                                     round.ids.end());
  Result<XAnswer> answer = api_.Lookup(ids, kPatience);
  if (!answer) {
    if (answer.error().code == ErrorCode::kInvalid) return GiveUp();
    return answer.error();
  }
  round.ids.resize(round.ids.size() - count);
  return TakeLook(*answer);
}

Status XVisits::TakeLook(XAnswer& answer) {
  for (const XFound& found : answer.posts) {
    const std::string gone = "gone " + found.first_id;
    if (context_.cursors().contains(gone)) {
      if (Status back = collector_.batch().DeleteCursor(gone); !back) return back;
    }
  }
  std::vector<std::string> gone;
  for (const XProblem& problem : answer.problems) {
    if (problem.kind == XProblem::Kind::kGone && problem.is_asked_for) gone.push_back(problem.id);
  }
  if (Status taken = collector_.Take(answer, kLooked); !taken) return taken;
  for (const std::string& id : gone) {
    if (Status taken = TakeGone(id); !taken) return taken;
  }
  return collector_.Write();
}

Status XVisits::TakeGone(const std::string& id) {
  const auto root = round_->root_of.find(id);
  // Of what was never seen here nothing is to be deleted.
  if (root == round_->root_of.end() || !conversations_.Known(root->second).contains(id)) return {};
  PostBatch& batch = collector_.batch();
  const auto before = context_.cursors().find("gone " + id);
  if (before != context_.cursors().end()) {
    std::string_view text = before->second;
    TimeMs since = 0;
    if (text.starts_with("v1 ")) text.remove_prefix(3);
    std::from_chars(text.data(), text.data() + text.size(), since);
    if (context_.Now() - since < kGoneAgainMs) return {};
    if (Status gone = collector_.TakeGone(root->second, id); !gone) return gone;
    return batch.DeleteCursor(before->first);
  }
  return batch.MoveCursor("gone " + id,
                          "v1 " + std::to_string(context_.Now()) + " " + root->second);
}

Status XVisits::End() {
  const Round round = *std::exchange(round_, std::nullopt);
  PostBatch& batch = collector_.batch();
  const TimeMs now = context_.Now();
  for (const std::string& root : round.roots) {
    const TimeMs upto = round.upto.value_or(now);
    Status visited = conversations_.Visited(batch, root, round.before.at(root), upto, now);
    if (!visited) return visited;
  }
  for (const auto& [id, root] : round.root_of) {
    if (!context_.cursors().contains("gone " + id)) continue;
    const Result<bool> planned = conversations_.revisits().Expect(batch, root, now + kGoneAgainMs);
    if (!planned) return planned.error();
  }
  return collector_.Write();
}

// X does not take this query or these ids: others must not wait for that.
Status XVisits::GiveUp() {
  const Round round = *std::exchange(round_, std::nullopt);
  for (const std::string& root : round.roots) {
    Status later = conversations_.revisits().Postpone(collector_.batch(), root, context_.Now());
    if (!later) return later;
  }
  return collector_.Write();
}

}  // namespace latecomer
