// The items of feeds that belong to followed hashtags, and the comments on them: written as far as
// they are not known as they are.
//
// Cursors: those of Revisits("thread"), whose ids are ShortId of the item's, and
//   `item SHORT`     `v1 DIGEST PUBLISHED COUNT REPLIES ID HASHTAG…`: COUNT of its answers as the
//                    feed states it (-1: not), REPLIES the address of their feed (`-`: none)
//   `replies SHORT`  `v1`, ETag, Last-Modified and when they were read without these, lines
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/feed_fetch.h"
#include "ingest/revisits.h"
#include "ingest/source.h"

namespace latecomer {

class FeedItems {
 public:
  FeedItems(SourceContext& context, SourceHttp& http, RevisitPolicy policy,
            std::optional<TimeMs> since);

  Status Restore() { return revisits_.Restore(context_.cursors()); }

  // An item of a document. `is_wordpress`: of its feed.
  Status Take(PostBatch& batch, FeedItem& item, bool is_wordpress);

  // The comments of every item are due now.
  Status ExpectAll(PostBatch& batch);
  // Reads those comments that are due, at most of so many items. Errors: those of Write, and
  // kRetryLater where the host does not answer.
  Status VisitDue(std::size_t most);

  const Revisits& revisits() const { return revisits_; }
  // Hashtags of which comments could not be had since the last call, and why.
  std::map<std::string, std::string> TakeMissing() { return std::exchange(missing_, {}); }

 private:
  struct Known {
    std::uint32_t digest = 0;
    TimeMs published = 0;
    std::int64_t count = -1;
    std::string replies;
    std::string id;
    std::vector<std::string> keys;
  };

  Status Visit(const std::string& name);
  Result<FeedAnswer> FetchReplies(const std::string& name, Known& item, bool* is_full);
  Status TakeReplies(PostBatch& batch, const std::string& name, Known& item,
                     FeedDocument& document);
  Status TakeTombstone(PostBatch& batch, const Post& post);
  void WritePost(PostBatch& batch, const std::vector<std::string>& keys, const ArchivePost& post);
  Status Commit(PostBatch& batch);  // where it fails, the run is over
  std::optional<Known> Read(const std::string& name) const;
  Status Save(PostBatch& batch, const std::string& name, const Known& item) const;

  SourceContext& context_;
  SourceHttp& http_;
  const std::optional<TimeMs> since_;
  Revisits revisits_;
  std::map<std::string, Known> unsaved_;  // moved in the batch, not in cursors() yet
  std::map<std::string, std::string> missing_;
  int failures_ = 0;
  bool write_failed_ = false;
};

}  // namespace latecomer
