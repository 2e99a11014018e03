// What a source of Nostr does with its relays, in rounds: listens to each, reads what each has
// stored, visits conversations on all of them, and says what it has covered.
//
// Cursors (RELAY: the address without its scheme):
//   head RELAY         `v1 MS`: all that came to it up to then has been read
//   history RELAY TAG  `v1 SECOND`: what is older is still to be read; `v1 done MS`: it was read by
//                      then, and is read again after kReadAgain
//   requests RELAY     see RequestBudget; thread …, coverage …: see Revisits, SourceCoverage
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ingest/nostr_pager.h"
#include "ingest/nostr_relay.h"
#include "ingest/nostr_threads.h"
#include "ingest/request_budget.h"
#include "ingest/source_coverage.h"

namespace latecomer {

struct NostrOptions {
  std::vector<Url> relays;
  std::optional<TimeMs> since;
  std::uint32_t requests_a_day = 0;  // to each relay; 0: no ceiling
  RevisitPolicy revisits;
  bool stream = true;
};

// The spellings under which a hashtag is asked for: relays compare byte by byte.
std::vector<std::string> NostrSpellings(const FollowedHashtag& hashtag);

class NostrPull {
 public:
  NostrPull(SourceContext& context, const NostrOptions& options);

  Status Start();
  // One step of each kind, as far as something is due. True: something was done.
  Result<bool> Round();
  // With `once`: all has been read, or is not to be had.
  bool IsDone() const;
  // kRetryLater where no relay could be read at all.
  Status Finish();

  static constexpr std::chrono::milliseconds kLookBack{std::chrono::hours(1)};
  static constexpr std::chrono::milliseconds kSweepEvery{std::chrono::hours(6)};
  static constexpr std::chrono::milliseconds kSweepBack{std::chrono::hours(48)};
  static constexpr std::chrono::milliseconds kReadAgain{std::chrono::hours(24 * 30)};
  static constexpr std::size_t kVisitsAtOnce = 50;

 private:
  struct Relay {
    std::unique_ptr<NostrRelay> line;
    std::string name;
    TimeMs retry_at = 0;
    int failures = 0;
    TimeMs down_since = 0;
    std::string refused;     // why nothing is to be had there
    bool given_up = false;   // with `once`
    bool caught_up = false;  // since it was connected
    TimeMs head = 0;         // 0: it has never been read
    TimeMs connected_at = 0;
    TimeMs sweep_at = 0;
    TimeMs listened_at = 0;
    std::uint64_t listened_version = 0;
    std::vector<std::vector<std::string>> listened_roots;  // what was subscribed to, by group
    std::vector<TimeMs> listened_roots_at;
    std::map<std::string, NostrPager> walks;  // by hashtag
    std::vector<NostrEvent> arrived;
    std::optional<RequestBudget> budget;
  };
  // Which event of a page belongs to which conversation, where it does not say so itself.
  using Belonging = std::map<std::string, std::string>;
  struct Visit;

  Status RestoreRelay(Relay& relay);
  void Connect(Relay& relay);
  // What came of asking it. An error is the relay's state, not the source's.
  void Judge(Relay& relay, const Error& error);
  bool MayAsk(Relay& relay) const;
  Status Subscribe(Relay& relay, const std::string& name, const std::vector<NostrFilter>& filters);
  std::optional<std::vector<NostrEvent>> Ask(Relay& relay, const NostrFilter& filter);

  Result<bool> Listen(Relay& relay);
  bool ListenToReplies(Relay& relay);
  bool ListenToRoots(Relay& relay);
  Status CatchUp(Relay& relay);
  Status CatchUpReplies(Relay& relay, TimeMs since);
  Status CatchUpWith(Relay& relay, const NostrFilter& filter, TimeMs since);
  Result<bool> ReadHistory(Relay& relay);
  Status EndHistory(Relay& relay, const std::string& hashtag, const NostrPager& walk);
  Result<bool> VisitDue();
  Result<bool> VisitOn(Relay& relay, const std::vector<std::string>& roots);
  Status VisitReplies(Visit& visit, char letter, std::vector<std::string> ids);
  Status VisitMissing(Visit& visit);
  void LookAt(Visit& visit, const NostrEvent& event);
  Result<bool> Cover(bool at_once);
  Status CoverForward(TimeMs now);
  Status CoverHistory(const std::string& hashtag);
  static std::string WhyNotRead(const Relay& relay);

  // Checks and writes what came from a relay.
  Status Take(Relay& relay, const std::vector<NostrEvent>& events, const Belonging& of = {});
  bool IsTrue(Relay& relay, const NostrEvent& event);
  void FetchProfiles(Relay& relay, const std::vector<NostrEvent>& events);
  const NostrProfile* ProfileOf(const std::string& pubkey) const;
  void Reject(Relay& relay, const std::string& why);
  bool IsHistoryDone(const Relay& relay, const std::string& hashtag) const;
  bool IsRead(const Relay& relay) const { return relay.refused.empty() && !relay.given_up; }

  SourceContext& context_;
  const NostrOptions options_;
  NostrThreads threads_;
  SourceCoverage coverage_;
  PostBatch batch_;
  std::vector<Relay> relays_;
  std::unordered_map<std::string, NostrProfile> profiles_;
  std::vector<std::string> spellings_;  // of all hashtags
  TimeMs covered_until_ = 0;
  TimeMs cover_at_ = 0;
  TimeMs visit_at_ = 0;
  std::string last_error_;
};

}  // namespace latecomer
