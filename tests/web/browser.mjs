// Chromium, and pages that watch themselves: errors, requests to others, broken policy.
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const kArgs = [
  '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: kArgs });
}

export const kPhone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const kDesktop = { viewport: { width: 1280, height: 800 } };

// A page in a context of its own. `done()` fails if anything went wrong in it, and closes it.
export async function openPage(browser, url, options = kDesktop) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const wrong = [];
  const origin = new URL(url).origin;
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') wrong.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('request', (request) => { if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) wrong.push(`request to ${request.url()}`); });
  page.on('response', (response) => { if (response.status() >= 500) wrong.push(`${response.status()} from ${response.url()}`); });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  const done = async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  };
  return { page, done, wrong };
}

export async function assertAccessible(page, what) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  const found = violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).slice(0, 3).join(' | ')}`);
  assert.deepEqual(found, [], `${what} breaks accessibility rules`);
}

export async function assertFits(page, what) {
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= width, `${what} scrolls sideways: ${content} > ${width}`);
}
