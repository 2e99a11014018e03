package peer;

import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** Folds versions into what is known of their ids (contract, section 3.1) and writes the records. */
final class Fold {
  private final Nodes nodes;
  private final Sessions sessions;
  private final Records records;
  private final Forest forest;

  Fold(KeyValueStore<Bytes, byte[]> nodeStore, KeyValueStore<Bytes, byte[]> treeStore,
      KeyValueStore<Bytes, byte[]> sessionStore, Records records) {
    this.records = records;
    nodes = new Nodes(nodeStore);
    sessions = new Sessions(sessionStore);
    forest = new Forest(nodes, new Trees(treeStore, records), sessions, records);
  }

  void writeSessions() {
    sessions.writeChanged(records);
  }

  void apply(String hashtag, Post post) {
    // A link to itself counts as not stated; as a context it says that this is the root.
    boolean root = post.context.equals(post.id);
    if (root) post.context = "";
    if (post.parent.equals(post.id)) post.parent = "";
    Facts facts = nodes.get(hashtag, post.id);
    if (facts == null) facts = new Facts();
    if (facts.kind == Facts.REPOST) {
      foldRepost(hashtag, post, facts);
    } else if (post.type == Post.Type.ANNOUNCE) {
      newRepost(hashtag, post, facts);
    } else if (facts.kind == Facts.ENTRY) {
      foldEntry(hashtag, post, facts, root);
    } else if (post.published == Post.NO_TIME) {
      foldUnpublished(hashtag, post, facts, root);
    } else {
      newEntry(hashtag, post, facts, root);
    }
  }

  private void newEntry(String hashtag, Post post, Facts facts, boolean root) {
    facts.deleted = facts.kind == Facts.UNPUBLISHED || post.type == Post.Type.TOMBSTONE;
    facts.kind = Facts.ENTRY;
    facts.published = post.published;
    facts.n = nodes.takeNumber(hashtag, post.published, post.id);
    facts.parents = Facts.with(facts.parents, post.parent);
    facts.contexts = Facts.with(facts.contexts, post.context);
    facts.root |= root;
    if (post.type == Post.Type.TOMBSTONE) {
      earlierDeletion(facts, post);
    } else {
      facts.tagged = !post.thread;
      winner(facts, post, Hash.of(post.content));
    }
    if (facts.tagged) sessions.add(hashtag, facts.published);
    forest.place(hashtag, post.id, facts);
    records.entry(hashtag, post.id, facts, post.content);
  }

  private static void winner(Facts facts, Post post, long digest) {
    facts.hasContent = true;
    facts.author = post.author;
    facts.stamp = post.stamp();
    facts.digest = digest;
  }

  private static boolean earlierDeletion(Facts facts, Post post) {
    if (post.deleted == Post.NO_TIME) return false;
    if (facts.deletedAt != Facts.NO_TIME && facts.deletedAt <= post.deleted) return false;
    facts.deletedAt = post.deleted;
    return true;
  }

  private void foldEntry(String hashtag, Post post, Facts facts, boolean root) {
    String[] parents = facts.parents;
    String[] contexts = facts.contexts;
    facts.parents = Facts.with(parents, post.parent);
    facts.contexts = Facts.with(contexts, post.context);
    boolean relink = facts.parents != parents || facts.contexts != contexts || root && !facts.root;
    facts.root |= root;
    boolean changed = relink;
    if (post.published != Post.NO_TIME && post.published < facts.published) {
      facts.published = post.published;
      changed = relink = true;
    }
    boolean wins = false;
    if (post.type == Post.Type.TOMBSTONE) {
      changed |= earlierDeletion(facts, post);
      wins = !facts.deleted;
      facts.deleted = true;
    } else {
      if (!post.thread && !facts.tagged) {
        facts.tagged = true;
        changed = true;
        sessions.add(hashtag, facts.published);
      }
      wins = !facts.hasContent || fresher(facts, post);
      String before = facts.hasContent ? facts.author : "";
      if (wins) winner(facts, post, Hash.of(post.content));
      changed |= addAuthor(facts, before, post.author);
    }
    if (!wins && !changed) return;
    nodes.put(hashtag, post.id, facts);
    if (relink) {
      forest.rebuild(hashtag);
      facts = nodes.get(hashtag, post.id);
    }
    if (wins) {
      records.entry(hashtag, post.id, facts, post.content);
    } else {
      records.link(hashtag, post.id, facts);
    }
  }

  private static boolean fresher(Facts facts, Post post) {
    if (post.stamp() != facts.stamp) return post.stamp() > facts.stamp;
    return Long.compareUnsigned(Hash.of(post.content), facts.digest) > 0;
  }

  /** Keeps the authors that any version gave where they are more than the winner. */
  private static boolean addAuthor(Facts facts, String before, String seen) {
    if (facts.authors.length == 0 && (before.isEmpty() || before.equals(facts.author))
        && (seen.isEmpty() || seen.equals(facts.author))) {
      return false;
    }
    String[] known = facts.authors.length > 0 ? facts.authors : Facts.with(Facts.NONE, before);
    String[] all = Facts.with(known, seen);
    facts.authors = all.length == 1 && all[0].equals(facts.author) ? Facts.NONE : all;
    return all != known;
  }

  private void foldUnpublished(String hashtag, Post post, Facts facts, boolean root) {
    boolean fresh = facts.kind == Facts.UNKNOWN;
    String[] parents = facts.parents;
    String[] contexts = facts.contexts;
    facts.kind = Facts.UNPUBLISHED;
    facts.parents = Facts.with(parents, post.parent);
    facts.contexts = Facts.with(contexts, post.context);
    boolean changed = fresh || facts.parents != parents || facts.contexts != contexts
        || root && !facts.root;
    facts.root |= root;
    facts.deleted = true;
    changed |= earlierDeletion(facts, post);
    if (!changed) return;
    nodes.put(hashtag, post.id, facts);
    records.entry(hashtag, post.id, facts, null);
  }

  // ---- reposts

  private void newRepost(String hashtag, Post post, Facts before) {
    Facts facts = new Facts();
    facts.kind = Facts.REPOST;
    facts.deleted = before.deleted;
    facts.pairContexts = before.pairContexts;
    facts.pairTrees = before.pairTrees;
    if (before.kind == Facts.ENTRY) {
      facts.published = before.published;
      facts.authors = before.authors.length > 0 || before.author.isEmpty()
          ? before.authors : new String[] {before.author};
      records.removed(hashtag, "entry", post.id);
      records.removed(hashtag, "link", post.id);
      nodes.put(hashtag, post.id, facts);
      forest.rebuild(hashtag);
      facts = nodes.get(hashtag, post.id);
    } else if (before.kind == Facts.UNPUBLISHED) {
      records.removed(hashtag, "entry", post.id);
    }
    foldRepost(hashtag, post, facts);
  }

  private void foldRepost(String hashtag, Post post, Facts facts) {
    boolean changed = false;
    if (post.published != Post.NO_TIME
        && (facts.published == Facts.NO_TIME || post.published < facts.published)) {
      facts.published = post.published;
      changed = true;
    }
    if (post.type == Post.Type.TOMBSTONE) {
      changed |= earlierDeletion(facts, post) | !facts.deleted;
      facts.deleted = true;
    } else {
      String before = facts.author;
      boolean wins = post.type == Post.Type.ANNOUNCE && (facts.parents.length == 0
          || fresher(facts, post));
      if (wins) {
        winner(facts, post, Hash.of(post.content));
        changed = true;
      }
      changed |= addAuthor(facts, before, post.author);
    }
    if (post.type == Post.Type.ANNOUNCE) {
      String[] objects = facts.parents;
      facts.parents = Facts.with(objects, post.object);
      changed |= !Arrays.equals(objects, facts.parents);
    }
    if (!changed) return;
    nodes.put(hashtag, post.id, facts);
    records.repost(hashtag, post.id, facts);
  }
}
