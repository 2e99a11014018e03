package peer;

import java.time.OffsetDateTime;

/** RFC 3339 in UTC with milliseconds, the one form that canonical posts have; others read slowly. */
final class Times {
  private static final int[] BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

  private Times() {}

  static long parse(String t) {
    if (t.length() != 24 || t.charAt(23) != 'Z' || t.charAt(19) != '.') {
      return OffsetDateTime.parse(t).toInstant().toEpochMilli();
    }
    int year = digits(t, 0, 4);
    int month = digits(t, 5, 2);
    int years = month > 2 ? year : year - 1;
    long days = (year - 1970) * 365L + years / 4 - years / 100 + years / 400 - 477
        + BEFORE_MONTH[month - 1] + digits(t, 8, 2) - 1;
    long seconds = days * 86_400 + digits(t, 11, 2) * 3_600L + digits(t, 14, 2) * 60L
        + digits(t, 17, 2);
    return seconds * 1000 + digits(t, 20, 3);
  }

  private static int digits(String t, int at, int count) {
    int value = 0;
    for (int i = at; i < at + count; i++) value = value * 10 + (t.charAt(i) - '0');
    return value;
  }

  // Days to a civil date: http://howardhinnant.github.io/date_algorithms.html
  static void write(Out out, long ms) {
    long days = Math.floorDiv(ms, 86_400_000L);
    int rest = (int) Math.floorMod(ms, 86_400_000L);
    long z = days + 719_468;
    long era = Math.floorDiv(z, 146_097L);
    int ofEra = (int) (z - era * 146_097);
    int year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
    int ofYear = ofEra - (365 * year + year / 4 - year / 100);
    int shifted = (5 * ofYear + 2) / 153;
    int day = ofYear - (153 * shifted + 2) / 5 + 1;
    int month = shifted < 10 ? shifted + 3 : shifted - 9;
    out.padded((int) (year + era * 400) + (month <= 2 ? 1 : 0), 4).raw('-');
    out.padded(month, 2).raw('-');
    out.padded(day, 2).raw('T');
    out.padded(rest / 3_600_000, 2).raw(':');
    out.padded(rest / 60_000 % 60, 2).raw(':');
    out.padded(rest / 1000 % 60, 2).raw('.');
    out.padded(rest % 1000, 3).raw('Z');
  }
}
