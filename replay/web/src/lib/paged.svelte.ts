// A list that is fetched a page at a time. A newer start cancels the older.
export interface Page<T> {
  items: T[];
  next: string | null;
}

export class Paged<T> {
  items = $state.raw<T[]>([]);
  next = $state<string | null>(null);
  phase = $state<'idle' | 'loading' | 'ready' | 'failed'>('idle');
  problem = $state.raw<unknown>(null);
  private abort = new AbortController();
  private load: ((cursor: string | null, signal: AbortSignal) => Promise<Page<T>>) | null = null;

  start(load: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>): void {
    this.load = load;
    this.items = [];
    this.next = null;
    void this.fetch(null);
  }

  more(): void {
    void this.fetch(this.next);
  }

  // Once more what failed.
  retry = (): void => {
    void this.fetch(this.items.length > 0 ? this.next : null);
  };

  stop(): void {
    this.abort.abort();
    this.phase = 'idle';
  }

  private async fetch(cursor: string | null): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.phase = 'loading';
    try {
      const page = await this.load!(cursor, signal);
      if (signal.aborted) return;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.next = page.next;
      this.phase = 'ready';
    } catch (error) {
      if (signal.aborted) return;
      this.problem = error;
      this.phase = 'failed';
    }
  }
}
