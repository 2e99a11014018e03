// Entries that are at hand, by id, so that a reply can show its parent's first words. A parent that
// is not at hand is fetched, a few at a time; at high speed the oldest wishes are dropped.
import { SvelteMap } from 'svelte/reactivity';
import { api } from './api.ts';
import type { Entry } from './types.ts';

const kAtOnce = 3;
const kQueueMax = 40;
const kKeptMax = 4_000;

export class Known {
  private readonly entries = new SvelteMap<string, Entry>();
  private readonly asked = new Set<string>();
  private queue: { id: string; n: string }[] = [];
  private running = 0;
  private readonly tag: string;

  constructor(tag: string) {
    this.tag = tag;
  }

  get(id: string | null): Entry | undefined {
    return id === null ? undefined : this.entries.get(id);
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (!this.entries.has(entry.id)) this.entries.set(entry.id, entry);
    }
    if (this.entries.size <= kKeptMax) return;
    for (const id of this.entries.keys()) {
      if (this.entries.size <= kKeptMax / 2) break;
      this.entries.delete(id);
      this.asked.delete(id);
    }
  }

  want(id: string, n: string): void {
    if (this.entries.has(id) || this.asked.has(id)) return;
    this.asked.add(id);
    this.queue.push({ id, n });
    while (this.queue.length > kQueueMax) this.asked.delete(this.queue.shift()!.id);
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.running >= kAtOnce) return;
    this.running += 1;
    for (let next = this.queue.pop(); next; next = this.queue.pop()) {
      // A parent that cannot be fetched leaves the reply without its first words, nothing worse.
      const entry = await api.entry(this.tag, next.n).catch(() => null);
      if (entry) this.add([entry]);
    }
    this.running -= 1;
  }
}
