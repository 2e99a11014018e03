package peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The sessions of each hashtag (contract, section 3.4; without configured events): spans of `tag`
 * entries with no silence longer than the gap. The store is written with each post, so that it is
 * committed with it; the records are written by a punctuation, one for each session that changed.
 */
final class Sessions {
  private static final long GAP_MS = 6 * 3_600_000L;
  private static final long TIME_MAX = Times.parse("9999-12-31T23:59:59.999Z");

  private final KeyValueStore<Bytes, byte[]> store;
  private final Map<String, TreeMap<Long, Long>> spans = new HashMap<>();
  private final Map<String, TreeSet<Long>> dirty = new HashMap<>();

  /** After a restart what was not written yet cannot be told: all of them are written again. */
  Sessions(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
    try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> next = all.next();
        byte[] key = next.key.get();
        String hashtag = new String(key, 0, key.length - 9, StandardCharsets.UTF_8);
        long first = readTime(key, key.length - 8);
        of(hashtag).put(first, readTime(next.value, 0));
        mark(hashtag, first);
      }
    }
  }

  private TreeMap<Long, Long> of(String hashtag) {
    return spans.computeIfAbsent(hashtag, h -> new TreeMap<>());
  }

  private void mark(String hashtag, long first) {
    dirty.computeIfAbsent(hashtag, h -> new TreeSet<>()).add(first);
  }

  private static long readTime(byte[] from, int at) {
    Facts.Reader in = new Facts.Reader(from);
    in.at = at;
    return in.getLong() ^ Long.MIN_VALUE;
  }

  private static byte[] timeBytes(long time) {
    return new Out().putLong(time ^ Long.MIN_VALUE).copy();
  }

  private static Bytes key(String hashtag, long first) {
    byte[] text = hashtag.getBytes(StandardCharsets.UTF_8);
    byte[] key = Arrays.copyOf(text, text.length + 9);
    System.arraycopy(timeBytes(first), 0, key, text.length + 1, 8);
    return Bytes.wrap(key);
  }

  private void set(String hashtag, long first, long last) {
    of(hashtag).put(first, last);
    store.put(key(hashtag, first), timeBytes(last));
    mark(hashtag, first);
  }

  private void erase(String hashtag, long first) {
    of(hashtag).remove(first);
    store.delete(key(hashtag, first));
    mark(hashtag, first);
  }

  void add(String hashtag, long time) {
    TreeMap<Long, Long> all = of(hashtag);
    Map.Entry<Long, Long> here = all.floorEntry(time);
    Map.Entry<Long, Long> next = all.higherEntry(time);
    if (here != null && time <= here.getValue()) return;
    boolean joinsHere = here != null && time - here.getValue() <= GAP_MS;
    boolean joinsNext = next != null && next.getKey() - time <= GAP_MS;
    long first = joinsHere ? here.getKey() : time;
    long last = joinsNext ? next.getValue() : time;
    if (joinsNext) erase(hashtag, next.getKey());
    set(hashtag, first, last);
  }

  /** Makes the sessions those of `times`, sorted: for when one went away. */
  void rebuild(String hashtag, long[] times) {
    TreeMap<Long, Long> now = new TreeMap<>();
    for (long time : times) {
      Map.Entry<Long, Long> before = now.lastEntry();
      if (before != null && time - before.getValue() <= GAP_MS) {
        now.put(before.getKey(), time);
      } else {
        now.put(time, time);
      }
    }
    for (long first : List.copyOf(of(hashtag).keySet())) {
      if (!now.containsKey(first)) erase(hashtag, first);
    }
    for (Map.Entry<Long, Long> span : now.entrySet()) {
      if (!span.getValue().equals(of(hashtag).get(span.getKey()))) {
        set(hashtag, span.getKey(), span.getValue());
      }
    }
  }

  void writeChanged(Records records) {
    for (Map.Entry<String, TreeSet<Long>> changed : dirty.entrySet()) {
      for (long first : changed.getValue()) {
        Long last = of(changed.getKey()).get(first);
        records.session(changed.getKey(), first, last,
            last == null ? 0 : Math.min(last + GAP_MS, TIME_MAX));
      }
    }
    dirty.clear();
  }
}
