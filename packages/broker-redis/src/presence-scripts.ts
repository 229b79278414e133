import { Script } from './script.ts'

/**
 * KEYS[1] begins every key, and its hash tag keeps them in one slot:
 * `:e:<topic>` connection → entry, `:p:<topic>` principal → its connections in order, `:v:<topic>` version,
 * `:n:<node>` what the node holds, `:l:<node>` its lease, `:nodes` the nodes that hold something.
 * A topic that was forgotten begins its versions at the time in microseconds: above all that it ever had.
 */
const register = `
local base = KEYS[1]
local function current (topic)
  local version = redis.call('GET', base .. ':v:' .. topic)
  if version then return version end
  local time = redis.call('TIME')
  return time[1] .. string.format('%06d', time[2])
end
local function grow (topic)
  local previous = current(topic)
  local version = string.format('%.0f', tonumber(previous) + 1)
  redis.call('SET', base .. ':v:' .. topic, version)
  -- Kept for ever only while somebody is there.
  if redis.call('HLEN', base .. ':p:' .. topic) == 0 then redis.call('PEXPIRE', base .. ':v:' .. topic, 86400000) end
  return version, previous
end
local function without (connections, connection)
  local rest = {}
  for _, other in ipairs(connections) do
    if other ~= connection then rest[#rest + 1] = other end
  end
  return rest
end
local function leave (topic, connection)
  local entries, principals = base .. ':e:' .. topic, base .. ':p:' .. topic
  local raw = redis.call('HGET', entries, connection)
  if not raw then return { 0, current(topic) } end
  local entry = cjson.decode(raw)
  redis.call('HDEL', entries, connection)
  redis.call('SREM', base .. ':n:' .. entry.node, topic .. '\\n' .. connection)
  local rest = without(cjson.decode(redis.call('HGET', principals, entry.principal)), connection)
  if #rest > 0 then
    redis.call('HSET', principals, entry.principal, cjson.encode(rest))
    return { 0, current(topic) }
  end
  redis.call('HDEL', principals, entry.principal)
  local version, previous = grow(topic)
  return { 1, version, previous, raw }
end
`

/** ARGV: 1 topic, 2 connection, 3 principal, 4 node, 5 entry. Answers { changed, version, previous }. */
export const joinScript: Script = new Script(`${register}
local topic, connection, principal = ARGV[1], ARGV[2], ARGV[3]
local entries, principals = base .. ':e:' .. topic, base .. ':p:' .. topic
local former = redis.call('HGET', entries, connection)
if former then
  former = cjson.decode(former)
  if former.principal ~= principal then leave(topic, connection) end
  redis.call('SREM', base .. ':n:' .. former.node, topic .. '\\n' .. connection)
end
local empty = redis.call('HLEN', principals) == 0
local known = redis.call('HGET', principals, principal)
local connections = known and without(cjson.decode(known), connection) or {}
connections[#connections + 1] = connection
redis.call('HSET', entries, connection, ARGV[5])
redis.call('HSET', principals, principal, cjson.encode(connections))
redis.call('SADD', base .. ':n:' .. ARGV[4], topic .. '\\n' .. connection)
redis.call('SADD', base .. ':nodes', ARGV[4])
if known then return { 0, current(topic) } end
local version, previous = grow(topic)
return { 1, version, empty and '0' or previous }
`)

/** ARGV: 1 topic, 2 connection. Answers { changed, version, previous }. */
export const leaveScript: Script = new Script(`${register}
return leave(ARGV[1], ARGV[2])
`)

/** ARGV: 1 topic, 2 limit. Answers { count, version, entry, entry, … }. */
export const membersScript: Script = new Script(`${register}
local topic, limit = ARGV[1], tonumber(ARGV[2])
local entries, principals = base .. ':e:' .. topic, base .. ':p:' .. topic
local answer = { redis.call('HLEN', principals), current(topic) }
local cursor = '0'
repeat
  local page = redis.call('HSCAN', principals, cursor, 'COUNT', 100)
  cursor = page[1]
  for n = 2, #page[2], 2 do
    if #answer - 2 >= limit then return answer end
    local connections = cjson.decode(page[2][n])
    answer[#answer + 1] = redis.call('HGET', entries, connections[#connections])
  end
until cursor == '0'
return answer
`)

/** ARGV: 1 node, 2 ttl. */
export const renewScript: Script = new Script(`${register}
redis.call('SET', base .. ':l:' .. ARGV[1], '1', 'PX', ARGV[2])
return 1
`)

/** ARGV: 1 how many entries at most, so that nobody waits long. Answers { more, topic, version, previous, entry, … }. */
export const reapScript: Script = new Script(`${register}
local left = tonumber(ARGV[1])
local answer = { 0 }
for _, node in ipairs(redis.call('SMEMBERS', base .. ':nodes')) do
  if redis.call('EXISTS', base .. ':l:' .. node) == 0 then
    local held = redis.call('SPOP', base .. ':n:' .. node, left)
    for _, place in ipairs(held) do
      local at = string.find(place, '\\n', 1, true)
      local topic = string.sub(place, 1, at - 1)
      local gone = leave(topic, string.sub(place, at + 1))
      if gone[1] == 1 then
        for _, field in ipairs({ topic, gone[2], gone[3], gone[4] }) do answer[#answer + 1] = field end
      end
    end
    left = left - #held
    if redis.call('SCARD', base .. ':n:' .. node) == 0 then redis.call('SREM', base .. ':nodes', node)
    else answer[1] = 1 end
    if left <= 0 then
      answer[1] = 1
      return answer
    end
  end
end
return answer
`)
