// What a batch has changed so far, until Flush turns it into records.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/timeline_record.h"
#include "processor/forest.h"
#include "processor/timeline_state.h"

namespace latecomer {

class Batch : public Forest::Observer {
 public:
  struct DirtyNode {
    std::uint32_t node;
    Cause cause;
    bool is_entry;             // write an `entry`, not only a `link`
    std::string_view content;  // of the version that won in this batch
    bool rewrite;              // what was written before names what is forgotten
  };
  struct DirtyRepost {
    std::uint32_t repost;
    Cause cause;
  };
  struct DirtyTree {
    std::uint32_t tree;
    Cause cause;
  };
  struct Removed {
    std::string hashtag;
    Cause cause;
    std::string kind;
    std::string id;
  };

  void Clear();
  void Start(const Cause& present) { cause = present; }

  void MarkLink(std::uint32_t node);
  void MarkRewrite(std::uint32_t node) { Dirty(node).rewrite = true; }
  void MarkEntry(std::uint32_t node, std::string_view content);
  void DropNode(std::uint32_t node);
  void MarkRepost(std::uint32_t repost);
  void DropRepost(std::uint32_t repost);
  void OnNodeMoved(std::uint32_t node) override { MarkLink(node); }
  void OnTreeChanged(std::uint32_t tree) override;

  Cause cause;                   // of the input at hand
  std::vector<DirtyNode> nodes;  // in order; dropped ones have node kNone
  std::vector<DirtyRepost> reposts;
  std::vector<DirtyTree> trees;
  std::vector<Removed> removed;
  std::map<std::uint32_t, Cause> unpublished;  // names
  std::map<std::uint32_t, Cause> hashtags;     // whose sessions may have changed
  std::map<std::pair<std::uint32_t, std::string>, Cause> coverage;
  std::map<TimelineState::ForgottenKey, Cause> forgotten;
  // Names that were erased: what states them must state their urn instead.
  boost::unordered_flat_map<std::uint32_t, std::string> erased;
  std::set<std::uint32_t> forgotten_authors;  // names whose posts are still to be erased

 private:
  DirtyNode& Dirty(std::uint32_t node);

  boost::unordered_flat_map<std::uint32_t, std::uint32_t> node_at_;
  boost::unordered_flat_map<std::uint32_t, std::uint32_t> repost_at_;
  boost::unordered_flat_map<std::uint32_t, std::uint32_t> tree_at_;
};

}  // namespace latecomer
