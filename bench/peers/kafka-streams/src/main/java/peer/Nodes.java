package peer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** The store `nodes`: facts by hashtag and id; and which entries' numbers are taken. */
final class Nodes {
  private static final long HASH_MASK = (1 << 21) - 1;
  private static final long MS_MAX = (1L << 42) - 1;

  private final KeyValueStore<Bytes, byte[]> store;
  private final Out out = new Out();
  private final NumberSet numbers = new NumberSet();

  Nodes(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
    try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> next = all.next();
        if (next.value[0] != Facts.ENTRY) continue;
        byte[] key = next.key.get();
        Facts.Reader in = new Facts.Reader(next.value);
        in.at = Facts.NUMBER_AT;
        numbers.add(numberKey(hashtagOf(key).hashCode(), in.getLong()));
      }
    }
  }

  private static String hashtagOf(byte[] key) {
    int end = 0;
    while (key[end] != 0) end++;
    return new String(key, 0, end, StandardCharsets.UTF_8);
  }

  static Bytes key(String hashtag, String id) {
    return Bytes.wrap((hashtag + '\0' + id).getBytes(StandardCharsets.UTF_8));
  }

  /** Null where the id is not known, not even by a placeholder. */
  Facts get(String hashtag, String id) {
    byte[] value = store.get(key(hashtag, id));
    return value == null ? null : Facts.decode(value);
  }

  void put(String hashtag, String id, Facts facts) {
    store.put(key(hashtag, id), facts.encode(out));
  }

  void erase(String hashtag, String id) {
    store.delete(key(hashtag, id));
  }

  Map<String, Facts> all(String hashtag) {
    Map<String, Facts> all = new HashMap<>();
    Bytes from = key(hashtag, "");
    byte[] to = from.get().clone();
    to[to.length - 1] = 1;
    try (KeyValueIterator<Bytes, byte[]> range = store.range(from, Bytes.wrap(to))) {
      while (range.hasNext()) {
        KeyValue<Bytes, byte[]> next = range.next();
        byte[] key = next.key.get();
        int at = from.get().length;
        all.put(new String(key, at, key.length - at, StandardCharsets.UTF_8),
            Facts.decode(next.value));
      }
    }
    return all;
  }

  private static long numberKey(int hashtag, long n) {
    return n ^ (long) hashtag << 32 ^ hashtag * 0x9e37_79b9_7f4a_7c15L;
  }

  /** A number for a new entry (contract, section 4). */
  long takeNumber(String hashtag, long published, String id) {
    long hash = Hash.of(id.getBytes(StandardCharsets.UTF_8));
    long n = Math.min(Math.max(published, 0), MS_MAX) << 21 | (hash & HASH_MASK);
    while (!numbers.add(numberKey(hashtag.hashCode(), n))) n = (n + 1) & Long.MAX_VALUE;
    return n;
  }

  /** Longs in one array, open addressing. */
  private static final class NumberSet {
    private long[] slots = new long[1 << 16];
    private int count = 0;

    boolean add(long value) {
      if (value == 0) value = 1;
      if (count * 2 > slots.length) grow();
      int at = slot(value);
      if (slots[at] == value) return false;
      slots[at] = value;
      count++;
      return true;
    }

    private int slot(long value) {
      int at = (int) (value * 0x9e37_79b9_7f4a_7c15L >>> 32) & (slots.length - 1);
      while (slots[at] != 0 && slots[at] != value) at = (at + 1) & (slots.length - 1);
      return at;
    }

    private void grow() {
      long[] old = slots;
      slots = new long[old.length * 2];
      for (long value : old) {
        if (value != 0) slots[slot(value)] = value;
      }
    }
  }
}
