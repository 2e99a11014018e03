package peer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Arguments: BROKERS POSTS_TOPIC TIMELINES_TOPIC APPLICATION_ID STATE_DIRECTORY memory|rocksdb
 * COMMIT_MS.
 */
public final class Main {
  private Main() {}

  private static Properties settings(String[] args) {
    Properties p = new Properties();
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    p.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[6]);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1); // it has one core
    p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, -1);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
    p.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 5_000);
    p.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArray().getClass());
    p.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArray().getClass());
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksTuning.class);
    consumer(p, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
    consumer(p, ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 8 << 20);
    consumer(p, ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 64 << 20);
    consumer(p, ConsumerConfig.RECEIVE_BUFFER_CONFIG, 1 << 20);
    consumer(p, ConsumerConfig.CHECK_CRCS_CONFIG, false);
    // A static member that comes back has its partitions at once.
    p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), args[3]);
    p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 45_000);
    producer(p, ProducerConfig.LINGER_MS_CONFIG, 100);
    producer(p, ProducerConfig.BATCH_SIZE_CONFIG, 512 << 10);
    producer(p, ProducerConfig.BUFFER_MEMORY_CONFIG, 256L << 20);
    producer(p, ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    producer(p, ProducerConfig.SEND_BUFFER_CONFIG, 1 << 20);
    // What a killed one left open ends soon.
    producer(p, ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 5_000);
    return p;
  }

  private static void consumer(Properties p, String name, Object value) {
    p.put(StreamsConfig.consumerPrefix(name), value);
  }

  private static void producer(Properties p, String name, Object value) {
    p.put(StreamsConfig.producerPrefix(name), value);
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(String name, boolean memory,
      boolean cached) {
    KeyValueBytesStoreSupplier supplier =
        memory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
    StoreBuilder<KeyValueStore<Bytes, byte[]>> builder =
        Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingEnabled(Map.of());
    return cached ? builder.withCachingEnabled() : builder.withCachingDisabled();
  }

  /** Records of a hashtag go to the partition of its posts, whatever follows in their keys. */
  @SuppressWarnings("removal") // the form that replaces it calls this one
  private static StreamPartitioner<byte[], byte[]> byHashtag(int most) {
    List<Optional<Set<Integer>>> known = new java.util.ArrayList<>();
    for (int i = 0; i < most; i++) known.add(Optional.of(Set.of(i)));
    return (topic, key, value, partitions) -> {
      int end = 0;
      while (key[end] != ' ') end++;
      byte[] hashtag = java.util.Arrays.copyOf(key, end);
      return known.get(Utils.toPositive(Utils.murmur2(hashtag)) % partitions);
    };
  }

  static Topology topology(String[] args) {
    boolean memory = args[5].equals("memory");
    Duration interval = Duration.ofMillis(Long.parseLong(args[6]));
    boolean cacheNodes = Boolean.getBoolean("peer.cache.nodes");
    ByteArrayDeserializer in = new ByteArrayDeserializer();
    ByteArraySerializer out = new ByteArraySerializer();
    return new Topology()
        .addSource("posts", in, in, args[1])
        .addProcessor("timelines", () -> new TimelineProcessor(interval), "posts")
        .addStateStore(store(TimelineProcessor.NODES, memory, cacheNodes), "timelines")
        .addStateStore(store(TimelineProcessor.TREES, memory, cacheNodes), "timelines")
        .addStateStore(store(TimelineProcessor.SESSIONS, memory, true), "timelines")
        .addSink("out", args[2], out, out, byHashtag(1_024), "timelines");
  }

  public static void main(String[] args) throws InterruptedException {
    KafkaStreams streams = new KafkaStreams(topology(args), settings(args));
    CountDownLatch ended = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) ended.countDown();
    });
    streams.setUncaughtExceptionHandler(e -> {
      e.printStackTrace();
      return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler
          .StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
    ended.await();
    System.exit(1);
  }
}
