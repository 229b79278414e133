import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { bearerProtocol } from '@fastify-realtime/protocol'
import cookie from '@fastify/cookie'
import { messageRouter } from '@fastify-realtime/message-router'
import { metrics } from '@fastify-realtime/metrics'
import t from 'tap'
import { open, server } from './support/server.ts'
import type { Server } from './support/server.ts'
import { encode, goodClaims, seconds, secret, token } from './support/tokens.ts'

const json = 'realtime.v1.json'
const canary = 'CANARY'
const markers = [canary, encode(canary).replace(/=+$/, ''), Buffer.from(canary).toString('hex')]

/** Tokens of all kinds, each with a canary in it that survives whatever is done to the token. */
const carriers = (): string[] => [
  token({ claims: { ...goodClaims(), jti: canary, pad: canary } }),
  token({ claims: { ...goodClaims(), exp: seconds(-9), iss: canary } }),
  token({ key: 'k'.repeat(32), claims: { ...goodClaims(), pad: canary } }),
  token({ header: { crit: [canary], [canary]: 1 } }),
  `${canary}.${canary}.${canary}`,
  canary,
  `${canary}%zz`
]

/** Sends bytes as they are and answers what came back. */
function raw ({ app }: Server, text: string): Promise<string> {
  const { port } = app.server.address() as { port: number }
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => { answer += String(chunk); setImmediate(() => socket.destroy()) })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const upgrade = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`

void t.test('a token appears in no log, metric, close reason, failure, header or error page', async (t) => {
  const running = await server(t, { jwt: { secret }, allowQueryToken: true, cookie: { name: 'token' }, failures: { max: 100_000, timeWindow: 1_000 } }, {
    before: async (app) => { await app.register(cookie); await app.register(messageRouter); await app.register(metrics) }
  })
  const { app, log, url } = running
  const answers: unknown[] = []
  const refusals: unknown[] = []
  app.realtimeAuth.on('refuse', (...told) => refusals.push(told))
  for (const made of carriers()) {
    const query = encodeURIComponent(made)
    for (const opening of [
      { headers: { authorization: `Bearer ${made}` } },
      { protocols: [json], headers: { authorization: `Bearer ${made}` } },
      { protocols: [json, bearerProtocol(made)] },
      { headers: { cookie: `token=${query}`, origin: 'http://127.0.0.1' } }
    ]) {
      const { body, headers, close, ws } = await open(url(), opening)
      answers.push(body, headers, close)
      ws.terminate()
    }
    for (const path of [`/ws?token=${query}`, `/ws?a=1&%74oken=${query}`, `/nowhere?token=${query}`, `/me?token=${query}`]) {
      const { body, headers, close, ws } = await open(url(path))
      answers.push(body, headers, close)
      ws.terminate()
    }
    answers.push((await app.inject(`/me?token=${query}`)).body)
    for (const path of [`/ws?token=${query}`, `/nowhere?a&token=${query}`, `/me?token=${query}`, `/%zz?token=${query}`]) {
      answers.push(await (await fetch(url(path).replace('ws', 'http'))).text())
    }
    answers.push(await raw(running, upgrade(`/ws?ticket=${query}`)))
    answers.push(await raw(running, upgrade(`/ws?%zz=1&token=${query}%zz`)))
    const anonymous = await open(url('/open'))
    anonymous.ws.send(JSON.stringify({ type: 'auth.refresh', id: '1', data: { token: made } }))
    answers.push(await anonymous.next('failure'))
    anonymous.ws.terminate()
  }
  const measured = await (await fetch(url('/metrics').replace('ws', 'http'))).text()
  t.match(measured, /^realtime_credentials_refused_total\{reason="expired",source="subprotocol"\} \d+$/m)
  const seen = JSON.stringify({ log, answers, refusals, measured })
  for (const marker of markers) t.notOk(seen.includes(marker), marker)
  t.ok(seen.includes('token=redacted'))
  t.ok(refusals.length > 70)
})

void t.test('the error page of a URL that cannot be read shows no token', async (t) => {
  const running = await server(t)
  const sockets = new Set<Socket>()
  running.app.server.on('connection', (socket) => { sockets.add(socket) })
  t.match(await raw(running, upgrade('/%zz?token=CANARY')), /400 Bad Request.*token=redacted/s)
  for (const socket of sockets) socket.destroy()
})

void t.test('a token in the URL opens a connection only where that is allowed', async (t) => {
  const allowed = await server(t, { jwt: { secret }, allowQueryToken: true })
  t.equal((await open(allowed.url(`/ws?x=1&token=${token()}&y`))).first?.principal, 'ada')
  t.equal((await allowed.app.inject(`/me?token=${token()}`)).statusCode, 401, 'and never on a plain route')
  const other = await server(t)
  t.equal((await open(other.url(`/ws?token=${token()}`))).status, 401)
})

void t.test('a plain request keeps a token of the app\'s own, but not in its log', async (t) => {
  const { app, log, url } = await server(t, { jwt: { secret }, allowQueryToken: true }, {
    after: (app) => { app.get('/reset', async (request) => request.query) }
  })
  t.same((await app.inject('/reset?token=mine')).json(), { token: 'mine' })
  t.same(await (await fetch(url('/reset?a=1&token=mi%6Ee').replace('ws', 'http'))).json(), { a: '1', token: 'mine' })
  t.same(await (await fetch(url('/reset').replace('ws', 'http'))).json(), {})
  t.notOk(log.some((line) => line.includes('mine')))
})

void t.test('without query tokens a plain request is left as it is', async (t) => {
  const { app, log } = await server(t, undefined, {
    after: (app) => { app.get('/tickets', async (request) => request.url) }
  })
  t.equal((await app.inject('/tickets?ticket=7&token=mine')).body, '/tickets?ticket=7&token=mine')
  t.ok(log.some((line) => line.includes('ticket=7')))
})

void t.test('a URL that was rewritten is masked in both forms', async (t) => {
  const { app, log, url } = await server(t, { jwt: { secret }, allowQueryToken: true }, {
    fastify: { rewriteUrl: (request) => String(request.url).replace('/socket', '/ws').replace(/^\/short\?.*/, '/me') },
    after: (app) => { app.addHook('onRequest', async (request) => { request.log.info({ original: request.originalUrl }) }) }
  })
  t.equal((await open(url(`/socket?token=${token()}`))).first?.principal, 'ada')
  await fetch(url('/nowhere?token=CANARY').replace('ws', 'http'))
  await app.inject(`/me?token=${token()}`)
  await app.inject(`/short?token=${token()}`)
  t.notMatch(log.join(''), /CANARY|eyJ/)
})

void t.test('a child logger factory of the app still runs', async (t) => {
  const { app, log } = await server(t, undefined, {
    before: (app) => { app.setChildLoggerFactory((logger, bindings, options) => logger.child({ ...bindings, mine: 'yes' }, options)) }
  })
  await app.inject('/me')
  t.ok(log.some((line) => line.includes('"mine":"yes"')))
})
