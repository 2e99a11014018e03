// The timeline of one hashtag on one instance, read in both directions.
//
// Forward: what is newer than all that was read, by min_id, until a page is empty. Where a server
// does not know min_id as Mastodon means it (Pixelfed gives the newest page above it, so that what
// lies between is lost), the newest page is read, and what lies between becomes a hole.
// Backward: holes are walked from their top by max_id, page by page; the first of all is the past.
// Again: a post that comes late from another instance gets an id by its age (lib/mastodon/
// snowflake.rb; GoToSocial's ULIDs likewise) and so appears behind what was read. Hence the last
// hours are read again every quarter of an hour, the last days every six hours, and two months
// every week; that also shows edits.
//
// Cursor `tag INSTANCE HASHTAG`: `v1 TAIL READ_UNTIL FIRST SWEEP SWEEP SWEEP HOLE…`. TAIL: the
// newest id of which all before it, but for the holes, has been read; `-`: nothing yet. READ_UNTIL,
// FIRST: the time up to which, and from which on, the timeline has been followed (ms). SWEEP: when
// the next reading again of each length is due. HOLE: `TOP:BOTTOM`, both ids not included, BOTTOM
// `-` where the past has no end.
#pragma once

#include <array>
#include <chrono>
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

class MastodonFeed {
 public:
  struct Settings {
    std::string hashtag;                          // folded: as it is asked for
    std::optional<TimeMs> since;                  // nothing older is taken
    bool knows_min_id = true;                     // the server means by it what Mastodon means
    bool short_page_ends = true;                  // a page that is not full is the last
    std::chrono::milliseconds pause_min{30'000};  // between two looks for what is new
  };

  // All must outlive it.
  MastodonFeed(SourceContext& context, MastodonApi& api, MastodonPosts& posts, Settings settings);

  Status Restore(const Cursors& cursors);

  // One request each, and what it brought into the batch, cursors too. Errors as MastodonApi.
  Status ReadNewer(PostBatch& batch);
  Status ReadOlder(PostBatch& batch);
  Status ReadAgain(PostBatch& batch);

  TimeMs newer_due() const { return newer_due_; }
  bool has_holes() const { return !holes_.empty(); }
  // When ReadAgain has something to do.
  TimeMs again_due() const;

  // A stream has begun: what came before it has to be read, at once.
  void StreamBegan();
  // It gives posts; what it has given before need not be read when it is lost. `id`: of a post.
  void Streamed(const std::string& id);
  // It lives, and has brought all up to now.
  void StreamAlive();
  // Moves the cursor by what the stream has brought, if that is some time ago.
  Status KeepStreamed(PostBatch& batch);
  void StreamLost();
  bool is_streaming() const { return streaming_; }

  const std::string& hashtag() const { return settings_.hashtag; }
  // Nothing newer was there when it was last asked.
  bool is_caught_up() const { return caught_up_; }
  // The stretch that has been followed without gaps; nothing before the first answer.
  std::optional<TimeMs> first() const { return first_; }
  std::optional<TimeMs> read_until() const { return read_until_; }
  // The oldest post that was seen since the process began.
  std::optional<TimeMs> oldest() const { return oldest_; }
  // The walk into the past has come to its end since the process began; or to where the server
  // repeats itself.
  bool has_read_past() const { return past_read_; }
  bool is_past_cut() const { return past_cut_; }

 private:
  struct Hole {
    std::string top;
    std::string bottom;
  };
  static constexpr std::size_t kSweeps = 3;

  Status Take(PostBatch& batch, MastodonList& page, const char* what);
  Status ReadNewest(PostBatch& batch, TimeMs begin);
  void AddHole(Hole hole);
  void Planned(bool found_new);
  Status Save(PostBatch& batch) const;

  SourceContext& context_;
  MastodonApi& api_;
  MastodonPosts& posts_;
  Settings settings_;

  std::string tail_;
  std::optional<TimeMs> first_;
  std::optional<TimeMs> read_until_;
  std::vector<Hole> holes_;
  std::array<TimeMs, kSweeps> sweep_due_{};

  TimeMs newer_due_ = 0;
  std::chrono::milliseconds pause_;
  bool caught_up_ = false;
  std::optional<std::size_t> sweep_;  // that is going on
  std::string sweep_top_;
  std::optional<TimeMs> oldest_;
  bool past_read_ = false;
  bool past_cut_ = false;

  bool streaming_ = false;
  std::string streamed_;  // the newest id
  std::string mark_;      // and what it was some minutes ago
  TimeMs mark_time_ = 0;
  TimeMs kept_at_ = 0;

  std::set<std::string> rejected_;  // what was said already
};

}  // namespace latecomer
