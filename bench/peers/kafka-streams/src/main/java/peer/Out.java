package peer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array of bytes that compact JSON and binary facts are written into; kept for its memory. */
final class Out {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final boolean[] ESCAPED = new boolean[256];

  static {
    for (int c = 0; c < 0x20; c++) ESCAPED[c] = true;
    ESCAPED['"'] = true;
    ESCAPED['\\'] = true;
  }

  byte[] bytes = new byte[4096];
  int size = 0;
  private boolean first = true;

  Out clear() {
    size = 0;
    return this;
  }

  byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }

  private void room(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }

  Out raw(byte[] from, int offset, int length) {
    room(length);
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
    return this;
  }

  Out raw(byte[] from) {
    return raw(from, 0, from.length);
  }

  Out raw(int b) {
    room(1);
    bytes[size++] = (byte) b;
    return this;
  }

  @SuppressWarnings("deprecation")
  Out ascii(String text) {
    room(text.length());
    text.getBytes(0, text.length(), bytes, size);
    size += text.length();
    return this;
  }

  Out utf8(String text) {
    return raw(text.getBytes(StandardCharsets.UTF_8));
  }

  // ---- JSON

  Out open() {
    raw('{');
    first = true;
    return this;
  }

  Out close() {
    raw('}');
    first = false;
    return this;
  }

  @SuppressWarnings("deprecation")
  Out key(String name) {
    if (!first) raw(',');
    first = false;
    int length = name.length();
    room(length + 3);
    bytes[size] = '"';
    name.getBytes(0, length, bytes, size + 1);
    bytes[size + length + 1] = '"';
    bytes[size + length + 2] = ':';
    size += length + 3;
    return this;
  }

  Out string(String name, String value) {
    return key(name).text(value);
  }

  Out text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    room(utf8.length * 6 + 2);
    bytes[size++] = '"';
    int plain = 0;
    for (int i = 0; i < utf8.length; i++) {
      if (!ESCAPED[utf8[i] & 0xff]) continue;
      System.arraycopy(utf8, plain, bytes, size, i - plain);
      size += i - plain;
      plain = i + 1;
      escape(utf8[i]);
    }
    System.arraycopy(utf8, plain, bytes, size, utf8.length - plain);
    size += utf8.length - plain;
    bytes[size++] = '"';
    return this;
  }

  private void escape(byte c) {
    bytes[size++] = '\\';
    switch (c) {
      case '"', '\\' -> bytes[size++] = c;
      case '\b' -> bytes[size++] = 'b';
      case '\f' -> bytes[size++] = 'f';
      case '\n' -> bytes[size++] = 'n';
      case '\r' -> bytes[size++] = 'r';
      case '\t' -> bytes[size++] = 't';
      default -> {
        bytes[size++] = 'u';
        bytes[size++] = '0';
        bytes[size++] = '0';
        bytes[size++] = HEX[c >> 4];
        bytes[size++] = HEX[c & 15];
      }
    }
  }

  Out number(String name, long value) {
    return key(name).digits(value);
  }

  /** `count` digits with zeros in front. */
  Out padded(int value, int count) {
    room(count);
    for (int at = size + count; at-- > size; value /= 10) bytes[at] = (byte) ('0' + value % 10);
    size += count;
    return this;
  }

  Out digits(long value) {
    room(20);
    if (value < 0) {
      bytes[size++] = '-';
      value = -value;
    }
    int count = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) count++;
    for (int at = size + count; at-- > size; value /= 10) bytes[at] = (byte) ('0' + value % 10);
    size += count;
    return this;
  }

  Out time(String name, long ms) {
    key(name).raw('"');
    Times.write(this, ms);
    return raw('"');
  }

  Out literal(String name, String value) {
    return key(name).ascii(value);
  }

  Out hex(String name, long value) {
    key(name).raw('"');
    room(16);
    for (int i = 15; i >= 0; i--, value >>>= 4) bytes[size + i] = HEX[(int) (value & 15)];
    size += 16;
    return raw('"');
  }

  /** One string as itself, several as an array, none not at all. */
  Out strings(String name, String[] values) {
    if (values.length == 0) return this;
    if (values.length == 1) return string(name, values[0]);
    key(name).raw('[');
    for (int i = 0; i < values.length; i++) {
      if (i > 0) raw(',');
      text(values[i]);
    }
    return raw(']');
  }

  // ---- binary

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  Out putInt(int value) {
    room(4);
    INT.set(bytes, size, value);
    size += 4;
    return this;
  }

  Out putLong(long value) {
    room(8);
    LONG.set(bytes, size, value);
    size += 8;
    return this;
  }

  Out putText(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return raw(utf8.length >>> 8).raw(utf8.length).raw(utf8);
  }

  Out putTexts(String[] values) {
    raw(values.length >>> 8).raw(values.length);
    for (String value : values) putText(value);
    return this;
  }
}
