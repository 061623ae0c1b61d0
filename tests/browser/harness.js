// What the tests in Chromium share: spate serving a folder, a headless browser, checks by name.
//
//   node NAME_test.js SPATE BACKEND      BACKEND: uring or epoll
//
// Prints a line per check. Exit status 0: all held; 1: some did not; 77: skipped, with the reason.
'use strict';

const assert = require('assert');
const { execFileSync, spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const kChromium = '/usr/bin/chromium';
const kSkipped = 77;
const kStartMilliseconds = 20_000;
const kStopMilliseconds = 15_000;

class Skipped extends Error {}

let failures = 0;

async function check(name, body) {
  try {
    await body();
    console.log(`ok - ${name}`);
  } catch (error) {
    ++failures;
    console.log(`not ok - ${name}\n${error.stack}`);
  }
}

// Starts spate on a port of the kernel's choice; resolves to the process, its URL, that of its admin
// address if `more` options ask for one, and its end.
function start_spate(binary, backend, root, more = []) {
  const args = [root, '--listen', '127.0.0.1:0', '--io', backend, '--threads', '2', ...more];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no URL within ${kStartMilliseconds} ms\n${output}${errors}`));
    }, kStartMilliseconds);
    child.once('error', reject);
    child.stderr.on('data', (data) => {
      errors += data;
      process.stderr.write(data);
    });
    child.stdout.on('data', (data) => {
      output += data;
      const url = output.match(/http:\/\/127\.0\.0\.1:[1-9][0-9]*\//);
      const admin = output.match(/ admin +(http:\S+)\n/);
      if (!url || (more.includes('--admin') && !admin)) return;
      clearTimeout(timer);
      resolve({ child, exited, base: url[0], admin: admin?.[1] });
    });
    exited.then(({ code }) => {
      clearTimeout(timer);
      if (code === 1 && backend === 'uring' && errors.includes('io_uring')) {
        reject(new Skipped(errors.trim()));
      }
      reject(new Error(`spate ended with ${code} before it served`));
    });
  });
}

async function main(fill, check_all) {
  const [binary, backend] = process.argv.slice(2);
  assert.ok(binary && backend, `usage: ${path.basename(process.argv[1])} SPATE BACKEND`);
  let chromium;
  try {
    ({ chromium } = require('playwright-core'));
  } catch {
    throw new Skipped('playwright-core is not installed (npm ci in tests/browser)');
  }
  if (!fs.existsSync(kChromium)) throw new Skipped(`there is no ${kChromium}`);

  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'spate-browser-'));
  let spate;
  let browser;
  try {
    fill(root);
    spate = await start_spate(binary, backend, root);
    browser = await chromium.launch({
      executablePath: kChromium,
      args: [
        '--no-sandbox', // CI runs as root
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    await check_all(browser, spate.base, root);
    await check('SIGTERM ends it with 0 while the browser is still connected', async () => {
      spate.child.kill('SIGTERM');
      const late = new Promise((resolve) => {
        setTimeout(resolve, kStopMilliseconds, 'still running');
      });
      assert.deepStrictEqual(await Promise.race([spate.exited, late]), { code: 0, signal: null });
    });
  } finally {
    spate?.child.kill('SIGKILL'); // no effect on one that has ended
    await browser?.close();
    fs.rmSync(root, { recursive: true });
  }
  if (failures > 0) console.log(`${failures} failed`);
  process.exit(failures > 0 ? 1 : 0);
}

// A test as a program: fills a new folder by `fill(root)`, serves it, and has
// `check_all(browser, base, root)` look at it.
function run(fill, check_all) {
  main(fill, check_all).catch((error) => {
    const skipped = error instanceof Skipped;
    console.log(skipped ? `skipped: ${error.message}` : `not ok - ${error.stack}`);
    process.exit(skipped ? kSkipped : 1);
  });
}

// The demo site, as a first visitor gets it.
function assemble_demo_site(root) {
  execFileSync(path.join(__dirname, '../../tools/demo/assemble'), [root]);
}

module.exports = { assemble_demo_site, check, run, start_spate, Skipped };
