package peer;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Conversations by number: the id of the topmost node, or the tree that one was merged into. */
final class Trees {
  private static final int MERGED = 1;

  private final KeyValueStore<Bytes, byte[]> store;
  private final Records records;
  private int next = 0;

  Trees(KeyValueStore<Bytes, byte[]> store, Records records) {
    this.store = store;
    this.records = records;
    try (KeyValueIterator<Bytes, byte[]> last = store.reverseAll()) {
      if (last.hasNext()) next = new Facts.Reader(last.next().key.get()).getInt() + 1;
    }
  }

  private static Bytes key(int tree) {
    return Bytes.wrap(new byte[] {
        (byte) (tree >>> 24), (byte) (tree >>> 16), (byte) (tree >>> 8), (byte) tree});
  }

  private static int mergedInto(byte[] value) {
    if (value[0] != MERGED) return -1;
    Facts.Reader in = new Facts.Reader(value);
    in.at = 1;
    return in.getInt();
  }

  /** The tree that a label stands for now; long ways are made short. */
  int find(int label) {
    int tree = label;
    int steps = 0;
    for (int into = mergedInto(store.get(key(tree))); into >= 0; steps++) {
      tree = into;
      into = mergedInto(store.get(key(tree)));
    }
    if (steps > 1) store.put(key(label), mergedValue(tree));
    return tree;
  }

  private static byte[] mergedValue(int into) {
    return new Out().raw(MERGED).putInt(into).copy();
  }

  String root(int tree) {
    byte[] value = store.get(key(tree));
    return new String(value, 1, value.length - 1, StandardCharsets.UTF_8);
  }

  int create(String hashtag, String root) {
    int tree = next++;
    setRoot(hashtag, tree, root);
    return tree;
  }

  /** An empty root: the conversation is no more. */
  void setRoot(String hashtag, int tree, String root) {
    byte[] text = root.getBytes(StandardCharsets.UTF_8);
    byte[] value = new byte[text.length + 1];
    System.arraycopy(text, 0, value, 1, text.length);
    store.put(key(tree), value);
    records.tree(hashtag, tree, root, -1);
  }

  void merge(String hashtag, int tree, int into) {
    store.put(key(tree), mergedValue(into));
    records.tree(hashtag, tree, "", into);
  }
}
