// What the live page computes from two answers of /stats, and how it writes numbers. Needs node only.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const kSource = path.join(__dirname, '../../http/server/page/numbers.js');
const page = vm.createContext({});
vm.runInContext(fs.readFileSync(kSource, 'utf8'), page);
// Objects of the other context have other prototypes.
const plain = (value) => JSON.parse(JSON.stringify(value));

function stats(uptime_seconds, factor) {
  return {
    uptime_seconds,
    workers: [
      { requests: 60 * factor, cpu_seconds: factor, run_delay_seconds: null, connections_open: 2 },
      { requests: 40 * factor, cpu_seconds: null, connections_open: 1 },
    ],
    sum: {
      requests: 100 * factor,
      sent_bytes: 1000 * factor,
      received_bytes: 10 * factor,
      connections_accepted: 4 * factor,
      connections_open: 3,
      responses: { 200: 90 * factor, 404: 4 * factor, 418: factor, 503: 5 * factor },
      service_time_buckets: [[1e-6, 97 * factor], [1e-3, 2 * factor], [null, factor]],
    },
  };
}

const kTests = {
  'rates go by the clock of the server'() {
    const now = plain(page.difference(stats(10, 1), stats(12, 3)));
    assert.strictEqual(now.seconds, 2);
    assert.strictEqual(now.requests, 100);
    assert.strictEqual(now.sent, 8000);
    assert.strictEqual(now.received, 80);
    assert.strictEqual(now.accepted, 4);
    assert.strictEqual(now.open, 3);
    assert.strictEqual(now.client_errors, 5);
    assert.strictEqual(now.server_errors, 5);
    assert.deepStrictEqual(now.workers[0], { requests: 60, busy: 1, waiting: null, open: 2 });
  },
  'what is not known is null, and not 0'() {
    const now = page.difference(stats(10, 1), stats(12, 3));
    assert.strictEqual(now.workers[1].busy, null);
    const after = stats(12, 3);
    delete after.sum.sent_bytes;
    assert.strictEqual(page.difference(stats(10, 1), after).sent, null);
  },
  'percentiles are of the new requests alone'() {
    const after = stats(11, 1);
    after.sum.service_time_buckets[1][1] += 3;
    const now = page.difference(stats(10, 1), after);
    assert.deepStrictEqual(plain(now.buckets), [[1e-3, 3]]);
    assert.strictEqual(now.p50, 1e-3);
    assert.strictEqual(page.difference(stats(10, 1), stats(11, 1)).p50, null);
    const all = page.difference(stats(10, 0), stats(11, 1));
    assert.deepStrictEqual([all.p50, all.p99, all.p999], [1e-6, 1e-3, Infinity]);
  },
  'a bucket that was empty before is new'() {
    const buckets = page.new_buckets([[2, 5]], [[1, 1], [2, 5], [3, 7]]);
    assert.deepStrictEqual(plain(buckets), [[1, 1], [3, 7]]);
    assert.deepStrictEqual(plain(page.new_buckets(undefined, [[1, 1]])), [[1, 1]]);
  },
  'a server that was started anew is known by its age'() {
    assert.ok(page.is_restarted(stats(10, 1), stats(1, 1)));
    assert.ok(!page.is_restarted(stats(10, 1), stats(11, 1)));
  },
  'numbers are short, and their units fit'() {
    const number = [0, 0.123, 1, 12.34, 999.6, 12345, null].map((n) => page.format_number(n));
    assert.deepStrictEqual(number, ['0', '0.12', '1', '12.3', '1,000', '12,345', 'not known']);
    const bits = [0, 999, 1500, 999.6e6, 2e15, null].map((n) => page.format_bits(n));
    assert.deepStrictEqual(bits, [
      '0 bit/s', '999 bit/s', '1.5 kbit/s', '1 Gbit/s', '2,000 Tbit/s', 'not known',
    ]);
    const times = [5e-9, 1e-6, 12.3e-6, 0.9999e-3, 0.25, 3, Infinity, null];
    assert.deepStrictEqual(times.map((n) => page.format_time(n)), [
      '5 ns', '1 µs', '12.3 µs', '1 ms', '250 ms', '3 s', 'over an hour', 'no request',
    ]);
    assert.deepStrictEqual([0.444, null].map((n) => page.format_share(n)), ['44 %', 'not known']);
    const ages = [0, 59.9, 192, 3600, 90061].map((n) => page.format_age(n));
    assert.deepStrictEqual(ages, ['0 s', '59 s', '3 min 12 s', '1 h 0 min', '1 d 1 h']);
  },
};

let failures = 0;
for (const [name, body] of Object.entries(kTests)) {
  try {
    body();
    console.log(`ok - ${name}`);
  } catch (error) {
    ++failures;
    console.log(`not ok - ${name}\n${error.stack}`);
  }
}
process.exit(failures > 0 ? 1 : 0);
