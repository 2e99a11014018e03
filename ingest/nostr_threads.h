// The conversations of tagged events that a source of Nostr follows: which events of them are
// written already, and under which hashtags. Events never change, so one that is known under all
// hashtags of its conversation is not written again.
//
// Kept by Revisits under the prefix "thread"; the id is that of the conversation's root, as the
// event that it was found by states it. Among its posts stand marks, "#TAG" for each hashtag that
// it belongs to. An event is known as its id and half of its author's key, both in base64url: 43
// and 22 characters; its digest is that of the hashtags under which it was written, or kDeleted.
//
// Not for several threads. As with Revisits, a batch whose Write fails ends the source.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/nostr_note.h"
#include "ingest/post_batch.h"
#include "ingest/revisits.h"
#include "ingest/source.h"

namespace latecomer {

class NostrThreads {
 public:
  NostrThreads(SourceContext& context, RevisitPolicy policy)
      : context_(context), revisits_("thread", policy) {}

  Status Restore();

  // An event whose truth has been checked. Where it carries a followed hashtag, or belongs to a
  // conversation that is followed, it is written, unless it is known; a conversation that is new,
  // or under a hashtag that is new, is due at once. `of`: the conversation that it is known to
  // belong to, since an event of it answers this one; "" where it has to say so itself. Deletions
  // are obeyed where they are the author's. False: none of ours.
  Result<bool> Take(PostBatch& batch, const NostrEvent& event, const NostrProfile* profile,
                    std::string_view instance, const std::string& of = "");
  // Whether Take would do anything with it, so that others need not be checked.
  bool Concerns(const NostrEvent& event) const;
  // The conversation of an event that is known.
  std::optional<std::string> ConversationOf(const std::string& id) const;
  // Writes what is full; and what there is.
  Status WriteIfFull(PostBatch& batch);
  Status Write(PostBatch& batch);

  // Whether it is known under all that it belongs to, so that it need not even be checked.
  bool IsKnown(const NostrEvent& event);
  bool Knows(const std::string& id) const { return owners_.contains(id); }
  // The events of a conversation that are known and not deleted, as hex.
  std::vector<std::string> Members(const std::string& root);
  // Those that have come last, of all conversations: what is worth listening for.
  const std::deque<std::string>& recent() const { return recent_; }
  // Changes with recent().
  std::uint64_t recent_version() const { return recent_version_; }
  // The conversations that began last, in groups of up to kRootGroup, so that one that is new
  // changes one group only: late replies are to be listened for as well.
  const std::vector<std::vector<std::string>>& root_groups() const { return root_groups_; }

  // It was visited. Not `whole`: something of it could not be asked, so it is visited soon again.
  Status Visited(PostBatch& batch, const std::string& root, bool whole);
  const Revisits& revisits() const { return revisits_; }

  static constexpr std::size_t kRecentMax = 300;
  static constexpr std::size_t kRootGroup = 300;
  static constexpr std::size_t kRootGroupsMax = 8;

 private:
  struct Member {
    std::string author;  // its key's first half
    std::uint32_t digest = 0;
  };
  struct Thread {
    std::set<std::string> keys;  // hashtags
    std::map<std::string, Member, std::less<>> members;
    bool changed = false;
  };
  Thread& Load(const std::string& root);
  KnownPosts Saved(const Thread& thread) const;
  std::string RootOf(const NostrEvent& event, const NostrPlace& place, bool tagged) const;
  Result<bool> Delete(PostBatch& batch, const NostrEvent& deletion, std::string_view instance);
  void Put(PostBatch& batch, const Thread& thread, const NostrEvent& event, Post post,
           const std::vector<std::string>& carried);
  void Remember(const std::string& id, const std::string& root);
  void ListenFor(const std::string& root);
  Status Settle(PostBatch& batch);

  SourceContext& context_;
  Revisits revisits_;
  std::map<std::string, Thread, std::less<>> loaded_;  // until the next Write
  // The conversation of each known event; its ids are kept once.
  std::set<std::string, std::less<>> roots_;
  std::unordered_map<std::string, const std::string*> owners_;
  std::set<std::string, std::less<>> fresh_;  // something new has come since their last visit
  std::deque<std::string> recent_;
  std::uint64_t recent_version_ = 0;
  std::vector<std::vector<std::string>> root_groups_;
  std::size_t next_root_ = 0;  // where in the groups the next one goes
};

}  // namespace latecomer
