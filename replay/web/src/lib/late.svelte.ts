// What was written after the event into its conversations: the lane "since then".
import { api } from './api.ts';
import { timeOf } from './feed.ts';
import type { Entry } from './types.ts';

const kDepthMax = 100;
const kPagesMax = 5; // 1,000 late entries; the rest is reached through the threads

// `n` begins with the time of publication in milliseconds, above 21 bits.
function timeOfNumber(n: string): number {
  return Number(BigInt(n) >> 21n);
}

export class Late {
  entries = $state.raw<Entry[]>([]);
  private byParent = $derived.by(() => {
    const groups = new Map<string, Entry[]>();
    for (const entry of this.entries) {
      const group = groups.get(entry.parent ?? '');
      if (group) group.push(entry);
      else groups.set(entry.parent ?? '', [entry]);
    }
    return groups;
  });
  private begins = $derived.by(() => {
    const byId = new Map(this.entries.map((entry) => [entry.id, entry]));
    const begin = new Map<string, number>();
    for (const entry of this.entries) {
      // An answer to a late answer belongs where the first of them hangs.
      let top = entry;
      for (let i = 0; i < kDepthMax; i += 1) {
        const up = byId.get(top.parent ?? '');
        if (!up) break;
        top = up;
      }
      begin.set(entry.n, top.parent_n === null ? -Infinity : timeOfNumber(top.parent_n));
    }
    return begin;
  });

  async load(tag: string, signal: AbortSignal): Promise<void> {
    let cursor: string | null = null;
    for (let page = 0; page < kPagesMax; page += 1) {
      const answer: { entries: Entry[]; next: string | null } =
        await api.entries(tag, { late: true, order: 'asc', cursor, limit: 200 }, signal);
      this.entries = [...this.entries, ...answer.entries];
      cursor = answer.next;
      if (cursor === null) return;
    }
  }

  // Answers to this post that came later.
  to(id: string): Entry[] {
    return this.byParent.get(id) ?? [];
  }

  // At the clock: what was answered since to what has been said by then.
  since(at: number): Entry[] {
    return this.entries.filter((entry) => timeOf(entry) > at && (this.begins.get(entry.n) ?? Infinity) <= at);
  }
}
