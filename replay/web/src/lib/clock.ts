// Pacing: how wall time becomes event time. Pure; the player feeds it with what comes next.
//
// Between two posts the clock runs at the event's speed, but never longer than the longest silence;
// then it jumps to the next post. At a reader's own pace a post is given the time to be read, and
// the clock covers the way to the next one in that time.

export type Pace = { kind: 'speed'; speed: number } | { kind: 'reading'; wpm: number };

export const kSpeedMin = 1;
export const kSpeedMax = 10_000;
export const kWpmMin = 60;
export const kWpmMax = 900;
export const kDefaultPace: Pace = { kind: 'speed', speed: 60 };
export const kDefaultSilenceS = 5;
// With less the whole event would pass at once.
export const kSilenceMinS = 1;
export const kNoSkip = Number.POSITIVE_INFINITY;

// Even the shortest post is looked at for this long at a reader's pace.
const kGlanceS = 1.5;
// A silence is worth a line when at least this much of it is skipped.
export const kSilenceShownMs = 10 * 60_000;

export interface Due {
  at: number;
  words: number;
}

export interface ClockState {
  readonly at: number; // event time
  readonly since: number; // event time of the last post, or of the place that was sought
  readonly waitedS: number; // wall seconds since then
  readonly words: number; // of the last post
}

export function clockAt(at: number): ClockState {
  return { at, since: at, waitedS: 0, words: 0 };
}

// How long the way from one post to the next takes, and how much of it the clock runs through
// before it jumps.
export function interval(silenceMs: number, words: number, pace: Pace, silenceMaxS: number) {
  if (pace.kind === 'reading') {
    const wallS = silenceMs === 0 && words === 0 ? 0 : Math.max(kGlanceS, (words / pace.wpm) * 60);
    return { wallS, runMs: silenceMs, skippedMs: 0 };
  }
  const runMs = Math.min(silenceMs, silenceMaxS * pace.speed * 1_000);
  return { wallS: runMs / (pace.speed * 1_000), runMs, skippedMs: silenceMs - runMs };
}

export interface Step {
  state: ClockState;
  shown: number; // how many of `upcoming` have come
  starved: boolean; // the clock stands because nothing further is known
}

// Runs for `wallS` seconds. `upcoming` is in order and begins with what comes next.
export function advance(
  state: ClockState, wallS: number, upcoming: readonly Due[], pace: Pace, silenceMaxS: number,
): Step {
  let { at, since, waitedS, words } = state;
  let left = wallS;
  let shown = 0;
  for (;;) {
    const next = upcoming[shown];
    if (next === undefined) return { state: { at, since, waitedS, words }, shown, starved: true };
    const way = interval(Math.max(0, next.at - since), words, pace, silenceMaxS);
    const rest = way.wallS - waitedS;
    if (left < rest) {
      waitedS += left;
      // A changed pace may leave the clock ahead of where the new one would be: it never moves back.
      at = Math.max(at, Math.min(since + (way.runMs * waitedS) / way.wallS, next.at));
      return { state: { at, since, waitedS, words }, shown, starved: false };
    }
    left -= Math.max(0, rest);
    at = Math.max(at, next.at);
    since = at;
    waitedS = 0;
    words = pace.kind === 'reading' ? next.words : 0;
    shown += 1;
  }
}

// When the pace changes, the clock goes on from where it is.
export function rebase(state: ClockState): ClockState {
  return { at: state.at, since: state.at, waitedS: 0, words: state.words };
}

// The silence between two neighbours that the reader does not sit through; 0 where it is short.
export function skippedSilence(fromMs: number, toMs: number, pace: Pace, silenceMaxS: number): number {
  const silence = toMs - fromMs;
  if (pace.kind === 'reading') return silence >= 3 * kSilenceShownMs ? silence : 0;
  const { skippedMs } = interval(silence, 0, pace, silenceMaxS);
  return skippedMs >= kSilenceShownMs ? silence : 0;
}

// The slider is logarithmic: 0…1 ↔ 1…10,000.
export function speedFromSlider(position: number): number {
  const speed = kSpeedMax ** Math.min(1, Math.max(0, position));
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(speed)) - 1);
  return Math.max(kSpeedMin, Math.round(speed / digits) * digits);
}

export function sliderFromSpeed(speed: number): number {
  return Math.log(Math.min(kSpeedMax, Math.max(kSpeedMin, speed))) / Math.log(kSpeedMax);
}

export function formatPace(pace: Pace): string {
  return pace.kind === 'reading' ? `${pace.wpm}wpm` : String(pace.speed);
}

export function parsePace(text: string | null): Pace {
  const match = /^(\d+(?:\.\d+)?)(wpm)?$/.exec(text ?? '');
  const value = Number(match?.[1]);
  if (!match || !Number.isFinite(value)) return kDefaultPace;
  if (match[2]) return { kind: 'reading', wpm: Math.min(kWpmMax, Math.max(kWpmMin, Math.round(value))) };
  return { kind: 'speed', speed: Math.min(kSpeedMax, Math.max(kSpeedMin, value)) };
}

export function formatSkip(silenceMaxS: number): string {
  return silenceMaxS === kNoSkip ? 'off' : String(silenceMaxS);
}

export function parseSkip(text: string | null): number {
  if (text === 'off') return kNoSkip;
  return text !== null && /^\d{1,4}$/.test(text) ? Math.max(kSilenceMinS, Number(text)) : kDefaultSilenceS;
}
