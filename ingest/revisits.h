// Which conversations are to be fetched again, and when. For a conversation nobody says when it is
// over: it is asked for with pauses that grow while nothing new comes, and that are short again
// once something does. The schedule, and what was found the last time, is kept in cursors: one for
// each conversation, written in the batch that carries what was found.
//
// Cursor: key `PREFIX ID`; value `v1 DUE PAUSE NEWEST` (two times and a duration, in ms; NEWEST:
// when something new was found), and then for each post `ID:DIGEST` (the digest 8 hex digits), all
// separated by one space. An ID with a blank or control in it cannot be kept: kInvalid.
//
// Not for several threads. What a call has put into a batch counts as done; where the batch's Write
// fails, the source ends, and the next one restores from what is durable.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"

namespace latecomer {

struct RevisitPolicy {
  std::chrono::milliseconds first{std::chrono::minutes(10)};  // after something new was found
  std::chrono::milliseconds most{std::chrono::hours(24 * 30)};
  // A pause is so many times the one before it. Each is up to a tenth longer, by chance, so that
  // what was found at once is not asked for at once for ever.
  double growth = 2.0;
  // How long after the last new post a conversation is still visited; 0: for ever.
  std::chrono::milliseconds keep_up{0};
};

// The posts of a conversation by the source's own ids, with a digest of what may change of them.
using KnownPosts = std::map<std::string, std::uint32_t, std::less<>>;

// A digest of a text for KnownPosts (FNV-1a, folded to 32 bits).
std::uint32_t KnownDigest(std::string_view text);

class Revisits {
 public:
  // `prefix` without blanks, unique in the source: "thread".
  explicit Revisits(std::string prefix, RevisitPolicy policy = {});

  // Reads all of its cursors; afterwards it holds what is durable. kCorrupt: one that makes no
  // sense.
  Status Restore(const Cursors& cursors);

  // The conversation has (perhaps) something new: it is to be visited by `when`, unless that is
  // planned sooner. Adds it where it is not known. True: something was put into the batch.
  Result<bool> Expect(PostBatch& batch, const std::string& id, TimeMs when);

  // The conversation that has been due for longest; nothing if none is.
  std::optional<std::string> Due(TimeMs now) const;
  // Those that have been due for longest, at most so many: where one request can ask for several.
  std::vector<std::string> AllDue(TimeMs now, std::size_t most) const;
  std::optional<TimeMs> NextDue() const;
  std::size_t CountDue(TimeMs now) const;  // walks over them
  std::size_t size() const { return conversations_.size(); }
  bool Has(std::string_view id) const { return conversations_.contains(id); }
  // The first visit is still to come.
  bool IsNew(std::string_view id) const;

  // The posts that were found the last time, of one that is known.
  KnownPosts Known(const std::string& id) const;
  // It was visited, and this was found. Plans the next visit, by whether that differs from what was
  // known; one that has been quiet for `keep_up` is planned no more, but stays known. Where the
  // posts are too many for a cursor, the rest is not remembered: they count as new each time.
  Status Visited(PostBatch& batch, const std::string& id, const KnownPosts& found, TimeMs now);
  // The visit has failed in a way that concerns this conversation alone: the pause grows.
  Status Postpone(PostBatch& batch, const std::string& id, TimeMs now);
  // Changes what is known of its posts between visits, without touching the plan: a stream has
  // brought a post, or a deletion.
  Status Learn(PostBatch& batch, const std::string& id, const KnownPosts& known);
  // It is no more.
  Status Drop(PostBatch& batch, const std::string& id);

 private:
  struct Conversation {
    TimeMs due = 0;  // kNever: planned no more
    std::int64_t pause_ms = 0;
    TimeMs newest = 0;
    std::string posts;  // as in the cursor
  };
  using Conversations = std::map<std::string, Conversation, std::less<>>;

  Status Save(PostBatch& batch, Conversations::const_iterator which) const;
  void Plan(Conversations::iterator which, TimeMs due);
  std::int64_t Grown(std::int64_t pause_ms);
  std::int64_t Jittered(std::int64_t pause_ms);

  const std::string prefix_;
  const RevisitPolicy policy_;
  Conversations conversations_;
  std::set<std::pair<TimeMs, std::string>> plan_;
  std::minstd_rand random_;
};

}  // namespace latecomer
