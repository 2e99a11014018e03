// The entries around the clock, a page at a time: what has been said up to it, and what comes next.
// Never the whole timeline. One seek at a time: a newer one cancels the older.
import type { Entry, EntryPage } from './types.ts';
import type { EntryQuery } from './api.ts';

export type LoadEntries = (query: EntryQuery, signal: AbortSignal) => Promise<EntryPage>;

const kBehind = 20; // entries shown above the clock after a seek
const kFirstAhead = 50; // small, so that a seek is quick
const kAheadPage = 200;
const kAheadLow = 120;

export function timeOf(entry: Entry): number {
  return Date.parse(entry.published);
}

const iso = (ms: number) => new Date(ms).toISOString();

export class Feed {
  behind: Entry[] = []; // in timeline order, the last one is the newest that has been said
  ahead: Entry[] = []; // in timeline order, the first one comes next
  moreBehind = false;
  moreAhead = false;
  private from = '';
  private aheadCursor: string | null = null; // continues the query from `from`
  private readonly load: LoadEntries;
  private abort = new AbortController();
  private filling: Promise<boolean> | null = null;

  constructor(load: LoadEntries) {
    this.load = load;
  }

  // Everything published at `at` or before is behind. False if another seek overtook this one.
  async seek(at: number): Promise<boolean> {
    this.abort.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.filling = null;
    const from = iso(at + 1);
    // Whether `to` is inclusive does not matter: the border is drawn here.
    const [before, after] = await Promise.all([
      this.load({ to: iso(at + 1), order: 'desc', limit: kBehind }, abort.signal),
      this.load({ from, order: 'asc', limit: kFirstAhead }, abort.signal),
    ]);
    if (abort.signal.aborted) return false;
    const seen = new Set<string>();
    const all = [...before.entries.reverse(), ...after.entries].filter((entry) => {
      if (seen.has(entry.n)) return false;
      seen.add(entry.n);
      return true;
    });
    this.behind = all.filter((entry) => timeOf(entry) <= at);
    this.ahead = all.filter((entry) => timeOf(entry) > at);
    this.moreBehind = before.next !== null;
    this.from = from;
    this.aheadCursor = after.next;
    this.moreAhead = after.next !== null;
    return true;
  }

  // Loads the next page when little is left. True if something came.
  fill(): Promise<boolean> {
    if (this.filling) return this.filling;
    if (!this.moreAhead || this.ahead.length >= kAheadLow) return Promise.resolve(false);
    const signal = this.abort.signal;
    const filling = this.load({ from: this.from, order: 'asc', cursor: this.aheadCursor, limit: kAheadPage }, signal)
      .then((page) => {
        if (signal.aborted) return false;
        this.ahead.push(...page.entries);
        this.aheadCursor = page.next;
        this.moreAhead = page.next !== null;
        return page.entries.length > 0;
      })
      .finally(() => {
        if (this.filling === filling) this.filling = null;
      });
    this.filling = filling;
    return filling;
  }

  // At the end of the record: asks whether something was written since. True if so.
  async look(): Promise<boolean> {
    const last = this.ahead.at(-1) ?? this.behind.at(-1);
    if (this.moreAhead || last === undefined) return false;
    const signal = this.abort.signal;
    const page = await this.load({ from: last.published, order: 'asc', limit: kAheadPage }, signal);
    if (signal.aborted) return false;
    const known = new Set([...this.behind.slice(-kAheadPage), ...this.ahead].map((entry) => entry.n));
    const fresh = page.entries.filter((entry) => !known.has(entry.n));
    this.from = last.published;
    this.ahead.push(...fresh);
    this.aheadCursor = page.next;
    this.moreAhead = page.next !== null;
    return fresh.length > 0;
  }

  // The first `count` of what comes next have been said.
  take(count: number): Entry[] {
    const taken = this.ahead.splice(0, count);
    this.behind.push(...taken);
    return taken;
  }

  // The newest has not been said yet.
  giveBack(): Entry | undefined {
    const entry = this.behind.pop();
    if (entry) this.ahead.unshift(entry);
    return entry;
  }

  // The entries before the first one that is known.
  async earlier(count: number): Promise<Entry[]> {
    const first = this.behind[0];
    if (!this.moreBehind || first === undefined) return [];
    const signal = this.abort.signal;
    const page = await this.load({ to: iso(timeOf(first) + 1), order: 'desc', limit: count }, signal);
    if (signal.aborted) return [];
    const known = new Set(this.behind.map((entry) => entry.n));
    const fresh = page.entries.filter((entry) => !known.has(entry.n) && timeOf(entry) <= timeOf(first)).reverse();
    this.behind.unshift(...fresh);
    this.moreBehind = page.next !== null && fresh.length > 0;
    return fresh;
  }

  // Forgets what lies far above.
  trim(keep: number): void {
    if (this.behind.length <= keep) return;
    this.behind.splice(0, this.behind.length - keep);
    this.moreBehind = true;
  }
}
