// A walk over one side of a tree, step by step: all nodes that hang together with a start over
// links that are not cut. Two walks taken in step find the smaller of two sides in its own size.
#pragma once

#include <vector>

#include "processor/timeline_state.h"

namespace latecomer {

class ForestWalk {
 public:
  ForestWalk(const TimelineState& state, std::uint32_t start) : state_(state) {
    Visit(start, kNone);
  }

  // Visits one more node; false once there is none.
  bool Step() {
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      const std::uint32_t next = NextNeighbour(frame);
      if (next != kNone) {
        Visit(next, frame.node);
        return true;
      }
      stack_.pop_back();
    }
    return false;
  }
  bool done() const { return stack_.empty(); }
  const std::vector<std::uint32_t>& nodes() const { return nodes_; }

 private:
  struct Frame {
    std::uint32_t node;
    std::uint32_t from;   // where the walk came from
    std::uint32_t child;  // the next one to look at
    bool parent_done;
  };

  void Visit(std::uint32_t node, std::uint32_t from) {
    nodes_.push_back(node);
    stack_.push_back({node, from, state_.node(node).first_child, false});
  }
  std::uint32_t NextNeighbour(Frame& frame) const {
    if (!frame.parent_done) {
      frame.parent_done = true;
      const Node& node = state_.node(frame.node);
      if (node.parent != kNone && !node.cut && node.parent != frame.from) return node.parent;
    }
    while (frame.child != kNone) {
      const std::uint32_t child = frame.child;
      frame.child = state_.node(child).next;
      if (child != frame.from && !state_.node(child).cut) return child;
    }
    return kNone;
  }

  const TimelineState& state_;
  std::vector<Frame> stack_;
  std::vector<std::uint32_t> nodes_;
};

}  // namespace latecomer
