-- Unlists an instance.
-- KEYS[1]  sorted set: instance id by the millisecond its lease ends
-- KEYS[2]  hash: instance id to address
-- ARGV     instance id, channel, service
-- Announces the service on the channel when the instance was listed.

local leases, addresses = KEYS[1], KEYS[2]
local id, channel, service = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local ends = redis.call('ZSCORE', leases, id)
redis.call('ZREM', leases, id)
redis.call('HDEL', addresses, id)
if ends and tonumber(ends) > now then
  redis.call('PUBLISH', channel, service)
end
return ends and 1 or 0
