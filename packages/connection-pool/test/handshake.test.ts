import { connect as connectSocket } from 'node:net'
import { connect, connectAndGreet, once, rawClient, until } from '@fastify-realtime/testing'
import { jsonCodec } from '@fastify-realtime/protocol'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { connectionPool } from '../src/index.ts'
import { echo, pause, serve } from './harness.ts'
import type { Served, Setting } from './harness.ts'

const upgrade = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** Sends text by hand; settles with all that came when the server ends the socket. */
async function ask (url: string, text: string): Promise<string> {
  const socket = connectSocket({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true })
  let answer = ''
  socket.on('data', (chunk) => { answer += chunk.toString() }).on('error', () => {})
  socket.write(text)
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
  socket.destroy()
  return answer
}

async function socketsOf ({ app }: Pick<Served, 'app'>): Promise<number> {
  return await new Promise((resolve) => { app.server.getConnections((_error, count) => resolve(count)) })
}

/** A refused upgrade: the status comes, the socket ends, and the app closes without waiting for anything. */
const refusals: Array<{ name: string, path?: string, status: number, setting?: Setting }> = [
  { name: 'a route that is not a WebSocket route', path: '/plain', status: 404 },
  { name: 'a path that does not exist', path: '/nowhere', status: 404 },
  { name: 'a malformed URL', path: '/%zz', status: 400 },
  { name: 'a hook that replies', status: 401, setting: { routes: (app) => { app.addHook('onRequest', async (_request, reply) => await reply.code(401).send()); echo(app) } } },
  { name: 'a hook that throws', status: 500, setting: { routes: (app) => { app.addHook('preValidation', async () => { throw new Error('bug') }); echo(app) } } }
]

for (const { name, path = '/ws', status, setting } of refusals) {
  t.test(`${name} is answered with ${status}, and its socket ends`, async (t) => {
    const served = await serve(t, {}, setting ?? { routes: (app) => { app.get('/plain', () => 'hello'); echo(app) } })
    const answer = await ask(served.url, `GET ${path} HTTP/1.1\r\n${upgrade}`)
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    t.notMatch(answer, /101/)
    t.equal(await socketsOf(served), 0)
    const before = performance.now()
    await served.app.close()
    t.ok(performance.now() - before < 1_000)
  })
}

t.test('a hook before the pool that answers leaves no socket either, at once or later', async (t) => {
  for (const wait of [0, 20]) {
    const app = Fastify({ connectionTimeout: 10_000 })
    t.teardown(() => app.close())
    app.addHook('onRequest', async (_request, reply) => {
      if (wait > 0) await pause(wait)
      return await reply.code(403).send('no')
    })
    await app.register(connectionPool)
    echo(app)
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    t.match(await ask(url, `GET /ws HTTP/1.1\r\n${upgrade}`), /^HTTP\/1.1 403 /)
    t.equal(await socketsOf({ app }), 0)
  }
})

t.test('registered in a child scope, upgrades outside of it are answered and ended', async (t) => {
  const app = Fastify({ connectionTimeout: 10_000 })
  t.teardown(() => app.close())
  app.get('/outside', () => 'hello')
  await app.register(async (child) => {
    await child.register(connectionPool)
    echo(child)
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.match(await ask(url, `GET /outside HTTP/1.1\r\n${upgrade}`), /^HTTP\/1.1 200 /)
  t.equal(await socketsOf({ app }), 0)
  await connectAndGreet(url.replace('http', 'ws'))
})

t.test('an upgrade that is not decided in time is answered with 503', async (t) => {
  const served = await serve(t, { handshakeTimeout: 50 }, { routes: (app) => { app.addHook('preValidation', () => new Promise(() => {})); echo(app) } })
  const answer = await ask(served.url, `GET /ws HTTP/1.1\r\n${upgrade}`)
  t.match(answer, /^HTTP\/1.1 503 /)
  t.match(answer, /retry-after: 1/i)
  t.match(answer, /FRT_ERR_POOL_UNAVAILABLE/)
  t.same(served.refused, ['503 timeout'])
  t.equal(await socketsOf(served), 0)
})

t.test('an answer that begins and never ends is cut off', async (t) => {
  const served = await serve(t, { handshakeTimeout: 50 }, {
    routes: (app) => {
      app.addHook('preValidation', async (_request, reply) => { reply.raw.writeHead(200); reply.raw.write('forever'); await new Promise(() => {}) })
      echo(app)
    }
  })
  t.match(await ask(served.url, `GET /ws HTTP/1.1\r\n${upgrade}`), /forever/)
  t.equal(await socketsOf(served), 0)
})

t.test('a client that leaves while it is decided is forgotten', async (t) => {
  const served = await serve(t, { handshakeTimeout: 60_000 }, { routes: (app) => { app.addHook('preValidation', () => new Promise(() => {})); echo(app) } })
  const socket = connectSocket(Number(new URL(served.url).port), '127.0.0.1')
  socket.write(`GET /ws HTTP/1.1\r\n${upgrade}`)
  socket.resetAndDestroy()
  await until(() => socket.destroyed)
  const before = performance.now()
  await served.app.close()
  t.ok(performance.now() - before < 2_000)
})

t.test('an app that closes does not wait for undecided upgrades', async (t) => {
  const served = await serve(t, { handshakeTimeout: 60_000 }, { routes: (app) => { app.addHook('preValidation', () => new Promise(() => {})); echo(app) } })
  const answer = ask(served.url, `GET /ws HTTP/1.1\r\n${upgrade}`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const before = performance.now()
  await served.app.close()
  t.ok(performance.now() - before < 2_000)
  t.match(await answer, /^HTTP\/1.1 503 /)
})

t.test('an offer of another protocol, such as h2c, is answered as if it were not there', async (t) => {
  const { url, app } = await serve(t, {}, { routes: (app) => { app.get('/plain', () => 'hello'); app.post('/plain', (request) => request.body); echo(app) } })
  const h2c = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'
  const last = 'GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const body = '{"a":1}'
  const answer = await ask(url, `POST /plain HTTP/1.1\r\n${h2c}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}${last}`)
  t.equal(answer.match(/HTTP\/1.1 200/g)?.length, 2, 'and the connection is kept')
  t.match(answer, body)
  t.match(answer, /hello/)
  t.match(await ask(url, 'GET /plain HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n'), /200 OK/)
  t.match(await ask(url, `GET /plain HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n${last}`), /200 OK/)
  t.equal(await socketsOf({ app }), 0)
})

t.test('garbage in the handshake gets its status', async (t) => {
  const served = await serve(t)
  const headers: Array<[Record<string, string | undefined>, number]> = [
    [{ 'sec-websocket-key': 'short' }, 400], [{ 'sec-websocket-key': undefined }, 400], [{ 'sec-websocket-version': '7' }, 400],
    [{ 'sec-websocket-protocol': 'realtime.v1.json, ' }, 400], [{ 'sec-websocket-protocol': 'a b' }, 400]
  ]
  for (const [wrong, status] of headers) t.equal((await rawClient(served.url, { headers: wrong })).status, status, JSON.stringify(wrong))
  t.match(await ask(served.url, `POST /ws HTTP/1.1\r\n${upgrade}`), /^HTTP\/1.1 404/)
  t.match(await ask(served.url, `GET /ws HTTP/1.1\r\nCookie: ${'x'.repeat(20_000)}\r\n${upgrade}`), /^HTTP\/1.1 431/)
  t.match(await ask(served.url, `GET /ws HTTP/1.1\r\n${'X: y\r\n'.repeat(10_000)}${upgrade}`), /^HTTP\/1.1 431/)
  t.equal(served.pool.size, 0)
  t.match(await ask(served.url, 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /^HTTP\/1.1 404/, 'a plain request to a WebSocket route')
})

t.test('half a handshake is dropped by Fastify\'s connectionTimeout', async (t) => {
  const { app, url } = await serve(t, {}, { server: { connectionTimeout: 100 } })
  t.equal(await ask(url, 'GET /ws HTTP/1.1\r\nUpgrade: webso'), '')
  t.equal(await ask(url, ''), '')
  t.equal(await socketsOf({ app }), 0)
})

t.test('a second owner of upgrades is refused at boot', async (t) => {
  const first = Fastify()
  await first.register(websocket)
  await t.rejects(async () => await first.register(connectionPool), { code: 'FRT_ERR_POOL_UPGRADES_TAKEN', message: /@fastify\/websocket is registered already.*register connection-pool once/ })
  const second = Fastify()
  second.server.on('upgrade', () => {})
  await t.rejects(async () => await second.register(connectionPool), { code: 'FRT_ERR_POOL_UPGRADES_TAKEN', message: /upgrade listener/ })
  const twice = Fastify()
  await twice.register(connectionPool)
  await t.rejects(async () => await twice.register(connectionPool), { code: 'FRT_ERR_POOL_UPGRADES_TAKEN' })
})

t.test('@fastify/websocket after the pool is refused at boot, and ends no process', async (t) => {
  const message = /@fastify\/websocket is registered after it: .*and @fastify\/websocket not at all/
  const orders: Array<(app: FastifyInstance) => unknown> = [
    (app) => app.register(connectionPool).register(websocket),
    async (app) => { await app.register(connectionPool); await app.register(websocket) },
    (app) => app.register(connectionPool).register(async (scope) => { await scope.register(websocket) }),
    (app) => app.register(connectionPool).register(import('@fastify/websocket'))
  ]
  for (const register of orders) {
    const app = Fastify()
    t.teardown(() => app.close())
    void register(app)
    app.decorate('ws', 1).decorateRequest('another', 1)
    await t.rejects(async () => await app.ready(), { code: 'FRT_ERR_POOL_UPGRADES_TAKEN', message })
  }
})

t.test('a Fastify without connectionTimeout is warned of', async (t) => {
  for (const [connectionTimeout, count] of [[0, 1], [5_000, 0]] as const) {
    const lines: string[] = []
    const app = Fastify({ connectionTimeout, logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
    await app.register(connectionPool)
    t.equal(lines.filter((line) => line.includes('connectionTimeout')).length, count)
    await app.close()
  }
})

t.test('injectWS works, without a socket underneath', async (t) => {
  const { app, pool } = await serve(t)
  const socket = await app.injectWS('/ws')
  socket.send('{"type":"echo","id":"1"}')
  await once(socket, 'message')
  t.equal([...pool][0]?.address, '')
  t.ok(([...pool][0]?.bytesRead ?? -1) >= 0)
  await t.rejects(app.injectWS('/nowhere'), /404/)
  socket.terminate()
  await until(() => pool.size === 0)
})

t.test('what @fastify/websocket tells of a strange route is not touched', async (t) => {
  const { url } = await serve(t, {}, {
    routes: (app) => {
      app.route({ method: 'GET', url: '/both', handler: () => 'http', wsHandler: (socket) => { socket.send('ws') } })
      app.get('/throws', { websocket: true }, () => { throw new Error('bug') })
    }
  })
  const client = await connect(url, { path: '/both', protocols: [] , codec: { ...jsonCodec, decode: (frame) => ({ type: 'heartbeat', frame }) } })
  t.match(await client.next('heartbeat'), { frame: 'ws' })
  t.equal(await (await fetch(`${url.replace('ws', 'http')}/both`)).text(), 'http')
  t.equal((await (await connect(url, { path: '/throws', protocols: [] })).closed).code, 1006)
})
