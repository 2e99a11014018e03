// Times and lengths as people read them. Everything inside the page is milliseconds since 1970 (UTC).

export const kSecond = 1_000;
export const kMinute = 60 * kSecond;
export const kHour = 60 * kMinute;
export const kDay = 24 * kHour;
const kMonth = 30.44 * kDay;
const kYear = 365.25 * kDay;

export function parseTime(text: string): number {
  return Date.parse(text);
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

// "3 h 12 min", "33 h", "4 years": two units below half a day, one above.
export function formatLength(ms: number): string {
  const length = Math.abs(ms);
  if (length < kMinute) return `${Math.round(length / kSecond)} s`;
  if (length < kHour) return `${Math.round(length / kMinute)} min`;
  if (length < 2 * kDay) {
    const minutes = Math.round(length / kMinute);
    const rest = minutes % 60;
    const hours = Math.floor(minutes / 60);
    return rest === 0 || hours >= 12 ? `${Math.round(minutes / 60)} h` : `${hours} h ${rest} min`;
  }
  return plural(...longUnit(length));
}

// "+3 y": the shortest form, for marks.
export function formatLate(seconds: number): string {
  const length = seconds * kSecond;
  if (length < kHour) return `+${Math.max(1, Math.round(length / kMinute))} min`;
  if (length < kDay) return `+${Math.round(length / kHour)} h`;
  if (length < 60 * kDay) return `+${Math.round(length / kDay)} d`;
  if (length < 1.5 * kYear) return `+${Math.round(length / kMonth)} mo`;
  return `+${Math.round(length / kYear)} y`;
}

// "3 years": what the mark says to a screen reader and in sentences.
export function formatLateLong(seconds: number): string {
  return formatLength(seconds * kSecond);
}

function longUnit(length: number): [number, string] {
  if (length < 60 * kDay) return [Math.round(length / kDay), 'day'];
  if (length < 1.5 * kYear) return [Math.round(length / kMonth), 'month'];
  return [Math.round(length / kYear), 'year'];
}

export function plural(count: number, word: string, many = `${word}s`): string {
  return `${formatCount(count)} ${count === 1 ? word : many}`;
}

export function formatCount(count: number): string {
  return new Intl.NumberFormat(undefined).format(count);
}

// Where a time is shown: UTC, as the event's record is kept, or the reader's own zone.
export type Zone = 'utc' | 'local';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${zone} ${key}`;
  let found = formats.get(name);
  if (!found) {
    found = new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone === 'utc' ? 'UTC' : undefined });
    formats.set(name, found);
  }
  return found;
}

export function formatDate(ms: number, zone: Zone): string {
  return format(zone, 'date', { day: 'numeric', month: 'long', year: 'numeric' }).format(ms);
}

export function formatDay(ms: number, zone: Zone): string {
  return format(zone, 'day', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
}

export function formatShortDate(ms: number, zone: Zone): string {
  return format(zone, 'short', { day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
}

export function formatClock(ms: number, zone: Zone, seconds = false): string {
  const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return seconds
    ? format(zone, 'seconds', { ...options, second: '2-digit' }).format(ms)
    : format(zone, 'clock', options).format(ms);
}

export function formatFull(ms: number, zone: Zone): string {
  return `${formatDay(ms, zone)}, ${formatClock(ms, zone)} ${formatZone(ms, zone)}`;
}

export function formatZone(ms: number, zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

// "29 April – 1 May 2011"
export function formatSpan(from: number, to: number, zone: Zone): string {
  return format(zone, 'date', { day: 'numeric', month: 'long', year: 'numeric' }).formatRange(from, to);
}

export function dayKey(ms: number, zone: Zone): string {
  return format(zone, 'key', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms);
}
