// Links made again from records: labels are as they were written, so nothing is joined.
#include <vector>

#include "processor/forest.h"

namespace latecomer {

void Forest::RestoreLink(std::uint32_t node) {
  const Target target = TargetOf(state_.node(node));
  if (target.name == kNone) return;
  std::uint32_t parent = kNone;
  if (state_.name(target.name).kind == Name::kEntry) {
    parent = state_.name(target.name).self;
  } else {
    const std::uint32_t context = target.context == target.name ? kNone : target.context;
    parent = state_.FindPair(target.name, context);
    if (parent == kNone) {
      parent = NewPlaceholder(target.name, context);
      state_.MutableNode(parent).tree = state_.node(node).tree;
      RestoreLink(parent);
    }
  }
  Attach(node, parent);
}

// Counts the node to its tree, and finds the tree's root. False where its link leads elsewhere.
bool Forest::RestoreTree(std::uint32_t node) {
  const Node& cell = state_.node(node);
  if (cell.tree == kNone || cell.tree >= state_.tree_count()) return false;
  const std::uint32_t tree = Find(cell.tree);
  Tree& own = state_.MutableTree(tree);
  ++own.size;
  if (cell.parent != kNone && !cell.cut) return Find(state_.node(cell.parent).tree) == tree;
  if (own.root != kNone) return false;
  own.root = node;
  return true;
}

bool Forest::FinishRestore() {
  std::vector<std::uint32_t> walk(state_.node_count(), 0);  // number of the walk that came by first
  std::uint32_t number = 0;
  for (std::uint32_t start = 0; start < state_.node_count(); ++start) {
    if (state_.IsFree(state_.node(start)) || walk[start] != 0) continue;
    ++number;
    std::uint32_t node = start;
    while (node != kNone && walk[node] == 0) {
      walk[node] = number;
      node = state_.node(node).parent;
    }
    if (node != kNone && walk[node] == number) CutCycle(node);
  }
  for (std::uint32_t tree = 0; tree < state_.tree_count(); ++tree) {
    Tree& cell = state_.MutableTree(tree);
    cell.size = 0;
    cell.root = kNone;
  }
  for (std::uint32_t node = 0; node < state_.node_count(); ++node) {
    if (!state_.IsFree(state_.node(node)) && !RestoreTree(node)) return false;
  }
  return true;
}

}  // namespace latecomer
