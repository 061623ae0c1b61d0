// Draws the charts of the report from the rows in #data.
'use strict';

const rows = JSON.parse(document.getElementById('data').textContent);
const is_picture = location.hash === '#picture';

// A server has one colour in every chart; others than these take the rest in their order.
const kColours = {
  'spate-uring': '#0b8a9e',
  'spate-epoll': '#55b9c9',
  'floor-uring': '#8a949b',
  'floor-epoll': '#b3bbc0',
  'floor-uring-file': '#6f7a81',
  'floor-epoll-file': '#c6ccd0',
  nginx: '#2f9e44',
  'nginx-60s': '#8bcf98',
  h2o: '#e8850c',
  lighttpd: '#9c51b6',
  caddy: '#3b6fd4',
};
const kOtherColours = ['#d6336c', '#b08900', '#5f3dc4', '#087f5b'];
const kParts = [
  ['cpu_user_us', 'user', '#0b8a9e'],
  ['cpu_system_us', 'system', '#e8a33c'],
  ['cpu_irq_us', 'irq', '#b8516b'],
];
const kPercentiles = [
  ['p50_us', 'p50', '#7cc4d1'],
  ['p90_us', 'p90', '#3b9fb3'],
  ['p99_us', 'p99', '#e8a33c'],
  ['p999_us', 'p99.9', '#c2554f'],
];

const other_servers = [...new Set(rows.map((row) => row.server))].filter(
  (name) => !(name in kColours),
);
const charts = new Map();

function colour_of(server) {
  return kColours[server] ?? kOtherColours[other_servers.indexOf(server) % kOtherColours.length];
}

// The same colour, paler: a bar that is no measure of the server.
function faded(colour) {
  return `${colour}55`;
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function number(value) {
  if (value === null || value === undefined) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function size_name(bytes) {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`;
}

// Shows a chart in a figure, or hides the figure when there is nothing to show.
function show(identifier, config, height) {
  const figure = document.getElementById(identifier);
  charts.get(identifier)?.destroy();
  charts.delete(identifier);
  const has_data = config.data.datasets.some((set) =>
    set.data.some((value) => (value?.y ?? value) !== null && value !== undefined),
  );
  figure.hidden = !has_data;
  if (!has_data) return;
  const box = figure.querySelector('div');
  box.style.height = `${height}px`;
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', figure.querySelector('figcaption').innerText);
  box.replaceChildren(canvas);
  charts.set(identifier, new Chart(canvas, config));
}

function axis(options = {}) {
  return {
    grid: { color: style('--line') },
    border: { display: false },
    ticks: { color: style('--soft'), maxRotation: 0, autoSkipPadding: 12 },
    ...options,
  };
}

function linear() {
  const ticks = { color: style('--soft'), maxRotation: 0, autoSkipPadding: 12, callback: number_short };
  return axis({ beginAtZero: true, ticks });
}

// On a logarithmic axis a label for 1, 2 and 5 of each decade is enough.
function logarithmic() {
  const callback = (value) => (/^[125]e/.test(value.toExponential()) ? number_short(value) : null);
  return axis({
    type: 'logarithmic',
    ticks: { color: style('--soft'), maxRotation: 0, autoSkip: true, callback },
  });
}

function number_short(value) {
  return value >= 1000 ? `${value / 1000}k` : `${Number(value.toPrecision(3))}`;
}

function common(tooltip, legend) {
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    plugins: {
      legend: {
        display: legend,
        position: 'bottom',
        labels: { color: style('--ink'), usePointStyle: true, pointStyle: 'circle', boxHeight: 8 },
      },
      tooltip: { callbacks: { label: tooltip } },
    },
  };
}

// Horizontal bars, a server on each line with its number behind its name, for those who can not
// hover.
function bars(identifier, servers, sets, options = {}) {
  const tooltip = (item) =>
    `${item.dataset.label}: ${number(item.parsed.x)}${item.dataset.notes?.[item.dataIndex] ?? ''}`;
  const stacked = options.stacked ?? false;
  const value_axis = options.logarithmic ? logarithmic() : linear();
  const is_one_bar = stacked || sets.length === 1;
  const line_height = is_one_bar ? 30 : 14 * sets.length + 8;
  const sum_of = (i) => sets.reduce((sum, set) => sum + (set.data[i] ?? 0), 0);
  const labels = servers.map((name, i) => (is_one_bar ? `${name}  ${number(sum_of(i))}` : name));
  show(
    identifier,
    {
      type: 'bar',
      data: { labels, datasets: sets },
      options: {
        ...common(tooltip, sets.length > 1),
        indexAxis: 'y',
        scales: {
          x: { ...value_axis, stacked },
          y: axis({ stacked, grid: { display: false }, ticks: { color: style('--ink'), autoSkip: false } }),
        },
      },
    },
    servers.length * line_height + (sets.length > 1 ? 80 : 40),
  );
}

// One number of each row. note: a text behind it, by row.
function bars_of(identifier, from, key, scale, options = {}) {
  const present = from.filter((row) => typeof row[key] === 'number');
  const notes = present.map((row) => {
    const spread = row[`${key}_deviation`];
    const text = typeof spread === 'number' ? ` ± ${number(spread * scale)}` : '';
    return text + (options.note?.(row) ?? '');
  });
  bars(
    identifier,
    present.map((row) => row.server),
    [
      {
        label: document.querySelector(`#${identifier} figcaption`).innerText,
        data: present.map((row) => row[key] * scale),
        notes,
        backgroundColor: present.map((row) => {
          const colour = colour_of(row.server);
          return options.is_faded?.(row) ? faded(colour) : colour;
        }),
      },
    ],
    options,
  );
}

// The picture has no place for a server that makes all other bars dots; its caption names it.
function leave_out_giants(from) {
  const usual = Math.min(...from.filter((row) => row.server === 'nginx').map((row) => row.cpu_us));
  const giants = from.filter((row) => row.cpu_us > 3 * usual);
  const names = giants.map((row) => `${row.server}, ${number(row.cpu_us)}`).join('; ');
  const title = document.getElementById('work').selectedOptions[0].text;
  document.querySelector('#cpu figcaption').innerText =
    `CPU time per request, µs: ${title}${names ? ` (not shown: ${names})` : ''}`;
  return from.filter((row) => !giants.includes(row));
}

function parts_of(identifier, from, parts, scale, options) {
  let present = from.filter((row) => parts.some(([key]) => row[key]));
  if (is_picture) present = leave_out_giants(present);
  const sets = parts.map(([key, label, colour]) => ({
    label,
    data: present.map((row) => (row[key] === null ? null : row[key] * scale)),
    backgroundColor: colour,
  }));
  bars(identifier, present.map((row) => row.server), sets, options);
}

// A line for each server over the values of `x_key`.
function lines(identifier, from, x_key, name_of, y_of) {
  const xs = [...new Set(from.map((row) => row[x_key]))].sort((a, b) => a - b);
  const servers = [...new Set(from.map((row) => row.server))];
  const sets = servers.map((server) => ({
    label: server,
    data: xs.map((x) => {
      const row = from.find((each) => each.server === server && each[x_key] === x);
      return row ? y_of(row) : null;
    }),
    borderColor: colour_of(server),
    backgroundColor: colour_of(server),
    borderDash: server.startsWith('floor-') ? [5, 4] : [],
    borderWidth: 2,
    pointRadius: 3,
    spanGaps: true,
  }));
  const figure_data = xs.length > 1 ? sets : [];
  show(
    identifier,
    {
      type: 'line',
      data: { labels: xs.map(name_of), datasets: figure_data },
      options: {
        ...common((item) => `${item.dataset.label}: ${number(item.parsed.y)}`, true),
        scales: { x: axis(), y: logarithmic() },
      },
    },
    400,
  );
}

function draw_work(name) {
  const all = rows.filter((row) => row.work === name);
  const bound = all.filter((row) => row.client_was_the_limit);
  const note = document.getElementById('bound');
  note.hidden = bound.length === 0;
  note.innerText =
    'Pale bars: the load generator was the limit, so requests per second are its own and rank ' +
    'nobody. CPU time per request does.';
  parts_of('cpu', all, kParts, 1, { stacked: true });
  bars_of('rate', all, 'requests_per_second', 1, {
    is_faded: (row) => row.client_was_the_limit,
    note: (row) => (row.client_was_the_limit ? ', limited by the load generator' : ''),
  });
  parts_of('latency', all, kPercentiles, 1e-3, { logarithmic: true });
  bars_of('bytes', all, 'bytes_per_second', 1 / 2 ** 20, {
    is_faded: (row) => row.client_was_the_limit,
  });
  const with_memory = all.filter((row) => row.memory);
  bars_of('memory', with_memory.map((row) => ({ ...row, rss: row.memory.rss })), 'rss', 1 / 2 ** 20);
}

function draw() {
  const load = rows.filter((row) => row.kind === 'load');
  Chart.defaults.font.family = 'system-ui, sans-serif';
  Chart.defaults.font.size = is_picture ? 14 : 12;
  if (load.length > 0) draw_work(document.getElementById('work').value);
  document.getElementById('charts').hidden = load.length === 0;

  const is_plain = (row) => row.depth === 1 && row.size > 0 && row.cpu_us;
  const by_size = load.filter((row) => is_plain(row) && /^file-/.test(row.work));
  lines('by-size', by_size, 'size', size_name, (row) => row.cpu_us);
  lines('bytes-by-size', by_size, 'size', size_name, (row) => row.bytes_per_second / 2 ** 20);
  const is_by_connections = (row) => row.work === 'file-128' || /^connections-/.test(row.work);
  lines('by-connections', load.filter((row) => is_plain(row) && is_by_connections(row)),
    'connections', (count) => count.toLocaleString('en'), (row) => row.cpu_us);

  const of_kind = (kind) => rows.filter((row) => row.kind === kind);
  parts_of('open-loop', of_kind('open-loop'), kPercentiles, 1e-3, { logarithmic: true });
  // For spate all that it has reserved beforehand; for others what the connections added.
  const idle = of_kind('idle').map((row) => ({
    ...row,
    bytes: row.with_preallocation ?? row.growth,
  }));
  bars_of('idle', idle, 'bytes', 1);
  bars_of('start', rows.filter((row) => row.work === 'start'), 'first_response_ms', 1);
  for (const section of document.querySelectorAll('#scaling, #other')) {
    section.hidden = [...section.querySelectorAll('figure')].every((figure) => figure.hidden);
  }
}

function fill_select() {
  const select = document.getElementById('work');
  const titles = new Map(
    rows.filter((row) => row.kind === 'load').map((row) => [row.work, row.title]),
  );
  for (const [name, title] of titles) select.add(new Option(title, name));
  select.addEventListener('change', () => draw_work(select.value));
}

if (is_picture) document.body.classList.add('picture');
fill_select();
draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
