import t from 'tap'
import fc from 'fast-check'
import type { Connection } from '@fastify-realtime/connection-pool'
import { fakeClock } from '@fastify-realtime/testing'
import { RateLimiter } from '../src/rate-limiter.ts'
import { start } from './harness.ts'

const connection = (state: Connection['state'] = 'open'): Connection => ({ state }) as Connection

void t.test('max at once, then one for each part of the window', async (t) => {
  const clock = fakeClock()
  const limiter = new RateLimiter({ max: 4, timeWindow: 1_000 }, clock)
  const ada = connection()
  t.same([1, 2, 3, 4, 5].map(() => limiter.take(ada)), [0, 0, 0, 0, 250])
  clock.advance(100)
  t.equal(limiter.take(ada), 150)
  clock.advance(150)
  t.same([limiter.take(ada), limiter.take(ada)], [0, 250])
  t.equal(limiter.take(connection()), 0, 'another connection has its own')
  clock.advance(60_000)
  t.same([1, 2, 3, 4, 5].map(() => limiter.take(ada)), [0, 0, 0, 0, 250], 'never more than max')
})

void t.test('a bucket dies with its connection, and a message after that does not bring it back', async (t) => {
  const limiter = new RateLimiter({ max: 1, timeWindow: 1_000 }, fakeClock())
  const ada = connection()
  limiter.take(ada)
  t.equal(limiter.size, 1)
  limiter.forget(ada)
  t.equal(limiter.size, 0)
  t.equal(limiter.take(connection('closed')), 0)
  t.equal(limiter.size, 0)
})

void t.test('in any stretch of time no more pass than max and what was refilled', async () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (max, pauses) => {
    const clock = fakeClock()
    const limiter = new RateLimiter({ max, timeWindow: 1_000 }, clock)
    const ada = connection()
    const start = clock.now()
    let passed = 0
    for (const pause of pauses) {
      clock.advance(pause)
      if (limiter.take(ada) === 0) passed++
      if (passed > max + (clock.now() - start) * max / 1_000 + 1e-6) return false
    }
    return true
  }))
})

void t.test('a message over the limit fails as rate-limited and says when to come back', async (t) => {
  const clock = fakeClock()
  const { connect } = await start(t, (app) => {
    app.message('send', { rateLimit: { max: 2, timeWindow: 1_000 } }, () => 'sent')
    app.message('other', { rateLimit: { max: 2, timeWindow: 1_000 } }, () => 'sent')
  }, { router: { clock } })
  const peer = await connect()
  t.equal((await peer.ask('send')).data, 'sent')
  t.equal((await peer.ask('send')).data, 'sent')
  t.match(await peer.ask('send'), { code: 'rate-limited', retry: true, details: { retryAfter: 500 } })
  t.equal((await peer.ask('other')).data, 'sent', 'each type has its own')
  t.equal((await (await connect()).ask('send')).data, 'sent', 'each connection too')
  clock.advance(500)
  t.equal((await peer.ask('send')).data, 'sent')
})
