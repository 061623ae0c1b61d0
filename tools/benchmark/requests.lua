-- The load that wrk makes for tools/bench, and how it reports.
--
-- Arguments: a file of whole requests, each followed by a byte 0, and the depth: how many requests
-- are written at once before their responses are awaited. One request is joined once, before the
-- run, by replacing wrk.format: a global function `request` makes wrk call Lua for each write and
-- measures that. Several take turns, in an order shuffled from a fixed seed, so that nobody gains
-- from neighbours that are asked for one after the other.

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local requests = {}
  for request in file:read("*a"):gmatch("(%Z+)%z") do requests[#requests + 1] = request end
  file:close()
  local depth = tonumber(args[2])
  if #requests == 1 then
    local joined = string.rep(requests[1], depth)
    wrk.format = function() return joined end
    return
  end
  math.randomseed(1)
  for i = #requests, 2, -1 do
    local j = math.random(i)
    requests[i], requests[j] = requests[j], requests[i]
  end
  local turn = 0
  request = function()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

-- One line of JSON. Times in microseconds.
function done(summary, latency, requests)
  local errors = summary.errors
  local function at(share) return latency:percentile(share) end
  io.write(string.format(
    'bench-result {"requests": %d, "duration_us": %d, "bytes": %d, ' ..
    '"p50_us": %d, "p90_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d, ' ..
    '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration, summary.bytes, at(50), at(90), at(99), at(99.9),
    latency.max, errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
