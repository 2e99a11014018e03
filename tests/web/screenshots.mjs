// Makes the pictures of the documentation from the sample event:
//   LATECOMER_BIN=build/release/latecomer node screenshots.mjs [FOLDER]
// FOLDER defaults to docs/images; replay.png is the README's.
import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { available, startServer } from './server.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const out = path.resolve(process.argv[2] ?? path.join(root, 'docs/images'));
const kTag = 'mendcamp';
const kSlot3 = '2016-11-05T14:29:00.000Z'; // in the middle of the longest conversation
const replay = `/?tag=${kTag}&view=replay&at=${kSlot3}`;

const kDesktop = { viewport: { width: 1280, height: 800 } };
const kDark = { ...kDesktop, colorScheme: 'dark' };
const kPhone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const kPictures = [
  ['replay', replay, kDesktop],
  ['replay-dark', replay, kDark],
  ['replay-phone', replay, kPhone],
  ['event', `/?tag=${kTag}`, kDesktop],
  ['threads', `/?tag=${kTag}&view=threads&sort=size`, kDesktop],
];

if (!available()) {
  console.error('Set LATECOMER_BIN to the executable.');
  process.exit(2);
}
const samples = path.join(root, 'samples');
const files = (await readdir(samples)).filter((name) => name.startsWith('mendcamp-')).sort().map((name) => path.join(samples, name));
// The programme's path is relative to the settings' folder.
const settings = (await readFile(path.join(samples, 'latecomer.toml'), 'utf8')).replaceAll('"programme.ics"', JSON.stringify(path.join(samples, 'programme.ics')));
const server = await startServer([{ tag: kTag, files }], settings);
const browser = await launch();
try {
  await mkdir(out, { recursive: true });
  for (const [name, address, options] of kPictures) {
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce', deviceScaleFactor: 1.5, ...options });
    const page = await context.newPage();
    await page.goto(server.url + address);
    await page.locator('article, .timeline').first().waitFor();
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: path.join(out, `${name}.png`) });
    await context.close();
    console.log(path.join(out, `${name}.png`));
  }
} finally {
  await browser.close();
  await server.stop();
}
