import { messageRouter } from '@fastify-realtime/message-router'
import t from 'tap'
import { until } from '@fastify-realtime/testing'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import type { Opened, ServerDetails } from './support/server.ts'
import { goodClaims, seconds, secret, token } from './support/tokens.ts'

const routed: ServerDetails = { before: (app) => app.register(messageRouter) }
const bearer = (claims: object = {}): object => ({ headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), ...claims } })}` } })

async function ask ({ ws, messages }: Opened, message: object): Promise<Record<string, unknown>> {
  const before = messages.length
  ws.send(JSON.stringify(message))
  await until(() => messages.length > before)
  return messages[before] as Record<string, unknown>
}

void t.test('a connection is warned, and ends with its credential', async (t) => {
  const clock = manualClock(Date.now())
  const { url, app } = await server(t, { jwt: { secret }, clock })
  const expired: string[] = []
  app.realtimeAuth.on('expire', ({ id }) => expired.push(id))
  const opened = await open(url(), bearer())
  t.equal(clock.timers, 1)
  clock.advance(545_000)
  t.match(await opened.next('expiring'), { at: Number })
  clock.advance(60_000)
  t.same(await opened.closed, { code: 4004, reason: 'credential expired' })
  t.same(expired, ['ada'])
})

void t.test('auth.refresh renews in place, with what the fresh token says', async (t) => {
  const clock = manualClock(Date.now())
  const { url, app } = await server(t, { jwt: { secret }, clock }, routed)
  const opened = await open(url(), bearer({ role: 'operator' }))
  const [connection] = app.connectionPool
  const principal = connection?.principal
  t.match(principal, { id: 'ada', role: 'operator' })
  const exp = seconds(3_600)
  const reply = await ask(opened, { type: 'auth.refresh', id: '1', data: { token: token({ claims: { ...goodClaims(), exp } }) } })
  t.same(reply, { type: 'reply', id: '1', data: { expiresAt: exp * 1_000 } })
  t.same(principal, { id: 'ada' }, 'a role that was lost is gone, for everybody who holds the principal')
  t.equal(app.realtimeAuth.expiresAt(principal as { id: string }), exp * 1_000)
  clock.advance(700_000)
  t.equal(opened.ws.readyState, opened.ws.OPEN)
  clock.advance(3_000_000)
  t.equal((await opened.closed).code, 4004)
})

void t.test('a client that heeds the warning lives on, and is warned again', async (t) => {
  const clock = manualClock(Date.now())
  const { url } = await server(t, { jwt: { secret }, clock }, routed)
  const opened = await open(url(), bearer())
  clock.advance(545_000)
  await opened.next('expiring')
  const exp = seconds(3_600)
  await ask(opened, { type: 'auth.refresh', id: '1', data: { token: token({ claims: { ...goodClaims(), exp } }) } })
  clock.advance(2_950_000)
  await ask(opened, { type: 'unknown', id: '2' })
  t.equal(opened.messages.filter(({ type }) => type === 'expiring').length, 0, 'not before its time')
  clock.advance(50_000)
  t.match(await opened.next('expiring'), { at: exp * 1_000 })
})

void t.test('auth.refresh with a token that was revoked is refused', async (t) => {
  const { url, app } = await server(t, { jwt: { secret } }, routed)
  const opened = await open(url(), bearer({ jti: 'one' }))
  await app.realtimeAuth.revoke({ tokenId: 'two' })
  const refresh = (jti: string) => ask(opened, { type: 'auth.refresh', id: jti, data: { token: token({ claims: { ...goodClaims(), jti } }) } })
  t.match(await refresh('two'), { type: 'failure', code: 'unauthenticated' })
  t.match(await refresh('three'), { type: 'reply' })
})

void t.test('auth.refresh may not change the principal, and says no more than needed', async (t) => {
  const { url, app } = await server(t, { jwt: { secret } }, routed)
  const opened = await open(url(), bearer())
  const refresh = (data: unknown) => ask(opened, { type: 'auth.refresh', id: '1', data })
  const refused: unknown[] = []
  app.realtimeAuth.on('refuse', (...told) => refused.push(told))
  const other = token({ claims: { ...goodClaims(), sub: 'eve' } })
  t.match(await refresh({ token: other }), { type: 'failure', code: 'forbidden' })
  t.match(await refresh({ token: 'CANARY' }), { type: 'failure', code: 'unauthenticated' })
  t.match(await refresh({ token: token({ claims: { ...goodClaims(), exp: seconds(-5) } }) }), { code: 'unauthenticated' })
  t.match(await refresh({ token: 7 }), { code: 'invalid-data' })
  t.match(await refresh(null), { code: 'invalid-data' })
  t.match(await refresh({ token: '' }), { code: 'unauthenticated' })
  t.notMatch(JSON.stringify(opened.messages), /CANARY/)
  t.equal(opened.ws.readyState, opened.ws.OPEN)
  t.same(app.connectionPool.size, 1)
  t.same(refused, [['invalid', 'message'], ['expired', 'message'], ['invalid', 'message']])
})

void t.test('an anonymous connection cannot become somebody', async (t) => {
  let verified = 0
  const { url } = await server(t, { verify: () => { verified++; return { principal: { id: 'ada' } } } }, routed)
  const opened = await open(url('/open'))
  const reply = await ask(opened, { type: 'auth.refresh', id: '1', data: { token: token() } })
  t.match(reply, { type: 'failure', code: 'forbidden' })
  t.equal(verified, 0, 'nor try whether a token is good')
})

void t.test('auth.refresh says unavailable when the credential cannot be checked', async (t) => {
  let fail = false
  let hang = false
  const { url, log } = await server(t, {
    verify: async (given, request) => {
      if (hang) await new Promise(() => {})
      if (fail) throw new Error('database is away')
      return { principal: { id: request === null ? 'ada' : given } }
    },
    timeout: 100
  }, routed)
  const opened = await open(url(), { headers: { authorization: 'Bearer ada' } })
  t.match(await ask(opened, { type: 'auth.refresh', id: '1', data: { token: 'anything' } }), { type: 'reply' })
  fail = true
  t.match(await ask(opened, { type: 'auth.refresh', id: '2', data: { token: 'x' } }), { code: 'unavailable', retry: true })
  t.ok(log.some((line) => line.includes('database is away')))
  hang = true
  t.match(await ask(opened, { type: 'auth.refresh', id: '3', data: { token: 'x' } }), { code: 'unavailable', retry: true })
})

void t.test('a role that was lost takes effect on the next check', async (t) => {
  const { requires } = await import('../src/index.ts')
  const { url } = await server(t, { jwt: { secret } }, {
    ...routed,
    after: (app) => { app.message('admin.ping', { preHandler: requires({ role: 'operator' }) }, async () => 'pong') }
  })
  const opened = await open(url(), bearer({ role: 'operator' }))
  t.match(await ask(opened, { type: 'admin.ping', id: '1' }), { type: 'reply', data: 'pong' })
  await ask(opened, { type: 'auth.refresh', id: '2', data: { token: token() } })
  t.match(await ask(opened, { type: 'admin.ping', id: '3' }), { type: 'failure', code: 'forbidden' })
})

void t.test('hooks of @fastify/auth work on message routes', async (t) => {
  const { default: fastifyAuth } = await import('@fastify/auth')
  const { requires } = await import('../src/index.ts')
  const { url } = await server(t, { jwt: { secret } }, {
    before: async (app) => { await app.register(fastifyAuth); await app.register(messageRouter) },
    after: (app) => {
      const either = app.auth([requires({ role: 'operator' }), requires({ scope: 'ping' })] as never)
      app.message('ping', { preHandler: either as never }, async () => 'pong')
    }
  })
  const able = await open(url(), bearer({ scope: 'ping' }))
  t.match(await ask(able, { type: 'ping', id: '1' }), { type: 'reply', data: 'pong' })
  const unable = await open(url(), bearer())
  t.match(await ask(unable, { type: 'ping', id: '1' }), { type: 'failure', code: 'forbidden' })
})
