import { Script } from './script.ts'

/**
 * KEYS: 1 meta (hash: epoch `e`, generation `g`, newest offset `o`, newest version `v`), 2 stream.
 * A topic without meta, or of another generation, begins a new epoch. Its offsets begin at the time in microseconds, which
 * is above every offset that the topic ever had, and below 2^53 for 200 years.
 */
const open = `
local function begin (generation, fresh, ttl)
  local time = redis.call('TIME')
  local offset = time[1] .. string.format('%06d', time[2])
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'e', fresh, 'g', generation, 'o', offset)
  redis.call('PEXPIRE', KEYS[1], ttl)
  return fresh, offset
end
local function open (generation, fresh, ttl)
  local m = redis.call('HMGET', KEYS[1], 'e', 'g', 'o')
  -- An append-only file vouches for whatever is there; so nodes that disagree about the setting do not take turns in forgetting.
  if m[1] and (m[2] == generation or generation == 'aof') then
    redis.call('PEXPIRE', KEYS[1], ttl)
    return m[1], m[3]
  end
  return begin(generation, fresh, ttl)
end
`

/**
 * Begins a new epoch when the topic stands before a position that was acknowledged.
 * ARGV: 1 generation, 2 fresh epoch, 3 ttl of the meta, 4 and 5 the position.
 */
export const verifyScript: Script = new Script(`${open}
local m = redis.call('HMGET', KEYS[1], 'e', 'o')
if m[1] == ARGV[4] and tonumber(m[2]) < tonumber(ARGV[5]) then begin(ARGV[1], ARGV[2], ARGV[3]) end
return 1
`)

/**
 * Idempotency, version, epoch, append and publish in one step. KEYS[3]: the id's key.
 * ARGV: 1 channel, 2 frame, 3 size ('' without history), 4 ttl, 5 window ('' without), 6 version ('' without),
 * 7 generation, 8 fresh epoch, 9 ttl of the meta, 10 `PUBLISH` or `SPUBLISH`. Answers { duplicate, position }.
 */
export const publishScript: Script = new Script(`${open}
if ARGV[5] ~= '' then
  local seen = redis.call('GET', KEYS[3])
  if seen then return { 1, seen } end
end
if ARGV[6] ~= '' then
  local newest = redis.call('HGET', KEYS[1], 'v')
  if newest and tonumber(ARGV[6]) <= tonumber(newest) then return { 1, '' } end
  redis.call('HSET', KEYS[1], 'v', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], ARGV[9])
end
local position = ''
if ARGV[3] ~= '' then
  local epoch = open(ARGV[7], ARGV[8], ARGV[9])
  local offset = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'o', 1))
  redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[3], offset .. '-0', 'r', ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
  position = epoch .. ' ' .. offset
end
if ARGV[5] ~= '' then redis.call('SET', KEYS[3], position, 'PX', ARGV[5]) end
redis.call(ARGV[10], ARGV[1], position .. '\\n' .. ARGV[2])
return { 0, position }
`)

/**
 * Position and page in one step. ARGV: 1 generation, 2 fresh epoch, 3 ttl of the meta, 4 and 5 since, 6 and 7 before
 * (epoch and offset, '' without), 8 how many. Answers { position, oldest entry's id, entries }, the entries oldest first with
 * since and newest first without.
 */
export const readScript: Script = new Script(`${open}
local epoch, top = open(ARGV[1], ARGV[2], ARGV[3])
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local from, to = '-', '+'
if ARGV[4] == epoch then from = '(' .. ARGV[5] .. '-0' end
if ARGV[6] ~= '' then to = '(' .. ARGV[7] .. '-0' end
local entries = {}
if ARGV[6] == '' or ARGV[6] == epoch then
  if ARGV[4] ~= '' then entries = redis.call('XRANGE', KEYS[2], from, to, 'COUNT', ARGV[8])
  else entries = redis.call('XREVRANGE', KEYS[2], to, from, 'COUNT', ARGV[8]) end
end
return { epoch .. ' ' .. top, oldest and oldest[1] or '', entries }
`)
