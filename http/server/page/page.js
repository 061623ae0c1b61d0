// Asks /stats once in a second and draws. Ten minutes are kept; rates go by the server's clock.
// Behind numbers.js and uPlot, in the same script.

const kPeriodMilliseconds = 1000;
const kPatienceMilliseconds = 5000;
const kHistorySeconds = 600;
const kLeastSeconds = 60; // of the axis, so that the first lines are no blocks
const kHeight = 220;
const kRowsPerDecade = 12; // of the heat map
const kShades = 24;

const moments = []; // {time: seconds since 1970, now: difference() or null for a gap}
let last; // the answer before
let is_paused = false;
let gone_since;

const element = (id) => document.getElementById(id);
const put = (id, text) => {
  if (element(id).textContent !== text) element(id).textContent = text;
};
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

// The heat map: how many requests per second a shade stands for goes by the logarithm, so that a
// single slow one among a million is seen. One hue from faint to strong, for every kind of eyes.
let shades = [];

function mix_shades() {
  const parse = (text) => text.trim().match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  const [few, middle, many] = [color('few'), color('first'), color('many')].map(parse);
  shades = Array.from({ length: kShades }, (_, i) => {
    const place = (2 * i) / (kShades - 1);
    const [from, to, part] = place < 1 ? [few, middle, place] : [middle, many, place - 1];
    const mixed = from.map((value, k) => Math.round(value + (to[k] - value) * part));
    return `rgb(${mixed.join(' ')})`;
  });
  const scale = document.querySelector('#heat .scale canvas');
  const context = scale.getContext('2d');
  shades.forEach((shade, i) => {
    context.fillStyle = shade;
    context.fillRect((i * scale.width) / kShades, 0, scale.width / kShades + 1, scale.height);
  });
}

const row_of = (seconds) => Math.floor(Math.log10(Math.max(seconds, 1e-9)) * kRowsPerDecade);

// The rows of one moment: row to requests per second. What has no bound is in the uppermost row.
function rows_of(now) {
  const rows = new Map();
  for (const [longest, count] of now.buckets) {
    const row = row_of(longest ?? 4400);
    rows.set(row, (rows.get(row) ?? 0) + count / now.seconds);
  }
  return rows;
}

function draw_heat(chart) {
  const { ctx, bbox } = chart;
  let most = 0;
  for (const { rows } of moments) {
    for (const rate of rows?.values() ?? []) most = Math.max(most, rate);
  }
  if (most === 0) return;
  const scale = Math.log1p(most);
  const across = (value) => chart.valToPos(value, 'x', true);
  const up = (row) => chart.valToPos(10 ** (row / kRowsPerDecade), 'y', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  moments.forEach(({ time, rows, now }, i) => {
    if (!rows) return;
    // The clocks of both sides need not run alike: no gap between two neighbours.
    const before = moments[i - 1];
    const left = Math.floor(across(before?.now ? before.time : time - now.seconds));
    const width = Math.max(Math.ceil(across(time)) - left, 1);
    for (const [row, rate] of rows) {
      const [top, bottom] = [Math.floor(up(row + 1)), Math.ceil(up(row))];
      const shade = Math.ceil((Math.log1p(rate) / scale) * (kShades - 1));
      ctx.fillStyle = shades[Math.min(shade, kShades - 1)];
      ctx.fillRect(left, top, width, bottom - top);
    }
  });
  ctx.restore();
}

// From the power of ten below the fastest requests to that above the slowest.
function heat_range() {
  let [least, most] = [Infinity, -Infinity];
  for (const { rows } of moments) {
    for (const row of rows?.keys() ?? []) {
      [least, most] = [Math.min(least, row), Math.max(most, row + 1)];
    }
  }
  if (least > most) return [1e-6, 1];
  const below = Math.floor(least / kRowsPerDecade);
  return [10 ** below, 10 ** Math.max(Math.ceil(most / kRowsPerDecade), below + 1)];
}

const short_number = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

function axis(more) {
  const line = { stroke: color('line'), width: 1 };
  return { stroke: color('soft'), grid: line, ticks: line, ...more };
}

const of_numbers = (_, values) => values.map((value) => short_number.format(value));
const of_times = (_, values) => values.map((value) => format_time(value));

// Of a logarithmic axis: at powers of ten alone.
function powers_of_ten(_, __, least, most) {
  const [first, last] = [Math.round(Math.log10(least)), Math.round(Math.log10(most))];
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

function time_range() {
  const end = moments.at(-1)?.time ?? Date.now() / 1000;
  const begin = moments[0]?.time ?? end;
  return [Math.min(begin, end - kLeastSeconds), end];
}

// The lowest range is 0 to 1: a line at 0 is at the bottom.
const from_zero = (_, __, most) => [0, Math.max(1.1 * (most ?? 0), 1)];

// What is drawn: members of a moment, and what they are called in words.
const kCharts = {
  rate: { lines: ['requests'], words: ['requests per second'], format: format_number },
  heat: {
    lines: ['p50'],
    words: ['half of the requests took at most'],
    format: format_time,
    is_heat: true,
  },
  percentiles: {
    lines: ['p50', 'p99', 'p999'],
    words: ['p50', 'p99', 'p99.9'],
    format: format_time,
    is_time: true,
  },
  connections: {
    lines: ['open', 'accepted'],
    words: ['open', 'accepted per second'],
    format: format_number,
  },
};
const charts = new Map();

function make_chart(id) {
  const { lines, is_heat, is_time } = kCharts[id];
  const place = element(id).lastElementChild;
  const is_logarithmic = is_heat || is_time;
  const colors = ['first', 'second', 'third'].map(color);
  const y = is_logarithmic ? { distr: 3, log: 10, range: heat_range } : { range: from_zero };
  const marks = is_logarithmic
    ? { values: of_times, splits: powers_of_ten, filter: (_, values) => values }
    : { values: of_numbers };
  const series = lines.map((_, i) => {
    const points = { show: false };
    if (is_heat) return { paths: () => null, points };
    const fill = lines.length === 1 ? `${colors[i].trim()}22` : undefined;
    return { stroke: colors[i], width: 1.75, points, fill };
  });
  const options = {
    width: place.clientWidth,
    height: kHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true, range: time_range }, y },
    axes: [axis({ size: 32, space: 70 }), axis({ size: 58, ...marks })],
    series: [{}, ...series],
    hooks: is_heat ? { draw: [draw_heat] } : {},
  };
  charts.get(id)?.destroy();
  charts.set(id, new uPlot(options, columns(id), place));
}

function columns(id) {
  const finite = (value) => (Number.isFinite(value) ? value : null);
  return [
    moments.map(({ time }) => time),
    ...kCharts[id].lines.map((name) => moments.map(({ now }) => finite(now?.[name]))),
  ];
}

// What a chart shows, in words.
function describe(id) {
  const { lines, words, format } = kCharts[id];
  const [begin, end] = time_range();
  const parts = lines.map((name, i) => {
    const known = moments.map(({ now }) => now?.[name]).filter((value) => Number.isFinite(value));
    if (known.length === 0) return `${words[i]}: nothing yet`;
    const most = known.reduce((a, b) => Math.max(a, b));
    const least = known.reduce((a, b) => Math.min(a, b));
    return `${words[i]}: ${format(known.at(-1))}, from ${format(least)} to ${format(most)}`;
  });
  return `Chart of the last ${format_age(end - begin)}; ${parts.join('; ')}`;
}

function draw_charts() {
  for (const [id, chart] of charts) {
    chart.setData(columns(id));
    element(id).lastElementChild.setAttribute('aria-label', describe(id));
  }
}

function make_charts() {
  mix_shades();
  Object.keys(kCharts).forEach(make_chart);
  draw_charts();
}

function make_cell() {
  const cell = document.createElement('td');
  const bar = document.createElement('div');
  bar.append(document.createElement('div'));
  cell.append(document.createElement('span'), bar);
  return cell;
}

function draw_workers(workers) {
  const body = element('workers').tBodies[0];
  while (body.rows.length > workers.length) body.deleteRow(-1);
  while (body.rows.length < workers.length) {
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = body.rows.length;
    body.insertRow().append(head, make_cell(), make_cell());
  }
  const most = Math.max(...workers.map(({ requests }) => requests ?? 0), 1e-9);
  workers.forEach(({ requests, busy }, i) => {
    const [, left, right] = body.rows[i].cells;
    const fill = (cell, text, share) => {
      cell.firstElementChild.textContent = text;
      cell.querySelector('div > div').style.width = `${100 * Math.min(share ?? 0, 1)}%`;
    };
    fill(left, format_number(requests), requests === null ? null : requests / most);
    fill(right, format_share(busy), busy);
  });
}

function draw_verdict(verdict) {
  put('verdict', verdict.sentence);
  const details = element('details');
  if (details.dataset.text === verdict.details.join('\n')) return;
  details.dataset.text = verdict.details.join('\n');
  details.replaceChildren(
    ...verdict.details.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
}

function draw_numbers(now) {
  put('requests', format_number(now.requests));
  put('sent', format_bits(now.sent));
  put('received', `received: ${format_bits(now.received)}`);
  put('open', format_number(now.open));
  put('accepted', `${format_number(now.accepted)} accepted per second`);
  for (const name of ['p50', 'p99', 'p999']) put(name, format_time(now[name]));
  for (const name of ['client_errors', 'server_errors']) put(name, format_number(now[name]));
}

function put_state(text, is_gone) {
  put('state', text);
  element('state').className = is_gone ? 'gone' : '';
}

function add(time, now) {
  moments.push({ time, now, rows: now && rows_of(now) });
  while (moments[0].time < time - kHistorySeconds) moments.shift();
}

function take(stats) {
  const time = Date.now() / 1000;
  put('server', `${stats.version}, ${stats.backend}, up ${format_age(stats.uptime_seconds)}`);
  draw_verdict(stats.verdict);
  if (last && is_restarted(last, stats)) {
    add(time, null);
    last = undefined;
    put_state('the server was started anew', false);
  } else if (gone_since || !last) {
    put_state('connected', false);
  }
  gone_since = undefined;
  // Two answers of the same moment have no rates.
  if (last && stats.uptime_seconds > last.uptime_seconds) {
    const now = difference(last, stats);
    add(time, now);
    draw_numbers(now);
    draw_workers(now.workers);
  }
  last = stats;
  draw_charts();
}

function tell_gone() {
  if (!gone_since) {
    gone_since = new Date();
    add(gone_since.getTime() / 1000, null);
  }
  const since = gone_since.toLocaleTimeString();
  put_state(`no answer from the server since ${since}; what is below is from before`, true);
}

async function ask() {
  const signal = AbortSignal.timeout(kPatienceMilliseconds);
  const response = await fetch('/stats', { signal, cache: 'no-store' });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

async function turn() {
  const begun = performance.now();
  const stats = is_paused ? null : await ask().catch(() => null);
  setTimeout(turn, Math.max(kPeriodMilliseconds - (performance.now() - begun), 50));
  if (is_paused) return;
  if (stats) {
    take(stats);
  } else {
    tell_gone();
  }
}

element('pause').addEventListener('click', () => {
  is_paused = !is_paused;
  element('pause').setAttribute('aria-pressed', is_paused);
  put_state(is_paused ? 'paused' : 'connected', false);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', make_charts);
new ResizeObserver(() => {
  for (const [id, chart] of charts) {
    chart.setSize({ width: element(id).lastElementChild.clientWidth, height: kHeight });
  }
}).observe(document.querySelector('.grid'));
make_charts();
turn();
