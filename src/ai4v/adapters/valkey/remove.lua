-- Forgets a value, and nothing where another is.
-- KEYS[1]  where
-- ARGV[1]  the value that must be there
-- returns  1 when it was forgotten, else 0

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
