import { setTimeout as pause } from 'node:timers/promises'
import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import type { Broker } from '@fastify-realtime/broker'
import t from 'tap'
import { RevocationFeed } from '../src/revocation-feed.ts'
import { Revocations } from '../src/revocations.ts'
import type { Revocation } from '../src/revocations.ts'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import { goodClaims, seconds, secret, token } from './support/tokens.ts'

const claims = (change: object = {}): object => ({ claims: { ...goodClaims(), ...change } })
const bearer = (made: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${made}` } })

void t.test('a revoked principal is closed and refused', async (t) => {
  const { url, app } = await server(t, { jwt: { secret, clockTolerance: 5_000 } })
  const told: string[] = []
  app.realtimeAuth.on('revoke', ({ id }) => told.push(id))
  const ada = token(claims({ iat: seconds(-5) }))
  const opened = await open(url(), bearer(ada))
  const bob = await open(url(), bearer(token(claims({ sub: 'bob' }))))
  await app.realtimeAuth.revoke({ principal: 'ada' })
  t.same(await opened.closed, { code: 4501, reason: 'unauthenticated' })
  t.equal((await open(url(), bearer(ada))).status, 401)
  t.equal((await app.inject({ url: '/me', ...bearer(ada) })).statusCode, 401)
  t.equal(bob.ws.readyState, bob.ws.OPEN)
  t.same(told, ['ada'])
  const fresh = token(claims({ iat: seconds(2) }))
  t.equal((await open(url(), bearer(fresh))).status, 401, 'an issuer whose clock is ahead does not outrun it')
})

void t.test('a connection whose token was made by a clock that is ahead is ended, too', async (t) => {
  const { url, app } = await server(t)
  const opened = await open(url(), bearer(token(claims({ iat: seconds(30) }))))
  t.equal(opened.first?.principal, 'ada')
  await app.realtimeAuth.revoke({ principal: 'ada' })
  t.equal((await opened.closed).code, 4501)
})

void t.test('a token that was revoked by what it is does not come back with its signature spelt otherwise', async (t) => {
  const { url, app } = await server(t)
  const plain = token()
  const opened = await open(url(), bearer(plain))
  const [connection] = app.connectionPool
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // The last letter of 32 bytes has two bits that say nothing.
  const respelt = plain.slice(0, -1) + letters[letters.indexOf(plain.slice(-1)) ^ 1]
  t.same(Buffer.from(respelt, 'base64url'), Buffer.from(plain, 'base64url'))
  await app.realtimeAuth.logout(connection?.principal as { id: string })
  t.equal((await opened.closed).code, 4501)
  for (const made of [plain, respelt]) t.equal((await open(url(), bearer(made))).status, 401)
})

void t.test('what was issued later lives on', async (t) => {
  const { url, app } = await server(t)
  const opened = await open(url(), bearer(token()))
  await app.realtimeAuth.revoke({ principal: 'ada', issuedBefore: new Date(Date.now() - 10_000) })
  t.equal((await open(url(), bearer(token()))).first?.principal, 'ada')
  t.equal(opened.ws.readyState, opened.ws.OPEN)
})

void t.test('a token is revoked by jti, or by what it is when it has none', async (t) => {
  const { url, app } = await server(t)
  const one = await open(url(), bearer(token(claims({ jti: 'one' }))))
  const two = await open(url(), bearer(token(claims({ jti: 'two' }))))
  await app.realtimeAuth.revoke({ tokenId: 'one' })
  t.equal((await one.closed).code, 4501)
  t.equal(two.ws.readyState, two.ws.OPEN)
  const plain = token()
  const three = await open(url(), bearer(plain))
  const [, connection] = app.connectionPool
  await app.realtimeAuth.logout(connection?.principal as { id: string })
  t.equal((await three.closed).code, 4501)
  t.equal((await open(url(), bearer(plain))).status, 401)
  t.equal((await open(url(), bearer(token(claims({ pad: 1 }))))).first?.principal, 'ada')
})

void t.test('logout of a credential that has ended has nothing to do', async (t) => {
  const clock = manualClock(Date.now())
  const { app } = await server(t, { jwt: { secret }, clock }, {
    after: (app) => {
      app.post('/logout', { preHandler: app.realtimeAuth.authenticate }, async (request) => {
        clock.jump(3_600_000)
        await app.realtimeAuth.logout(request.principal)
      })
    }
  })
  t.equal((await app.inject({ method: 'POST', url: '/logout', ...bearer(token()) })).statusCode, 200)
  t.equal(clock.timers, 0)
})

void t.test('a call that makes no sense is refused', async (t) => {
  const { app } = await server(t)
  const { realtimeAuth } = app
  t.equal(realtimeAuth.expiresAt({ id: 'elsewhere' }), undefined)
  for (const filter of [{}, { principal: 'ada', tokenId: 'x' }, { principal: 'ada', issuedBefore: new Date(NaN) }, { principal: 'ada', until: NaN }]) {
    await t.rejects(realtimeAuth.revoke(filter), { code: 'FRT_ERR_AUTH_USE' })
  }
  await t.rejects(realtimeAuth.logout({ id: 'ada' }), { code: 'FRT_ERR_AUTH_USE' })
})

void t.test('a revocation while other hooks take their time is not missed', async (t) => {
  const { url } = await server(t, undefined, {
    after: (app) => {
      const preHandler = async (): Promise<void> => { await app.realtimeAuth.revoke({ principal: 'ada', issuedBefore: Date.now() + 5_000 }) }
      app.get('/slow', { websocket: true, preValidation: app.realtimeAuth.authenticate, preHandler }, app.connectionPool.accept)
    }
  })
  const opened = await open(url('/slow'), bearer(token()))
  t.equal(opened.close?.code, 4501)
})

void t.test('every node obeys within a second, also one that starts later', async (t) => {
  const hub = memoryHub()
  const node = (use: Broker) => server(t, undefined, { before: (app) => app.register(broker, { use }) })
  const first = await node(memoryBroker({ hub }))
  const second = await node(memoryBroker({ hub }))
  const ada = token(claims({ iat: seconds(-5) }))
  const opened = await open(second.url(), bearer(ada))
  const begun = performance.now()
  await first.app.realtimeAuth.revoke({ principal: 'ada' })
  t.equal((await opened.closed).code, 4501)
  t.ok(performance.now() - begun < 1_000)
  const slow = memoryBroker({ hub })
  const list = slow.records.list.bind(slow.records)
  slow.records.list = async (prefix) => {
    await pause(100)
    return list(prefix)
  }
  const third = await node(slow)
  t.equal((await open(third.url(), bearer(ada))).status, 401, 'it is not ready before it has read the list')
})

function feedParts (records: Array<{ key: string, value: string }>) {
  const clock = manualClock()
  const list = new Revocations(clock)
  const listeners: Array<() => void> = []
  const enforced: Revocation[] = []
  const warned: unknown[] = []
  const state = { failing: false, undone: 0, published: 0, calls: [] as string[], listed: () => {} }
  const broker = {
    start: async () => {},
    open: () => ({ subscribe: async () => { state.calls.push('subscribe') }, unsubscribe: async () => {}, publish: async () => { state.published++; return { duplicate: false } } }),
    on: (_: string, listener: () => void) => { listeners.push(listener); return () => { state.undone++ } },
    require: () => ({
      put: async (_key: string, _value: string, ttl: number) => {
        if (state.failing) throw new Error('away')
        state.calls.push(`put for ${ttl}`)
      },
      list: async () => {
        state.calls.push('list')
        if (state.failing) throw new Error('away')
        const found = [...records]
        state.listed()
        return found
      }
    })
  }
  const feed = new RevocationFeed({
    broker: broker as never, list, clock, log: { warn: (object) => warned.push(object) }, enforce: (entry) => enforced.push(entry)
  })
  return { clock, list, listeners, enforced, warned, state, feed, records }
}

const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

void t.test('what was revoked while a node was cut off is read when the broker is back, until it can be read', async (t) => {
  const { clock, enforced, feed, listeners, records, state, warned } = feedParts([])
  await feed.start()
  records.push({ key: 'k', value: JSON.stringify({ tokenId: 'x', until: clock.time() + 9_000 }) })
  state.failing = true
  listeners[0]?.()
  await settle()
  t.equal(warned.length, 1)
  listeners[0]?.()
  await settle()
  t.equal(warned.length, 2)
  state.failing = false
  clock.advance(1_000)
  await settle()
  t.match(enforced, [{ tokenId: 'x' }])
  t.equal(clock.timers, 1, 'only the entry\'s own end is left')
})

void t.test('a node listens before it reads, and what it writes lives as long as the revocation', async (t) => {
  const { clock, feed, state } = feedParts([])
  await feed.start()
  t.same(state.calls, ['subscribe', 'list'])
  await feed.revoke({ tokenId: 'x', until: clock.time() + 7_000 })
  t.equal(state.calls.at(-1), 'put for 7000')
})

void t.test('a stopped feed leaves nothing behind', async (t) => {
  const { clock, feed, listeners, state, warned } = feedParts([])
  await feed.start()
  state.failing = true
  listeners[0]?.()
  await settle()
  listeners[0]?.()
  feed.stop()
  await settle()
  t.equal(warned.length, 1)
  t.equal(clock.timers, 0)
  t.equal(state.undone, 1)
  feedParts([]).feed.stop()
})

void t.test('this node obeys even when the broker is away, and the caller hears of it', async (t) => {
  const { clock, enforced, feed, state } = feedParts([])
  await feed.start()
  state.failing = true
  await t.rejects(feed.revoke({ tokenId: 'x', until: clock.time() + 1_000 }), { message: 'away' })
  t.equal(enforced.length, 1)
  t.equal(state.published, 1, 'the other nodes are told, too, when only the records are away')
})

void t.test('a broker that goes and comes back while the records are read loses nothing', async (t) => {
  const { clock, enforced, feed, listeners, records, state } = feedParts([])
  state.listed = () => {
    state.listed = () => {}
    records.push({ key: 'k', value: JSON.stringify({ tokenId: 'x', until: clock.time() + 9_000 }) })
    listeners[0]?.()
  }
  await feed.start()
  await settle()
  t.match(enforced, [{ tokenId: 'x' }])
})
