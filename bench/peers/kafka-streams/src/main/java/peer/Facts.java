package peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What is known of one id under one hashtag: the value of the store `nodes`. */
final class Facts {
  static final byte UNKNOWN = 0;
  static final byte ENTRY = 1;
  static final byte REPOST = 2;
  static final byte UNPUBLISHED = 3;
  static final String[] NONE = {};
  static final long NO_TIME = Post.NO_TIME;
  /** Where an encoded entry's number stands. */
  static final int NUMBER_AT = 2;

  byte kind = UNKNOWN;
  boolean root;
  boolean tagged;
  boolean deleted;
  boolean hasContent;
  long n;
  int tree = -1;
  long published = NO_TIME;
  long deletedAt = NO_TIME;
  long stamp;
  long digest;
  String author = "";
  String[] authors = NONE;
  /** Stated links, sorted bytewise; of a repost its objects. */
  String[] parents = NONE;
  String[] contexts = NONE;
  /** The placeholders that stand for this id while it is no entry, by their children's context. */
  String[] pairContexts = NONE;
  int[] pairTrees = {};

  byte[] encode(Out out) {
    int flags = (root ? 1 : 0) | (tagged ? 2 : 0) | (deleted ? 4 : 0) | (hasContent ? 8 : 0)
        | (authors.length > 0 ? 16 : 0) | (pairTrees.length > 0 ? 32 : 0);
    out.clear().raw(kind).raw(flags).putLong(n).putInt(tree).putLong(published).putLong(deletedAt);
    out.putLong(stamp).putLong(digest).putText(author).putTexts(parents).putTexts(contexts);
    if (authors.length > 0) out.putTexts(authors);
    if (pairTrees.length > 0) {
      out.putTexts(pairContexts);
      for (int t : pairTrees) out.putInt(t);
    }
    return out.copy();
  }

  static Facts decode(byte[] from) {
    Facts facts = new Facts();
    Reader in = new Reader(from);
    facts.kind = from[0];
    int flags = from[1];
    facts.root = (flags & 1) != 0;
    facts.tagged = (flags & 2) != 0;
    facts.deleted = (flags & 4) != 0;
    facts.hasContent = (flags & 8) != 0;
    in.at = NUMBER_AT;
    facts.n = in.getLong();
    facts.tree = in.getInt();
    facts.published = in.getLong();
    facts.deletedAt = in.getLong();
    facts.stamp = in.getLong();
    facts.digest = in.getLong();
    facts.author = in.getText();
    facts.parents = in.getTexts();
    facts.contexts = in.getTexts();
    if ((flags & 16) != 0) facts.authors = in.getTexts();
    if ((flags & 32) != 0) {
      facts.pairContexts = in.getTexts();
      facts.pairTrees = new int[facts.pairContexts.length];
      for (int i = 0; i < facts.pairTrees.length; i++) facts.pairTrees[i] = in.getInt();
    }
    return facts;
  }

  int findPair(String context) {
    for (int i = 0; i < pairContexts.length; i++) {
      if (pairContexts[i].equals(context)) return i;
    }
    return -1;
  }

  void addPair(String context, int label) {
    pairContexts = append(pairContexts, context);
    pairTrees = Arrays.copyOf(pairTrees, pairTrees.length + 1);
    pairTrees[pairTrees.length - 1] = label;
  }

  void clearPairs() {
    pairContexts = NONE;
    pairTrees = new int[0];
  }

  static String[] append(String[] all, String value) {
    String[] more = Arrays.copyOf(all, all.length + 1);
    more[all.length] = value;
    return more;
  }

  /** With `value` among them, sorted bytewise; the same array where it is there already. */
  static String[] with(String[] all, String value) {
    if (value.isEmpty()) return all;
    for (String known : all) {
      if (known.equals(value)) return all;
    }
    String[] more = append(all, value);
    if (more.length > 1) Arrays.sort(more, Facts::compareBytes);
    return more;
  }

  static int compareBytes(String a, String b) {
    return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8),
        b.getBytes(StandardCharsets.UTF_8));
  }

  static final class Reader {
    private final byte[] from;
    int at = 0;

    Reader(byte[] from) {
      this.from = from;
    }

    int getInt() {
      int value = (from[at] & 0xff) << 24 | (from[at + 1] & 0xff) << 16 | (from[at + 2] & 0xff) << 8
          | (from[at + 3] & 0xff);
      at += 4;
      return value;
    }

    long getLong() {
      return (long) getInt() << 32 | (getInt() & 0xffff_ffffL);
    }

    private int getShort() {
      int value = (from[at] & 0xff) << 8 | (from[at + 1] & 0xff);
      at += 2;
      return value;
    }

    String getText() {
      int length = getShort();
      at += length;
      return length == 0 ? "" : new String(from, at - length, length, StandardCharsets.UTF_8);
    }

    String[] getTexts() {
      int count = getShort();
      if (count == 0) return NONE;
      String[] texts = new String[count];
      for (int i = 0; i < count; i++) texts[i] = getText();
      return texts;
    }
  }
}
