import { Redis } from 'ioredis'
import t from 'tap'
import { redisBroker } from '../src/index.ts'
import type { RedisClient } from '../src/index.ts'
import { Keys } from '../src/keys.ts'
import { retryDelay } from '../src/link.ts'

const client = new Redis({ lazyConnect: true })
const error = { code: 'FRT_ERR_BROKER_OPTION' }

void t.test('options that cannot work are refused', async (t) => {
  for (const prefix of ['', 'a|b', 'a{b', 'a}b', 'x'.repeat(65), 7 as unknown as string]) {
    t.throws(() => redisBroker({ client, prefix }), { ...error, message: /"prefix"/ })
  }
  for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 31]) {
    t.throws(() => redisBroker({ client, connectTimeout: wrong }), { ...error, message: /"connectTimeout"/ })
    t.throws(() => redisBroker({ client, probeInterval: wrong }), { ...error, message: /"probeInterval"/ })
    t.throws(() => redisBroker({ client, positionTtl: wrong }), { ...error, message: /"positionTtl"/ })
  }
  t.equal(redisBroker({ client, probeInterval: false }).name, 'redis')
})

void t.test('something that is no client is refused', async (t) => {
  for (const wrong of [undefined, 'redis://', {}, { duplicate () {} }]) {
    t.throws(() => redisBroker({ client: wrong as unknown as RedisClient }), { ...error, message: /"client"/ })
  }
})

void t.test('keys of one script share their hash tag, and a pattern takes its prefix literally', async (t) => {
  const keys = new Keys('a*')
  t.same([...keys.history('c', 't'), keys.id('c', 't', 'i')], ['a*:{c|t}:m', 'a*:{c|t}:s', 'a*:{c|t}:i:i'])
  t.equal(keys.pattern('c', 'price:*'), 'a\\*|c|price:*')
})

void t.test('attempts to reconnect come soon, then twice a second, and not together', async (t) => {
  for (let attempt = 1; attempt < 50; attempt++) {
    const delay = retryDelay(attempt)
    t.ok(delay >= Math.min(50 * attempt, 500) / 2 && delay <= 500)
  }
})
