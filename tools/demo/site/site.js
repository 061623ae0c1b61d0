// Small additions for a browser that runs scripts. Every page is complete without them.
'use strict';

// The commands on the page name the address that this page was really loaded from.
for (const element of document.querySelectorAll('.origin')) {
  element.textContent = location.origin;
}

// What the server says about this very page.
async function show_response_head(list) {
  const response = await fetch(location.pathname, { method: 'HEAD', cache: 'no-store' });
  await response.text(); // there is none, but Chromium reports a body that nobody reads as aborted
  for (const [name, value] of response.headers) {
    list.append(
      Object.assign(document.createElement('dt'), { textContent: name }),
      Object.assign(document.createElement('dd'), { textContent: value }),
    );
  }
  list.closest('section').hidden = false;
}

// Fetches `url`; returns [milliseconds since the start, bytes so far] at every piece that arrived.
async function watch_arrival(url) {
  const start = performance.now();
  const response = await fetch(url, { cache: 'no-store' });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const arrivals = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return arrivals;
    bytes += value.length;
    arrivals.push([performance.now() - start, bytes]);
  }
}

// The level of the water over time, as an outline in a 600 x 100 box.
function outline(arrivals) {
  const [end, total] = arrivals.at(-1);
  const steps = arrivals.map(
    ([time, bytes]) => `H${(600 * time) / end} V${100 - (96 * bytes) / total}`,
  );
  return `M0 100 ${steps.join(' ')} V100 Z`;
}

async function measure(gauge) {
  const button = gauge.querySelector('button');
  const output = gauge.querySelector('output');
  button.disabled = true;
  try {
    const arrivals = await watch_arrival(gauge.dataset.url);
    const [milliseconds, bytes] = arrivals.at(-1);
    const mebibytes = bytes / 2 ** 20;
    gauge.querySelector('path').setAttribute('d', outline(arrivals));
    gauge.querySelector('svg').removeAttribute('hidden');
    output.textContent =
      `${mebibytes.toFixed(1)} MiB in ${milliseconds.toFixed(1)} ms, ` +
      `${((mebibytes * 1000) / milliseconds).toFixed(0)} MiB/s into this tab, ` +
      `in ${arrivals.length} pieces.`;
  } catch (error) {
    output.textContent = `Nothing measured: ${error.message}.`;
  }
  button.disabled = false;
}

for (const list of document.querySelectorAll('dl.head')) show_response_head(list);
for (const gauge of document.querySelectorAll('.gauge')) {
  gauge.hidden = false;
  gauge.querySelector('button').addEventListener('click', () => measure(gauge));
}
