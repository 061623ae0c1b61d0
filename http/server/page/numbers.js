// What the page shows, from two answers of /stats: no drawing, no clock, no network. What is not
// known, or does not exist since there was no request, is null and never 0.

function grown(before, after) {
  return Number.isFinite(before) && Number.isFinite(after) ? Math.max(after - before, 0) : null;
}

function divided(amount, by) {
  return amount === null || !(by > 0) ? null : amount / by;
}

// Which responses of `responses`, by status, begin with this digit.
function count_of(responses, digit) {
  return Object.entries(responses ?? {})
    .filter(([status]) => status[0] === digit)
    .reduce((sum, [, count]) => sum + count, 0);
}

// [longest, how many] of the requests between two lists of them, which are counted since the start.
function new_buckets(before, after) {
  const counts = new Map(before ?? []);
  return (after ?? [])
    .map(([longest, count]) => [longest, count - (counts.get(longest) ?? 0)])
    .filter(([, count]) => count > 0);
}

// The time that this share of the requests did not exceed; Infinity if it has no bound.
function percentile(buckets, share) {
  const all = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (all === 0) return null;
  let passed = 0;
  for (const [longest, count] of buckets) {
    passed += count;
    if (passed >= share * all) return longest ?? Infinity;
  }
  return null;
}

// Whether `after` is of another run of the server than `before`.
function is_restarted(before, after) {
  return after.uptime_seconds < before.uptime_seconds;
}

// What happened between two answers of one run, in units per second of the server's clock.
function difference(before, after) {
  const seconds = after.uptime_seconds - before.uptime_seconds;
  const [from, to] = [before.sum, after.sum];
  const rate = (name) => divided(grown(from[name], to[name]), seconds);
  const bits = (name) => {
    const bytes = rate(name);
    return bytes === null ? null : 8 * bytes;
  };
  const failed = (digit) =>
    divided(grown(count_of(from.responses, digit), count_of(to.responses, digit)), seconds);
  const buckets = new_buckets(from.service_time_buckets, to.service_time_buckets);
  return {
    seconds,
    requests: rate('requests'),
    sent: bits('sent_bytes'),
    received: bits('received_bytes'),
    accepted: rate('connections_accepted'),
    open: to.connections_open ?? null,
    client_errors: failed('4'),
    server_errors: failed('5'),
    p50: percentile(buckets, 0.5),
    p99: percentile(buckets, 0.99),
    p999: percentile(buckets, 0.999),
    buckets,
    workers: after.workers.map((worker, i) => {
      const earlier = before.workers[i] ?? {};
      const of = (name) => divided(grown(earlier[name], worker[name]), seconds);
      return {
        requests: of('requests'),
        busy: of('cpu_seconds'),
        waiting: of('run_delay_seconds'),
        open: worker.connections_open ?? null,
      };
    }),
  };
}

function rounded(number) {
  const digits = number === 0 || number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return number.toLocaleString('en', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

// "12,345": below 100 with up to three digits. What is null is `missing`.
function format_number(number, missing = 'not known') {
  return number === null ? missing : rounded(number);
}

function format_bits(number) {
  if (number === null) return 'not known';
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let unit = 0;
  while (number >= 999.5 && unit + 1 < units.length) {
    number /= 1000;
    ++unit;
  }
  return `${rounded(number)} ${units[unit]}`;
}

// Of a number of seconds: "12 µs".
function format_time(seconds, missing = 'no request') {
  if (seconds === null) return missing;
  if (seconds === Infinity) return 'over an hour';
  if (seconds < 0.9995e-6) return `${rounded(seconds * 1e9)} ns`;
  if (seconds < 0.9995e-3) return `${rounded(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${rounded(seconds * 1e3)} ms`;
  return `${rounded(seconds)} s`;
}

function format_share(share) {
  return share === null ? 'not known' : `${Math.round(100 * share)} %`;
}

// "3 min 12 s": the two largest units.
function format_age(seconds) {
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return (first < 0 ? parts.slice(3) : parts.slice(first, first + 2))
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
