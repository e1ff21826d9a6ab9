-- Returns the ids and addresses of the instances whose lease has not ended, one after the other.
-- KEYS[1]  sorted set: instance id by the millisecond its lease ends
-- KEYS[2]  hash: instance id to address

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  local address = redis.call('HGET', KEYS[2], id)
  if address then
    found[#found + 1] = id
    found[#found + 1] = address
  end
end
return found
