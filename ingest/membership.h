// What belongs to a hashtag, of archives that hold more (contract, end of section 6).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/archive.h"

namespace latecomer {

// Takes all posts of the files of one run (Add), then says of each whether it belongs (Of). The
// files of one run count as one: how an archive was cut into files makes no difference.
//
// A conversation is what `inReplyTo` and `context` of Notes and Tombstones join, directly or over
// any number of posts, and also over ids that are named but not in the files: two answers to a post
// that nobody kept are one conversation. It belongs to the hashtag if one of its Notes carries the
// hashtag or an alias of it. Quotes, mentions and reposts join nothing.
//   Note       via `tag` if this version carries the hashtag, else via `thread` if its conversation
//              belongs
//   Announce   via `tag` if it (that is, its original) carries the hashtag, else via `thread` if
//              its `object` is in a conversation that belongs
//   Tombstone  if its id is in a conversation that belongs, or is that or the object of an Announce
//              that belongs; `via` stays as it is
// Coverage and Forget always belong. With `all` everything does, via `thread` what does not carry
// the hashtag.
//
// Memory: 30 to 60 bytes for each distinct id that is a post or is named by one, 8 more for each
// Announce; no strings. Ids are told apart by a 128-bit hash whose seed is drawn for each run.
class Membership {
 public:
  enum class Verdict : std::uint8_t { kSkipped, kTag, kThread, kAsItStands };

  // `hashtags`: folded, the name and its aliases.
  Membership(std::set<std::string, std::less<>> hashtags, bool all);

  // kFatal: more than 2^31 ids.
  Status Add(const ArchivePost& post);
  // Call once, after the last Add and before the first Of.
  void Finish();
  // `post` must have been given to Add.
  Verdict Of(const ArchivePost& post) const;
  std::size_t ids() const { return nodes_.size(); }

 private:
  struct Key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Key&) const = default;
  };
  struct Node {
    Key key;
    std::uint32_t parent = 0;  // towards the conversation's representative
    std::uint8_t flags = 0;
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  static constexpr std::uint8_t kTagged = 1;  // of a representative: its conversation belongs
  static constexpr std::uint8_t kNamed = 2;   // itself or its object is of an Announce that belongs

  Key Hash(std::string_view id) const;
  std::uint32_t Lookup(std::string_view id) const;
  std::uint32_t Intern(std::string_view id);
  void Grow();
  std::uint32_t Root(std::uint32_t node) const;
  void Join(std::uint32_t a, std::uint32_t b);
  bool Carries(const ArchivePost& post) const;
  bool InConversation(std::string_view id) const;

  std::set<std::string, std::less<>> hashtags_;
  bool all_;
  std::uint64_t seed_;
  mutable std::vector<Node> nodes_;   // Root shortens paths
  std::vector<std::uint32_t> table_;  // open addressing, a power of two, into nodes_
  std::vector<std::pair<std::uint32_t, std::uint32_t>> announces_;  // id, object; until Finish
};

}  // namespace latecomer
