import { connect, connectAndGreet, hostileFrame, once, rawClient, until } from '@fastify-realtime/testing'
import { jsonCodec } from '@fastify-realtime/protocol'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import type { RealtimeRouteConfig } from '../src/index.ts'
import { binaryCodec, serve } from './harness.ts'

function endpoints (routes: Record<string, RealtimeRouteConfig>) {
  return {
    routes (app: FastifyInstance) {
      for (const [url, realtime] of Object.entries(routes)) app.get(url, { websocket: true, config: { realtime } }, app.connectionPool.accept)
      app.connectionPool.receive((connection, { id }) => { connection.sendEnvelope({ type: 'reply', id: id as string, data: connection.route }) })
    }
  }
}

t.test('each route has its own limits', async (t) => {
  const { url, opened } = await serve(t, { maxPayload: 1_000 }, endpoints({
    '/small': { maxPayload: 100, messageRate: { max: 1, timeWindow: 60_000 }, anonymous: true }, '/usual': {}, '/big': { maxPayload: 10_000, outbox: { maxBytes: 2_000_000 } }
  }))
  const data = 'x'.repeat(500)
  t.equal((await connectAndGreet(url, { path: '/small' }).then((client) => { client.send({ type: 'a', data }); return client.closed })).code, 1009)
  t.equal(await (await connectAndGreet(url, { path: '/usual' })).request('a', data), '/usual')
  t.equal((await connectAndGreet(url, { path: '/usual' }).then((client) => { client.send({ type: 'a', data: data.repeat(3) }); return client.closed })).code, 1009)
  t.equal(await (await connectAndGreet(url, { path: '/big' })).request('a', data.repeat(3)), '/big')
  const slow = await connectAndGreet(url, { path: '/small' })
  await slow.request('a')
  await t.rejects(slow.request('a'), { code: 'rate-limited' })
  t.match(opened[0]?.endpoint, { anonymous: true, url: '/small' })
  t.match(opened[1]?.endpoint, { anonymous: false })
})

t.test('what a route says of rates, errors and its queue holds for it, and for no other', async (t) => {
  const running = new Map<string, number>()
  const slow = { max: 1, timeWindow: 60_000, burst: 3 }
  const routes: Record<string, RealtimeRouteConfig> = {
    '/bytes': { byteRate: { ...slow, burst: 30 } }, '/pings': { pingRate: slow }, '/errors': { maxErrors: 3 },
    '/queue': { maxQueued: 3 }, '/wide': { concurrency: 4 }, '/usual': {}
  }
  const { url } = await serve(t, {}, {
    routes (app) {
      for (const [url, realtime] of Object.entries(routes)) app.get(url, { websocket: true, config: { realtime } }, app.connectionPool.accept)
      app.connectionPool.receive(async ({ route }) => {
        running.set(route, (running.get(route) ?? 0) + 1)
        await new Promise(() => {})
      })
    }
  })
  /** Ten of each: how it ends, how many were refused and how many are handled at a time. */
  const outcome = async (path: string) => {
    const client = await connectAndGreet(url, { path })
    for (let at = 0; at < 10; at++) client.send({ type: 'a', id: String(at) })
    const ponged = once(client.socket, 'pong')
    client.socket.ping()
    await Promise.race([ponged, client.closed])
    const refused = client.waiting('failure')
    for (let at = 0; at < 10; at++) client.socket.ping()
    for (let at = 0; at < 10; at++) client.socket.send('{')
    await Promise.race([client.closed, until(() => client.waiting('failure') === refused + 10)])
    client.socket.terminate()
    return [(await client.closed).code, refused, running.get(path)]
  }
  t.same(await outcome('/usual'), [1006, 0, 1])
  t.same(await outcome('/bytes'), [1006, 8, 1])
  t.same(await outcome('/pings'), [4003, 0, 1])
  t.same(await outcome('/errors'), [4504, 0, 1])
  t.same(await outcome('/wide'), [1006, 0, 4])
  const eager = await rawClient(url, { path: '/queue' })
  await eager.next()
  eager.write(Buffer.concat(Array.from({ length: 10 }, (_, at) => hostileFrame({ payload: JSON.stringify({ type: 'a', id: String(at) }) }))))
  for (let at = 4; at < 10; at++) t.match((await eager.next()).payload.toString(), `"id":"${at}","code":"rate-limited"`)
  eager.destroy()
})

t.test('a route may select from fewer subprotocols', async (t) => {
  const { url } = await serve(t, { codecs: [jsonCodec, binaryCodec] }, endpoints({ '/binary': { protocols: [binaryCodec.subprotocol] }, '/any': {} }))
  await t.rejects(connect(url, { path: '/binary' }), /400/)
  t.equal(await (await connectAndGreet(url, { path: '/binary', codec: binaryCodec })).request('a'), '/binary')
  await connectAndGreet(url, { path: '/any' })
})

t.test('a mistake in a route is told at boot', async (t) => {
  await t.rejects(serve(t, {}, endpoints({ '/ws': { maxPayload: Infinity } })), { code: 'FRT_ERR_POOL_OPTION', message: /\/ws config.realtime.maxPayload/ })
})

t.test('a name that nobody reads is refused at boot', async (t) => {
  await t.rejects(serve(t, {}, endpoints({ '/ws': { anonimous: true } as RealtimeRouteConfig })), {
    code: 'FRT_ERR_OPTION_NAME', message: /^\/ws config.realtime: there is no option "anonimous", did you mean "anonymous"\? \(known: anonymous, raw, protocols, maxPayload, / })
  await t.rejects(serve(t, {}, endpoints({ '/ws': { outbox: { softmark: 1 } } as RealtimeRouteConfig })), { message: /config.realtime.outbox: there is no option "softmark"/ })
})

t.test('a field of others is known when they declare it, and they are asked what it may be', async (t) => {
  const checked: unknown[] = []
  const { pool } = await serve(t, {}, {
    routes (app) {
      for (const [url, tenant] of [['/a', 'red'], ['/b', undefined], ['/c', 'blue']]) {
        app.get(url as string, { websocket: true, config: { realtime: { tenant } as RealtimeRouteConfig } }, app.connectionPool.accept)
      }
      app.connectionPool.routeOption('tenant' as never, (value, where) => { checked.push([where, value]) })
    }
  })
  t.same(checked, [['/a config.realtime.tenant', 'red'], ['/c config.realtime.tenant', 'blue']])
  t.doesNotThrow(() => pool.routeOption('plan' as never))
  await t.rejects(serve(t, {}, {
    routes (app) {
      app.get('/a', { websocket: true, config: { realtime: { tenant: 1 } as RealtimeRouteConfig } }, app.connectionPool.accept)
      app.connectionPool.routeOption('tenant' as never, () => { throw new Error('no such tenant') })
    }
  }), { message: 'no such tenant' })
})

t.test('a raw route keeps its frames to itself, and is pooled all the same', async (t) => {
  const { url, pool, closed } = await serve(t, {}, {
    routes (app) {
      app.get('/raw', { websocket: true, config: { realtime: { raw: true, protocols: ['chat'], messageRate: { max: 3, timeWindow: 60_000 } } } }, (socket) => {
        socket.on('message', (data: Buffer) => socket.send(`you said ${data.toString()}`))
      })
      app.connectionPool.receive(() => { throw new Error('not for the router') })
    }
  })
  const socket = new WebSocket(`${url}/raw`, 'chat')
  await once(socket, 'open')
  const [connection] = pool
  t.match(connection, { codec: null, route: '/raw', endpoint: { raw: true } })
  socket.send('{')
  t.equal(String((await once<[Buffer]>(socket, 'message'))[0]), 'you said {')
  t.equal(connection?.sendEnvelope({ type: 'heartbeat' }), 'dropped')
  await t.rejects(connection?.request('a') as Promise<unknown>, { code: 'unavailable' })
  const pinged = once(socket, 'ping')
  connection?.ping()
  await pinged
  const gone = once<[number]>(socket, 'close')
  for (let at = 0; at < 5; at++) socket.send('more')
  t.equal((await gone)[0], 4003)
  await until(() => closed.length === 1)
  t.match(closed[0]?.how, { code: 4003, by: 'server' })
  await t.rejects(connect(url, { path: '/raw', protocols: ['other'] }), /400/)
})

t.test('bytes count on a raw route, and its own close is the server\'s', async (t) => {
  const { url, closed } = await serve(t, { byteRate: { max: 1, timeWindow: 60_000, burst: 10 } }, {
    routes (app) {
      app.get('/raw', { websocket: true, config: { realtime: { raw: true } } }, (socket) => { socket.on('message', () => {}) })
      app.get('/bye', { websocket: true, config: { realtime: { raw: true } } }, (socket) => socket.close(4321, 'bye'))
      app.get('/plain', { websocket: true, config: { realtime: { raw: true } } }, (socket) => socket.close())
      app.get('/accept', { websocket: true, config: { realtime: { raw: true } } }, app.connectionPool.accept)
    }
  })
  const heavy = new WebSocket(`${url}/raw`)
  await once(heavy, 'open')
  heavy.send('x'.repeat(20))
  heavy.send('more')
  t.equal((await once<[number]>(heavy, 'close'))[0], 4003)
  for (const [path, code] of [['/bye', 4321], ['/plain', 1005]] as const) {
    const socket = new WebSocket(url + path)
    t.equal((await once<[number]>(socket, 'close'))[0], code)
  }
  await once(new WebSocket(`${url}/accept`), 'open')
  await until(() => closed.length === 3)
  t.match(closed.slice(1).map(({ how }) => how), [{ code: 4321, reason: 'bye', by: 'server' }, { code: 1005, by: 'server' }])
})

t.test('a stranger\'s route goes on as if there were no pool', async (t) => {
  const { url, pool, app } = await serve(t, {}, {
    routes (app) {
      app.get('/graphql', { websocket: true }, (socket) => {
        socket.on('message', (data: Buffer) => {
          if ((JSON.parse(data.toString()) as { type: string }).type === 'connection_init') socket.send('{"type":"connection_ack"}')
        })
      })
    }
  })
  const socket = new WebSocket(`${url}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  t.equal(socket.protocol, 'graphql-transport-ws')
  socket.send('{"type":"connection_init"}')
  t.match(String((await once<[Buffer]>(socket, 'message'))[0]), /connection_ack/)
  socket.ping()
  await once(socket, 'pong')
  t.equal(pool.size, 0)
  const gone = once<[number, Buffer]>(socket, 'close')
  await app.close()
  const [code, reason] = await gone
  t.equal(code, 1012, 'but it is drained with all others')
  t.match(String(reason), /retry-after=1000/)
})

t.test('what ws writes by itself stays in order with what we send', async (t) => {
  const { url, pool } = await serve(t, {}, {
    routes (app) {
      app.get('/ws', { websocket: true }, (socket, request) => {
        const connection = app.connectionPool.add(socket, request)
        socket.on('message', () => {
          connection.sendEnvelope({ type: 'expiring', at: 1 })
          socket.send('second')
          connection.sendEnvelope({ type: 'expiring', at: 3 })
          socket.ping('fourth')
          connection.sendEnvelope({ type: 'expiring', at: 5 })
          socket.pong('sixth')
          connection.sendEnvelope({ type: 'expiring', at: 7 })
          socket.close(4321, 'last')
          connection.sendEnvelope({ type: 'expiring', at: 9 })
        })
      })
      app.connectionPool.receive(() => {})
    }
  })
  const client = await rawClient(url)
  await client.next()
  client.send({ payload: '{"type":"go"}' })
  const seen: string[] = []
  for (let at = 0; at < 8; at++) {
    const { opcode, payload } = await client.next()
    seen.push(opcode === 8 ? 'close' : payload.toString().replace(/.*"at":(\d).*/, '$1'))
  }
  t.same(seen, ['1', 'second', '3', 'fourth', '5', 'sixth', '7', 'close'])
  client.destroy()
  t.ok(pool.size <= 1)
})
