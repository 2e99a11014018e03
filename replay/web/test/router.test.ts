import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kNoSkip } from '../src/lib/clock.ts';
import { formatRoute, kHome, parseRoute, type Route } from '../src/lib/router.ts';

const full: Route = {
  view: 'replay', tag: 'café&co', session: '2016-09-23T07:00:00.000Z', at: Date.parse('2016-09-23T07:15:30.250Z'),
  pace: { kind: 'reading', wpm: 180 }, skip: kNoSkip, thread: 'https://social.example/users/a/statuses/1?x=1&y=#z', q: '', sort: 'first',
};

const query = (address: string) => address.slice(address.indexOf('?') < 0 ? address.length : address.indexOf('?'));

test('a link reproduces the screen', () => {
  assert.deepEqual(parseRoute(query(formatRoute(full))), full);
  const threads: Partial<Route> = { view: 'threads', tag: 'a', sort: 'recent', thread: 'urn:x' };
  assert.deepEqual(parseRoute(query(formatRoute(threads))), { ...kHome, ...threads });
  const search: Partial<Route> = { view: 'search', q: 'what? & "why"' };
  assert.deepEqual(parseRoute(query(formatRoute(search))), { ...kHome, ...search });
});

test('what is usual is left out of the address', () => {
  assert.equal(formatRoute({}), './');
  assert.equal(formatRoute({ tag: 'a', view: 'event' }), './?tag=a');
  assert.equal(formatRoute({ tag: 'a', view: 'replay' }), './?tag=a&view=replay');
});

test('times with any offset are read, and nonsense is not', () => {
  assert.equal(parseRoute('?tag=a&view=replay&at=2016-09-23T09:00:00%2B02:00').at, Date.parse('2016-09-23T07:00:00Z'));
  for (const search of ['?tag=a&view=replay&at=soon', '?tag=a&view=replay']) assert.equal(parseRoute(search).at, null);
  assert.equal(parseRoute('?tag=a&view=nonsense').view, 'event');
  assert.equal(parseRoute('?view=replay').view, 'list');
  assert.equal(parseRoute('?tag=%20').view, 'list');
});
