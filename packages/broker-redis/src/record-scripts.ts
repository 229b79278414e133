import { Script } from './script.ts'

/** KEYS: 1 values (hash), 2 keys in order (sorted set, all with score 0), 3 when they end (sorted set). */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function drop (key)
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
  redis.call('ZREM', KEYS[3], key)
end
`

/** ARGV: 1 key, 2 value, 3 ttl, 4 `absent` to keep a living one. Answers 1 when it wrote. Each call also frees a few that ended. */
export const putScript: Script = new Script(`${now}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 10)) do drop(key) end
if ARGV[4] == 'absent' then
  local ends = redis.call('ZSCORE', KEYS[3], ARGV[1])
  if ends and tonumber(ends) > now then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('ZADD', KEYS[3], string.format('%.0f', now + ARGV[3]), ARGV[1])
return 1
`)

/** ARGV: 1 key. */
export const deleteScript: Script = new Script(`${now}
drop(ARGV[1])
return 1
`)

/** ARGV: 1 key. Answers its living value, or nothing. */
export const getScript: Script = new Script(`${now}
local ends = redis.call('ZSCORE', KEYS[3], ARGV[1])
if ends and tonumber(ends) > now then return redis.call('HGET', KEYS[1], ARGV[1]) end
return false
`)

/** ARGV: 1 prefix. Answers key, value, key, value, … No text has the byte 255, so it ends every range of a prefix. */
export const listScript: Script = new Script(`${now}
local found = {}
for _, key in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], '[' .. ARGV[1], '(' .. ARGV[1] .. '\\255')) do
  if tonumber(redis.call('ZSCORE', KEYS[3], key)) > now then
    found[#found + 1] = key
    found[#found + 1] = redis.call('HGET', KEYS[1], key)
  end
end
return found
`)
