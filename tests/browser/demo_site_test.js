// Loads the demo site from a running spate in headless Chromium, as its first visitor does.
// From the first page it follows every link to every page; no request may fail, no script may
// complain, and in the end every file of the site must have been asked for and typed right.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');

const { assemble_demo_site, check, run } = require('./harness');

const kDownloadBytes = 8 * 1024 * 1024;
// Leaving a page that is still loading aborts requests, and those must not look like failed ones.
const kWhole = { waitUntil: 'networkidle' };
const kMediaTypes = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/vnd.microsoft.icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

// Every file below `root`, as a path in a URL.
function files_below(root, prefix = '') {
  return fs.readdirSync(path.join(root, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = prefix + entry.name;
    return entry.isDirectory() ? files_below(root, `${name}/`) : [name];
  });
}

// What went wrong in `page` since the last call; requests and answers go to `seen`: path to type.
function watch(page, base, seen) {
  let complaints = [];
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    const is_complaint = ['error', 'warning'].includes(message.type());
    if (is_complaint) complaints.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request) =>
    complaints.push(`${request.method()} ${request.url()}: ${request.failure().errorText}`),
  );
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
    const name = response.url().slice(base.length).replace(/#.*/, '');
    seen.set(name, response.headers()['content-type']);
  });
  return () => {
    const result = complaints;
    complaints = [];
    return result;
  };
}

async function check_page(page, url, complaints) {
  await check(`${url} loads whole`, async () => {
    const response = await page.goto(url, kWhole);
    assert.ok([200, 304].includes(response.status()), `status ${response.status()}`);
    const facts = await page.evaluate(async () => {
      await document.fonts.ready;
      return {
        heading: document.querySelector('h1')?.innerText ?? '',
        images: [...document.images].map((image) => [image.src, image.naturalWidth]),
        fonts: [...document.fonts].map((font) => `${font.family}: ${font.status}`),
        main_width: document.querySelector('main').getBoundingClientRect().width,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      };
    });
    assert.deepStrictEqual(complaints(), []);
    assert.notStrictEqual(facts.heading, '');
    assert.ok(facts.images.length > 0);
    for (const [source, width] of facts.images) assert.ok(width > 0, `${source} has no width`);
    assert.strictEqual(facts.fonts.length, 1);
    assert.match(facts.fonts[0], /: loaded$/);
    assert.ok(facts.main_width <= 68 * 16, 'the style sheet has no effect');
    assert.strictEqual(facts.overflow, 0, 'the page scrolls sideways');
  });
}

// Follows the links from the first page on; returns the paths of all pages.
async function crawl(page, base, complaints) {
  const found = [base];
  for (let i = 0; i < found.length; ++i) {
    await check_page(page, found[i], complaints);
    const links = await page.$$eval('a[href]:not([download])', (all) => all.map((a) => a.href));
    for (const link of links) {
      const url = link.replace(/#.*/, '');
      if (url.endsWith('.txt')) {
        await check(`${url} shows as text`, async () => {
          await page.goto(url, kWhole);
          assert.match(await page.innerText('body'), /SIL OPEN FONT LICENSE/);
          assert.deepStrictEqual(complaints(), []);
        });
      } else if (!found.includes(url)) {
        assert.ok(url.startsWith(base), `${url} leads away`);
        found.push(url);
      }
    }
  }
  return found.map((url) => url.slice(base.length));
}

async function check_site(browser, base, root) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const seen = new Map();
  const complaints = watch(page, base, seen);

  const pages = await crawl(page, base, complaints);
  await check('every page of the site is linked', () => {
    const all = files_below(root).filter((name) => name.endsWith('.html'));
    const urls = all.map((name) => name.replace(/index\.html$/, ''));
    assert.deepStrictEqual(pages.sort(), urls.sort());
  });

  await check('the navigation leads from page to page', async () => {
    await page.goto(base, kWhole);
    for (const [label, where] of [
      ['Tour', 'tour.html'],
      ['Numbers', 'numbers.html'],
      ['The river', 'river/'],
      ['Home', ''],
    ]) {
      await page.click(`nav >> text="${label}"`);
      await page.waitForURL(base + where, kWhole);
    }
    await page.goBack();
    await page.waitForURL(`${base}river/`, kWhole);
  });

  await check('the first page shows the head of its own response', async () => {
    await page.goto(base, kWhole);
    const head = await page.innerText('dl.head');
    assert.match(head, /content-type\s+text\/html; charset=utf-8/);
    assert.match(head, /server\s+spate/);
    assert.strictEqual(await page.innerText('.origin >> nth=0'), base.slice(0, -1));
  });

  await check('the gauge fetches the whole download', async () => {
    await page.goto(`${base}numbers.html`, kWhole);
    await page.click('.gauge button');
    await page.waitForFunction(() => document.querySelector('.gauge output').innerText !== '');
    assert.match(await page.innerText('.gauge output'), /^8\.0 MiB in /);
  });

  await check('the download holds what it says', async () => {
    const started = page.waitForEvent('download');
    await page.click('a[download]');
    const download = await started;
    const content = fs.readFileSync(await download.path(), 'latin1');
    assert.strictEqual(content.length, kDownloadBytes);
    for (let offset = 0; offset < kDownloadBytes; offset += 64) {
      assert.strictEqual(Number(content.slice(offset, offset + 7)), offset);
    }
  });

  await check('a directory without its slash leads to the directory', async () => {
    const response = await page.goto(`${base}river`, kWhole);
    assert.strictEqual(response.url(), `${base}river/`);
    assert.strictEqual(response.status(), 200);
  });

  await check('browsers find an icon for what is no page of ours', async () => {
    const response = await page.goto(`${base}favicon.ico`, kWhole);
    assert.strictEqual(response.status(), 200);
    // Playwright reports no response for an icon, so nothing but this notes its type.
    seen.set('favicon.ico', response.headers()['content-type']);
  });

  await check('a second visit finds everything again', async () => {
    await page.goto(base, kWhole);
    await page.reload(kWhole);
  });

  await check('nothing failed on the way', () => assert.deepStrictEqual(complaints(), []));

  await check('every file was asked for and has its media type', () => {
    for (const name of files_below(root)) {
      const url = name.replace(/index\.html$/, '');
      assert.strictEqual(seen.get(url), kMediaTypes[path.extname(name)], name);
    }
  });

  await check('a page that does not exist is a 404 that a person can read', async () => {
    const response = await page.goto(`${base}no-such-page.html`);
    assert.strictEqual(response.status(), 404);
    assert.match(await page.innerText('body'), /404/);
  });
}

run(assemble_demo_site, check_site);
