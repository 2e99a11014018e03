package peer;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;

/** XXH3-64 with seed 0. */
final class Hash {
  private static final Hasher64 XXH3 = Hashing.xxh3_64();

  private Hash() {}

  static long of(byte[] bytes) {
    return XXH3.hashBytesToLong(bytes);
  }

  static long of(Out out) {
    return XXH3.hashBytesToLong(out.bytes, 0, out.size);
  }
}
