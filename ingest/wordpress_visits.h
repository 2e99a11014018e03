// The conversations of a blog, each a post or page with its comments: found once, visited again and
// again, written as far as they differ from what was there the last time.
//
// A conversation's id is ROUTE/NUMBER ("posts/4"), its known posts are "p" (the post) and the
// numbers of its comments. Cursors: those of Revisits("thread"), and for each that has been written
// `about ROUTE/NUMBER` with the value `v1 PUBLISHED WITHDRAWN ID HASHTAG…` (times in ms; WITHDRAWN:
// since when its post may not be read, else 0; the hashtags under which all of it was written).
//
// What "gone" is: WordPress says 404 with `rest_post_invalid_id` or `rest_comment_invalid_id` of
// what was deleted for good, and 410 where a plugin does. A comment that may not be read although
// its post may (401 or 403, `rest_cannot_read`) was trashed, marked as spam or taken back by a
// moderator: gone as well. A post that may not be read may be in the trash, and as well be a draft
// or private for an hour: it counts as gone after a day. Everything else (a page of HTML, another
// code, a list that does not show it) says nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/revisits.h"
#include "ingest/source.h"
#include "ingest/wordpress_api.h"

namespace latecomer {

class WpVisits {
 public:
  // `terms`: tags and categories that stand for a hashtag, whose posts carry it although the answer
  // does not name them; may change between calls.
  WpVisits(SourceContext& context, WpApi& api, RevisitPolicy policy,
           const std::map<std::int64_t, std::string>& terms);

  Status Restore() { return revisits_.Restore(context_.cursors()); }

  // A post or comment was seen in a list. Plans a visit (in the batch) if it carries a followed
  // hashtag, or is of a conversation that is known, and is not known as it is now.
  Status SawPost(PostBatch& batch, const std::string& route, WpPost post);
  Status SawComment(PostBatch& batch, const WpComment& comment);

  // Every conversation is due now.
  Status ExpectAll(PostBatch& batch);
  // Visits those that are due, at most `most`, several with one request, and writes what they
  // brought. Errors: those of Write, and kRetryLater where the blog does not answer as it should.
  Status VisitDue(std::size_t most);

  const Revisits& revisits() const { return revisits_; }
  // Hashtags of which something could not be had since the last call, and why.
  std::map<std::string, std::string> TakeMissing() { return std::exchange(missing_, {}); }

  // The number at the end of a conversation's or a comment's id.
  static std::int64_t NumberIn(std::string_view text);

  static constexpr std::size_t kTogetherMax = 20;
  static constexpr std::size_t kCommentsMax = 20'000;

 private:
  static constexpr char kPostItself[] = "p";

  struct About {
    TimeMs published = 0;
    TimeMs withdrawn = 0;
    std::string id;
    std::vector<std::string> keys;
  };
  // What a visit found.
  struct Visit {
    std::string conversation;
    std::int64_t number = 0;
    WpPost post;
    std::vector<WpComment> comments;
    bool is_whole = true;  // all comments are here
  };
  enum class State { kThere, kWithdrawn, kGone, kUnknown };

  Status VisitTogether(const std::string& route, std::vector<std::string> conversations);
  Status VisitOne(const std::string& conversation, WpPost post);
  Status FetchPosts(const std::string& route, const std::vector<std::string>& conversations,
                    std::map<std::int64_t, WpPost>& posts);
  // The comments of all of them. kNotFound: not one by one, or not at all.
  Status FetchComments(std::vector<Visit>& visits);
  Status Write(PostBatch& batch, Visit& visit);
  void WritePost(PostBatch& batch, const std::vector<std::string>& keys, ArchivePost& post,
                 bool is_edited);
  Status CheckVanished(PostBatch& batch, const Visit& visit, const About& about, KnownPosts& found);
  Status Lost(const std::string& conversation);
  Status LostForGood(PostBatch& batch, const std::string& conversation, const About& about);
  Status WriteFull(PostBatch& batch);
  // Where it fails, the run is over.
  Status Commit(PostBatch& batch);

  // wordpress_gone.cpp
  State StateOfStatus(const Error& error, const std::string& code, bool is_comment) const;
  Result<State> AskComment(std::int64_t number);
  bool MayBury(const About& about) const;
  void Bury(PostBatch& batch, const About& about, const std::string& comment);

  void AddTerms(WpPost& post) const;
  std::vector<std::string> KeysOf(const ArchivePost& post) const;
  About ReadAbout(const std::string& conversation) const;
  Status SaveAbout(PostBatch& batch, const std::string& conversation, const About& about) const;
  void Missing(const std::vector<std::string>& keys, const std::string& why);

  SourceContext& context_;
  WpApi& api_;
  const std::map<std::int64_t, std::string>& terms_;
  Revisits revisits_;
  std::map<std::string, WpPost> fresh_;  // seen since, not visited yet
  std::map<std::string, std::string> missing_;
  int failures_ = 0;  // visits in a row that came to nothing
  bool write_failed_ = false;
};

}  // namespace latecomer
