// A time axis that folds the silences between sessions: an event of two days and an answer five
// years later fit on one screen. Pure; positions are 0…1.
import type { Hashtag, Session } from './types.ts';

export interface Part {
  from: number;
  to: number;
  x0: number;
  x1: number;
  kind: 'run' | 'fold'; // a stretch to scale, or a silence folded to a fixed width
  title: string | null; // of its events
  sessions: Session[];
}

const kFoldWidth = 0.035;
const kFoldsMax = 0.3; // of the whole width
const kPadMs = 60_000;
const kTailFoldMs = 6 * 3_600_000; // a shorter way to the last entry is not folded

interface Stretch {
  from: number;
  to: number;
  entries: number;
  sessions: Session[];
}

export function sessionSpan(session: Session): { from: number; to: number } {
  const start = Date.parse(session.id);
  if (session.event !== null) return { from: start, to: Date.parse(session.ends) };
  const from = session.first === null ? start : Date.parse(session.first);
  const to = session.last === null ? from : Date.parse(session.last);
  return { from, to: Math.max(to + kPadMs, from + kPadMs) };
}

// What a hashtag is about: from its first event to the end of its last one, or all of its life.
export function mainSpan(hashtag: Hashtag): { from: number; to: number } {
  const spans = hashtag.events.map(sessionSpan);
  if (spans.length > 0) {
    return { from: Math.min(...spans.map((span) => span.from)), to: Math.max(...spans.map((span) => span.to)) };
  }
  const from = Date.parse(hashtag.first ?? '') || 0;
  return { from, to: Math.max(from + kPadMs, Date.parse(hashtag.last ?? '') || 0) };
}

// At most `partsMax` stretches with a fold between each two; more sessions than that are joined.
// `tail`: the last entry of all, where it lies beyond the sessions.
export function buildAxis(sessions: readonly Session[], partsMax: number, tail: number | null = null): Part[] {
  const stretches: Stretch[] = sessions
    .map((session) => ({ ...sessionSpan(session), entries: session.entries, sessions: [session] }))
    .sort((a, b) => a.from - b.from);
  while (stretches.length > partsMax) joinCheapest(stretches);
  if (stretches.length === 0) return [];
  const last = stretches.at(-1)!;
  if (tail !== null && tail >= last.to && tail - last.to < kTailFoldMs) last.to = tail + 1;
  const end = last.to;
  const hasTail = tail !== null && tail > end;
  const folds = stretches.length - 1 + (hasTail ? 1 : 0);
  const foldWidth = folds === 0 ? 0 : Math.min(kFoldWidth, kFoldsMax / folds);
  const weights = stretches.map((stretch) => (stretch.entries + 2) ** 0.6);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const room = 1 - folds * foldWidth;

  const parts: Part[] = [];
  let x = 0;
  const fold = (from: number, to: number) => {
    parts.push({ from, to, x0: x, x1: x + foldWidth, kind: 'fold', title: null, sessions: [] });
    x += foldWidth;
  };
  stretches.forEach((stretch, i) => {
    const before = stretches[i - 1];
    if (before) fold(before.to, Math.max(before.to, stretch.from));
    const width = (room * weights[i]!) / total;
    const events = stretch.sessions.flatMap((session) => (session.event === null ? [] : [session.event]));
    parts.push({
      from: stretch.from, to: stretch.to, x0: x, x1: x + width, kind: 'run', title: events.length === 0 ? null : events.join(' · '),
      sessions: stretch.sessions,
    });
    x += width;
  });
  if (hasTail) fold(end, tail + 1);
  return parts;
}

// Joins the two neighbours that lose least by it: posts that were spread over a stretch are squeezed
// into a part of the joined one. Lone late answers join each other, long before an event's days do.
function joinCheapest(stretches: Stretch[]): void {
  let best = 1;
  let cheapest = Infinity;
  for (let i = 1; i < stretches.length; i += 1) {
    const loss = lossOf(stretches[i - 1]!, stretches[i]!);
    if (loss < cheapest) {
      cheapest = loss;
      best = i;
    }
  }
  const left = stretches[best - 1]!;
  const right = stretches[best]!;
  stretches.splice(best - 1, 2, {
    from: left.from, to: Math.max(left.to, right.to), entries: left.entries + right.entries,
    sessions: [...left.sessions, ...right.sessions],
  });
}

function lossOf(left: Stretch, right: Stretch): number {
  const span = Math.max(left.to, right.to) - left.from;
  // A lone post has no inner order that could be lost.
  const loss = (stretch: Stretch) => Math.max(0.2, stretch.entries - 1) * Math.log(span / (stretch.to - stretch.from));
  return loss(left) + loss(right);
}

export function toX(parts: readonly Part[], time: number): number {
  for (const part of parts) {
    if (time < part.from) return part.x0;
    if (time < part.to) return part.x0 + ((time - part.from) / (part.to - part.from)) * (part.x1 - part.x0);
  }
  return parts.at(-1)?.x1 ?? 0;
}

export function toTime(parts: readonly Part[], x: number): number {
  for (const part of parts) {
    if (x < part.x1 || part === parts.at(-1)) {
      const share = Math.min(1, Math.max(0, (x - part.x0) / (part.x1 - part.x0 || 1)));
      return Math.round(part.from + share * (part.to - part.from));
    }
  }
  return 0;
}
