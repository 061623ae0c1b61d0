// Makes the report of tools/bench from the rows of a small run and looks at it in headless
// Chromium as people will: at a desk and on a phone, light and dark. Nothing may be missing, ask
// the network for more, complain, or stick out sideways.
'use strict';

const assert = require('assert');
const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const { check, run, Skipped } = require('./harness');

const kTools = path.join(__dirname, '../../tools');
const kRows = path.join(__dirname, '../benchmark/report.jsonl');
const kCharts = [
  'cpu', 'rate', 'bytes', 'memory', 'latency', 'by-size', 'bytes-by-size', 'by-connections',
  'open-loop', 'idle', 'start',
];

function make_report(root) {
  if (!fs.existsSync(path.join(kTools, 'benchmark/page/node_modules/.installed'))) {
    throw new Skipped('Chart.js is not installed (npm ci in tools/benchmark/page)');
  }
  fs.copyFileSync(kRows, path.join(root, 'results.jsonl'));
  execFileSync(path.join(kTools, 'bench'), ['--report', path.join(root, 'results.jsonl')]);
}

// Figures that show a chart: visible, and with some pixel that is not empty.
function drawn(page) {
  return page.$$eval('figure', (figures) =>
    figures
      .filter((figure) => {
        const canvas = figure.querySelector('canvas');
        if (figure.hidden || !canvas || canvas.width === 0) return false;
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext('2d', { willReadFrequently: true });
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height);
        return data.some((value) => value !== 0);
      })
      .map((figure) => figure.id),
  );
}

async function check_look(browser, base, name, options) {
  const page = await browser.newPage(options);
  const complaints = [];
  const asked = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${base}report.html`, { waitUntil: 'networkidle' });

  await check(`${name}: every chart is there`, async () => {
    assert.deepStrictEqual(await drawn(page), kCharts);
  });
  await check(`${name}: nothing sticks out sideways, not even with everything unfolded`, async () => {
    await page.$$eval('details', (all) => all.forEach((each) => (each.open = true)));
    const [whole, seen] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    assert.strictEqual(whole, seen);
  });
  await check(`${name}: every kind of work can be chosen`, async () => {
    const works = await page.$$eval('#work option', (all) => all.map((option) => option.value));
    assert.ok(works.length > 1);
    for (const work of works) {
      await page.selectOption('#work', work);
      assert.ok((await drawn(page)).includes('cpu'), work);
    }
  });
  await check(`${name}: a load generator that was the limit is told of`, async () => {
    await page.selectOption('#work', 'file-128');
    assert.match(await page.innerText('#bound'), /load generator was the limit/);
  });
  await check(`${name}: it is one file and has no complaint`, () => {
    assert.deepStrictEqual(complaints, []);
    assert.deepStrictEqual(asked.filter((url) => !url.startsWith('data:')), [`${base}report.html`]);
  });
  await page.close();
}

async function check_report(browser, base, root) {
  const desk = { viewport: { width: 1280, height: 900 } };
  const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true };
  await check_look(browser, base, 'desk', desk);
  await check_look(browser, base, 'phone, dark', { ...phone, colorScheme: 'dark' });

  await check('the tables need no script', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${base}report.html`);
    assert.ok((await page.$$('#tables tbody tr')).length > 10);
  });
  await check('the picture for the README is one chart', async () => {
    const page = await browser.newPage({ viewport: { width: 860, height: 420 } });
    await page.goto(`${base}report.html#picture`);
    const visible = await page.$$eval('figure', (all) =>
      all.filter((figure) => figure.offsetHeight > 0).map((figure) => figure.id),
    );
    assert.deepStrictEqual(visible, ['cpu']);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height <= 420, `${height} pixels do not fit into the picture`);
  });
  await check('the Markdown has every kind of work', () => {
    const text = fs.readFileSync(path.join(root, 'report.md'), 'utf8');
    for (const work of ['file-128', 'site', 'open-loop', 'idle-memory', 'start']) {
      assert.ok(text.includes(`(\`${work}\`)`), work);
    }
  });
}

run(make_report, check_report);
