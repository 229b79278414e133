import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import connectionPool from '@fastify-realtime/connection-pool'
import type { Connection, ConnectionClosed } from '@fastify-realtime/connection-pool'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import heartbeat from '../src/index.ts'
import type { HeartbeatOptions } from '../src/index.ts'
import { otherThread } from './other-thread.ts'

type Test = Pick<typeof t, 'teardown'>

async function listen (t: Test, options: HeartbeatOptions = {}): Promise<{ app: FastifyInstance, url: string }> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(connectionPool)
  await app.register(heartbeat, options)
  app.get('/ws', { websocket: true, config: { realtime: { anonymous: true } } }, app.connectionPool.accept)
  app.get('/fast', { websocket: true, config: { realtime: { heartbeat: { interval: 100 } } } }, app.connectionPool.accept)
  app.get('/never', { websocket: true, config: { realtime: { heartbeat: false } } }, app.connectionPool.accept)
  app.get('/raw', { websocket: true, config: { realtime: { raw: true } } }, app.connectionPool.accept)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, url: `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}` }
}

function client (t: Test, url: string, options = {}): WebSocket {
  const socket = new WebSocket(url, options)
  t.teardown(() => socket.terminate())
  return socket
}

function closes (app: FastifyInstance): Promise<[Connection, ConnectionClosed]> {
  return new Promise((resolve) => { app.connectionPool.on('close', (...args) => resolve(args)) })
}

void t.test('without the connection pool it refuses to boot', async t => {
  await t.rejects(async () => { await Fastify().register(heartbeat) }, { message: /connectionPool.*@fastify-realtime\/heartbeat/ })
})

void t.test('options that cannot work refuse to boot', async t => {
  const app = Fastify()
  await app.register(connectionPool)
  await t.rejects(async () => { await app.register(heartbeat, { interval: -1 }) }, { code: 'FRT_ERR_HEARTBEAT_OPTION' })
})

void t.test('the welcome says how often the server gives a sign of life', async t => {
  const { url } = await listen(t)
  const [data] = await once(client(t, `${url}/ws`), 'message') as [Buffer]
  t.equal(JSON.parse(data.toString()).heartbeat, 25_000)
})

void t.test('a route has its own beat, or none', async t => {
  const { app, url } = await listen(t)
  const welcomes = await Promise.all(['/fast', '/never'].map(async path => {
    const socket = client(t, url + path)
    const [data] = await once(socket, 'message') as [Buffer]
    return { socket, heartbeat: JSON.parse(data.toString()).heartbeat as unknown }
  }))
  t.same(welcomes.map(({ heartbeat }) => heartbeat), [100, null])
  t.equal(app.heartbeat.size, 1)
  await once(welcomes[0]!.socket, 'ping')
})

void t.test('a client sees a ping and a heartbeat, and its pong is a round trip', async t => {
  const { app, url } = await listen(t, { interval: 200 })
  const told = new Promise<number>((resolve) => { app.heartbeat.on('roundTrip', (_connection, milliseconds) => resolve(milliseconds)) })
  const socket = client(t, `${url}/ws`)
  const seen: string[] = []
  socket.on('ping', () => { seen.push('ping') })
  socket.on('message', (data: Buffer) => { seen.push(JSON.parse(data.toString()).type) })
  t.ok(await told >= 0)
  t.same(seen.slice(0, 3), ['welcome', 'ping', 'heartbeat'])
  t.equal(app.heartbeat.size, 1)
  t.ok(app.heartbeat.roundTrips().count >= 1)
})

void t.test('a raw connection is beaten with pings alone', async t => {
  const { app, url } = await listen(t, { interval: 100 })
  const socket = client(t, `${url}/raw`)
  socket.on('message', () => t.fail('a raw route has its frames to itself'))
  await once(socket, 'ping')
  await once(socket, 'ping')
  t.equal(app.heartbeat.deaths, 0)
})

void t.test('a peer that answers nothing is ended with 4000', async t => {
  const { app, url } = await listen(t, { interval: 200, timeout: 100 })
  const dead = new Promise<Connection>((resolve) => { app.heartbeat.on('dead', resolve) })
  const closed = closes(app)
  client(t, `${url}/ws`, { autoPong: false }).on('error', () => {})
  const [connection, { code, by }] = await closed
  t.equal(connection, await dead)
  t.equal(code, 4000)
  t.equal(by, 'server')
  t.equal(app.heartbeat.deaths, 1)
  t.equal(app.heartbeat.size, 0)
})

void t.test('a listener that throws is logged and starves nobody', async t => {
  const { app, url } = await listen(t, { interval: 200, timeout: 100 })
  const logged: unknown[] = []
  app.log.error = (object: unknown) => { logged.push(object) }
  app.heartbeat.on('dead', () => { throw new Error('listener') })
  const closed = closes(app)
  client(t, `${url}/ws`, { autoPong: false }).on('error', () => {})
  await closed
  t.match(logged, [{ event: 'dead' }])
})

void t.test('an event loop that stands still for 3.5 s kills nobody, and the naive sweep would have', async t => {
  const { app, url } = await listen(t, { interval: 500, timeout: 200 })
  const count = 50
  const worker = await otherThread(`${url}/ws`, count, 50)
  t.teardown(() => worker.terminate())
  const naive = naiveSweep(app, 500)
  t.teardown(naive.stop)
  await new Promise((resolve) => { setTimeout(resolve, 800) })
  naive.after(() => {
    const end = performance.now() + 3_500
    while (performance.now() < end);
  })
  await new Promise((resolve) => { setTimeout(resolve, 1_500) })
  t.equal(app.heartbeat.deaths, 0)
  t.equal(app.heartbeat.size, count)
  t.ok(app.heartbeat.stalls >= 1)
  t.ok(naive.dead() >= count / 2, `the naive sweep would have killed ${naive.dead()} of ${count}`)
})

/** `isAlive` flags and an interval, as many servers do it; it counts whom it would end. */
function naiveSweep (app: FastifyInstance, interval: number) {
  const alive = new WeakSet<Connection>()
  const asked = new WeakSet<Connection>()
  let dead = 0
  let then: (() => void) | undefined
  const undo = app.connectionPool.on('pong', (connection) => { alive.add(connection) })
  const timer = setInterval(() => {
    for (const connection of app.connectionPool) {
      if (asked.has(connection) && !alive.has(connection)) dead++
      asked.add(connection)
      alive.delete(connection)
      connection.ping()
    }
    // While the answers are on their way, and with timers next: whatever is late runs before the answers are read.
    if (then !== undefined) setImmediate(then)
    then = undefined
  }, interval)
  return {
    dead: () => dead,
    after: (stall: () => void) => { then = stall },
    stop: () => {
      clearInterval(timer)
      undo()
    }
  }
}
