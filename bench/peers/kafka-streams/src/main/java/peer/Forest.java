package peer;

/**
 * The reply threads (contract, sections 3.2 and 3.3). The ways that nearly every post takes — below
 * a known node, below a missing one, or as what was missing — cost a few reads; whatever could split
 * a conversation or close a cycle is worked out anew for its hashtag.
 */
final class Forest {
  private static final int WALK_MAX = 10_000;

  final Nodes nodes;
  final Trees trees;
  final Sessions sessions;
  final Records records;

  Forest(Nodes nodes, Trees trees, Sessions sessions, Records records) {
    this.nodes = nodes;
    this.trees = trees;
    this.sessions = sessions;
    this.records = records;
  }

  /** A node: an entry, or the placeholder of a missing id and its child's context. */
  record Place(String id, String context, int tree) {}

  static String targetOf(Facts facts) {
    if (facts.root) return "";
    return first(facts.parents.length > 0 ? facts.parents : facts.contexts);
  }

  static String targetContextOf(Facts facts) {
    return facts.parents.length == 0 || facts.contexts.length == 0
        || facts.contexts[0].equals(facts.parents[0]) ? "" : facts.contexts[0];
  }

  private static String first(String[] texts) {
    return texts.length == 0 ? "" : texts[0];
  }

  /** Puts a new entry where it belongs and stores it. */
  void place(String hashtag, String id, Facts facts) {
    if (!placeQuickly(hashtag, id, facts)) {
      facts.tree = -1;
      nodes.put(hashtag, id, facts);
      rebuild(hashtag);
      facts.tree = nodes.get(hashtag, id).tree;
      return;
    }
    facts.clearPairs();
    nodes.put(hashtag, id, facts);
  }

  private boolean placeQuickly(String hashtag, String id, Facts facts) {
    String target = targetOf(facts);
    int own = facts.findPair("");
    if (target.isEmpty()) {
      // Its placeholder was a topmost node of the same id: nothing moves. One that hung from a
      // context did not.
      if (facts.pairTrees.length > (own < 0 ? 0 : 1)) return false;
      facts.tree = own < 0 ? trees.create(hashtag, id) : trees.find(facts.pairTrees[own]);
      return true;
    }
    Place parent = ensure(hashtag, target, targetContextOf(facts));
    if (facts.pairTrees.length > 0) {
      for (int i = 0; i < facts.pairTrees.length; i++) {
        int tree = trees.find(facts.pairTrees[i]);
        if (i == own ? tree == parent.tree : tree != parent.tree) return false;
      }
      if (facts.pairTrees.length > (own < 0 ? 0 : 1) && hangsFrom(hashtag, parent, id)) return false;
      if (own >= 0) trees.merge(hashtag, trees.find(facts.pairTrees[own]), parent.tree);
    }
    facts.tree = parent.tree;
    return true;
  }

  /** The entry or placeholder with this id, made where it is missing. */
  private Place ensure(String hashtag, String id, String context) {
    Facts facts = nodes.get(hashtag, id);
    if (facts != null && facts.kind == Facts.ENTRY) {
      return new Place(id, "", trees.find(facts.tree));
    }
    if (facts == null) facts = new Facts();
    int at = facts.findPair(context);
    if (at >= 0) return new Place(id, context, trees.find(facts.pairTrees[at]));
    int tree = context.isEmpty() ? trees.create(hashtag, id) : ensure(hashtag, context, "").tree;
    facts.addPair(context, tree);
    nodes.put(hashtag, id, facts);
    return new Place(id, context, tree);
  }

  /** Whether the way up from a node comes by `id`; also where it has no end. */
  private boolean hangsFrom(String hashtag, Place from, String id) {
    String at = from.id;
    String context = from.context;
    for (int steps = 0; steps < WALK_MAX; steps++) {
      if (at.equals(id)) return true;
      Facts facts = nodes.get(hashtag, at);
      if (facts == null || facts.kind != Facts.ENTRY) {
        if (context.isEmpty()) return false;
        at = context;
        context = "";
      } else {
        at = targetOf(facts);
        context = targetContextOf(facts);
        if (at.isEmpty()) return false;
      }
    }
    return true;
  }

  void rebuild(String hashtag) {
    new Rebuild(this, hashtag).run();
  }
}
