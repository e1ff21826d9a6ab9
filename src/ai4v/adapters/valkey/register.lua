-- Lists an instance, or renews its lease, on the server's clock.
-- KEYS[1]  sorted set: instance id by the millisecond its lease ends
-- KEYS[2]  hash: instance id to address
-- ARGV     instance id, address, lease in milliseconds, channel, service
-- Announces the service on the channel when the instance was not listed.

local leases, addresses = KEYS[1], KEYS[2]
local id, address, lease, channel, service = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, ended in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do
  redis.call('ZREM', leases, ended)
  redis.call('HDEL', addresses, ended)
end

local is_new = redis.call('ZADD', leases, now + lease, id)
redis.call('HSET', addresses, id, address)
local last = redis.call('ZRANGE', leases, -1, -1, 'WITHSCORES')[2]
redis.call('PEXPIREAT', leases, last)
redis.call('PEXPIREAT', addresses, last)

if is_new == 1 then
  redis.call('PUBLISH', channel, service)
end
return is_new
