// The conversations of tagged posts that a source of the AT network follows: which posts of them
// are written already, in which version, and under which hashtags. What is new or changed is
// written; what is known is not written again.
//
// Kept by Revisits under the prefix "thread": the id is the root post's URI. Posts are known as
// DID/RKEY, with a digest of their CID, or of "deleted". Among them stand marks: "#TAG" for a
// hashtag that the conversation belongs to (0: what was there before it has not been written under
// it yet; 1: it has), "!" when something has come since the last visit, and "~POST" for a post that
// came while a hashtag had 0, and was written under all of them.
//
// Not for several threads. As with Revisits, a batch whose Write fails ends the source.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/bluesky_post.h"
#include "ingest/post_batch.h"
#include "ingest/revisits.h"
#include "ingest/source.h"

namespace latecomer {

class BlueskyConversations {
 public:
  struct Settings {
    std::string instance;  // whom the posts are read from
    RevisitPolicy policy;
    // Conversations are visited. Where they are not, what was there before a hashtag came to its
    // conversation is not written under it.
    bool visits = true;
    // What a visit shows of a known post may be a newer version. Not so where a stream tells of
    // every change, and the AppView may be the one that is behind.
    bool visits_tell_edits = true;
    // Posts can be found by their short id or author, which costs memory for each.
    bool index = false;
  };
  BlueskyConversations(SourceContext& context, Settings settings);

  Status Restore();

  // How a post came. On a visit the whole conversation passes by: what is known is written under
  // the hashtags that have come to it since.
  enum class How { kAlone, kVisit };
  // A version of a post. Where it carries a followed hashtag, or belongs to a conversation that is
  // followed, it is written, unless this version is known; a conversation that is new, or under a
  // hashtag that is new, is due at once. `where` is for rejects. False: none of ours.
  Result<bool> Take(PostBatch& batch, BlueskyPost& post, How how, const std::string& where);
  bool IsKnown(PostBatch& batch, const BlueskyPost& post);
  // Whether Take would write it.
  bool Wants(PostBatch& batch, const BlueskyPost& post);
  // Its author has deleted it. Written once, where it belongs to a conversation that is followed.
  Status Delete(PostBatch& batch, const std::string& root, const std::string& short_id);
  // Around a visit, in which no other conversation is touched. EndVisit plans the next one.
  Status BeginVisit(PostBatch& batch, const std::string& root);
  Status EndVisit(PostBatch& batch, const std::string& root);
  // Within one: its conversation has posts that carry these hashtags, folded. Said before the first
  // Take, it spares writing twice.
  Status Announce(PostBatch& batch, const std::vector<std::string>& hashtags);

  // Puts into the batch what it moves. Before each Write.
  Status Settle(PostBatch& batch);
  // Settle and Write. Whether it has failed, which has to end Run.
  Status Write(PostBatch& batch);
  bool write_failed() const { return write_failed_; }

  // The posts that are known and not deleted, by short id.
  std::vector<std::string> Living(const std::string& root);
  bool IsKnownDeleted(const std::string& root, const std::string& short_id);
  bool Has(std::string_view root) const { return revisits_.Has(root); }
  // The root of the conversation of a known post; nothing if it is not known. With `index`.
  std::optional<std::string> RootOf(const std::string& short_id) const;
  // The posts of an account that are known, by short id. With `index`.
  std::vector<std::string> PostsOf(const std::string& did) const;

  Revisits& revisits() { return revisits_; }

  static constexpr std::string_view kPrefix = "thread";

 private:
  struct Loaded {
    std::string root;
    KnownPosts posts;             // with the marks
    std::set<std::string> fresh;  // on a visit: hashtags under which all is to be written
    bool has_taken = false;
    bool changed = false;
  };
  Status Load(PostBatch& batch, const std::string& root);
  Status AddKey(PostBatch& batch, const std::string& key);
  void Index(const std::string& short_id, const std::string& root);
  std::vector<std::string> Keys() const;
  void Put(PostBatch& batch, const BlueskyPost& post, const std::vector<std::string>& carried,
           const std::vector<std::string>& others, const std::string& where);

  SourceContext& context_;
  const Settings settings_;
  Revisits revisits_;
  bool write_failed_ = false;
  Loaded loaded_;
  std::set<std::string> roots_;
  // Sorted, so that the posts of an account stand together.
  std::map<std::string, const std::string*, std::less<>> by_post_;
};

}  // namespace latecomer
