// What the builder knows of one partition: ids and structure, never content. Plain cells in pools,
// linked by 32-bit indices; every change goes through the undo log, so that a batch whose
// transaction is aborted can be unwound.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/sha256.h"
#include "model/hashtag_settings.h"
#include "model/timeline.h"
#include "processor/chunked_vector.h"
#include "processor/coverage_ranges.h"
#include "processor/session_tracker.h"

namespace latecomer {

// An id that was seen under a hashtag, as a post's own or named by another; stored once.
struct Name {
  enum Kind : std::uint8_t {
    kUnknown,      // only named by others
    kUnpublished,  // deleted, and its time is not known: as good as unknown; see `unpublished`
    kEntry,
    kRepost
  };
  const char* text;  // in the arena
  std::uint32_t hash;
  std::uint32_t hashtag;
  std::uint32_t self;  // kEntry: its node; kRepost: its repost; else its first placeholder or kNone
  std::uint32_t size : 30;
  Kind kind : 2;
};

// An entry, or the placeholder for a pair (missing id, context).
struct Node {
  std::uint32_t name;
  std::uint32_t stated_parent;  // names; kNone where nothing is stated. A placeholder has a context
  std::uint32_t stated_context;  // only
  std::uint32_t parent;          // the node it hangs from, even where its link is cut
  std::uint32_t first_child;
  std::uint32_t next;  // siblings; of a freed node: the next free one
  std::uint32_t previous;
  std::uint32_t tree;    // as last written; Find() gives the tree it has been merged into
  std::uint32_t author;  // a name; of a placeholder: the next one of the same missing id
  bool is_entry : 1;
  bool root : 1;
  bool tagged : 1;
  bool deleted : 1;
  bool has_content : 1;  // some Note was seen: stamp and digest are set
  bool more : 1;         // several versions state different things: see `stated`
  bool on_cycle : 1;
  bool cut : 1;  // on a cycle, and its link is the ignored one
  TimeMs published;
  TimeMs stamp;
  std::uint64_t digest;
  std::int64_t n;
};

struct Repost {
  std::uint32_t name;
  std::uint32_t object;  // names
  std::uint32_t by;
  std::uint32_t placeholders;  // the first placeholder of replies to this id
  bool deleted;
  bool more;
  bool has_published;
  TimeMs published;
  TimeMs stamp;
  std::uint64_t digest;
};

struct Tree {
  std::uint32_t root;         // node; kNone: merged, or no more
  std::uint32_t merged_into;  // tree; kNone: none
  std::uint32_t size;         // nodes
  std::uint32_t hashtag;
};

// What several versions of one id state, where it is more than one thing. Sorted by nothing.
struct Stated {
  std::vector<std::uint32_t> parents;
  std::vector<std::uint32_t> contexts;
  std::vector<std::uint32_t> objects;
  std::vector<std::uint32_t> authors;
  bool operator==(const Stated&) const = default;
};

// A deleted id whose `published` is not known.
struct Unpublished {
  std::vector<std::uint32_t> parents;
  std::vector<std::uint32_t> contexts;
  bool root = false;
};

struct HashtagState {
  std::string hashtag;
  HashtagSettings settings;
  SessionTracker sessions;
  std::unordered_map<std::string, CoverageRanges> coverage;  // by source
};

struct ForgottenState {
  TimeMs at = 0;
  bool post = false;
  bool author = false;
};

class TextArena;

// The cells, and how to take changes back.
class TimelineState {
 public:
  TimelineState();
  ~TimelineState();
  TimelineState(const TimelineState&) = delete;
  TimelineState& operator=(const TimelineState&) = delete;

  // Authors are names under no hashtag.
  static constexpr std::uint32_t kAuthors = kNone - 1;

  // ---- names
  static std::uint32_t HashOf(std::string_view id, std::uint32_t hashtag);
  std::uint32_t FindName(std::uint32_t hashtag, std::string_view id, std::uint32_t hash) const;
  std::uint32_t FindName(std::uint32_t hashtag, std::string_view id) const {
    return FindName(hashtag, id, HashOf(id, hashtag));
  }
  // Finds or adds; kNone for the empty id.
  std::uint32_t Intern(std::uint32_t hashtag, std::string_view id);
  // Takes the name out of the index and overwrites its text once the batch is committed.
  void EraseName(std::uint32_t name);
  std::string_view Text(std::uint32_t name) const {
    return name == kNone ? std::string_view()
                         : std::string_view(names_[name].text, names_[name].size);
  }
  // Fetching into the cache, in three steps, what a lookup will need: its slot, the name found
  // there (kNone: none), and what the name leads to.
  void PrefetchSlot(std::uint32_t hash) const;
  std::uint32_t PrefetchName(std::uint32_t hash) const;
  void PrefetchCells(std::uint32_t name) const;
  const Name& name(std::uint32_t i) const { return names_[i]; }
  std::uint32_t name_count() const { return names_.size(); }

  // ---- cells: reading, and a reference for writing that is logged first
  const Node& node(std::uint32_t i) const { return nodes_[i]; }
  const Repost& repost(std::uint32_t i) const { return reposts_[i]; }
  const Tree& tree(std::uint32_t i) const { return trees_[i]; }
  Name& MutableName(std::uint32_t i);
  Node& MutableNode(std::uint32_t i);
  Repost& MutableRepost(std::uint32_t i);
  Tree& MutableTree(std::uint32_t i);
  std::uint32_t node_count() const { return nodes_.size(); }
  std::uint32_t repost_count() const { return reposts_.size(); }
  std::uint32_t tree_count() const { return trees_.size(); }
  // Whether a cell came into being in the batch that is under way.
  bool IsNewTree(std::uint32_t i) const { return i >= committed_.trees; }
  std::uint32_t NewNode(const Node& node);
  void FreeNode(std::uint32_t i);
  std::uint32_t NewRepost(const Repost& repost) { return reposts_.push_back(repost); }
  std::uint32_t NewTree(const Tree& tree) { return trees_.push_back(tree); }
  bool IsFree(const Node& node) const { return node.name == kNone; }

  // ---- rare facts, kept beside the cells
  const Stated* FindStated(bool of_repost, std::uint32_t i) const;
  Stated& MutableStated(bool of_repost, std::uint32_t i);
  void EraseStated(bool of_repost, std::uint32_t i);
  std::optional<TimeMs> DeletedAt(std::uint32_t name) const;
  void SetDeletedAt(std::uint32_t name, std::optional<TimeMs> at);
  const Unpublished* FindUnpublished(std::uint32_t name) const;
  Unpublished& MutableUnpublished(std::uint32_t name);
  void EraseUnpublished(std::uint32_t name);
  const std::unordered_map<std::uint32_t, Unpublished>& unpublished() const { return unpublished_; }

  // ---- numbers of entries (`n`), unique under a hashtag
  std::int64_t TakeNumber(std::uint32_t hashtag, TimeMs published, std::string_view id);
  // Of a restored entry; false if it is taken.
  bool ReserveNumber(std::uint32_t hashtag, std::int64_t n);
  void ReleaseNumber(std::uint32_t hashtag, std::int64_t n);

  // ---- placeholders by their pair (missing id, context)
  std::uint32_t FindPair(std::uint32_t name, std::uint32_t context) const;
  void AddPair(std::uint32_t name, std::uint32_t context, std::uint32_t node);
  void ErasePair(std::uint32_t name, std::uint32_t context);

  // ---- hashtags
  std::uint32_t FindHashtag(std::string_view hashtag) const;
  std::uint32_t AddHashtag(HashtagSettings settings);
  std::uint32_t hashtag_count() const { return static_cast<std::uint32_t>(hashtags_.size()); }
  const HashtagState& hashtag(std::uint32_t i) const { return *hashtags_[i]; }
  // For what takes care of undoing itself, or is taken back by TakeBackWith.
  HashtagState& hashtag(std::uint32_t i) { return *hashtags_[i]; }
  void AddTime(std::uint32_t hashtag, TimeMs time);
  void RemoveTime(std::uint32_t hashtag, TimeMs time);

  // ---- forgotten ids
  // Under kEverywhere what a Forget names; under a hashtag the ids of posts that a version there
  // gives to a forgotten author: what one hashtag knows must not depend on which others share its
  // partition.
  static constexpr std::uint32_t kEverywhere = kNone;
  struct ForgottenKey {
    std::uint32_t hashtag = kEverywhere;
    Sha256Digest digest{};
    auto operator<=>(const ForgottenKey&) const = default;
  };
  struct ForgottenHash {
    std::size_t operator()(const ForgottenKey& key) const;
  };
  using Forgotten = std::unordered_map<ForgottenKey, ForgottenState, ForgottenHash>;
  const Forgotten& forgotten() const { return forgotten_; }
  void SetForgotten(const ForgottenKey& key, const ForgottenState& state);
  // Whether the post is forgotten under the hashtag.
  bool IsForgottenPost(std::uint32_t hashtag, const Sha256Digest& digest) const;
  bool IsForgottenAuthor(const Sha256Digest& digest) const;

  // ---- the batch
  // Notes how to take back a rare change.
  void TakeBackWith(std::function<void()> undo);
  void Commit();  // what was done since the last Commit or Unwind stays
  void Unwind();  // takes it back, newest first

  std::size_t bytes() const;

 private:
  struct Counts {
    std::uint32_t names = 0;
    std::uint32_t nodes = 0;
    std::uint32_t reposts = 0;
    std::uint32_t trees = 0;
    std::uint32_t hashtags = 0;
  };
  enum class Op : std::uint8_t {
    kName,
    kNode,
    kRepost,
    kTree,
    kNameAdded,
    kNameErased,
    kNumberAdded,
    kNumberErased,
    kPairAdded,
    kPairErased,
    kNodeFreed,
    kNodeReused,
    kTimeAdded,
    kTimeRemoved,
    kClosure
  };
  struct Logged {
    Op op;
    std::uint32_t index;
    std::uint64_t value;  // where the old cell stands in saved_, or a number or time
  };
  struct Indexes;

  template <typename T>
  void Save(Op op, std::uint32_t index, const T& old);
  template <typename T>
  T Saved(std::uint64_t at) const;
  void UndoOne(const Logged& logged);
  std::uint64_t NumberKey(std::uint32_t hashtag, std::int64_t n) const;

  ChunkedVector<Name> names_;
  ChunkedVector<Node> nodes_;
  ChunkedVector<Repost> reposts_;
  ChunkedVector<Tree> trees_;
  std::uint32_t free_node_ = kNone;
  std::unique_ptr<TextArena> arena_;
  std::unique_ptr<Indexes> indexes_;
  std::unordered_map<std::uint64_t, Stated> stated_;  // reposts: high bit
  std::unordered_map<std::uint32_t, TimeMs> deleted_at_;
  std::unordered_map<std::uint32_t, Unpublished> unpublished_;
  std::vector<std::unique_ptr<HashtagState>> hashtags_;
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>> hashtag_by_key_;
  Forgotten forgotten_;
  std::vector<std::uint32_t> erased_names_;  // to be overwritten at Commit

  Counts committed_;
  std::vector<Logged> log_;
  std::vector<char> saved_;
  std::vector<std::function<void()>> closures_;
};

}  // namespace latecomer
