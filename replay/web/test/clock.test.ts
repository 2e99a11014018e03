import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance, clockAt, interval, kNoSkip, parsePace, parseSkip, rebase, skippedSilence, sliderFromSpeed, speedFromSlider,
  type ClockState, type Due, type Pace,
} from '../src/lib/clock.ts';

const kHour = 3_600_000;
const speed = (value: number): Pace => ({ kind: 'speed', speed: value });
const due = (at: number, words = 10): Due => ({ at, words });

// Runs to the end in steps of `stepS`; gives the wall time at which each post appeared.
function play(posts: Due[], pace: Pace, silenceMaxS: number, stepS: number): number[] {
  let state: ClockState = clockAt(0);
  let rest = posts;
  const shownAt: number[] = [];
  for (let i = 1; rest.length > 0; i += 1) {
    assert.ok(i < 1_000_000, 'the clock does not stop');
    const step = advance(state, stepS, rest, pace, silenceMaxS);
    assert.ok(step.state.at >= state.at, 'the clock never moves back');
    for (let k = 0; k < step.shown; k += 1) shownAt.push(i * stepS);
    rest = rest.slice(step.shown);
    state = step.state;
  }
  return shownAt;
}

test('a post appears when its time has come at the speed', () => {
  const { state, shown } = advance(clockAt(0), 9.9, [due(600_000)], speed(60), 60);
  assert.equal(shown, 0);
  assert.equal(state.at, 594_000);
  const next = advance(state, 0.2, [due(600_000)], speed(60), 60);
  assert.equal(next.shown, 1);
  assert.equal(next.state.at, 600_000);
});

test('a silence is waited for at most the longest silence, then the clock jumps', () => {
  const waiting = advance(clockAt(0), 4.9, [due(8 * kHour)], speed(60), 5);
  assert.equal(waiting.shown, 0);
  assert.equal(waiting.state.at, 294_000);
  const jumped = advance(waiting.state, 0.2, [due(8 * kHour)], speed(60), 5);
  assert.equal(jumped.shown, 1);
  assert.equal(jumped.state.at, 8 * kHour);
});

test('with 0 nothing is waited for, without skipping all of it', () => {
  assert.equal(advance(clockAt(0), 0, [due(kHour), due(2 * kHour)], speed(60), 0).shown, 2);
  assert.equal(advance(clockAt(0), 59.9, [due(kHour)], speed(60), kNoSkip).shown, 0);
  assert.equal(advance(clockAt(0), 60.1, [due(kHour)], speed(60), kNoSkip).shown, 1);
});

test('how long it takes does not depend on the size of the steps', () => {
  const posts = [due(1_000), due(1_000), due(90_000), due(7 * kHour), due(7 * kHour + 500), due(9 * kHour)];
  for (const pace of [speed(1), speed(60), speed(1_234), { kind: 'reading', wpm: 200 } as const]) {
    const fine = play(posts, pace, 3, 0.016);
    const coarse = play(posts, pace, 3, 0.25);
    fine.forEach((wall, i) => assert.ok(Math.abs(wall - coarse[i]!) <= 0.27, `${JSON.stringify(pace)} post ${i}: ${wall} and ${coarse[i]}`));
  }
});

test('a burst appears in one step, in order, and the clock stands at its last post', () => {
  const posts = Array.from({ length: 500 }, (_, i) => due(1_000 + i));
  const step = advance(clockAt(0), 1, posts, speed(10_000), 5);
  assert.equal(step.shown, 500);
  assert.equal(step.state.at, 1_499);
  assert.equal(step.starved, true);
});

test('at a reading pace each post stays as long as its words take, in bursts too', () => {
  const posts = [due(1_000, 100), due(1_001, 50), due(1_002, 0), due(1_003, 0)];
  const shownAt = play(posts, { kind: 'reading', wpm: 300 }, 5, 0.01);
  const stays = shownAt.slice(1).map((wall, i) => wall - shownAt[i]!);
  assert.ok(Math.abs(stays[0]! - 20) < 0.03, `100 words at 300 a minute: ${stays[0]}`);
  assert.ok(Math.abs(stays[1]! - 10) < 0.03);
  assert.ok(Math.abs(stays[2]! - 1.5) < 0.03, 'a glance at the shortest');
});

test('the clock goes on from where it is when the pace changes, and never back', () => {
  const halfway = advance(clockAt(0), 5, [due(600_000)], speed(60), kNoSkip).state;
  assert.equal(halfway.at, 300_000);
  const slower = rebase(halfway);
  assert.equal(advance(slower, 10, [due(600_000)], speed(1), kNoSkip).state.at, 310_000);
  const silence = advance(halfway, 0.1, [due(600_000)], speed(60), 1);
  assert.ok(silence.state.at >= halfway.at);
});

test('the clock stands while nothing further is known', () => {
  const { state, starved } = advance(clockAt(5), 100, [], speed(60), 5);
  assert.equal(starved, true);
  assert.equal(state.at, 5);
});

test('a silence is worth a line when much of it is skipped', () => {
  assert.equal(skippedSilence(0, 4 * 60_000, speed(60), 5), 0);
  assert.equal(skippedSilence(0, 3 * kHour, speed(60), 5), 3 * kHour);
  assert.equal(skippedSilence(0, 3 * kHour, speed(60), kNoSkip), 0);
  assert.equal(skippedSilence(0, 3 * kHour, { kind: 'reading', wpm: 200 }, 5), 3 * kHour);
  assert.equal(interval(3 * kHour, 0, speed(60), 5).skippedMs, 3 * kHour - 300_000);
});

test('pace and longest silence as they stand in a link', () => {
  assert.deepEqual(parsePace('250wpm'), { kind: 'reading', wpm: 250 });
  assert.deepEqual(parsePace('2.5'), speed(2.5));
  for (const bad of [null, '', 'fast', '-1', '1e9', '60x']) assert.deepEqual(parsePace(bad), speed(60));
  assert.deepEqual(parsePace('99999'), speed(10_000));
  assert.equal(parseSkip('off'), kNoSkip);
  assert.equal(parseSkip('0'), 1);
  assert.equal(parseSkip('30'), 30);
  for (const bad of [null, '', '-3', 'x', '99999']) assert.equal(parseSkip(bad), 5);
});

test('the slider reaches both ends and comes back to the same place', () => {
  assert.equal(speedFromSlider(0), 1);
  assert.equal(speedFromSlider(1), 10_000);
  for (const value of [1, 2, 10, 60, 300, 1_000, 7_500, 10_000]) assert.equal(speedFromSlider(sliderFromSpeed(value)), value);
});
