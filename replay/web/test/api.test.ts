import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { api, ApiError } from '../src/lib/api.ts';

const kept = globalThis.fetch;
afterEach(() => { globalThis.fetch = kept; });

// Answers in this order; the last one again and again.
function answer(...responses: [status: number, body: string, headers?: Record<string, string>][]): string[] {
  const asked: string[] = [];
  globalThis.fetch = ((url: string) => {
    const [status, body, headers] = responses[Math.min(asked.length, responses.length - 1)]!;
    asked.push(url);
    return Promise.resolve(new Response(body, { status, headers }));
  }) as typeof fetch;
  return asked;
}

test('addresses are relative, and what is said is encoded', async () => {
  const asked = answer([200, '{}']);
  await api.entries('café/a', { from: '2020-01-01T00:00:00.000Z', late: true, cursor: null });
  await api.conversation('x', 'https://a.example/1?b=c&d');
  assert.deepEqual(asked, [
    'v1/hashtags/caf%C3%A9%2Fa/entries?from=2020-01-01T00%3A00%3A00.000Z&late=true',
    'v1/hashtags/x/conversation?id=https%3A%2F%2Fa.example%2F1%3Fb%3Dc%26d',
  ]);
});

test('a busy server is asked again, twice', async () => {
  const busy = [503, '{"error":{"code":"unavailable","message":"Catching up."}}', { 'retry-after': '0' }] as [number, string, Record<string, string>];
  assert.equal(answer(busy, busy, [200, '{"hashtags":[]}']).length, 0);
  assert.deepEqual(await api.hashtags(null), { hashtags: [] });
  const asked = answer(busy);
  await assert.rejects(api.hashtags(null), (error) => error instanceof ApiError && error.status === 503 && error.message === 'Catching up.');
  assert.equal(asked.length, 3);
});

test('what is wrong is told once, with its code', async () => {
  const asked = answer([404, '{"error":{"code":"not_found","message":"There is no such hashtag."}}']);
  await assert.rejects(api.hashtag('x'), (error) => error instanceof ApiError && error.code === 'not_found');
  assert.equal(asked.length, 1);
  answer([200, 'no JSON']);
  await assert.rejects(api.hashtags(null), ApiError);
  globalThis.fetch = () => Promise.reject(new TypeError('Failed to fetch'));
  await assert.rejects(api.hashtags(null), (error) => error instanceof ApiError && error.code === 'unreachable');
});

test('a cancelled wait ends at once', async () => {
  answer([503, '{}', { 'retry-after': '5' }]);
  const abort = new AbortController();
  const asked = api.hashtags(null, abort.signal);
  setTimeout(() => abort.abort(), 20);
  await assert.rejects(asked, (error) => error instanceof DOMException && error.name === 'AbortError');
});
