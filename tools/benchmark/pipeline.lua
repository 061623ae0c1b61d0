-- The load that wrk makes for tools/bench, and how it reports.
--
-- The one argument is the depth: how many requests are written at once before their responses are
-- awaited. The requests are joined once, before the run, by replacing wrk.format; a global function
-- `request` would make wrk call Lua for each write and measure that.

function init(args)
  local depth = tonumber(args[1] or "1")
  local request = wrk.format()
  wrk.format = function() return string.rep(request, depth) end
end

-- One line of JSON. Times in microseconds.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'bench-result {"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, ' ..
    '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50),
    latency:percentile(99), errors.connect, errors.read, errors.write, errors.status,
    errors.timeout))
end
