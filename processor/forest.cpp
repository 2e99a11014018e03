#include "processor/forest.h"

#include <cassert>
#include <tuple>

#include "processor/forest_walk.h"

namespace latecomer {

std::uint32_t Forest::Find(std::uint32_t tree) const {
  while (state_.tree(tree).merged_into != kNone) tree = state_.tree(tree).merged_into;
  return tree;
}

// The link that a node's facts ask for (contract, section 3.2).
Forest::Target Forest::TargetOf(const Node& node) const {
  if (!node.is_entry) return {node.stated_context, kNone};
  if (node.root) return {};
  if (node.stated_parent == kNone) return {node.stated_context, kNone};
  return {node.stated_parent, node.stated_context};
}

// ---- placeholders

std::uint32_t Forest::PlaceholderHead(std::uint32_t name) const {
  const Name& n = state_.name(name);
  if (n.kind == Name::kRepost) return state_.repost(n.self).placeholders;
  return n.kind == Name::kEntry ? kNone : n.self;
}

std::uint32_t& Forest::Placeholders(std::uint32_t name) {
  if (state_.name(name).kind == Name::kRepost) {
    return state_.MutableRepost(state_.name(name).self).placeholders;
  }
  return state_.MutableName(name).self;
}

std::uint32_t Forest::NewPlaceholder(std::uint32_t name, std::uint32_t context) {
  const std::uint32_t head = PlaceholderHead(name);
  Node node{};
  node.name = name;
  node.stated_parent = kNone;
  node.stated_context = context;
  node.parent = node.first_child = node.next = node.previous = node.tree = kNone;
  node.author = head;
  const std::uint32_t made = state_.NewNode(node);
  if (head != kNone) state_.MutableNode(head).stated_parent = made;
  Placeholders(name) = made;
  state_.AddPair(name, context, made);
  return made;
}

// Takes it out of its name's list.
void Forest::ForgetPlaceholder(std::uint32_t node) {
  const Node cell = state_.node(node);
  state_.ErasePair(cell.name, cell.stated_context);
  if (cell.author != kNone) state_.MutableNode(cell.author).stated_parent = cell.stated_parent;
  if (cell.stated_parent != kNone) {
    state_.MutableNode(cell.stated_parent).author = cell.author;
  } else {
    Placeholders(cell.name) = cell.author;
  }
}

std::uint32_t Forest::EnsureNode(std::uint32_t name, std::uint32_t context) {
  if (name == kNone) return kNone;
  if (state_.name(name).kind == Name::kEntry) return state_.name(name).self;
  if (context == name) context = kNone;
  const std::uint32_t found = state_.FindPair(name, context);
  if (found != kNone) return found;
  const std::uint32_t above = EnsureNode(context, kNone);
  const std::uint32_t made = NewPlaceholder(name, context);
  if (above != kNone) {
    Link(made, above);
  } else {
    const std::uint32_t tree = NewTree(made, state_.name(name).hashtag);
    state_.MutableNode(made).tree = tree;
  }
  return made;
}

// A placeholder stands only as long as something hangs from it.
void Forest::DropIfUnused(std::uint32_t placeholder) {
  while (placeholder != kNone) {
    const Node& node = state_.node(placeholder);
    if (node.is_entry || node.first_child != kNone) return;
    const std::uint32_t above = node.parent;
    if (above != kNone) Detach(placeholder);
    LeaveTree(placeholder);
    ForgetPlaceholder(placeholder);
    state_.FreeNode(placeholder);
    placeholder = above;
  }
}

// ---- child lists

void Forest::Attach(std::uint32_t node, std::uint32_t parent) {
  const std::uint32_t first = state_.node(parent).first_child;
  Node& cell = state_.MutableNode(node);
  cell.parent = parent;
  cell.previous = kNone;
  cell.next = first;
  if (first != kNone) state_.MutableNode(first).previous = node;
  state_.MutableNode(parent).first_child = node;
}

void Forest::Detach(std::uint32_t node) {
  Node& cell = state_.MutableNode(node);
  const std::uint32_t parent = cell.parent;
  if (cell.previous != kNone) {
    state_.MutableNode(cell.previous).next = cell.next;
  } else {
    state_.MutableNode(parent).first_child = cell.next;
  }
  if (cell.next != kNone) state_.MutableNode(cell.next).previous = cell.previous;
  cell.parent = cell.next = cell.previous = kNone;
}

// ---- trees

std::uint32_t Forest::NewTree(std::uint32_t root, std::uint32_t hashtag) {
  const std::uint32_t tree = state_.NewTree({root, kNone, 1, hashtag});
  observer_.OnTreeChanged(tree);
  return tree;
}

void Forest::SetRoot(std::uint32_t tree, std::uint32_t root) {
  state_.MutableTree(tree).root = root;
  observer_.OnTreeChanged(tree);
}

// The node goes, and has neither link nor children.
void Forest::LeaveTree(std::uint32_t node) {
  const std::uint32_t label = state_.node(node).tree;
  if (label == kNone) return;
  const std::uint32_t tree = Find(label);
  Tree& cell = state_.MutableTree(tree);
  --cell.size;
  if (cell.root == node) SetRoot(tree, kNone);
}

void Forest::Join(std::uint32_t upper_tree, std::uint32_t lower_tree) {
  Tree& upper = state_.MutableTree(upper_tree);
  Tree& lower = state_.MutableTree(lower_tree);
  const std::uint32_t root = upper.root;
  const bool keep_upper = upper.size >= lower.size;
  Tree& kept = keep_upper ? upper : lower;
  Tree& merged = keep_upper ? lower : upper;
  kept.size += merged.size;
  merged.size = 0;
  merged.root = kNone;
  merged.merged_into = keep_upper ? upper_tree : lower_tree;
  observer_.OnTreeChanged(keep_upper ? lower_tree : upper_tree);
  if (!keep_upper) SetRoot(lower_tree, root);
}

// Hangs a node without a link below `parent`.
void Forest::Link(std::uint32_t node, std::uint32_t parent) {
  const std::uint32_t above = Find(state_.node(parent).tree);
  if (state_.node(node).tree == kNone) {  // fresh: it just grows the tree
    state_.MutableNode(node).tree = above;
    ++state_.MutableTree(above).size;
    Attach(node, parent);
    return;
  }
  const std::uint32_t own = Find(state_.node(node).tree);
  Attach(node, parent);
  if (own == above) {
    CutCycle(node);
  } else {
    Join(above, own);
  }
}

void Forest::Unlink(std::uint32_t node) {
  const std::uint32_t parent = state_.node(node).parent;
  if (state_.node(node).on_cycle) {
    // Without this link the whole component is a tree, and this node its root.
    ClearCycle(node);
    Detach(node);
    SetRoot(Find(state_.node(node).tree), node);
  } else {
    Detach(node);
    Split(node, parent);
  }
}

void Forest::Split(std::uint32_t node, std::uint32_t old_parent) {
  ForestWalk below(state_, node);
  ForestWalk rest(state_, old_parent);
  while (below.Step() && rest.Step()) {
  }
  const std::uint32_t tree = Find(state_.node(node).tree);
  if (below.done()) {
    const std::uint32_t fresh = NewTree(node, state_.tree(tree).hashtag);
    Relabel(below.nodes(), fresh);
  } else {
    const std::uint32_t fresh = NewTree(state_.tree(tree).root, state_.tree(tree).hashtag);
    Relabel(rest.nodes(), fresh);
    SetRoot(tree, node);
  }
}

void Forest::Relabel(const std::vector<std::uint32_t>& nodes, std::uint32_t tree) {
  const std::uint32_t old = Find(state_.node(nodes.front()).tree);
  const auto count = static_cast<std::uint32_t>(nodes.size());
  state_.MutableTree(old).size -= count;
  state_.MutableTree(tree).size = count;
  for (const std::uint32_t node : nodes) {
    state_.MutableNode(node).tree = tree;
    observer_.OnNodeMoved(node);
  }
}

// ---- cycles

// Timeline order; only entries have a place in it.
bool Forest::Before(std::uint32_t a, std::uint32_t b) const {
  const Node& x = state_.node(a);
  const Node& y = state_.node(b);
  if (x.published != y.published) return x.published < y.published;
  return state_.Text(x.name) < state_.Text(y.name);
}

void Forest::SetCut(std::uint32_t node, std::uint32_t tree) {
  state_.MutableNode(node).cut = true;
  SetRoot(tree, node);
}

// The link of `node` has just closed a cycle.
void Forest::CutCycle(std::uint32_t node) {
  std::uint32_t smallest = kNone;
  std::uint32_t at = node;
  do {
    state_.MutableNode(at).on_cycle = true;
    if (state_.node(at).is_entry && (smallest == kNone || Before(at, smallest))) smallest = at;
    at = state_.node(at).parent;
  } while (at != node);
  assert(smallest != kNone);
  SetCut(smallest, Find(state_.node(node).tree));
}

void Forest::ClearCycle(std::uint32_t node) {
  std::uint32_t at = node;
  do {
    Node& cell = state_.MutableNode(at);
    cell.on_cycle = false;
    cell.cut = false;
    at = cell.parent;
  } while (at != node);
}

void Forest::OnPublishedChanged(std::uint32_t node) {
  if (!state_.node(node).on_cycle || state_.node(node).cut) return;
  const std::uint32_t tree = Find(state_.node(node).tree);
  const std::uint32_t cut = state_.tree(tree).root;
  if (!Before(node, cut)) return;
  state_.MutableNode(cut).cut = false;
  SetCut(node, tree);
}

// ---- entries

void Forest::EnsureTree(std::uint32_t node) {
  if (state_.node(node).tree != kNone) return;
  const std::uint32_t tree = NewTree(node, state_.name(state_.node(node).name).hashtag);
  state_.MutableNode(node).tree = tree;
}

void Forest::Relink(std::uint32_t node) {
  const Target target = TargetOf(state_.node(node));
  const std::uint32_t old = state_.node(node).parent;
  if (old != kNone && target.name == state_.node(old).name) {
    const Node& parent = state_.node(old);
    const std::uint32_t context = target.context == target.name ? kNone : target.context;
    if (parent.is_entry || parent.stated_context == context) return;
  }
  const std::uint32_t parent = EnsureNode(target.name, target.context);
  if (parent == old) return;
  if (old != kNone) Unlink(node);
  if (parent != kNone) Link(node, parent);
  // Only now: the new parent may hang above the old one, held by it alone.
  DropIfUnused(old);
}

std::uint32_t Forest::MakeEntry(std::uint32_t name, const Node& facts) {
  std::uint32_t node = state_.FindPair(name, kNone);
  if (node == kNone) node = PlaceholderHead(name);
  if (node == kNone) {
    Node fresh = facts;
    fresh.name = name;
    fresh.parent = fresh.first_child = fresh.next = fresh.previous = fresh.tree = kNone;
    node = state_.NewNode(fresh);
    Name& cell = state_.MutableName(name);
    cell.kind = Name::kEntry;
    cell.self = node;
    return node;
  }
  // One placeholder becomes the entry, where it stands. Its link was its context's: the entry's own
  // comes with Relink.
  ForgetPlaceholder(node);
  const Node place = state_.node(node);
  Node& cell = state_.MutableNode(node);
  cell = facts;
  cell.name = name;
  cell.parent = place.parent;
  cell.first_child = place.first_child;
  cell.next = place.next;
  cell.previous = place.previous;
  cell.tree = place.tree;
  cell.on_cycle = place.on_cycle;
  if (place.parent != kNone) {
    Unlink(node);
    DropIfUnused(place.parent);
  }
  // The children of the others move to it; each of them goes with its last child.
  for (std::uint32_t other = PlaceholderHead(name); other != kNone; other = PlaceholderHead(name)) {
    const std::uint32_t child = state_.node(other).first_child;
    Unlink(child);
    Link(child, node);
    DropIfUnused(other);
  }
  Name& owner = state_.MutableName(name);
  owner.kind = Name::kEntry;
  owner.self = node;
  return node;
}

void Forest::RemoveEntry(std::uint32_t node, Name::Kind kind_after, std::uint32_t self_after) {
  const std::uint32_t name = state_.node(node).name;
  const std::uint32_t parent = state_.node(node).parent;
  if (parent != kNone) {
    Unlink(node);
    DropIfUnused(parent);
  }
  Name& owner = state_.MutableName(name);
  owner.kind = kind_after;
  owner.self = self_after;
  state_.MutableNode(node).name = kNone;  // nobody's parent any more, in Relink's eyes
  while (state_.node(node).first_child != kNone) Relink(state_.node(node).first_child);
  LeaveTree(node);
  state_.FreeNode(node);
}

}  // namespace latecomer
