// The counts behind the plot, a request a part of the axis; asked for once, kept while the page lives.
import { api } from './api.ts';
import type { Part } from './axis.ts';

export interface Bars {
  bucket_ms: number;
  posts: number[];
  late: number[];
}

const kBuckets = 280; // over the whole width
const kKeptMax = 200;
const kept = new Map<string, Promise<Bars>>();

export function bucketsOf(part: Part): number {
  return part.kind === 'fold' ? 1 : Math.max(6, Math.round((part.x1 - part.x0) * kBuckets));
}

export function loadBars(tag: string, part: Part): Promise<Bars> {
  const buckets = bucketsOf(part);
  const key = JSON.stringify([tag, part.from, part.to, buckets]);
  let bars = kept.get(key);
  if (!bars) {
    if (kept.size >= kKeptMax) kept.clear();
    bars = part.to <= part.from
      ? Promise.resolve({ bucket_ms: 1, posts: [0], late: [0] })
      : api.density(tag, new Date(part.from).toISOString(), new Date(part.to).toISOString(), buckets);
    bars.catch(() => kept.delete(key));
    kept.set(key, bars);
  }
  return bars;
}
