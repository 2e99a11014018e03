// What is known of an instance's posts, and what of it is new to the timelines. Each post belongs
// to a conversation of this instance, named by its topmost post's id there; of a conversation
// Revisits keeps when it is to be read again, and of each of its posts a digest.
//
// As known posts stand there: `ID,URI` of a status, `@ID,URI` of a repost, `#HASHTAG` of a timeline
// under which all of the conversation has been written.
//
// One thread. What a call puts into a batch counts as written: where Write fails, the source ends.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "ingest/mastodon_status.h"
#include "ingest/post_batch.h"
#include "ingest/revisits.h"
#include "ingest/source.h"
#include "ingest/source_mastodon_recent.h"

namespace latecomer {

class MastodonPosts {
 public:
  // The context and `recent` must outlive it. `number`: of the instance within the source.
  MastodonPosts(SourceContext& context, MastodonRecent& recent, std::string instance, int number,
                RevisitPolicy policy);

  // kCorrupt: a cursor that makes no sense.
  Status Restore();

  // A status from a hashtag's timeline or stream: written if it carries a followed hashtag and is
  // new or has changed; then its conversation is expected to have something new.
  Status TakeTagged(PostBatch& batch, MastodonStatus status);

  // What was found of a conversation: written as far as it is new, under every hashtag that any of
  // it carries.
  struct Missing {
    std::string id;
    std::string uri;
  };
  struct Found {
    KnownPosts posts;              // of them all, as Finish wants them
    std::vector<Missing> missing;  // known before, and not in what was found
  };
  Result<Found> TakeConversation(PostBatch& batch, const std::string& conversation,
                                 std::vector<MastodonStatus>& statuses);
  // Ends a visit: `found.missing` is forgotten, but for what has been put back into `found.posts`.
  Status Finish(PostBatch& batch, const std::string& conversation, const Found& found);
  static void PutBack(Found& found, const Missing& missing, std::uint32_t digest);

  // A deletion that its origin has confirmed: a Tombstone under these hashtags.
  void Bury(PostBatch& batch, const Missing& post, const std::vector<std::string>& keys);
  // A post of a conversation is there, but not below its topmost post any more, since one between
  // them is gone: it is the top of a conversation of its own, which still belongs to the hashtags.
  Status SplitOff(PostBatch& batch, const Missing& post, std::uint32_t digest,
                  const std::vector<std::string>& keys);
  // The topmost post is not there any more: what is known below it is visited by itself.
  Status Split(PostBatch& batch, const std::string& conversation);
  // Writes what is remembered of conversations beyond their plan. Before each Write that ends
  // something.
  Status Flush(PostBatch& batch);

  // The uri of a known status; "" if it is none.
  std::string UriOf(std::string_view id) const;
  bool Knows(std::string_view id) const { return index_.contains(Hash(id)); }
  // The conversation of a known post; nothing if it is none.
  const std::string* ConversationOf(std::string_view id) const;
  Revisits& revisits() { return revisits_; }
  const std::string& instance() const { return instance_; }
  KnownPosts Known(const std::string& conversation) const;
  // The hashtags of a conversation.
  static std::vector<std::string> KeysIn(const KnownPosts& known);
  // Whom a known post is: false for what is no status.
  static bool ParseKnown(std::string_view text, Missing& to);

 private:
  struct Entry {
    std::uint32_t digest = 0;
    std::uint32_t conversation = 0;  // in names_
  };
  using Keys = std::set<std::string>;

  static std::uint64_t Hash(std::string_view id);
  Keys Carried(const MastodonStatus& status) const;
  const std::string& NameOf(std::uint32_t number) const;
  KnownPosts& Open(const std::string& conversation);
  void Remember(const std::string& id, std::uint32_t digest, const std::string& conversation);
  std::uint32_t Number(const std::string& conversation);
  Status Expect(PostBatch& batch, const std::string& conversation, TimeMs when);
  void Write(PostBatch& batch, const Post& post, const Keys& keys, const Keys& carried,
             const std::string& what);
  Status TakeRepost(PostBatch& batch, MastodonStatus& status);
  Status Absorb(PostBatch& batch, const std::string& from, const std::string& into);

  SourceContext& context_;
  MastodonRecent& recent_;
  const std::string instance_;
  const int number_;
  const std::chrono::milliseconds first_pause_;
  const TimeMs started_;          // what is to be visited in a reading that ends is due since then
  bool looks_into_text_ = false;  // for hashtags that Mastodon would spell in ASCII
  Revisits revisits_;
  std::unordered_map<std::uint64_t, Entry> index_;  // by the hash of the id
  std::vector<const std::string*> names_;           // of conversations, by number: keys of numbers_
  std::vector<std::uint32_t> joined_;  // the number of which each has become a part; or its own
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::map<std::string, KnownPosts> open_;  // changed since the last Flush
};

}  // namespace latecomer
