-- Takes from every bucket of a subject, or from none of them.
-- A bucket is "<used>:<at>": what was taken and has not come back, in units of one window-th of a
-- token per microsecond, as of microsecond <at>. Taking a token adds the window, each microsecond
-- gives <count> back, the bucket is empty at count * window: integers, exact below 2^53.
-- KEYS[1]  hash of the subject's buckets
-- ARGV     cost, then of each limit: bucket, count, window in microseconds
-- returns  allowed (0 or 1), the position of the limit told, remaining, reset, retry (microseconds)

local key, cost = KEYS[1], tonumber(ARGV[1])
local names, counts, windows = {}, {}, {}
for i = 2, #ARGV, 3 do
  names[#names + 1] = ARGV[i]
  counts[#counts + 1] = tonumber(ARGV[i + 1])
  windows[#windows + 1] = tonumber(ARGV[i + 2])
end

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.call('HMGET', key, unpack(names))

local used, retry, allowed, stepped_back = {}, {}, true, false
for i = 1, #names do
  used[i] = 0
  if stored[i] then
    local before, at = string.match(stored[i], '^(%d+):(%d+)$')
    before, at = tonumber(before), tonumber(at)
    stepped_back = stepped_back or at > now
    used[i] = math.max(0, before - math.max(0, now - at) * counts[i])
  end
  if cost > counts[i] then
    retry[i] = windows[i]
  else
    retry[i] = math.max(0, math.ceil((used[i] + (cost - counts[i]) * windows[i]) / counts[i]))
  end
  allowed = allowed and retry[i] == 0
end

local told, remaining = 1, {}
for i = 1, #names do
  if allowed then
    used[i] = used[i] + cost * windows[i]
  end
  remaining[i] = math.max(0, math.floor((counts[i] * windows[i] - used[i]) / windows[i]))
  if allowed and remaining[i] < remaining[told] or not allowed and retry[i] > retry[told] then
    told = i
  end
end

-- A refusal changes nothing, unless the server's clock was set back: then the buckets would wait
-- for it to catch up.
if allowed or stepped_back then
  local fields, full_in = {}, 0
  for i = 1, #names do
    fields[#fields + 1] = names[i]
    fields[#fields + 1] = string.format('%.0f:%.0f', used[i], now)
    full_in = math.max(full_in, math.ceil(used[i] / math.max(1, counts[i]) / 1000) + 1)
  end
  redis.call('HSET', key, unpack(fields))
  if redis.call('PTTL', key) < full_in then
    redis.call('PEXPIRE', key, full_in)
  end
end

local reset = math.ceil(used[told] / math.max(1, counts[told]))
return { allowed and 1 or 0, told, remaining[told], reset, retry[told] }
