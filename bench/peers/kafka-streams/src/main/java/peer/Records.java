package peer;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Writes records of `timelines` (contract, section 4) and forwards them to the sink. */
final class Records {
  private final ProcessorContext<byte[], byte[]> context;
  private final Out out = new Out();
  private final int partition;
  private long offset = -1;
  private long timestamp;

  Records(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    this.partition = context.taskId().partition();
  }

  void cause(long causeOffset, long causeTimestamp) {
    offset = causeOffset;
    timestamp = causeTimestamp;
  }

  private static byte[] key(String hashtag, String kind, String id) {
    return (hashtag + ' ' + kind + ' ' + id).getBytes(StandardCharsets.UTF_8);
  }

  private void begin(String hashtag, String kind) {
    out.clear().open().number("v", 1).string("kind", kind).string("hashtag", hashtag);
    out.key("cause").open().number("partition", partition).number("offset", offset).close();
  }

  private void send(byte[] key) {
    out.close();
    context.forward(new Record<>(key, out.copy(), timestamp));
  }

  void removed(String hashtag, String kind, String id) {
    context.forward(new Record<>(key(hashtag, kind, id), null, timestamp));
  }

  private void deleted(Facts facts) {
    if (!facts.deleted) return;
    if (facts.deletedAt != Facts.NO_TIME) {
      out.time("deleted", facts.deletedAt);
    } else {
      out.literal("deleted", "true");
    }
  }

  private void entryBody(Facts facts) {
    if (facts.kind == Facts.ENTRY) {
      out.number("n", facts.n).number("tree", facts.tree).time("published", facts.published);
    }
    out.strings("parent", facts.parents).strings("context", facts.contexts);
    if (facts.root) out.literal("root", "true");
    out.string("via", facts.tagged ? "tag" : "thread");
    if (!facts.author.isEmpty()) out.string("author", facts.author);
    if (facts.authors.length > 0) authors(facts);
    deleted(facts);
  }

  private void authors(Facts facts) {
    out.strings("authors", facts.authors);
  }

  /** `content` null: the entry has none any more, or never had. */
  void entry(String hashtag, String id, Facts facts, Out content) {
    begin(hashtag, "entry");
    entryBody(facts);
    if (facts.kind == Facts.ENTRY && facts.hasContent) {
      out.time("stamp", facts.stamp).hex("digest", facts.digest);
      if (content != null && !facts.deleted) {
        out.key("post").raw(content.bytes, 0, content.size);
      }
    }
    send(key(hashtag, "entry", id));
  }

  void link(String hashtag, String id, Facts facts) {
    begin(hashtag, "link");
    entryBody(facts);
    send(key(hashtag, "link", id));
  }

  void repost(String hashtag, String id, Facts facts) {
    begin(hashtag, "repost");
    out.strings("object", facts.parents);
    if (facts.published != Facts.NO_TIME) out.time("published", facts.published);
    if (!facts.author.isEmpty()) out.string("by", facts.author);
    if (facts.authors.length > 0) authors(facts);
    deleted(facts);
    out.time("stamp", facts.stamp).hex("digest", facts.digest);
    send(key(hashtag, "repost", id));
  }

  void tree(String hashtag, int tree, String root, int mergedInto) {
    begin(hashtag, "tree");
    if (mergedInto >= 0) {
      out.number("merged_into", mergedInto);
    } else if (!root.isEmpty()) {
      out.string("root", root);
    }
    send(key(hashtag, "tree", Integer.toString(tree)));
  }

  /** `last` null: the session is no more. */
  void session(String hashtag, long first, Long last, long ends) {
    Out id = new Out();
    Times.write(id, first);
    String text = new String(id.bytes, 0, id.size, StandardCharsets.US_ASCII);
    if (last == null) {
      removed(hashtag, "session", text);
      return;
    }
    begin(hashtag, "session");
    out.time("first", first).time("last", last).time("ends", ends).literal("event", "null");
    send(key(hashtag, "session", text));
  }
}
