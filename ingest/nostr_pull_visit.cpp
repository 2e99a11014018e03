// Visits to conversations, on each relay: what answers what is known, and what is answered by it.
#include <set>
#include <utility>

#include "ingest/nostr_pull.h"
#include "ingest/nostr_pull_parts.h"

namespace latecomer {
namespace {

constexpr std::size_t kVisitEventsMax = 20'000;
constexpr std::size_t kVisitMissingMax = 2'000;
constexpr std::int64_t kVisitAgainMs = 30'000;
constexpr std::int64_t kDownMs = 10 * 60'000;

}  // namespace

// A visit to some conversations on one relay.
struct NostrPull::Visit {
  Relay& relay;
  std::set<std::string> asked;                 // whose replies were asked for
  std::vector<std::string> to_ask;             // whose replies are to be asked for
  std::map<std::string, std::string> missing;  // to be asked for by id: its conversation
  std::set<std::string> sought;                // by id
  bool whole = true;
};

// What an event that was found tells of others to be found.
void NostrPull::LookAt(Visit& visit, const NostrEvent& event) {
  const std::optional<std::string> root = threads_.ConversationOf(event.id);
  if (!root || event.kind == kNostrDeletion) return;
  if (visit.asked.size() + visit.to_ask.size() < kVisitEventsMax &&
      visit.asked.insert(event.id).second) {
    visit.to_ask.push_back(event.id);
  }
  const NostrPlace place = PlaceOf(event);
  for (const std::string* id : {&place.parent, &place.root}) {
    if (id->empty() || threads_.Knows(*id) || visit.sought.contains(*id)) continue;
    if (visit.sought.size() + visit.missing.size() < kVisitMissingMax) {
      visit.missing.emplace(*id, *root);
    }
  }
}

Status NostrPull::VisitReplies(Visit& visit, char letter, std::vector<std::string> ids) {
  for (const auto& part : InParts(ids)) {
    NostrPager pager(std::nullopt, TopOf(context_.Now()));
    while (!pager.done()) {
      auto events = MayAsk(visit.relay) ? Ask(visit.relay, pager.Next(RepliesFilter(letter, part)))
                                        : std::nullopt;
      if (!events) {
        visit.whole = false;
        return {};
      }
      pager.Took(*events);
      if (Status taken = Take(visit.relay, *events); !taken) return taken;
      for (const NostrEvent& event : *events) LookAt(visit, event);
    }
  }
  return {};
}

Status NostrPull::VisitMissing(Visit& visit) {
  std::vector<std::string> ids;
  for (const auto& [id, root] : visit.missing) ids.push_back(id);
  const Belonging of = std::exchange(visit.missing, {});
  for (const auto& part : InParts(ids)) {
    visit.sought.insert(part.begin(), part.end());
    NostrFilter filter;
    filter.ids = part;
    const auto events = MayAsk(visit.relay) ? Ask(visit.relay, filter) : std::nullopt;
    if (!events) {
      visit.whole = false;
      return {};
    }
    if (Status taken = Take(visit.relay, *events, of); !taken) return taken;
    for (const NostrEvent& event : *events) LookAt(visit, event);
  }
  return {};
}

// False: not all that is there was asked.
Result<bool> NostrPull::VisitOn(Relay& relay, const std::vector<std::string>& roots) {
  Visit visit{relay, {}, {}, {}, {}};
  for (const std::string& root : roots) {
    if (!threads_.Knows(root)) visit.missing.emplace(root, root);
    visit.asked.insert(root);
    visit.to_ask.push_back(root);
    for (const std::string& member : threads_.Members(root)) {
      if (visit.asked.insert(member).second) visit.to_ask.push_back(member);
    }
  }
  if (Status asked = VisitReplies(visit, 'E', roots); !asked) return asked.error();
  while (visit.whole && (!visit.missing.empty() || !visit.to_ask.empty())) {
    if (context_.stopped()) return false;
    if (!visit.missing.empty()) {
      if (Status asked = VisitMissing(visit); !asked) return asked.error();
    } else {
      if (Status asked = VisitReplies(visit, 'e', std::exchange(visit.to_ask, {})); !asked) {
        return asked.error();
      }
    }
  }
  return visit.whole;
}

Result<bool> NostrPull::VisitDue() {
  const TimeMs now = context_.Now();
  if (now < visit_at_) return false;
  const std::vector<std::string> roots = threads_.revisits().AllDue(now, kVisitsAtOnce);
  context_.counters().left = roots.size();
  if (roots.empty()) return false;
  bool any = false;
  bool whole = true;
  for (Relay& relay : relays_) {
    if (!IsRead(relay)) continue;
    if (!MayAsk(relay)) {
      // One that has been away for long is not waited for.
      const bool away = relay.down_since > 0 && now - relay.down_since >= kDownMs;
      whole = whole && away;
      continue;
    }
    const Result<bool> visited = VisitOn(relay, roots);
    if (!visited) return visited;
    if (context_.stopped()) return false;
    any = any || *visited;
    whole = whole && *visited;
  }
  if (!any) {
    visit_at_ = now + kVisitAgainMs;
    return false;
  }
  for (const std::string& root : roots) {
    if (Status done = threads_.Visited(batch_, root, whole); !done) return done.error();
  }
  if (Status written = threads_.Write(batch_); !written) return written.error();
  return true;
}

}  // namespace latecomer
