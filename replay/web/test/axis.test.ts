import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildAxis, toTime, toX } from '../src/lib/axis.ts';
import { coverageOf } from '../src/lib/coverage.ts';
import type { Session } from '../src/lib/types.ts';

function session(from: string, to: string, entries: number, event: string | null = null): Session {
  return { id: `${from}:00.000Z`, first: `${from}:00.000Z`, last: `${to}:00.000Z`, ends: `${to}:00.000Z`, event, entries, participants: 1, conversations: 1, late: 0 };
}
const ms = (text: string) => Date.parse(text);

const days = [session('2016-11-05T09:00', '2016-11-05T18:00', 200, 'one'), session('2016-11-06T09:00', '2016-11-06T17:00', 150, 'two')];
const lone = Array.from({ length: 30 }, (_, i) => session(`20${17 + Math.floor(i / 6)}-0${1 + (i % 6)}-10T10:00`, `20${17 + Math.floor(i / 6)}-0${1 + (i % 6)}-10T10:00`, 1));

test('the axis runs from 0 to 1 without a hole, and in order', () => {
  for (const parts of [buildAxis(days, 8), buildAxis([...days, ...lone], 8, ms('2030-01-01T00:00:00Z'))]) {
    assert.equal(parts[0]!.x0, 0);
    assert.ok(Math.abs(parts.at(-1)!.x1 - 1) < 1e-9);
    for (let i = 1; i < parts.length; i += 1) {
      assert.ok(Math.abs(parts[i]!.x0 - parts[i - 1]!.x1) < 1e-12);
      assert.ok(parts[i]!.from >= parts[i - 1]!.to);
    }
  }
});

test('an event keeps its own stretch while lone late answers are joined', () => {
  const runs = buildAxis([...days, ...lone], 6).filter((part) => part.kind === 'run');
  assert.equal(runs.length, 6);
  assert.deepEqual(runs.slice(0, 2).map((part) => part.title), ['one', 'two']);
  assert.ok(runs[0]!.x1 - runs[0]!.x0 > 0.2);
});

test('places and times are each other\'s inverse, folds included', () => {
  const parts = buildAxis([...days, ...lone], 5, ms('2030-01-01T00:00:00Z'));
  for (const part of parts) {
    for (const share of [0, 0.3, 0.9]) {
      const time = Math.round(part.from + share * (part.to - part.from));
      if (time >= part.to) continue;
      assert.ok(Math.abs(toTime(parts, toX(parts, time)) - time) <= 1, `${part.kind} ${share}`);
    }
  }
  assert.equal(toTime(parts, -1), parts[0]!.from);
  assert.equal(toX(parts, 0), 0);
  assert.equal(toX(parts, ms('2040-01-01T00:00:00Z')), parts.at(-1)!.x1);
});

test('nothing to show is an empty axis', () => {
  assert.deepEqual(buildAxis([], 8), []);
  assert.equal(toX([], 5), 0);
});

test('coverage tells complete, refused and unseen apart, the worst of several sources first', () => {
  const coverage = [
    { source: 'a', ranges: [{ from: '2020-01-01T00:00:00Z', to: '2020-01-03T00:00:00Z', complete: true, why: '' }] },
    { source: 'b', ranges: [{ from: '2020-01-02T00:00:00Z', to: '2020-01-03T00:00:00Z', complete: false, why: 'refused' }] },
  ];
  const seen = coverageOf(coverage, ms('2019-12-31T00:00:00Z'), ms('2020-01-04T00:00:00Z'));
  assert.deepEqual(seen.map((stretch) => stretch.seen), ['unseen', 'complete', 'partial', 'unseen']);
  assert.deepEqual(seen[2]!.why, ['b: refused']);
  assert.deepEqual(coverageOf([], 0, 10), [], 'nothing recorded, nothing claimed');
});
