-- Takes from every bucket of some subjects, or from none of them; or gives back to them.
-- A bucket is "<used>:<at>": what was taken and has not come back, in units of one window-th of a
-- token per millisecond, as of millisecond <at>. Taking a token adds the window, each millisecond
-- gives <count> back, the bucket is exhausted at count * window: integers, exact below 2^53.
-- The field "" holds the millisecond at which the hash expires: full again, and a little later, so
-- that it is not set anew by every request.
-- A bucket from which nothing is taken is left as it is: it means the same at any later time.
-- KEYS     of each subject: the hash of its buckets
-- ARGV     1 to take whatever is left, overdrawing (a debit), 2 to give back (a refund), else 0; then
--          of each subject: number of limits, and of each limit: bucket, cost, count, window in
--          milliseconds
-- returns  allowed (0 or 1), the position of the limit told, remaining, reset, retry (milliseconds)

local is_debit, is_refund = ARGV[1] == '1', ARGV[1] == '2'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local names, counts, windows, costs, used, retry = {}, {}, {}, {}, {}, {}
local first, ends, allowed, stepped_back = {}, {}, true, false
local match, max, ceil, floor = string.match, math.max, math.ceil, math.floor
local slack = 10000

local at_argument, n = 2, 0
for subject = 1, #KEYS do
  local size = tonumber(ARGV[at_argument])
  at_argument = at_argument + 1
  first[subject] = n + 1
  for i = n + 1, n + size do
    names[i], costs[i] = ARGV[at_argument], tonumber(ARGV[at_argument + 1])
    counts[i], windows[i] = tonumber(ARGV[at_argument + 2]), tonumber(ARGV[at_argument + 3])
    at_argument = at_argument + 4
  end
  local stored = redis.call('HMGET', KEYS[subject], '', unpack(names, n + 1, n + size))
  ends[subject] = tonumber(stored[1] or 0)
  for i = n + 1, n + size do
    local needed = max(1, costs[i])
    used[i] = 0
    if stored[i - n + 1] then
      local before, at = match(stored[i - n + 1], '^(%d+):(%d+)$')
      before, at = tonumber(before), tonumber(at)
      stepped_back = stepped_back or at > now
      used[i] = max(0, before - max(0, now - at) * counts[i])
    end
    if needed > counts[i] then
      retry[i] = windows[i]
    else
      retry[i] = max(0, ceil((used[i] + (needed - counts[i]) * windows[i]) / counts[i]))
    end
    allowed = allowed and retry[i] == 0
  end
  n = n + size
end
first[#KEYS + 1] = n + 1
allowed = allowed or is_refund
local takes = allowed or is_debit

local told, remaining = 1, {}
for i = 1, n do
  if is_refund then
    used[i], retry[i] = max(0, used[i] - costs[i] * windows[i]), 0
  elseif takes then
    used[i] = used[i] + costs[i] * windows[i]
  end
  remaining[i] = max(0, floor((counts[i] * windows[i] - used[i]) / windows[i]))
  if allowed and remaining[i] < remaining[told] or not allowed and retry[i] > retry[told] then
    told = i
  end
end

-- A refusal changes nothing, unless the server's clock was set back: then the buckets would wait
-- for it to catch up.
if takes or stepped_back then
  for subject = 1, #KEYS do
    local fields, full_at = {}, 0
    for i = first[subject], first[subject + 1] - 1 do
      if costs[i] > 0 or stepped_back then
        fields[#fields + 1] = names[i]
        fields[#fields + 1] = string.format('%.0f:%.0f', used[i], now)
        full_at = max(full_at, now + ceil(used[i] / max(1, counts[i])))
      end
    end
    if #fields > 0 then
      local is_longer = full_at >= ends[subject] or stepped_back
      if is_longer then
        fields[#fields + 1] = ''
        fields[#fields + 1] = string.format('%.0f', full_at + slack)
      end
      redis.call('HSET', KEYS[subject], unpack(fields))
      if is_longer then
        redis.call('PEXPIREAT', KEYS[subject], fields[#fields])
      end
    end
  end
end

local reset = ceil(used[told] / max(1, counts[told]))
return { allowed and 1 or 0, told, remaining[told], reset, retry[told] }
