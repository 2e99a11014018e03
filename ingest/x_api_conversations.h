// The conversations of X that hold a tagged post: under which hashtags they are followed, by which
// ids X knows them, up to when they have been pulled, and which posts of theirs have been written.
//
// A conversation is known by the first version of its root. X itself names it by the id of the
// version that was answered to: after an edit there are several, and all are asked for.
//
// Cursors: those of Revisits with the prefix `thread`, posts by the id of their first version with
// a digest of the id of their last one; and for each `conv ROOT` with the value `v1 UPTO FLAGS
// VERSIONS HASHTAG…`: UPTO in ms by X's clock, 0 where it has not been pulled whole; FLAGS `a`
// (something new was found between visits) and `r` (hashtags have come to it: what is known must be
// written again), or `-`; VERSIONS joined by commas.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"
#include "ingest/revisits.h"
#include "ingest/x_api_answer.h"

namespace latecomer {

struct XConversation {
  TimeMs upto = 0;
  bool is_active = false;
  bool is_rewritten = false;
  std::vector<std::string> versions;
  std::vector<std::string> hashtags;
};

// One thread. As with Revisits, a batch whose Write fails ends the source.
class XConversations {
 public:
  explicit XConversations(RevisitPolicy policy) : revisits_("thread", policy) {}

  // `edits` learns the versions of roots. kCorrupt: a cursor that makes no sense.
  Status Restore(const Cursors& cursors, XEdits& edits);

  // A post of the conversation that carries these hashtags has been found: it is followed from now
  // on, and visited soon.
  Status Follow(PostBatch& batch, const XFound& post, const std::vector<std::string>& hashtags,
                TimeMs now);
  // Nothing where it is not followed.
  const XConversation* Find(const std::string& root) const;

  // Whether this version, or as good a one, has been written under all of the conversation's
  // hashtags: what X says is not the last version is news only where none is known.
  bool IsWritten(const XFound& post) const;
  // It is being written now. Kept in memory until Save.
  void Written(const XFound& post);
  void Forget(const std::string& root, const std::string& first_id);
  // What was learnt since the last time.
  Status Save(PostBatch& batch);

  // Whether this is known of the post: its last version.
  bool IsUpToDate(const XFound& post) const;

  // Its posts as they are known now, learnt ones included.
  KnownPosts Known(const std::string& root) const;
  // All of it up to `upto` has been pulled; `before`: what was known when that began.
  Status Visited(PostBatch& batch, const std::string& root, const KnownPosts& before, TimeMs upto,
                 TimeMs now);

  Revisits& revisits() { return revisits_; }
  const Revisits& revisits() const { return revisits_; }

  static constexpr std::size_t kVersionsMax = 8;  // X allows five edits

 private:
  Status SaveOne(PostBatch& batch, const std::string& root, const XConversation& which) const;

  Revisits revisits_;
  std::map<std::string, XConversation> conversations_;
  mutable std::map<std::string, KnownPosts> learnt_;  // since Save; also what was only looked at
  std::map<std::string, bool> changed_;
};

}  // namespace latecomer
