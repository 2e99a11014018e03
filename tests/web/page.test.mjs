// The page as people use it, in Chromium, against a real server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAccessible, assertFits, kDesktop, kPhone, launch, openPage } from './browser.mjs';
import { kSettings, kTag, makeJsonLines } from './fixture.mjs';
import { available, startServer } from './server.mjs';

const skip = available() ? false : 'LATECOMER_SKIP: set LATECOMER_BIN (or LATECOMER_URL) to test the page';

const kMorning = '2016-09-23T07:32:00.000Z';
const kQuiet = 'https://social.example/users/fin/statuses/1004';
const replayAt = (at, more = '') => `/?tag=${kTag}&view=replay&at=${at}${more}`;
const kScreens = {
  list: '/',
  event: `/?tag=${kTag}`,
  session: `/?tag=${kTag}&session=2016-10-01T18:00:00.000Z`,
  replay: replayAt(kMorning),
  thread: replayAt(kMorning, `&thread=${kQuiet}`),
  end: replayAt('2022-01-01T00:00:00.000Z'),
  threads: `/?tag=${kTag}&view=threads`,
  questions: `/?tag=${kTag}&view=questions`,
  search: `/?tag=${kTag}&view=search&q=marks`,
};

const clockOf = (page) => page.locator('.transport .time').innerText();
const articles = (page) => page.locator('ol.posts article');
const lastPost = (page) => articles(page).last();
const settled = (page) => page.waitForLoadState('networkidle');

describe('the replay page', { skip, concurrency: false }, () => {
  let server;
  let browser;
  before(async () => {
    server = await startServer([{ tag: kTag, text: makeJsonLines() }], kSettings);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  const open = (address, options) => openPage(browser, server.url + address, options);

  test('from the list through an event into its replay, by clicking', async () => {
    const { page, done } = await open('/');
    await page.getByRole('link', { name: 'Open Classroom Days 2016' }).click();
    await page.getByRole('heading', { level: 1, name: 'Open Classroom Days 2016' }).waitFor();
    assert.match(await page.locator('.lede').innerText(), /206 posts under #OpenClassroom, 178 of them/);
    assert.match(await page.locator('.lede').innerText(), /5 answers came later, the last one 4 years after/);
    assert.equal(await page.locator('.doors li').count(), 3);
    await page.getByRole('link', { name: /^Replay As it was said/ }).click();
    // It begins to run by itself, since somebody asked for it.
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await articles(page).first().waitFor();
    assert.match(await articles(page).first().innerText(), /Welcome to Open Classroom Days/);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Open Classroom Days 2016' }).waitFor();
    await done();
  });

  test('play, pause and speed', async () => {
    const { page, done } = await open(replayAt('2016-09-23T07:00:00.000Z'));
    await page.getByText('Nothing has been said yet.').waitFor();
    assert.equal(await clockOf(page), '07:00:00');
    await page.getByRole('button', { name: 'Pace' }).click();
    await page.getByRole('button', { name: '300×' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Play' }).click();
    await articles(page).nth(2).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const stopped = await clockOf(page);
    const count = await articles(page).count();
    await page.waitForTimeout(700);
    assert.equal(await clockOf(page), stopped, 'the clock stands while paused');
    assert.equal(await articles(page).count(), count);
    assert.match(page.url(), /pace=300/);
    assert.match(page.url(), /at=2016-09-23T07:/);
    const order = await page.locator('ol.posts time').evaluateAll((all) => all.map((time) => time.dateTime));
    assert.deepEqual(order, [...order].sort(), 'posts stand in the order of time');
    await done();
  });

  test('a silence is skipped, and its length is said', async () => {
    const { page, done } = await open(replayAt('2016-09-23T15:39:00.000Z', '&skip=1'));
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByText(/1[456] h of silence, skipped/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    assert.match(await page.locator('.transport .where').innerText(), /24 Sept 2016/);
    await done();
  });

  test('without skipping the silence is waited for', async () => {
    const { page, done } = await open(replayAt('2016-09-23T16:30:00.000Z', '&skip=off&pace=10000'));
    await lastPost(page).waitFor();
    const before = await articles(page).count();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForTimeout(1_000);
    await page.getByRole('button', { name: 'Pause' }).click();
    assert.equal(await articles(page).count(), before, 'the night is still there');
    assert.notEqual(await clockOf(page), '16:30:00');
    await done();
  });

  test('at a reading pace the next post waits until the last one could be read', async () => {
    const { page, done } = await open(replayAt('2016-09-23T07:02:10.000Z', '&pace=900wpm'));
    await lastPost(page).waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForTimeout(4_000);
    await page.getByRole('button', { name: 'Pause' }).click();
    const count = await articles(page).count();
    assert.ok(count >= 2 && count <= 4, `at least 1.5 s for each: ${count} posts in 4 s`);
    await done();
  });

  test('the scrubber seeks, by pointer and by key', async () => {
    const { page, done } = await open(replayAt(kMorning));
    await lastPost(page).waitFor();
    const scrubber = page.getByRole('slider', { name: 'Place in the event' });
    const box = await scrubber.boundingBox();
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height / 2);
    await page.waitForFunction(() => !location.search.includes('07:32:00.000'));
    const place = Number(await scrubber.getAttribute('aria-valuenow'));
    assert.ok(Math.abs(place - 500) < 10, `in the middle: ${place}`);
    await scrubber.press('Home');
    await page.getByText('Nothing has been said yet.').waitFor();
    await scrubber.press('End');
    await page.getByText('You have caught up.').waitFor();
    await done();
  });

  test('a thread opens beside the replay, with missing parents and late answers', async () => {
    const { page, done } = await open(replayAt(kMorning));
    await lastPost(page).waitFor();
    const kept = await lastPost(page).boundingBox();
    await lastPost(page).getByRole('button', { name: 'Thread' }).click();
    const panel = page.getByRole('complementary');
    await panel.getByText(/A post from elsewhere\.example that is not in this archive/).waitFor();
    assert.ok(Math.abs((await lastPost(page).boundingBox()).y - kept.y) < 2, 'the clicked post stays where it is');
    assert.match(page.url(), /thread=https:\/\/social\.example/);
    await page.keyboard.press('Escape');
    await panel.getByRole('heading', { name: /Since then/ }).waitFor();
    assert.doesNotMatch(page.url(), /thread=/);
    await panel.getByRole('button', { name: /^Lena Novak .*Three years late/ }).click();
    await panel.getByText('What helped was being asked second').waitFor();
    await panel.getByText('How do you grade a group').waitFor();
    assert.ok(await panel.locator('.mark', { hasText: '+3 y' }).count() >= 1);
    await done();
  });

  test('the lane shows only what answers what has been said', async () => {
    const { page, done } = await open(replayAt('2016-09-23T07:05:00.000Z'));
    const lane = page.getByRole('complementary');
    await lane.getByText('Just read all of this on the train home').waitFor();
    assert.equal(await lane.getByRole('listitem').count(), 1);
    await done();
    const later = await open(replayAt(kMorning));
    await lastPost(later.page).waitFor();
    await later.page.getByText('A year on: we tried the two marks.').waitFor();
    assert.equal(await later.page.getByRole('complementary').getByRole('listitem').count(), 4);
    assert.ok(await later.page.locator('ol.posts').getByRole('button', { name: /later answer/ }).count() >= 2, 'marked at the post too');
    await later.done();
  });

  test('deleted and missing posts, reposts, content that is hostile', async () => {
    const { page, done } = await open(replayAt('2016-09-23T07:42:00.000Z'));
    await lastPost(page).waitFor();
    await page.getByText('This post was deleted where it was written.').waitFor();
    assert.equal(await page.getByText('I should not have written this in public.').count(), 0);
    await page.getByText('6 reposts').waitFor();
    assert.ok(await page.getByText('a post that is not here').count() >= 1);
    assert.equal(await page.locator('article script, article [onclick], article [href^="javascript:"]').count(), 0);
    const link = page.getByRole('link', { name: 'the sheets' });
    assert.match(await link.getAttribute('rel'), /noopener/);
    const arabic = page.locator('article .content[lang="ar"]');
    assert.equal(await arabic.evaluate((node) => getComputedStyle(node).direction), 'rtl');
    await page.getByText('A wall covered with yellow paper notes').waitFor();
    const folded = page.locator('article', { hasText: 'food' });
    assert.equal(await page.getByText('Lunch is at twelve').count(), 0, 'behind its warning');
    await folded.getByRole('button', { name: 'Show all of it' }).click();
    await page.getByText('Lunch is at twelve').waitFor();
    await done();
  });

  test('what is read does not move: earlier posts come in above it', async () => {
    const { page, done } = await open(replayAt('2016-09-24T12:00:00.000Z'));
    await lastPost(page).waitFor();
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.getByRole('button', { name: 'Follow' }).waitFor();
    const first = articles(page).first();
    const id = await first.getAttribute('data-id');
    const before = await first.boundingBox();
    await page.getByRole('button', { name: 'Earlier posts' }).click();
    await page.waitForFunction((known) => document.querySelector('ol.posts article').dataset.id !== known, id);
    const now = await page.locator(`article[data-id="${id}"]`).boundingBox();
    assert.ok(Math.abs(now.y - before.y) < 2, `${before.y} → ${now.y}`);
    await done();
  });

  test('following stops at a touch of the wheel, and comes back by its button', async () => {
    const { page, done } = await open(replayAt('2016-09-23T10:00:00.000Z', '&pace=1000'));
    await lastPost(page).waitFor();
    await page.mouse.move(400, 300);
    await page.mouse.wheel(0, -400);
    await page.getByRole('button', { name: 'Follow' }).waitFor();
    const top = await page.evaluate(() => window.scrollY);
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: /Follow: \d+ new post/ }).waitFor();
    assert.equal(await page.evaluate(() => window.scrollY), top, 'the page stays where the reader left it');
    await page.getByRole('button', { name: /^Follow/ }).click();
    await page.waitForFunction(() => document.documentElement.scrollHeight - innerHeight - scrollY < 60);
    await done();
  });

  test('threads: root and first answer open, the rest folded, opening keeps the place', async () => {
    const { page, done } = await open(`${kScreens.threads}&sort=size`);
    const card = page.locator('.card', { hasText: 'How do you grade a group' }).first();
    await card.getByText('I give two marks').waitFor();
    const line = card.getByRole('button', { name: /They are harsher than I am/ });
    const before = await line.boundingBox();
    await line.click();
    const opened = card.locator('article', { hasText: 'They are harsher than I am. Every year.' });
    await opened.waitFor();
    assert.ok(Math.abs((await opened.boundingBox()).y - before.y) < 16, 'it opens where it was');
    await card.getByRole('button', { name: /Unfold \d+ answers/ }).click();
    await card.getByText('You are not late. This is the answer').waitFor();
    assert.ok(await card.locator('.mark', { hasText: '+3 y' }).count() >= 2);
    await page.getByRole('button', { name: 'More conversations' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.card').length > 20);
    await done();
  });

  test('open questions are those that nobody else answered, and can be answered at the original', async () => {
    const { page, done } = await open(kScreens.questions);
    await page.getByText('Has anybody run this with learners who cannot read yet?').waitFor();
    await page.getByText('slides of the Friday keynote').waitFor();
    assert.equal(await page.getByText('How do you grade a group').count(), 0);
    await page.getByRole('button', { name: 'Answer it' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Join in' });
    const original = dialog.getByRole('link', { name: 'Open the original' });
    assert.match(await original.getAttribute('href'), /^https:\/\/social\.example\/@bjorn\/\d+$/);
    assert.equal(await original.getAttribute('target'), '_blank');
    await dialog.getByText(/was last seen under this tag on/).waitFor();
    await dialog.getByLabel(/Your server/).fill('https://mine.example/@me');
    assert.match(await dialog.getByRole('link', { name: 'Reply on mine.example' }).getAttribute('href'),
      /^https:\/\/mine\.example\/authorize_interaction\?uri=https%3A%2F%2Fsocial\.example/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await done();
  });

  test('search shows hits with their parents, and plays from there', async () => {
    const { page, done } = await open(`/?tag=${kTag}&view=search`);
    await page.getByRole('searchbox').fill('harsher');
    await page.keyboard.press('Enter');
    const hit = page.locator('main li', { hasText: 'They are harsher than I am' });
    await hit.getByText('I give two marks').waitFor();
    await hit.getByRole('link', { name: 'Play from here' }).click();
    await lastPost(page).getByText('They are harsher than I am. Every year.').waitFor();
    assert.equal(await clockOf(page), '07:15:45');
    await done();
  });

  test('a link reproduces the screen', async () => {
    const address = replayAt('2016-09-23T07:20:30.000Z', `&pace=300&skip=off&thread=${kQuiet}`);
    const { page, done } = await open(address);
    await page.getByRole('complementary').getByText('I give two marks').waitFor();
    await lastPost(page).getByText('The wall after one hour.').waitFor();
    assert.equal(await clockOf(page), '07:20:30');
    assert.equal(await page.getByRole('checkbox', { name: 'Skip silences' }).isChecked(), false);
    await page.getByRole('button', { name: 'Pace: 300×' }).waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor(); // a link does not start by itself
    assert.equal(new URL(page.url()).search, new URL(server.url + address).search);
    await done();
  });

  test('with the keyboard alone', async () => {
    const { page, done } = await open('/');
    await page.getByRole('link', { name: 'Open Classroom Days 2016' }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 10; i += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement.textContent === 'Open Classroom Days 2016')) break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Open Classroom Days 2016' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // the first door
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Play' }).waitFor();
    const before = await articles(page).count();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((count) => document.querySelectorAll('ol.posts article').length === count + 1, before);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((count) => document.querySelectorAll('ol.posts article').length === count, before);
    await page.keyboard.press('Shift+ArrowRight');
    await page.waitForFunction(() => location.search.includes('2016-10-01'));
    // While the posts of the new place come in, one that has the focus may still go.
    const focused = () => page.evaluate(() => document.activeElement?.matches('article[data-thread-start]') ?? false);
    for (let i = 0; i < 50 && !(await focused()); i += 1) {
      await page.keyboard.press('j');
      await page.waitForTimeout(100);
    }
    assert.equal(await focused(), true);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'panel-title' && location.search.includes('thread='));
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.matches('article') && !location.search.includes('thread='));
    const opened = page.context().waitForEvent('page');
    await page.context().route('https://social.example/**', (route) => route.fulfill({ body: 'the original', contentType: 'text/plain' }));
    await page.keyboard.press('o');
    assert.match((await opened).url(), /^https:\/\/social\.example\/|^about:blank$/);
    await page.keyboard.press('r');
    await page.getByRole('dialog', { name: 'Join in' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys and settings' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.waitForFunction(() => document.activeElement?.matches('input[type=search]'));
    await page.keyboard.type('j?o '); // letters while writing are letters
    assert.equal(await page.getByRole('searchbox').inputValue(), 'j?o ');
    await done();
  });

  test('single keys can be turned off', async () => {
    const { page, done } = await open(replayAt(kMorning));
    await lastPost(page).waitFor();
    await page.getByRole('button', { name: 'Keys and settings' }).click();
    await page.getByRole('checkbox', { name: 'Use these keys' }).uncheck();
    await page.keyboard.press('Escape');
    await page.locator('h1').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('/');
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
    assert.match(page.url(), /view=replay/);
    await done();
  });

  test('one polite line tells what happens, at most once in five seconds', async () => {
    const { page, done } = await open(replayAt('2016-09-23T07:02:00.000Z', '&pace=1000'));
    await page.evaluate(() => {
      window.said = [];
      new MutationObserver(() => window.said.push(performance.now())).observe(document.querySelector('[role=status]'), { childList: true, characterData: true, subtree: true });
    });
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForTimeout(6_500);
    const said = await page.evaluate(() => window.said);
    assert.ok(said.length >= 1 && said.length <= 2, `${said.length} messages`);
    await page.getByRole('button', { name: 'Pause' }).click();
    assert.equal(await page.locator('[aria-live]').count(), 1);
    assert.equal(await page.locator('[role=log], [role=feed]').count(), 0);
    assert.equal(await page.locator('main ol.posts > li > article').count(), await articles(page).count());
    await done();
  });

  test('the plot is a table too', async () => {
    const { page, done } = await open(kScreens.event);
    await page.getByText('The same as a table: 3 sessions').click();
    const row = page.getByRole('row', { name: /Open Classroom Days 2016/ });
    assert.match(await row.innerText(), /178/);
    await row.getByRole('link').click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await done();
  });

  test('times can be shown in the zone of the reader', async () => {
    const { page, done } = await open(replayAt(kMorning));
    await lastPost(page).waitFor();
    await page.getByRole('button', { name: 'Keys and settings' }).click();
    await page.getByLabel('Times').selectOption('local');
    await page.keyboard.press('Escape');
    assert.equal(await clockOf(page), '09:32:00');
    await page.locator('.transport').getByText('UTC+2').waitFor();
    await page.reload();
    await lastPost(page).waitFor();
    assert.equal(await clockOf(page), '09:32:00', 'the choice stays');
    await done();
  });

  test('what does not exist is said, not shown as empty', async () => {
    const { page, wrong } = await open('/?tag=nosuchtag');
    await page.getByText('There is no such thing here.').waitFor();
    await page.getByRole('link', { name: 'All events' }).click();
    await page.getByRole('link', { name: 'Open Classroom Days 2016' }).waitFor();
    assert.deepEqual(wrong.filter((line) => !line.includes('404')), []);
    await page.context().close();
  });

  for (const [name, address] of Object.entries(kScreens)) {
    for (const colorScheme of ['light', 'dark']) {
      test(`accessible: ${name}, ${colorScheme}`, async () => {
        const { page, done } = await open(address, { ...kDesktop, colorScheme });
        await settled(page);
        await assertAccessible(page, `${name}, ${colorScheme}`);
        await done();
      });
    }
    test(`on a phone: ${name}`, async () => {
      const { page, done } = await open(address, kPhone);
      await settled(page);
      await assertFits(page, name);
      await assertAccessible(page, `${name} on a phone`);
      const small = await page.locator('button:visible, nav a:visible, .tool:visible').evaluateAll((all) => all
        .map((node) => ({ text: node.textContent.trim().slice(0, 30) || node.getAttribute('aria-label'), box: node.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && box.height < 43.5).map(({ text, box }) => `${text}: ${Math.round(box.height)}`));
      assert.deepEqual(small, [], 'targets of at least 44 px');
      await done();
    });
  }

  test('at 400 % zoom nothing is cut off sideways, and the controls do not cover the text', async () => {
    for (const [name, address] of Object.entries(kScreens)) {
      const { page, done } = await open(address, { viewport: { width: 320, height: 256 } });
      await settled(page);
      await assertFits(page, `${name} at 400 %`);
      await done();
    }
  });

  test('dialogs are accessible', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page, done } = await open(replayAt(kMorning), { ...kDesktop, colorScheme });
      await lastPost(page).waitFor();
      await page.getByRole('button', { name: 'Keys and settings' }).click();
      await assertAccessible(page, 'keys and settings');
      await page.keyboard.press('Escape');
      await lastPost(page).getByRole('button', { name: 'Reply' }).click();
      await assertAccessible(page, 'join in');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Pace' }).click();
      await assertAccessible(page, 'pace');
      await done();
    }
  });
});
