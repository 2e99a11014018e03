package peer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Works the conversations and sessions of one hashtag out from scratch, and writes what differs. For
 * what seldom happens: a link that changes, a cycle, an entry that turns out to be a repost.
 */
final class Rebuild {
  private final Forest forest;
  private final String hashtag;
  private final Map<String, Facts> all;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Node> entries = new HashMap<>();
  private final Map<String, Node> placeholders = new HashMap<>();

  private static final class Node {
    final String id;
    final String context;
    final Facts facts; // of an entry; null: a placeholder
    Node parent;
    Node top;
    int walk;

    Node(String id, String context, Facts facts) {
      this.id = id;
      this.context = context;
      this.facts = facts;
    }
  }

  Rebuild(Forest forest, String hashtag) {
    this.forest = forest;
    this.hashtag = hashtag;
    this.all = forest.nodes.all(hashtag);
  }

  void run() {
    for (Map.Entry<String, Facts> known : all.entrySet()) {
      if (known.getValue().kind != Facts.ENTRY) continue;
      Node node = new Node(known.getKey(), "", known.getValue());
      nodes.add(node);
      entries.put(node.id, node);
    }
    for (Node node : List.copyOf(nodes)) {
      String target = Forest.targetOf(node.facts);
      if (!target.isEmpty()) node.parent = nodeOf(target, Forest.targetContextOf(node.facts));
    }
    breakCycles();
    for (Node node : nodes) findTop(node);
    label();
    forest.sessions.rebuild(hashtag, entries.values().stream().filter(n -> n.facts.tagged)
        .mapToLong(n -> n.facts.published).sorted().toArray());
  }

  private Node nodeOf(String id, String context) {
    Node entry = entries.get(id);
    if (entry != null) return entry;
    Node found = placeholders.get(id + '\0' + context);
    if (found != null) return found;
    Node made = new Node(id, context, null);
    made.parent = context.isEmpty() ? null : nodeOf(context, "");
    placeholders.put(id + '\0' + context, made);
    nodes.add(made);
    return made;
  }

  private void breakCycles() {
    int number = 0;
    for (Node start : nodes) {
      if (start.walk != 0) continue;
      number++;
      Node at = start;
      while (at != null && at.walk == 0) {
        at.walk = number;
        at = at.parent;
      }
      if (at != null && at.walk == number) breakCycle(at);
    }
  }

  private static void breakCycle(Node node) {
    Node smallest = null;
    Node at = node;
    do {
      if (at.facts != null && (smallest == null || before(at, smallest))) smallest = at;
      at = at.parent;
    } while (at != node);
    smallest.parent = null;
  }

  private static boolean before(Node a, Node b) {
    if (a.facts.published != b.facts.published) return a.facts.published < b.facts.published;
    return Facts.compareBytes(a.id, b.id) < 0;
  }

  private static void findTop(Node node) {
    List<Node> path = new ArrayList<>();
    Node at = node;
    while (at.top == null && at.parent != null) {
      path.add(at);
      at = at.parent;
    }
    if (at.top == null) at.top = at;
    for (Node below : path) below.top = at.top;
  }

  // ---- numbers: the largest conversations keep theirs first

  private int labelOf(Node node) {
    if (node.facts != null) return node.facts.tree < 0 ? -1 : forest.trees.find(node.facts.tree);
    Facts facts = all.get(node.id);
    int at = facts == null ? -1 : facts.findPair(node.context);
    return at < 0 ? -1 : forest.trees.find(facts.pairTrees[at]);
  }

  private void label() {
    Map<Node, List<Node>> byTop = new HashMap<>();
    Set<Integer> seen = new HashSet<>();
    for (Facts facts : all.values()) {
      if (facts.tree >= 0) seen.add(forest.trees.find(facts.tree));
      for (int tree : facts.pairTrees) seen.add(forest.trees.find(tree));
    }
    for (Node node : nodes) byTop.computeIfAbsent(node.top, t -> new ArrayList<>()).add(node);
    List<List<Node>> conversations = new ArrayList<>(byTop.values());
    conversations.sort((a, b) -> Integer.compare(b.size(), a.size()));
    Set<Integer> claimed = new HashSet<>();
    Map<Node, Integer> labels = new HashMap<>();
    for (List<Node> conversation : conversations) {
      int label = choose(conversation, claimed);
      String root = conversation.get(0).top.id;
      if (label < 0) {
        label = forest.trees.create(hashtag, root);
      } else if (!forest.trees.root(label).equals(root)) {
        forest.trees.setRoot(hashtag, label, root);
      }
      claimed.add(label);
      for (Node node : conversation) labels.put(node, label);
    }
    write(labels);
    for (int tree : seen) {
      if (!claimed.contains(tree)) forest.trees.setRoot(hashtag, tree, "");
    }
  }

  private int choose(List<Node> conversation, Set<Integer> claimed) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (Node node : conversation) counts.merge(labelOf(node), 1, Integer::sum);
    int best = -1;
    int most = 0;
    for (Map.Entry<Integer, Integer> count : counts.entrySet()) {
      if (count.getKey() < 0 || claimed.contains(count.getKey()) || count.getValue() <= most) {
        continue;
      }
      best = count.getKey();
      most = count.getValue();
    }
    return best;
  }

  private void write(Map<Node, Integer> labels) {
    Map<String, Facts> pairs = new HashMap<>();
    for (Node node : placeholders.values()) {
      pairs.computeIfAbsent(node.id, id -> new Facts()).addPair(node.context, labels.get(node));
    }
    Map<String, Boolean> changed = new HashMap<>();
    for (Node node : entries.values()) {
      if (labelOf(node) == labels.get(node)) continue;
      node.facts.tree = labels.get(node);
      changed.put(node.id, true);
    }
    for (Map.Entry<String, Facts> known : all.entrySet()) {
      writeOne(known.getKey(), known.getValue(), pairs.remove(known.getKey()),
          changed.containsKey(known.getKey()));
    }
    pairs.forEach((id, facts) -> forest.nodes.put(hashtag, id, facts));
  }

  private void writeOne(String id, Facts facts, Facts pairs, boolean relabelled) {
    boolean same = pairs == null ? facts.pairTrees.length == 0
        : Arrays.equals(pairs.pairContexts, facts.pairContexts)
            && Arrays.equals(pairs.pairTrees, facts.pairTrees);
    facts.clearPairs();
    for (int i = 0; pairs != null && i < pairs.pairTrees.length; i++) {
      facts.addPair(pairs.pairContexts[i], pairs.pairTrees[i]);
    }
    if (facts.kind == Facts.UNKNOWN && pairs == null) {
      forest.nodes.erase(hashtag, id);
    } else if (!same || relabelled) {
      forest.nodes.put(hashtag, id, facts);
    }
    if (relabelled) forest.records.link(hashtag, id, facts);
  }
}
