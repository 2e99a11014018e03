// The replay as state: one clock drives the list, the plot and the readout. `rows` is what has been
// said up to the clock (its newest part); seeking replaces it, playing appends to it.
import {
  advance, clockAt, rebase, skippedSilence, type ClockState, type Due, type Pace,
} from './clock.ts';
import { Feed, timeOf, type LoadEntries } from './feed.ts';
import { countWords, textOf } from './html.ts';
import { sessionSpan } from './axis.ts';
import type { Entry, Session } from './types.ts';

export interface Row {
  entry: Entry;
  silenceMs: number; // skipped before it; 0: none worth a line
  fresh: boolean; // came while playing
}

const kRowsMax = 300; // while following: the list is cut above
const kRowsKept = 200;
const kRowsHeld = 1_000; // while reading: the clock waits for the reader then
const kFlood = 40; // more than this at once cannot be read: only the newest are shown
const kStepMaxS = 0.25; // a hidden page does not play
const kAppendEveryMs = 100;
const kFloodEveryMs = 300;
const kLookEveryMs = 15_000;

export class Player {
  rows = $state.raw<Row[]>([]);
  at = $state(0);
  playing = $state(false);
  busy = $state(false);
  ended = $state(false);
  error = $state<string | null>(null);
  moreAbove = $state(false);
  follow = $state(true);
  unseen = $state(0); // came below while the reader was reading above
  pace = $state.raw<Pace>({ kind: 'speed', speed: 60 });
  silenceMaxS = $state(5);

  readonly sessions: readonly Session[];
  onAppend: () => void = () => {};
  flooding = false; // more comes than anybody can read

  private readonly feed: Feed;
  private clock: ClockState = clockAt(0);
  private upcoming: Due[] = [];
  private pending: Row[] = [];
  private frame = 0;
  private lastFrame = 0;
  private lastAppend = 0;
  private look: ReturnType<typeof setInterval> | null = null;
  private closed = false;

  constructor(load: LoadEntries, sessions: readonly Session[]) {
    this.feed = new Feed(load);
    this.sessions = [...sessions].sort((a, b) => sessionSpan(a).from - sessionSpan(b).from);
  }

  session = $derived.by(() => {
    let found: Session | null = null;
    for (const session of this.sessions) {
      if (sessionSpan(session).from <= this.at) found = session;
    }
    return found;
  });

  destroy(): void {
    this.closed = true;
    cancelAnimationFrame(this.frame);
    if (this.look !== null) clearInterval(this.look);
  }

  async seek(at: number): Promise<void> {
    this.busy = true;
    this.error = null;
    this.clock = clockAt(at);
    this.at = at;
    try {
      if (!(await this.feed.seek(at)) || this.closed) return;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.fail(error);
      return;
    }
    this.busy = false;
    this.pending = [];
    this.rebuildUpcoming();
    this.showBehind();
    this.checkEnd();
    void this.fill();
  }

  play(): void {
    if (this.playing || this.ended) return;
    this.playing = true;
    this.lastFrame = performance.now();
    this.frame = requestAnimationFrame(this.onFrame);
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.flush(true);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  setPace(pace: Pace): void {
    this.pace = pace;
    this.clock = rebase(this.clock);
  }

  setSilence(seconds: number): void {
    this.silenceMaxS = seconds;
  }

  // To the next entry, without any clock. False at the end.
  async next(): Promise<boolean> {
    this.pause();
    if (this.upcoming.length === 0) await this.fill();
    const due = this.upcoming[0];
    if (!due) return false;
    this.upcoming.shift();
    this.push(this.feed.take(1));
    this.clock = { ...clockAt(due.at), words: this.pace.kind === 'reading' ? due.words : 0 };
    this.at = due.at;
    this.flush(true);
    this.checkEnd();
    void this.fill();
    return true;
  }

  // Back by one entry: the newest has not been said yet.
  async previous(): Promise<boolean> {
    this.pause();
    if (this.feed.behind.length < 2) await this.earlier();
    const taken = this.feed.giveBack();
    if (!taken) return false;
    this.upcoming.unshift(dueOf(taken));
    this.rows = this.rows.filter((row) => row.entry.n !== taken.n);
    const last = this.feed.behind.at(-1);
    this.at = last ? timeOf(last) : timeOf(taken) - 1;
    this.clock = clockAt(this.at);
    this.ended = false;
    this.stopLooking();
    return true;
  }

  // To the start of the session, or of the one before when the clock has only just entered it.
  sessionBy(step: 1 | -1): Session | null {
    const index = this.session === null ? -1 : this.sessions.indexOf(this.session);
    let target = this.sessions[index + step];
    if (step === -1 && this.session && this.at > sessionSpan(this.session).from + 60_000) target = this.session;
    if (!target) return null;
    void this.seek(sessionSpan(target).from);
    return target;
  }

  async earlier(): Promise<void> {
    const first = this.rows[0];
    try {
      const fresh = await this.feed.earlier(50);
      this.moreAbove = this.feed.moreBehind;
      if (fresh.length === 0 || this.rows[0] !== first) return;
      const rows = this.makeRows(fresh, null);
      if (first) this.rows = [...rows, { ...first, silenceMs: this.silence(fresh.at(-1)!, first.entry) }, ...this.rows.slice(1)];
      else this.rows = rows;
    } catch (error) {
      this.fail(error);
    }
  }

  startFollowing(): void {
    this.follow = true;
    this.unseen = 0;
    if (this.rows.length > kRowsMax) this.showBehind();
    this.onAppend();
  }

  stopFollowing(): void {
    this.follow = false;
  }

  private onFrame = (now: number): void => {
    if (!this.playing || this.closed) return;
    const passedS = Math.min(kStepMaxS, Math.max(0, (now - this.lastFrame) / 1_000));
    this.lastFrame = now;
    if (!this.busy) {
      const step = advance(this.clock, passedS, this.upcoming, this.pace, this.silenceMaxS);
      this.clock = step.state;
      this.at = step.state.at;
      if (step.shown > 0) {
        this.upcoming.splice(0, step.shown);
        this.push(this.feed.take(step.shown));
      }
      if (step.starved) this.checkEnd();
      this.flush(false);
      void this.fill();
    }
    if (this.playing) this.frame = requestAnimationFrame(this.onFrame);
  };

  private push(entries: Entry[]): void {
    const last = this.pending.at(-1) ?? this.rows.at(-1);
    this.pending.push(...this.makeRows(entries, last?.entry ?? null, true));
    if (!this.follow) this.unseen += entries.length;
  }

  private flush(now: boolean): void {
    if (this.pending.length === 0) return;
    const time = performance.now();
    if (!now && time - this.lastAppend < (this.flooding ? kFloodEveryMs : kAppendEveryMs)) return;
    this.lastAppend = time;
    let rows = [...this.rows, ...this.pending];
    const flood = this.pending.length > kFlood;
    this.flooding = flood;
    this.pending = [];
    if (this.follow && (flood || rows.length > kRowsMax)) {
      rows = rows.slice(flood ? -kFlood : -kRowsKept);
      this.feed.trim(rows.length);
      this.moreAbove = true;
    }
    this.rows = rows;
    this.onAppend();
    // The list that is being read stays whole; it is not filled without end.
    if (!this.follow && rows.length >= kRowsHeld) this.pause();
  }

  private showBehind(): void {
    this.flooding = false;
    this.pending = [];
    this.unseen = 0;
    this.follow = true;
    this.feed.trim(kRowsKept);
    this.rows = this.makeRows(this.feed.behind, null);
    this.moreAbove = this.feed.moreBehind;
    this.onAppend();
  }

  private makeRows(entries: readonly Entry[], before: Entry | null, fresh = false): Row[] {
    let last = before;
    return entries.map((entry) => {
      const row = { entry, silenceMs: last === null ? 0 : this.silence(last, entry), fresh };
      last = entry;
      return row;
    });
  }

  private silence(before: Entry, after: Entry): number {
    return skippedSilence(timeOf(before), timeOf(after), this.pace, this.silenceMaxS);
  }

  private async fill(): Promise<void> {
    try {
      if ((await this.feed.fill()) && !this.closed) this.rebuildUpcoming();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.fail(error);
    }
  }

  private rebuildUpcoming(): void {
    this.upcoming = this.feed.ahead.map(dueOf);
  }

  private checkEnd(): void {
    this.ended = this.feed.ahead.length === 0 && !this.feed.moreAhead;
    if (!this.ended) {
      this.stopLooking();
      return;
    }
    this.pause();
    // The record may go on: a late answer can come while the page is open.
    this.look ??= setInterval(() => void this.lookAgain(), kLookEveryMs);
  }

  private async lookAgain(): Promise<void> {
    if (document.hidden || this.closed) return;
    const found = await this.feed.look().catch(() => false);
    if (!found || this.closed) return;
    this.stopLooking();
    this.ended = false;
    this.rebuildUpcoming();
    this.play();
  }

  private stopLooking(): void {
    if (this.look !== null) clearInterval(this.look);
    this.look = null;
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.busy = false;
    this.pause();
    this.error = error instanceof Error ? error.message : String(error);
  }
}

// Counting words is only worth its while at a reading pace.
class LazyDue implements Due {
  readonly at: number;
  private readonly content: string | null;
  private counted = -1;

  constructor(entry: Entry) {
    this.at = timeOf(entry);
    this.content = entry.content;
  }

  get words(): number {
    if (this.counted < 0) this.counted = countWords(textOf(this.content));
    return this.counted;
  }
}

const dues = new WeakMap<Entry, Due>();

function dueOf(entry: Entry): Due {
  let due = dues.get(entry);
  if (!due) {
    due = new LazyDue(entry);
    dues.set(entry, due);
  }
  return due;
}
