import { broadcast } from '@fastify-realtime/broadcast'
import type { Connection } from '@fastify-realtime/connection-pool'
import { messageRouter } from '@fastify-realtime/message-router'
import { presence } from '@fastify-realtime/presence'
import t from 'tap'
import type { Test } from 'tap'
import { rules } from '../src/index.ts'
import { Revocations } from '../src/revocations.ts'
import { TopicLeases } from '../src/topic-leases.ts'
import type { TopicLease } from '../src/topic-leases.ts'
import type { TopicTokens } from '../src/topic-token.ts'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import { goodClaims, seconds, secret, token } from './support/tokens.ts'

function setup () {
  const clock = manualClock()
  const revocations = new Revocations(clock)
  const ended: string[] = []
  const leases = new TopicLeases(clock, revocations, ({ topic }: TopicLease) => ended.push(topic))
  const connection = { state: 'open' } as unknown as Connection
  const grant = { principal: 'ada', topics: ['*'], rights: ['subscribe'], tokenId: 'one', issuedAt: clock.time(), expiresAt: clock.time() + 1_000 }
  return { clock, revocations, ended, leases, connection, grant }
}

void t.test('a lease ends with its token, and a fresh token extends it', async (t) => {
  const { clock, connection, ended, grant, leases } = setup()
  t.ok(leases.hold(connection, 'a', grant))
  t.ok(leases.hold(connection, 'b', grant))
  t.ok(leases.hold(connection, 'b', { ...grant, expiresAt: clock.time() + 5_000 }))
  clock.advance(1_000)
  t.same(ended, ['a'])
  t.notOk(leases.has(connection, 'a'))
  t.ok(leases.has(connection, 'b'))
  clock.advance(4_000)
  t.same(ended, ['a', 'b'])
  t.equal(clock.timers, 0)
})

void t.test('of a token a lease keeps no more than it needs', async (t) => {
  const { clock, connection, grant, revocations } = setup()
  const ended: TopicLease[] = []
  const leases = new TopicLeases(clock, revocations, (lease) => ended.push(lease))
  leases.hold(connection, 'a', grant)
  clock.advance(1_000)
  t.same(Object.keys(ended[0]?.terms ?? {}), ['principal', 'tokenId', 'issuedAt', 'expiresAt'])
})

void t.test('a revocation ends the leases that it concerns', async (t) => {
  const { clock, connection, ended, grant, leases, revocations } = setup()
  leases.hold(connection, 'a', grant)
  leases.hold(connection, 'b', { ...grant, tokenId: 'two' })
  revocations.add({ tokenId: 'two', until: clock.time() + 9_000 })
  leases.enforce()
  clock.advance(0)
  t.same(ended, ['b'])
})

void t.test('nothing is kept for a connection that left, unsubscribed, or asks for too much', async (t) => {
  const { clock, connection, grant, leases } = setup()
  t.notOk(leases.hold({ state: 'closing' } as Connection, 'a', grant))
  t.notOk(leases.hold({ state: 'closed' } as Connection, 'a', grant))
  for (let topic = 0; topic < 1_000; topic++) leases.hold(connection, `t${topic}`, grant)
  t.notOk(leases.hold(connection, 'one more', grant))
  t.ok(leases.hold(connection, 't1', grant))
  leases.drop(connection, 't1')
  t.equal(leases.size, 999)
  leases.forget(connection)
  leases.forget(connection)
  t.equal(leases.size, 0)
  t.equal(clock.timers, 0)
  leases.hold(connection, 'a', grant)
  leases.clear()
  t.equal(clock.timers, 0)
})

async function broadcasting (t: Test) {
  const clock = manualClock(Date.now())
  let tokens: TopicTokens | undefined
  const state = { open: false, fail: false }
  const policies = rules({
    'doc:*': { subscribe: { when: () => { if (state.fail) throw new Error('away'); return state.open } } }
  }, { topicTokens: { readTopicToken: async (given) => tokens?.readTopicToken(given), holdTopic: (...held) => tokens?.holdTopic?.(...held) ?? false } })
  const running = await server(t, { jwt: { secret }, clock }, {
    before: async (app) => { await app.register(messageRouter); await app.register(broadcast, { ...policies, topics: { 'doc:*': {} } }); await app.register(presence) }
  })
  tokens = running.app.realtimeAuth
  const opened = await open(running.url(), { headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), exp: seconds(86_400) } })}` } })
  const subscribe = async (topic: string, claims: object = {}): Promise<unknown> => {
    const made = token({ header: { typ: 'topic+jwt' }, claims: { ...goodClaims(), topics: ['doc:*'], ...claims } })
    opened.ws.send(JSON.stringify({ type: 'subscribe', id: topic, data: { topic, token: made } }))
    return opened.next('reply')
  }
  return { ...running, clock, opened, subscribe, state }
}

void t.test('a subscription by topic token ends with it, and the client is told', async (t) => {
  const { clock, opened, subscribe, app } = await broadcasting(t)
  await subscribe('doc:1')
  await subscribe('doc:2', { exp: seconds(7_200) })
  clock.advance(660_000)
  t.match(await opened.next('unsubscribed'), { topic: 'doc:1', code: 'revoked' })
  t.equal(app.broadcast.subscribers('doc:2').length, 1)
})

void t.test('a subscription by topic token ends when the token is revoked', async (t) => {
  const { opened, subscribe, app, clock } = await broadcasting(t)
  await subscribe('doc:1', { jti: 'one' })
  await subscribe('doc:2', { jti: 'two' })
  await app.realtimeAuth.revoke({ tokenId: 'one' })
  clock.advance(0)
  t.match(await opened.next('unsubscribed'), { topic: 'doc:1', code: 'revoked' })
  t.equal(app.broadcast.subscribers('doc:2').length, 1)
})

void t.test('a subscription that is allowed without a token by now stays', async (t) => {
  const { clock, subscribe, app, state } = await broadcasting(t)
  await subscribe('doc:1')
  state.open = true
  clock.advance(660_000)
  await new Promise(setImmediate)
  t.equal(app.broadcast.subscribers('doc:1').length, 1)
})

void t.test('when nobody can tell, it ends; a client that unsubscribed holds nothing', async (t) => {
  const { clock, opened, subscribe, state } = await broadcasting(t)
  await subscribe('doc:1')
  await subscribe('doc:2')
  opened.ws.send(JSON.stringify({ type: 'unsubscribe', id: 'u', data: { topic: 'doc:2' } }))
  await opened.next('reply')
  state.fail = true
  clock.advance(660_000)
  t.match(await opened.next('unsubscribed'), { topic: 'doc:1' })
  t.equal(opened.messages.filter(({ type }) => type === 'unsubscribed').length, 0)
})

void t.test('presence by topic token is for its right alone, over the socket and over HTTP, and ends with it', async (t) => {
  const { app, clock, opened } = await broadcasting(t)
  const made = (claims: object = {}): string =>
    token({ header: { typ: 'topic+jwt' }, claims: { ...goodClaims(), topics: ['doc:1'], rights: ['presence'], ...claims } })
  const ask = async (id: string, topic: string, given?: string): Promise<unknown> => {
    opened.ws.send(JSON.stringify({ type: 'presence', id, data: { topic, token: given } }))
    return given === made() && topic === 'doc:1' ? opened.next('reply') : opened.next('failure')
  }
  t.match(await ask('1', 'doc:1'), { code: 'forbidden' })
  t.match(await ask('2', 'doc:2', made()), { code: 'forbidden' })
  t.match(await ask('3', 'doc:1', made({ rights: ['subscribe'] })), { code: 'forbidden' })
  t.match(await ask('4', 'doc:1', made({ sub: 'eve' })), { code: 'forbidden' })
  t.match(await ask('5', 'doc:1', made()), { id: '5', data: { topic: 'doc:1' } })
  t.equal(app.presence.gauges.watchers, 1)
  const can = (given?: string): Promise<boolean> => app.broadcast.can({ id: 'ada' }, 'presence', 'doc:1', undefined, given)
  t.same([await can(), await can(made()), await can(made({ sub: 'eve' }))], [false, true, false])
  clock.advance(660_000)
  t.equal(app.presence.gauges.watchers, 0)
  t.match(await opened.next('presence'), { topic: 'doc:1', ended: 'revoked' }, 'the client is told')
})

void t.test('without broadcast and presence a lease just ends', async (t) => {
  const clock = manualClock(Date.now())
  const { app, url } = await server(t, { jwt: { secret }, clock })
  await open(url(), { headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), exp: seconds(86_400) } })}` } })
  const [connection] = app.connectionPool
  const { canSubscribe, canSeePresence } = rules({}, { topicTokens: app.realtimeAuth })
  const made = token({ header: { typ: 'topic+jwt' }, claims: { ...goodClaims(), topics: ['doc:*'], rights: ['subscribe', 'presence'] } })
  for (const policy of [canSubscribe, canSeePresence]) {
    t.equal(await policy({ principal: { id: 'ada' }, topic: 'doc:1', connection: connection as Connection, token: made }), true)
  }
  clock.advance(660_000)
  t.equal(connection?.state, 'open')
})
