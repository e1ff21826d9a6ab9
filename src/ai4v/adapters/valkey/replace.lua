-- Keeps a value in the place of another, and nothing where that other is not.
-- KEYS[1]  where
-- ARGV     the value that must be there, the new value, milliseconds until it expires
-- returns  1 when it was kept, else 0

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
