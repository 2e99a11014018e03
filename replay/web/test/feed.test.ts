import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryQuery } from '../src/lib/api.ts';
import { Feed, timeOf } from '../src/lib/feed.ts';
import type { Entry, EntryPage } from '../src/lib/types.ts';

const kStart = Date.parse('2020-01-01T00:00:00Z');

function server(count: number, everyMs: number) {
  const all = Array.from({ length: count }, (_, i) => ({ n: String(i), published: new Date(kStart + i * everyMs).toISOString() }) as Entry);
  const asked: EntryQuery[] = [];
  // As the API pages: [from, to), a cursor continues the query.
  const load = (query: EntryQuery): Promise<EntryPage> => {
    asked.push(query);
    const from = query.from ? Date.parse(query.from) : -Infinity;
    const to = query.to ? Date.parse(query.to) : Infinity;
    let found = all.filter((entry) => timeOf(entry) >= from && timeOf(entry) < to);
    if (query.order === 'desc') found = found.reverse();
    const skip = Number(query.cursor ?? 0);
    const limit = query.limit ?? 50;
    return Promise.resolve({ entries: found.slice(skip, skip + limit), next: skip + limit < found.length ? String(skip + limit) : null });
  };
  return { all, asked, load };
}

const numbers = (entries: Entry[]) => entries.map((entry) => Number(entry.n));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('a seek divides what has been said from what comes, with two small requests', async () => {
  const { asked, load } = server(1_000, 60_000);
  const feed = new Feed(load);
  assert.equal(await feed.seek(kStart + 500 * 60_000), true);
  assert.deepEqual(numbers(feed.behind), range(481, 501));
  assert.deepEqual(numbers(feed.ahead), range(501, 551));
  assert.equal(asked.length, 2);
  assert.ok(asked.every((query) => query.limit! <= 50));
});

test('playing to the end brings every entry once, in order', async () => {
  const { load } = server(1_000, 60_000);
  const feed = new Feed(load);
  await feed.seek(kStart - 1);
  const seen: number[] = [];
  for (let i = 0; i < 200 && (feed.ahead.length > 0 || feed.moreAhead); i += 1) {
    seen.push(...numbers(feed.take(37)));
    await feed.fill();
  }
  assert.deepEqual(seen, range(0, 1_000));
});

test('many entries in the same millisecond are neither lost nor doubled', async () => {
  const { load } = server(700, 0);
  const feed = new Feed(load);
  await feed.seek(kStart - 1);
  const seen: number[] = [];
  for (let i = 0; i < 200 && (feed.ahead.length > 0 || feed.moreAhead); i += 1) {
    seen.push(...numbers(feed.take(50)));
    await feed.fill();
  }
  assert.deepEqual(seen, range(0, 700));
});

test('earlier entries come in front, without a hole', async () => {
  const { load } = server(1_000, 60_000);
  const feed = new Feed(load);
  await feed.seek(kStart + 500 * 60_000);
  await feed.earlier(50);
  await feed.earlier(50);
  const behind = numbers(feed.behind);
  assert.deepEqual(behind, range(behind[0]!, 501));
  assert.ok(behind.length >= 115);
});

test('a newer seek overtakes an older one', async () => {
  const { all, load } = server(100, 60_000);
  const release: (() => void)[] = [];
  const slow = (query: EntryQuery) => new Promise<EntryPage>((resolve) => { release.push(() => void load(query).then(resolve)); });
  const feed = new Feed(slow);
  const first = feed.seek(kStart + 10 * 60_000);
  const second = feed.seek(kStart + 90 * 60_000);
  release.splice(0).reverse().forEach((go) => go());
  assert.equal(await second, true);
  assert.equal(await first, false);
  assert.equal(feed.behind.at(-1)!.n, all[90]!.n);
});

test('at the end it finds what came since', async () => {
  const { all, load } = server(10, 60_000);
  const feed = new Feed(load);
  await feed.seek(kStart + 9 * 60_000);
  assert.equal(feed.ahead.length, 0);
  assert.equal(await feed.look(), false);
  all.push({ n: '10', published: new Date(kStart + 99 * 60_000).toISOString() } as Entry);
  assert.equal(await feed.look(), true);
  assert.deepEqual(numbers(feed.ahead), [10]);
});
