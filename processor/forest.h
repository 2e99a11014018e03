// The reply threads of a partition: links between nodes, conversations (trees), placeholders and
// cycles (contract, sections 3.2 and 3.3), kept while links come and go.
//
// Each node has at most one link, so a component is a tree or holds exactly one cycle; there the
// link of its smallest known member is *cut* while the cycle exists. Joining relabels the smaller
// tree by one merge; taking a link away walks both sides in step and relabels the smaller.
#pragma once

#include <cstdint>
#include <vector>

#include "processor/timeline_state.h"

namespace latecomer {

class Forest {
 public:
  // What changed, for the batch's records. Called often: cheap.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnNodeMoved(std::uint32_t node) = 0;  // an entry's tree label changed
    virtual void OnTreeChanged(std::uint32_t tree) = 0;
  };

  Forest(TimelineState& state, Observer& observer) : state_(state), observer_(observer) {}

  // The tree that a label stands for now.
  std::uint32_t Find(std::uint32_t tree) const;

  // The node that the name's entry or placeholder (for the pair with `context`) is; a placeholder
  // is made where it is missing. kNone for kNone.
  std::uint32_t EnsureNode(std::uint32_t name, std::uint32_t context);

  // Makes a node for an entry whose name is unknown so far: takes over its placeholders' children.
  // The node has no link yet, and no tree unless it had children.
  std::uint32_t MakeEntry(std::uint32_t name, const Node& facts);
  // Takes the entry away; its children then hang from placeholders. `name` is unknown afterwards
  // (or what `kind_after` and `self_after` say).
  void RemoveEntry(std::uint32_t node, Name::Kind kind_after, std::uint32_t self_after);

  // Makes a tree of a node that has neither link nor children.
  void EnsureTree(std::uint32_t node);
  // Gives the node the link that its stated facts ask for.
  void Relink(std::uint32_t node);
  // `published` of an entry got earlier: its cycle may have to be cut elsewhere.
  void OnPublishedChanged(std::uint32_t node);

  // ---- for restoring: nodes and labels are there, links are made without joining anything.
  void RestoreLink(std::uint32_t node);
  // Cuts cycles, finds the trees' roots and sizes. False if a link joins two different trees.
  bool FinishRestore();

 private:
  struct Target {
    std::uint32_t name = kNone;
    std::uint32_t context = kNone;
  };
  Target TargetOf(const Node& node) const;
  std::uint32_t& Placeholders(std::uint32_t name);
  std::uint32_t PlaceholderHead(std::uint32_t name) const;
  std::uint32_t NewPlaceholder(std::uint32_t name, std::uint32_t context);
  void ForgetPlaceholder(std::uint32_t node);
  void DropIfUnused(std::uint32_t placeholder);
  void Attach(std::uint32_t node, std::uint32_t parent);
  void Detach(std::uint32_t node);
  void Link(std::uint32_t node, std::uint32_t parent);
  void Unlink(std::uint32_t node);
  void Join(std::uint32_t upper_tree, std::uint32_t lower_tree);
  void Split(std::uint32_t node, std::uint32_t old_parent);
  void Relabel(const std::vector<std::uint32_t>& nodes, std::uint32_t tree);
  void CutCycle(std::uint32_t node);
  void ClearCycle(std::uint32_t node);
  void SetCut(std::uint32_t node, std::uint32_t tree);
  bool Before(std::uint32_t a, std::uint32_t b) const;
  std::uint32_t NewTree(std::uint32_t root, std::uint32_t hashtag);
  void SetRoot(std::uint32_t tree, std::uint32_t root);
  void LeaveTree(std::uint32_t node);
  bool RestoreTree(std::uint32_t node);

  TimelineState& state_;
  Observer& observer_;
};

}  // namespace latecomer
