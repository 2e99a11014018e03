// The lists in which a blog's posts are found: the newest of all (the tail), and for each hashtag
// everything that there is (sweeps).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ingest/source.h"
#include "ingest/wordpress_api.h"
#include "ingest/wordpress_visits.h"

namespace latecomer {

// One list of a sweep.
struct WpSweepStep {
  std::string path;  // "posts", "pages", "comments"
  std::string name;  // of the parameter by which it is chosen
  std::string value;
};

class WpLists {
 public:
  WpLists(SourceContext& context, WpApi& api, WpVisits& visits,
          std::map<std::int64_t, std::string>& terms, std::optional<TimeMs> since);

  // kCorrupt: a cursor without sense.
  Status Restore();

  // Finds the tags and categories that stand for each hashtag. Errors as WpApi::Get.
  Status FindTerms();
  // The names of those of one hashtag.
  std::size_t CountTerms(const std::string& hashtag) const;

  // Reads the newest posts and comments down to those that were known. False: it did not get there,
  // the blog publishes more than can be read so.
  Result<bool> ReadTail();
  // Everything up to then has been seen, as far as the tail shows it; 0: not yet.
  TimeMs read_until() const { return tail_.read_until; }

  // Whether a sweep is due or on its way.
  bool IsDue(const FollowedHashtag& hashtag, TimeMs now) const;
  // Goes on with a sweep, and calls `between` after each page, to its end or until stopped. What
  // cannot be listed is left out, and told by `why`.
  Status Sweep(const FollowedHashtag& hashtag, const std::function<Status()>& between,
               std::string* why);
  // The next sweep of each hashtag begins now.
  Status SweepAll(PostBatch& batch);

  static constexpr std::chrono::minutes kTailEvery{5};
  static constexpr std::chrono::hours kSweepEvery{24};

 private:
  struct Tail {
    TimeMs read_until = 0;
    TimeMs modified = 0;
    TimeMs date = 0;
    std::int64_t comment = 0;
  };
  struct Progress {
    std::string set;
    TimeMs due = 0;
    std::size_t step = 0;
    std::int64_t offset = 0;
    std::int64_t last = 0;
  };

  Result<bool> ReadPosts(const std::string& order, TimeMs known_until, TimeMs* newest);
  Result<bool> ReadComments(std::int64_t known_until, std::int64_t* newest);
  Status SweepStep(const FollowedHashtag& hashtag, const WpSweepStep& step, Progress& progress,
                   const std::function<Status()>& between);
  template <typename Item>
  Status SweepPages(const FollowedHashtag& hashtag, WpWalk<Item>& walk, Progress& progress,
                    const std::function<Status(PostBatch&, Item&)>& take,
                    const std::function<Status()>& between);
  std::vector<WpSweepStep> StepsOf(const FollowedHashtag& hashtag) const;
  Progress ReadProgress(const std::string& hashtag) const;
  Status SaveProgress(PostBatch& batch, const std::string& hashtag, const Progress& progress) const;
  bool IsTooOld(const ArchivePost& post) const;

  SourceContext& context_;
  WpApi& api_;
  WpVisits& visits_;
  std::map<std::int64_t, std::string>& terms_;
  const std::optional<TimeMs> since_;
  std::map<std::string, std::vector<std::int64_t>> tags_;        // of each hashtag
  std::map<std::string, std::vector<std::int64_t>> categories_;  // likewise
  Tail tail_;
};

}  // namespace latecomer
