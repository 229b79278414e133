import { once } from 'node:events'
import { connect } from 'node:net'
import { connectionPool } from '@fastify-realtime/connection-pool'
import { bearerProtocol } from '@fastify-realtime/protocol'
import Fastify from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { open, server } from './support/server.ts'
import { goodClaims, seconds, secret, token } from './support/tokens.ts'

const json = 'realtime.v1.json'

void t.test('a header opens a connection for the principal', async (t) => {
  const { url } = await server(t)
  const opened = await open(url(), { headers: { authorization: `Bearer ${token()}` } })
  t.equal(opened.first?.principal, 'ada')
})

void t.test('a bearer subprotocol opens a connection and never comes back', async (t) => {
  const { url } = await server(t)
  const opened = await open(url(), { protocols: [bearerProtocol(token()), json] })
  t.equal(opened.first?.principal, 'ada')
  t.equal(opened.headers['sec-websocket-protocol'], json)
})

void t.test('no credential is answered 401', async (t) => {
  const { url } = await server(t)
  const opened = await open(url(), { protocols: [json] })
  t.equal(opened.status, 401)
  t.equal(opened.headers['www-authenticate'], 'Bearer')
  t.match(JSON.parse(opened.body), { code: 'FRT_ERR_UNAUTHENTICATED', statusCode: 401 })
})

void t.test('a browser is told by a close code', async (t) => {
  const { url, app } = await server(t)
  const bad = await open(url(), { protocols: [json, bearerProtocol(token({ key: 'x'.repeat(32) }))] })
  t.same(bad.close, { code: 4501, reason: 'unauthenticated' })
  t.same(bad.messages, [])
  const old = await open(url(), { protocols: [json, bearerProtocol(token({ claims: { sub: 'ada', iat: seconds(-9), exp: seconds(-3) } }))] })
  t.same(old.close, { code: 4004, reason: 'credential expired' })
  t.equal(app.connectionPool.size, 0)
})

void t.test('the handler of a route never runs for a refused upgrade', async (t) => {
  let ran = 0
  const { url, app } = await server(t, undefined, {
    after: (app) => {
      const preValidation = app.realtimeAuth.authenticate
      app.get('/own', { websocket: true, preValidation, preHandler: async () => { ran++ } }, () => { ran++ })
      app.get('/plain', { preValidation }, async () => { ran++ })
    }
  })
  const protocols = [json, bearerProtocol('bad')]
  t.equal((await open(url('/own'), { protocols })).close?.code, 4501)
  t.notOk((await open(url('/plain'), { protocols })).first, 'whatever a plain route answers to an upgrade')
  t.equal(ran, 0)
  t.equal(app.connectionPool.size, 0)
})

void t.test('a client that is turned away and sends garbage harms nobody', async (t) => {
  const { app, url } = await server(t)
  const { port } = app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: ${json}, ${bearerProtocol('bad')}\r\n\r\n`)
  socket.once('data', () => socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])))
  await new Promise((resolve) => { socket.on('close', resolve) })
  t.equal((await open(url(), { headers: { authorization: `Bearer ${token()}` } })).first?.principal, 'ada')
})

void t.test('injectWS, which has no socket, gets the status', async (t) => {
  const { app } = await server(t)
  const headers = { 'sec-websocket-protocol': `${json}, ${bearerProtocol('bad')}` }
  await t.rejects(app.injectWS('/ws', { headers } as object), { message: 'Unexpected server response: 401' })
})

void t.test('a client that does not offer our subprotocol gets the status', async (t) => {
  const { url } = await server(t)
  t.equal((await open(url(), { headers: { authorization: 'Bearer x.y.z' } })).status, 401)
})

void t.test('tellBrowsers: false always answers with the status', async (t) => {
  const { url } = await server(t, { jwt: { secret }, tellBrowsers: false })
  const opened = await open(url(), { protocols: [json], headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), exp: seconds(-3) } })}` } })
  t.equal(opened.status, 401)
  t.match(JSON.parse(opened.body), { code: 'FRT_ERR_CREDENTIAL_EXPIRED' })
})

void t.test('anonymous connections only where the route says so, and never with a bad credential', async (t) => {
  const { url } = await server(t)
  const anonymous = await open(url('/open'))
  t.equal(anonymous.first?.principal, null)
  t.equal((await open(url('/open'), { headers: { authorization: 'Bearer bad' } })).status, 401)
  t.equal((await open(url('/open'), { headers: { authorization: `Bearer ${token()}` } })).first?.principal, 'ada')
})

void t.test('plain routes get the same principal', async (t) => {
  const { app } = await server(t)
  const headers = { authorization: `Bearer ${token({ claims: { ...goodClaims(), role: 'operator' } })}` }
  const response = await app.inject({ url: '/me', headers })
  t.same(response.json(), { id: 'ada', role: 'operator' })
  t.equal((await app.inject('/me')).statusCode, 401)
  const protocols = { 'sec-websocket-protocol': bearerProtocol(token()) }
  t.equal((await app.inject({ url: '/me', headers: protocols })).statusCode, 401, 'a subprotocol is for upgrades')
})

void t.test('the hook may run twice', async (t) => {
  const { app } = await server(t, undefined, {
    after: (app) => { app.get('/twice', { onRequest: app.realtimeAuth.authenticate, preHandler: app.realtimeAuth.authenticate }, async (request) => request.principal) }
  })
  const response = await app.inject({ url: '/twice', headers: { authorization: `Bearer ${token()}` } })
  t.same(response.json(), { id: 'ada' })
})

void t.test('what was refused is told to listeners', async (t) => {
  const { app } = await server(t)
  const told: unknown[] = []
  const undo = app.realtimeAuth.on('refuse', (kind, source) => told.push([kind, source]))
  await app.inject({ url: '/me', headers: { authorization: 'Bearer bad' } })
  await app.inject('/me')
  undo()
  await app.inject('/me')
  t.same(told, [['invalid', 'header'], ['missing', undefined]])
})

void t.test('a listener that throws disturbs nobody', async (t) => {
  const { app, log } = await server(t)
  app.realtimeAuth.on('refuse', () => { throw new Error('broken listener') })
  t.equal((await app.inject('/me')).statusCode, 401)
  t.ok(log.some((line) => line.includes('broken listener')))
})

void t.test('auth needs the pool', async (t) => {
  const { default: Fastify } = await import('fastify')
  const { auth } = await import('../src/index.ts')
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => { await app.register(auth, { jwt: { secret } }) }, { code: 'FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE' })
})

void t.test('a plain request that only says Upgrade is answered as what it is', async (t) => {
  const { app, url } = await server(t, { jwt: { secret }, allowQueryToken: true })
  const { port } = app.server.address() as { port: number }
  const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n${more}\r\n`
  const offer = `Sec-WebSocket-Protocol: ${json}, ${bearerProtocol('bad')}\r\n`
  // Twice on one connection, because a socket that was taken for a WebSocket could not be taken again.
  const answers = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request('/me', `Authorization: Bearer bad\r\n${offer}`) + request('/me', offer) +
      request(`/me?token=${token()}`, 'Connection: close\r\n')))
    socket.on('data', (chunk) => { text += String(chunk) }).on('close', () => resolve(text)).on('error', reject)
  })
  t.equal(answers.match(/HTTP\/1\.1 401 /g)?.length, 3, 'and credentials for upgrades do not count there')
  t.notMatch(answers, /HTTP\/1\.1 101/)
  t.equal((await open(url(), { headers: { authorization: `Bearer ${token()}` } })).first?.principal, 'ada')
})

void t.test('who is turned away counts as any other, and is gone in time however mute', async (t) => {
  const app = Fastify({ trustProxy: true })
  t.teardown(() => app.close())
  await app.register(connectionPool, { closeTimeout: 300, maxPerAddress: 1 })
  await app.register(auth, { jwt: { secret } })
  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const attempt = { protocols: [json, bearerProtocol('bad')], headers: { 'x-forwarded-for': '203.0.113.9' } }
  const mute = connect(port, '127.0.0.1', () => mute.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nX-Forwarded-For: 203.0.113.9\r\n` +
    `Sec-WebSocket-Protocol: ${attempt.protocols.join(', ')}\r\n\r\n`))
  const gone = once(mute, 'close')
  t.match(String((await once(mute, 'data'))[0]), /101 Switching Protocols.*unauthenticated/s)
  t.equal((await open(`ws://127.0.0.1:${port}/ws`, attempt)).status, 429)
  // What it goes on to say is heard by nobody.
  mute.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0]))
  await gone
  t.equal((await open(`ws://127.0.0.1:${port}/ws`, attempt)).close?.code, 4501)
  t.equal(app.connectionPool.size, 0)
})

void t.test('of the algorithms that fit the key only those count that the app names', async (t) => {
  const { app } = await server(t, { jwt: { secret, algorithms: ['HS512'] } })
  const status = async (alg: string) => (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ alg })}` } })).statusCode
  t.equal(await status('HS512'), 200)
  t.equal(await status('HS256'), 401)
})

void t.test('no token counts longer than maxAge, whatever it says', async (t) => {
  const { app, url } = await server(t, { jwt: { secret }, maxAge: 60_000 })
  const bearer = (iat: number) => ({ headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), iat } })}` } })
  const iat = seconds(-30)
  await open(url(), bearer(iat))
  const [connection] = app.connectionPool
  t.equal(app.realtimeAuth.expiresAt(connection?.principal as { id: string }), iat * 1_000 + 60_000)
  const old = await app.inject({ url: '/me', ...bearer(seconds(-61)) })
  t.match([old.statusCode, old.json()], [401, { code: 'FRT_ERR_CREDENTIAL_EXPIRED' }])
})
