// What was looked at: nobody spoke, nobody looked and "the source refused" are three things.
import type { Coverage } from './types.ts';

export type Seen = 'complete' | 'partial' | 'unseen';

export interface Stretch {
  from: number;
  to: number;
  seen: Seen;
  why: string[];
}

// The stretches of [from, to) in order, neighbours that say the same joined. Without any coverage
// at all nothing is known, and nothing is claimed: an empty list.
export function coverageOf(coverage: readonly Coverage[], from: number, to: number): Stretch[] {
  const ranges = coverage.flatMap((source) =>
    source.ranges.map((range) => ({
      from: Date.parse(range.from), to: Date.parse(range.to), complete: range.complete,
      why: range.complete ? null : `${source.source}: ${range.why || 'not complete'}`,
    })),
  );
  if (ranges.length === 0 || to <= from) return [];
  const near = ranges.filter((range) => range.from < to && range.to > from);
  const borders = new Set([from, to]);
  for (const range of near) {
    borders.add(Math.max(from, range.from));
    borders.add(Math.min(to, range.to));
  }
  const sorted = [...borders].sort((a, b) => a - b);
  const stretches: Stretch[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 1) {
    const a = sorted[i]!;
    const b = sorted[i + 1]!;
    const here = near.filter((range) => range.from <= a && range.to >= b);
    const why = here.flatMap((range) => (range.why === null ? [] : [range.why]));
    const seen: Seen = here.length === 0 ? 'unseen' : why.length > 0 ? 'partial' : 'complete';
    const last = stretches.at(-1);
    if (last && last.seen === seen && last.why.join() === why.join()) last.to = b;
    else stretches.push({ from: a, to: b, seen, why });
  }
  return stretches;
}
