// Looks at the live page of the admin address in headless Chromium as people will: at a desk and on
// a phone, light and dark, while there is load and none, and when the server goes and comes back.
'use strict';

const assert = require('assert');
const fs = require('fs');
const http = require('http');
const path = require('path');
const { setTimeout: sleep } = require('timers/promises');

const { check, run, start_spate } = require('./harness');

const [binary, backend] = process.argv.slice(2);
const kFigures = ['rate', 'heat', 'percentiles', 'connections'];
const kPatience = { timeout: 20_000 };
// Between two requests of a connection: load that leaves the CPUs to the browser.
const kBreathMilliseconds = 5;
// Where pictures of the page go, for who wants to look at them.
const kPictures = process.env.SPATE_PICTURES;

// Asks for one page after another on `connections` connections until the returned function is
// called, which resolves to how many answers came.
function start_load(base, connections) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  let goes_on = true;
  let asked = 0;
  let answers = 0;
  const ask = () =>
    new Promise((resolve, reject) => {
      const path = asked % 10 === 9 ? 'none' : asked % 10 === 8 ? 'bytes/100000' : 'plaintext';
      ++asked;
      const request = http.get(`${base}${path}`, { agent }, (response) => {
        response.resume();
        response.on('end', () => {
          ++answers;
          resolve();
        });
      });
      request.on('error', reject);
    });
  const client = async () => {
    while (goes_on) {
      await ask();
      await sleep(kBreathMilliseconds);
    }
  };
  const clients = Array.from({ length: connections }, client);
  return async () => {
    goes_on = false;
    await Promise.all(clients);
    agent.destroy();
    return answers;
  };
}

// What went wrong in a page, and what it asked for.
function watch(page) {
  const seen = { complaints: [], asked: new Set() };
  page.on('pageerror', (error) => seen.complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on('requestfailed', (request) =>
    seen.complaints.push(`${request.url()}: ${request.failure().errorText}`),
  );
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) seen.asked.add(request.url());
  });
  return seen;
}

// Figures whose chart has some pixel that is neither empty nor of an axis: one in the middle.
function drawn(page) {
  return page.$$eval('figure', (figures) =>
    figures
      .filter((figure) => {
        const canvas = figure.querySelector('.u-wrap canvas');
        const [left, width] = [Math.ceil(canvas.width * 0.6), Math.floor(canvas.width * 0.39)];
        const height = Math.floor(canvas.height * 0.8);
        // A copy may be read over and over; Chromium complains of a canvas of the page.
        const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, left, 0, width, height, 0, 0, width, height);
        const { data } = copy.getImageData(0, 0, width, height);
        const colors = new Set();
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] > 0) colors.add(data.slice(i, i + 3).join());
        }
        return colors.size > 2; // nothing, lines of the grid, and more
      })
      .map((figure) => figure.id),
  );
}

// The same, once it is all of them, or else after the patience has ended.
async function drawn_at_last(page) {
  const begun = Date.now();
  for (;;) {
    const figures = await drawn(page);
    if (figures.length === kFigures.length || Date.now() - begun > kPatience.timeout) return figures;
    await sleep(100);
  }
}

async function take_picture(page, name) {
  if (!kPictures) return;
  fs.mkdirSync(kPictures, { recursive: true });
  await page.screenshot({ path: path.join(kPictures, `${name}-${backend}.png`), fullPage: true });
}

async function check_look(browser, admin, name, options) {
  const page = await browser.newPage(options);
  const seen = watch(page);
  await page.goto(admin);
  await page.waitForFunction(() => /[1-9]/.test(document.querySelector('#requests').textContent),
    null, kPatience);

  await check(`${name}: every chart is drawn, and says in words what it shows`, async () => {
    assert.deepStrictEqual(await drawn_at_last(page), kFigures);
    for (const id of kFigures) {
      const words = await page.getAttribute(`#${id} [role=img]`, 'aria-label');
      assert.match(words, /^Chart of the last .+: .*[1-9]/, id);
    }
  });
  await check(`${name}: nothing sticks out sideways`, async () => {
    const [whole, seen_width] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    assert.strictEqual(whole, seen_width);
    assert.strictEqual(seen_width, options.viewport.width);
  });
  await check(`${name}: every number is there`, async () => {
    for (const id of ['requests', 'sent', 'open', 'p50', 'p99', 'p999', 'client_errors']) {
      const text = await page.innerText(`#${id}`);
      assert.match(text, /^[0-9.,]+( [µnm]?s| [kMG]?bit\/s)?$/, `${id}: ${text}`);
      assert.notStrictEqual(text, '0', id);
    }
    assert.strictEqual((await page.$$('#workers tbody tr')).length, 2);
    assert.match(await page.innerText('#server'), /^\d+\.\d+\.\d+, (io_uring|epoll), up \d+ /);
  });
  await check(`${name}: it is one page and has no complaint`, () => {
    assert.deepStrictEqual(seen.complaints, []);
    assert.deepStrictEqual([...seen.asked].sort(), [admin, `${admin}stats`]);
  });
  await take_picture(page, name.replaceAll(/\W+/g, '-'));
  await page.close();
}

async function check_colors(browser, admin) {
  const page = await browser.newPage({ colorScheme: 'light' });
  const seen = watch(page);
  await page.goto(admin);
  const brightness = () =>
    page.evaluate(() =>
      getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((a, b) => a + +b, 0),
    );
  await check('the colors follow the system while it is open', async () => {
    assert.ok((await brightness()) > 600);
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.ok((await brightness()) < 150);
    await page.waitForTimeout(1500);
    assert.strictEqual((await page.$$('.uplot')).length, kFigures.length);
    assert.deepStrictEqual(seen.complaints, []);
  });
  await page.close();
}

async function check_page(browser, base, root) {
  const options = ['--target', '--admin', '0'];
  let spate = await start_spate(binary, backend, root, options);
  const { admin } = spate;
  try {
    const page = await browser.newPage();
    const seen = watch(page);
    await page.goto(admin);
    await check('without load there is nothing, and not 0 where it is not known', async () => {
      await page.waitForFunction(() => document.querySelector('#requests').textContent === '0',
        null, kPatience);
      assert.strictEqual(await page.innerText('#p50'), 'no request');
      assert.strictEqual(await page.innerText('#verdict'), 'there was no load to judge');
      assert.strictEqual(await page.innerText('#state'), 'connected');
    });

    const stop_load = start_load(spate.base, 8);
    await check('numbers move with the load', async () => {
      await page.waitForFunction(() => +document.querySelector('#open').textContent === 8, null,
        kPatience);
      const seen_numbers = new Set();
      for (let i = 0; i < 3; ++i) {
        const text = await page.innerText('#requests');
        seen_numbers.add(text);
        await page.waitForFunction(
          (old) => document.querySelector('#requests').textContent !== old, text, kPatience);
      }
      assert.ok(seen_numbers.size > 1 && !seen_numbers.has('0'), [...seen_numbers].join());
    });
    const desk = { viewport: { width: 1280, height: 900 } };
    const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true };
    await Promise.all(
      ['light', 'dark'].flatMap((colorScheme) => [
        check_look(browser, admin, `desk, ${colorScheme}`, { ...desk, colorScheme }),
        check_look(browser, admin, `phone, ${colorScheme}`, { ...phone, colorScheme }),
      ]),
    );
    await check_colors(browser, admin);
    await check('the pause button stops the picture, by the keyboard, and starts it', async () => {
      await page.focus('#pause');
      await page.keyboard.press('Enter');
      assert.strictEqual(await page.innerText('#state'), 'paused');
      const words = await page.getAttribute('#rate [role=img]', 'aria-label');
      await page.waitForTimeout(2500);
      assert.strictEqual(await page.getAttribute('#rate [role=img]', 'aria-label'), words);
      await page.keyboard.press('Enter');
      await page.waitForFunction(
        (old) => document.querySelector('#rate [role=img]').getAttribute('aria-label') !== old,
        words, kPatience);
    });
    assert.ok((await stop_load()) > 0);
    await check('the verdict is that of the server', async () => {
      await page.waitForFunction(
        () => !/no load/.test(document.querySelector('#verdict').textContent), null, kPatience);
      const verdict = await (await fetch(`${admin}verdict`)).text();
      const shown = await page.innerText('#verdict');
      const begin = (text) => text.split(' ').slice(0, 2).join(' ');
      assert.strictEqual(begin(shown), begin(verdict));
      assert.ok((await page.$$('#details li')).length > 0);
    });
    await check('until here it had no complaint', () => {
      assert.deepStrictEqual(seen.complaints, []);
    });

    await check('a server that is gone is told of, and the picture stays', async () => {
      spate.child.kill('SIGTERM');
      await spate.exited;
      await page.waitForFunction(
        () => /no answer/.test(document.querySelector('#state').textContent), null, kPatience);
      assert.ok((await page.innerText('#workers')).includes('%'));
      await take_picture(page, 'gone');
    });
    await check('a server that comes back is noticed', async () => {
      const port = new URL(admin).port;
      spate = await start_spate(binary, backend, root, ['--target', '--admin', port]);
      await page.waitForFunction(
        () => /^(connected|the server was started anew)$/.test(
          document.querySelector('#state').textContent), null, kPatience);
      await page.waitForFunction(() => document.querySelector('#requests').textContent === '0',
        null, kPatience);
      await fetch(`${spate.base}plaintext`);
      await page.waitForFunction(() => document.querySelector('#open').textContent === '1', null,
        kPatience);
    });
    await check('nothing but the server that was gone made it complain', () => {
      const others = seen.complaints.filter((text) => !/ERR_CONNECTION_|ERR_EMPTY/.test(text));
      assert.deepStrictEqual(others, []);
    });
    await page.close();

    await check('without script there are links', async () => {
      const plain = await browser.newPage({ javaScriptEnabled: false });
      await plain.goto(admin);
      assert.ok(await plain.isVisible('noscript a[href="/verdict"]'));
      await plain.close();
    });
  } finally {
    spate.child.kill('SIGKILL');
  }
}

run((root) => fs.writeFileSync(path.join(root, 'index.html'), 'a page\n'), check_page);
