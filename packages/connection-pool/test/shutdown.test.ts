import { connect, connectAndGreet, once, rawClient, until } from '@fastify-realtime/testing'
import t from 'tap'
import { WebSocket } from 'ws'
import { pause, serve } from './harness.ts'

t.test('a drain turns ready off, refuses upgrades and tells everybody to come back', async (t) => {
  const { pool, url, refused, closed } = await serve(t)
  const clients = await Promise.all([1, 2, 3].map(() => connectAndGreet(url)))
  t.ok(pool.ready)
  let told = 0
  pool.on('drain', () => { told++; t.notOk(pool.ready) })
  const drained = pool.drain({ over: 200, deadline: 5_000 })
  const refusal = await rawClient(url)
  t.equal(refusal.status, 503)
  t.match(refusal.head, /retry-after: 5/)
  await drained
  for (const client of clients) t.same(await client.closed, { code: 1012, reason: 'restarting; retry-after=1000' })
  t.equal(told, 1)
  t.equal(pool.size, 0)
  t.same(refused, ['503 draining'])
  t.ok(closed.every(({ how }) => how.code === 1012 && how.by === 'server'))
  await pool.drain()
})

t.test('handlers in flight are waited for, and their replies arrive', async (t) => {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  const { pool, url } = await serve(t, {}, {
    routes (app) {
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
      app.connectionPool.receive(async (connection, { id }) => {
        await gate
        connection.sendEnvelope({ type: 'reply', id: id as string, data: connection.state })
      })
    }
  })
  const client = await connectAndGreet(url)
  const asking = client.request('slow')
  await until(() => [...pool].some((connection) => (connection as unknown as { messagesReceived: number }).messagesReceived === 1))
  const drained = pool.drain({ over: 0, deadline: 5_000 })
  await pause(30)
  t.equal(client.socket.readyState, WebSocket.OPEN)
  release()
  t.equal(await asking, 'draining')
  await drained
  t.equal((await client.closed).code, 1012)
})

t.test('at the deadline whoever is left is ended, mute or busy', async (t) => {
  const { pool, url, closed } = await serve(t, { closeTimeout: 60_000 }, {
    routes (app) {
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
      app.connectionPool.receive(() => new Promise(() => {}))
    }
  })
  const mute = await rawClient(url)
  await mute.next()
  const busy = await connectAndGreet(url)
  busy.send({ type: 'forever' })
  await pause(20)
  const before = performance.now()
  await pool.drain({ over: 0, deadline: 150 })
  const took = performance.now() - before
  t.ok(took >= 140 && took < 2_000, `took ${took}`)
  t.equal((await busy.closed).code, 1006)
  t.equal((await mute.closed())?.code, 1012)
  t.equal(closed.length, 2)
})

t.test('control: without a deadline a mute client holds the drain for as long as its close may take', async (t) => {
  const { pool, url } = await serve(t, { closeTimeout: 400 })
  const mute = await rawClient(url)
  await mute.next()
  const before = performance.now()
  await pool.drain({ over: 0, deadline: 5_000 })
  t.ok(performance.now() - before >= 390)
})

t.test('the drain of a closing app ends before Fastify gives up on it', async (t) => {
  for (const [pluginTimeout, most] of [[1_000, 950], [0, 10_000]] as const) {
    const { app, url } = await serve(t, { closeTimeout: 60_000, drain: { deadline: pluginTimeout === 0 ? 300 : 60_000 } }, { server: { pluginTimeout } })
    const mute = await rawClient(url)
    await mute.next()
    const before = performance.now()
    await app.close()
    t.ok(performance.now() - before < most)
  }
})

t.test('a long drain is hurried by the close', async (t) => {
  const { app, pool, url } = await serve(t, { closeTimeout: 60_000 }, { server: { pluginTimeout: 1_200 } })
  await (await rawClient(url)).next()
  const drained = pool.drain({ over: 60_000, deadline: 120_000 })
  const before = performance.now()
  await app.close()
  await drained
  t.ok(performance.now() - before < 3_000)
})

t.test('sockets that never came through the pool are drained as well', async (t) => {
  const { app, pool, url } = await serve(t, { closeTimeout: 60_000 }, { routes (app) { app.get('/strange', { websocket: true }, () => {}) } })
  const socket = new WebSocket(`${url}/strange`)
  await once(socket, 'open')
  const mute = await rawClient(url, { path: '/strange' })
  const gone = once<[number]>(socket, 'close')
  await pool.drain({ over: 0, deadline: 200 })
  t.equal((await gone)[0], 1012)
  t.equal((await mute.closed())?.code, 1012)
  await app.close()
})

t.test('a connection that comes in during a drain is refused, however far it got', async (t) => {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  const { app, url, refused } = await serve(t, {}, {
    routes (app) {
      app.addHook('preValidation', () => gate)
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
    }
  })
  const late = connect(url)
  await pause(30)
  void app.connectionPool.drain()
  release()
  await t.rejects(late, /503/)
  t.same(refused, ['503 draining'])
})

t.test('an app that never listened closes at once', async (t) => {
  const { default: Fastify } = await import('fastify')
  const { connectionPool } = await import('../src/index.ts')
  const app = Fastify({ connectionTimeout: 1_000 })
  await app.register(connectionPool)
  await app.close()
  t.equal(app.connectionPool.size, 0)
})

t.test('a peer that does not answer the close frame is ended after closeTimeout', async (t) => {
  const { url, opened, closed } = await serve(t, { closeTimeout: 100 })
  const mute = await rawClient(url)
  t.teardown(() => { mute.destroy() })
  await mute.next()
  opened[0]?.close({ code: 4005, reason: 'again' })
  await until(() => closed.length === 1, 'the end of the socket', 2_000)
  t.match(closed[0]?.how, { code: 4005, by: 'server' })
})
