#include "processor/batch.h"

namespace latecomer {

void Batch::Clear() {
  nodes.clear();
  reposts.clear();
  trees.clear();
  removed.clear();
  unpublished.clear();
  hashtags.clear();
  coverage.clear();
  forgotten.clear();
  erased.clear();
  forgotten_authors.clear();
  node_at_.clear();
  repost_at_.clear();
  tree_at_.clear();
}

Batch::DirtyNode& Batch::Dirty(std::uint32_t node) {
  const auto [it, added] = node_at_.emplace(node, static_cast<std::uint32_t>(nodes.size()));
  if (added) nodes.push_back({node, cause, false, {}, false});
  DirtyNode& dirty = nodes[it->second];
  dirty.cause = cause;
  return dirty;
}

void Batch::MarkLink(std::uint32_t node) { Dirty(node); }

void Batch::MarkEntry(std::uint32_t node, std::string_view content) {
  DirtyNode& dirty = Dirty(node);
  dirty.is_entry = true;
  dirty.content = content;
}

void Batch::DropNode(std::uint32_t node) {
  const auto it = node_at_.find(node);
  if (it == node_at_.end()) return;
  nodes[it->second].node = kNone;
  node_at_.erase(it);
}

void Batch::MarkRepost(std::uint32_t repost) {
  const auto [it, added] = repost_at_.emplace(repost, static_cast<std::uint32_t>(reposts.size()));
  if (added) reposts.push_back({repost, cause});
  reposts[it->second].cause = cause;
}

void Batch::DropRepost(std::uint32_t repost) {
  const auto it = repost_at_.find(repost);
  if (it == repost_at_.end()) return;
  reposts[it->second].repost = kNone;
  repost_at_.erase(it);
}

void Batch::OnTreeChanged(std::uint32_t tree) {
  const auto [it, added] = tree_at_.emplace(tree, static_cast<std::uint32_t>(trees.size()));
  if (added) trees.push_back({tree, cause});
  trees[it->second].cause = cause;
}

}  // namespace latecomer
