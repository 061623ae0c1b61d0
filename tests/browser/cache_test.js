// Has Chromium's cache, and its way of seeking, work on files that spate serves.
//
// What counts is what crosses the network: the head of each answer as Chromium received it, before
// its cache turned a 304 into the page it stands for.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');

const { assemble_demo_site, check, run } = require('./harness');

const kWhole = { waitUntil: 'networkidle' };
const kPages = ['', 'tour.html', 'numbers.html', 'river/']; // of the demo site
const kDay = 24 * 3600; // seconds
const kSamplesPerSecond = 44_100;
const kBytesPerSecond = kSamplesPerSecond * 2;
const kSeconds = 300;

// A file takes its place whole, as it does on a site that is in use.
function replace(file, content, age) {
  const unfinished = `${file}.new`;
  fs.writeFileSync(unfinished, content);
  const changed = Date.now() / 1000 - age;
  fs.utimesSync(unfinished, changed, changed);
  fs.renameSync(unfinished, file);
}

// Silence of five minutes, one channel of 16 bits: 26 MB, more than a browser reads ahead.
function wave_file() {
  const size = kSeconds * kBytesPerSecond;
  const file = Buffer.alloc(44 + size);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + size, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(kSamplesPerSecond, 24);
  file.writeUInt32LE(kBytesPerSecond, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(size, 40);
  return file;
}

// The demo site as it is a month later, so that Chromium may take its files for fresh (RFC 9111
// section 4.2.2), with what the other checks need beside it.
function fill(root) {
  assemble_demo_site(root);
  for (const entry of fs.readdirSync(root, { recursive: true })) {
    const changed = Date.now() / 1000 - 30 * kDay;
    fs.utimesSync(path.join(root, entry), changed, changed);
  }
  replace(path.join(root, 'silence.wav'), wave_file(), kDay);
  replace(path.join(root, 'listen.html'), '<!DOCTYPE html><audio src=silence.wav></audio>', kDay);
}

// Returns a function that gives the answers received since its last call: path and status of each.
async function watch(context, page, base) {
  const session = await context.newCDPSession(page);
  const paths = new Map();
  let answers = [];
  session.on('Network.requestWillBeSent', ({ requestId, request }) =>
    paths.set(requestId, request.url.slice(base.length)),
  );
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode, headers }) =>
    answers.push({ requestId, status: statusCode, headers }),
  );
  await session.send('Network.enable');
  return () => {
    const result = answers.map(({ requestId, ...rest }) => ({ path: paths.get(requestId), ...rest }));
    answers = [];
    return result;
  };
}

// An icon is fetched when Chromium likes.
function statuses(answers) {
  const pages = answers.filter((answer) => answer.path !== 'favicon.ico');
  return Object.fromEntries(pages.map(({ path: name, status }) => [name, status]));
}

function let_a_second_pass() {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000);
  });
}

async function check_demo_site(page, base, root, received) {
  await check('the first visit fetches everything', async () => {
    for (const name of kPages) {
      await page.goto(base + name, kWhole);
    }
    const seen = statuses(received());
    for (const name of ['', 'site.css', 'site.js', 'river/', 'images/river.webp']) {
      assert.strictEqual(seen[name], 200, name);
    }
    assert.deepStrictEqual(new Set(Object.values(seen)), new Set([200]));
  });

  await check('a second visit transfers nothing', async () => {
    await page.goto('about:blank');
    for (const name of kPages) {
      const response = await page.goto(base + name, kWhole);
      const file = path.join(root, name.replace(/(^|\/)$/, '$1index.html'));
      assert.strictEqual(await response.text(), fs.readFileSync(file, 'utf8'));
    }
    const fetched = received().filter((answer) => answer.status !== 304);
    // The script of the first page asks for that page's head, and not from the cache.
    assert.deepStrictEqual(fetched.map((answer) => answer.path), ['']);
  });

  await check('a reload is told that the page is unchanged', async () => {
    await page.reload(kWhole);
    assert.deepStrictEqual(statuses(received()), { 'river/': 304 });
    assert.notStrictEqual(await page.innerText('h1'), '');
  });
}

async function check_change(page, base, root, received) {
  const color = () => page.$eval('h1', (heading) => getComputedStyle(heading).color);
  const url = `${base}changing.html`;
  const [page_file, style_file] = ['changing.html', 'style.css'].map((name) => path.join(root, name));
  const html = '<!DOCTYPE html><title>t</title><link rel=stylesheet href=style.css><h1>Old</h1>';
  replace(page_file, html, 0);
  replace(style_file, 'h1 { color: rgb(1, 2, 3) }', 0);

  await check('a page changed just now is asked for again, and is unchanged', async () => {
    await page.goto(url, kWhole);
    assert.strictEqual(await color(), 'rgb(1, 2, 3)');
    assert.deepStrictEqual(statuses(received()), { 'changing.html': 200, 'style.css': 200 });
    await page.goto('about:blank');
    await page.goto(url, kWhole);
    assert.deepStrictEqual(statuses(received()), { 'changing.html': 304, 'style.css': 304 });
    assert.strictEqual(await color(), 'rgb(1, 2, 3)');
  });

  await check('changed files are seen', async () => {
    replace(page_file, html.replace('Old', 'New'), 0);
    await let_a_second_pass();
    await page.reload(kWhole);
    assert.strictEqual(await page.innerText('h1'), 'New');
    const seen = statuses(received());
    assert.strictEqual(seen['changing.html'], 200);
    assert.notStrictEqual(seen['style.css'], 200);

    replace(style_file, 'h1 { color: rgb(4, 5, 6) }', 0);
    await let_a_second_pass();
    await page.goto('about:blank');
    await page.goto(url, kWhole);
    assert.strictEqual(await color(), 'rgb(4, 5, 6)');
    assert.strictEqual(statuses(received())['style.css'], 200);
  });
}

async function check_seeking(page, base, received) {
  await check('seeking in a sound fetches what is there', async () => {
    await page.goto(`${base}listen.html`);
    const where = await page.$eval('audio', async (audio) => {
      const event = (name) => new Promise((resolve, reject) => {
        audio.addEventListener(name, resolve, { once: true });
        audio.addEventListener('error', () => reject(new Error(audio.error.message)));
      });
      if (audio.readyState === 0) await event('loadedmetadata');
      const seeked = event('seeked');
      audio.currentTime = audio.duration - 5;
      await seeked;
      return { seconds: audio.duration, position: audio.currentTime };
    });
    assert.deepStrictEqual(where, { seconds: kSeconds, position: kSeconds - 5 });
    const parts = received().filter((answer) => answer.path === 'silence.wav');
    assert.deepStrictEqual(new Set(parts.map((answer) => answer.status)), new Set([206]));
    const begins = parts.map(({ headers }) => {
      const range = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-range');
      return Number(range[1].match(/^bytes (\d+)-/)[1]);
    });
    assert.strictEqual(begins[0], 0);
    assert.ok(Math.max(...begins) > (kSeconds - 20) * kBytesPerSecond, begins);
  });
}

async function check_cache(browser, base, root) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const received = await watch(context, page, base);
  await check_demo_site(page, base, root, received);
  await check_change(page, base, root, received);
  await check_seeking(page, base, received);

  await check('a page that does not exist is told in HTML', async () => {
    const response = await page.goto(`${base}no-such-page.html`);
    assert.strictEqual(response.status(), 404);
    assert.match(response.headers()['content-type'], /^text\/html\b/);
    assert.notStrictEqual(await page.innerText('h1'), '');
  });
}

run(fill, check_cache);
