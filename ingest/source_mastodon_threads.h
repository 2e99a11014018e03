// Conversations of an instance, fetched whole and again: the topmost post, and its context.
//
// The API gives `ancestors` and `descendants` of a status. Without a token Mastodon gives 40 of the
// former and 60 of the latter, 20 deep; with one 4,096 of each. What lies behind such a bound is
// asked for from the posts that stand at it, as far as they say that they have more replies.
// Replies to one and the same post past the bound cannot be had so. Coverage under the source's
// name and ` threads` says so: by itself, since what the timelines give of that time may well be
// whole.
//
// Where a post is known and not there any more, and this is the instance that it was written on, it
// is asked for; if the instance says that there is no such post, it has been deleted. What another
// instance wrote may be missing for other reasons: nothing follows from that.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"
#include "ingest/source_mastodon_api.h"
#include "ingest/source_mastodon_posts.h"

namespace latecomer {

class MastodonThreads {
 public:
  // What the instance gives of a thread at once.
  struct Bounds {
    std::size_t ancestors = 4'096;
    std::size_t descendants = 4'096;
    std::size_t depth = 4'096;
  };

  // All must outlive it. `horizon`: in a reading that ends, what is due by then is visited.
  MastodonThreads(SourceContext& context, MastodonApi& api, MastodonPosts& posts, Bounds bounds,
                  std::optional<TimeMs> horizon);

  // When there is something to do; nothing if there is not.
  std::optional<TimeMs> NextDue() const;
  // Visits the conversation that is due; nothing to do if none is. Errors as MastodonApi; the
  // conversation is then tried again later, unless nothing was asked.
  Status Visit(PostBatch& batch);
  // Conversations and deletions that are due.
  std::size_t CountDue() const;

  // A stream says that the post is deleted.
  void Deleted(const std::string& id);
  bool has_deletions() const { return !deleted_.empty(); }
  Status CheckDeletion(PostBatch& batch);

 private:
  struct Visiting {
    std::string top;  // the id of the topmost post
    std::vector<MastodonStatus> statuses;
    std::set<std::string> ids;
    std::set<std::string> settled;  // all of their replies have been given
    std::set<std::string> asked;
    bool is_whole = true;
    std::optional<std::chrono::milliseconds> again;
  };

  std::optional<std::string> Next() const;
  Status Fetch(const std::string& conversation, Visiting& visiting);
  Status FetchContext(const std::string& id, Visiting& visiting, std::string* top);
  Status Climb(Visiting& visiting, std::string top);
  Status Expand(Visiting& visiting);
  void Add(Visiting& visiting, MastodonList& list);
  std::optional<std::string> NextToAsk(const Visiting& visiting) const;
  void RejectFaults(PostBatch& batch);
  Status Keep(PostBatch& batch, const std::string& conversation, Visiting& visiting);
  Status TopIsGone(PostBatch& batch, const std::string& conversation);
  Status Settle(PostBatch& batch, const Visiting& visiting, const KnownPosts& before,
                MastodonPosts::Found& found);
  Status TellMissing(PostBatch& batch, const Visiting& visiting, const KnownPosts& posts);

  SourceContext& context_;
  MastodonApi& api_;
  MastodonPosts& posts_;
  const Bounds bounds_;
  const std::optional<TimeMs> horizon_;

  // The instance is fetching replies of these: they are asked for again soon.
  struct Again {
    TimeMs due = 0;
    int times = 0;
  };
  std::map<std::string, Again> again_;
  std::deque<std::string> deleted_;
  std::set<std::string> told_;  // conversations of which it was said that they are not whole
  std::vector<MastodonList::Fault> faults_;
  std::set<std::string> rejected_;
};

}  // namespace latecomer
