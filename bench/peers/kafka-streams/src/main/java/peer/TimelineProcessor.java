package peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Posts of one partition in, records of `timelines` out. */
final class TimelineProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  static final String NODES = "nodes";
  static final String TREES = "trees";
  static final String SESSIONS = "sessions";

  private final Duration interval;
  private final Post post = new Post();
  private ProcessorContext<byte[], byte[]> context;
  private Records records;
  private Fold fold; // in init() the stores are not restored yet

  TimelineProcessor(Duration interval) {
    this.interval = interval;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> given) {
    context = given;
    records = new Records(context);
    // Also without any record: what was not written before a crash is written now.
    context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, now -> fold().writeSessions());
  }

  private Fold fold() {
    if (fold == null) fold = new Fold(store(NODES), store(TREES), store(SESSIONS), records);
    return fold;
  }

  private KeyValueStore<Bytes, byte[]> store(String name) {
    return context.getStateStore(name);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    context.recordMetadata().ifPresent(m -> records.cause(m.offset(), record.timestamp()));
    try {
      post.read(record.value());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    fold().apply(new String(record.key(), StandardCharsets.UTF_8), post);
  }
}
