// 100,000 entries: a seek asks for little and is quick, and full speed does not pile anything up.
import assert from 'node:assert/strict';
import os from 'node:os';
import { after, before, describe, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { kBigTag, makeBigJsonLines } from './fixture.mjs';
import { available, startServer } from './server.mjs';

const skip = available() ? false : 'LATECOMER_SKIP: set LATECOMER_BIN (or LATECOMER_URL) to test the page';
const kEntries = 100_000;
const kSeeks = 15;
const kSeekMsMax = 200;
const kRowsMax = 310;

describe('a replay of 100,000 entries', { skip, concurrency: false }, () => {
  let server;
  let browser;
  before(async () => {
    server = await startServer([{ tag: kBigTag, text: makeBigJsonLines(kEntries) }], `[[hashtag]]\nname = "${kBigTag}"\n`);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test(`seeks in less than ${kSeekMsMax} ms, with two small requests`, async (context) => {
    const { page, done } = await openPage(browser, `${server.url}/?tag=${kBigTag}&view=replay`);
    await page.locator('ol.posts article').last().waitFor();
    await page.waitForLoadState('networkidle');
    const limits = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith('/entries')) limits.push(Number(url.searchParams.get('limit')));
    });
    const times = await page.evaluate(async (seeks) => {
      const track = document.querySelector('.transport [role=slider]');
      const box = track.getBoundingClientRect();
      const newest = () => [...document.querySelectorAll('ol.posts article')].at(-1)?.dataset.n;
      track.setPointerCapture = () => {};
      const taken = [];
      for (let i = 0; i < seeks; i += 1) {
        const before = newest();
        const start = performance.now();
        const where = { clientX: box.left + box.width * ((i * 0.37 + 0.13) % 1), clientY: box.top + 5, button: 0, pointerId: 1, bubbles: true };
        track.dispatchEvent(new PointerEvent('pointerdown', where));
        track.dispatchEvent(new PointerEvent('pointerup', where));
        while (newest() === before && performance.now() - start < 5_000) await new Promise(requestAnimationFrame);
        taken.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      return taken.sort((a, b) => a - b);
    }, kSeeks);
    const median = times[Math.floor(kSeeks / 2)];
    context.diagnostic(`seek: quickest ${times[0].toFixed(0)} ms, median ${median.toFixed(0)} ms, slowest ${times.at(-1).toFixed(0)} ms`);
    // On a machine that others load, the quickest is what the page itself needs.
    const busy = os.loadavg()[0] > os.cpus().length;
    assert.ok((busy ? times[0] : median) < kSeekMsMax, `${times.map((time) => time.toFixed(0)).join(' ')} ms`);
    // Two for the seek, and one that fills up behind it.
    assert.ok(limits.length <= kSeeks * 3, `${limits.length} requests`);
    assert.ok(limits.every((limit) => limit <= 200));
    await done();
  });

  test('at 10,000 times the speed the list stays short and the clock runs on', async () => {
    const { page, done } = await openPage(browser, `${server.url}/?tag=${kBigTag}&view=replay&pace=10000`);
    await page.locator('ol.posts article').last().waitFor();
    const clock = () => page.locator('.transport .time').innerText();
    const before = await clock();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForTimeout(3_000);
    const rows = await page.locator('ol.posts article').count();
    assert.notEqual(await clock(), before);
    assert.ok(rows > 0 && rows <= kRowsMax, `${rows} rows`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await done();
  });
});
