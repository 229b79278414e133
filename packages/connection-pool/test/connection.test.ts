import { connect, connectAndGreet, once, rawClient, until } from '@fastify-realtime/testing'
import { closeReasons, jsonCodec } from '@fastify-realtime/protocol'
import t from 'tap'
import { CloseCodeError } from '../src/errors.ts'
import type { Connection, ConnectionPool } from '../src/index.ts'
import { binaryCodec, echo, pause, serve } from './harness.ts'

const current = (pool: ConnectionPool): Connection => [...pool][0] as Connection

t.test('a connection is welcomed, heard and answered', async (t) => {
  const { pool, url, opened } = await serve(t)
  const client = await connectAndGreet(url)
  t.match(client.welcome, { connection: opened[0]?.id, principal: null, heartbeat: null, subscriptions: [] })
  t.same(await client.request('echo', { a: 1 }), { a: 1 })
  t.equal(pool.size, 1)
  const connection = current(pool)
  t.equal(pool.get(connection.id), connection)
  t.match(connection, { address: '127.0.0.1', route: '/ws', state: 'open', pressure: 0, endpoint: { url: '/ws', anonymous: false, raw: false } })
  t.equal(connection.codec, jsonCodec)
  t.same([...pool.byPrincipal('nobody')], [])
})

t.test('a client that offers nothing speaks the first codec, others are taken at their word', async (t) => {
  const { pool, url, opened } = await serve(t, { codecs: [jsonCodec, binaryCodec] })
  await connectAndGreet(url, { protocols: [] })
  t.equal(opened[0]?.codec, jsonCodec)
  const binary = await connectAndGreet(url, { codec: binaryCodec })
  t.equal(binary.socket.protocol, binaryCodec.subprotocol)
  t.same(await binary.request('echo', [1]), [1])
  opened[1]?.send(pool.frame(binaryCodec, Buffer.from('{"type":"heartbeat"}')))
  t.same(await binary.next('heartbeat'), { type: 'heartbeat' })
  t.equal((await connect(url, { protocols: [binaryCodec.subprotocol, jsonCodec.subprotocol] })).socket.protocol, jsonCodec.subprotocol, 'the server prefers')
  const token = await connect(url, { token: 'secret' })
  t.equal(token.socket.protocol, jsonCodec.subprotocol, 'a credential never comes back')
  await t.rejects(connect(url, { protocols: ['unknown'] }), /400/)
  await t.rejects(connect(url, { protocols: [], token: 'secret' }), /400/)
})

t.test('a frame of the wrong kind ends the connection', async (t) => {
  const { url } = await serve(t)
  const client = await connectAndGreet(url)
  client.socket.send(Buffer.from('{}'))
  t.same(await client.closed, { code: 4500, reason: 'bad message' })
})

t.test('what is no message is answered with bad-message', async (t) => {
  const { url } = await serve(t, { codecs: [{ ...jsonCodec, decode: (frame) => {
    if (frame === '"bug"') throw new TypeError('a secret of the codec')
    return jsonCodec.decode(frame)
  } }] })
  const client = await connectAndGreet(url)
  for (const text of ['{', '[]', '{}', '{"type":1}', '{"type":"a","id":7}', `{"type":"a","id":"${'x'.repeat(65)}"}`, '{"type":"reply"}']) {
    client.socket.send(text)
    t.match(await client.next('failure'), { code: 'bad-message', retry: false }, text)
  }
  client.socket.send('"bug"')
  t.equal((await client.next('failure')).message, 'expected a message')
})

t.test('without a receiver every message is of unknown type', async (t) => {
  const { url } = await serve(t, {}, { routes: (app) => app.get('/ws', { websocket: true }, app.connectionPool.accept) })
  const client = await connectAndGreet(url)
  await t.rejects(client.request('anything'), { code: 'unknown-type' })
  client.send({ type: 'anything' })
  t.notOk('id' in await client.next('failure'))
})

t.test('there is one receiver, and its bug ends the connection it happened to', async (t) => {
  const { pool, url } = await serve(t, {}, {
    routes (app) {
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
      app.connectionPool.receive((connection, { type }) => {
        if (type === 'sync') throw new Error('bug')
        if (type === 'async') return Promise.reject(new Error('bug'))
        connection.sendEnvelope({ type: 'reply', id: '1' })
      })
    }
  })
  t.throws(() => pool.receive(() => {}), { code: 'FRT_ERR_POOL_RECEIVER_TAKEN' })
  for (const type of ['sync', 'async']) {
    const client = await connectAndGreet(url)
    client.send({ type })
    t.same(await client.closed, { code: 1011, reason: 'internal error' })
  }
})

t.test('the welcome waits for whoever adds to it, and everything else waits for the welcome', async (t) => {
  let release = (): void => {}
  const { pool, url } = await serve(t)
  pool.welcome(() => ({ heartbeat: 5 }))
  pool.welcome(() => new Promise((resolve) => { release = () => resolve({ subscriptions: [{ topic: 'a' }] }) }))
  pool.on('open', (connection) => { connection.sendEnvelope({ type: 'expiring', at: 1 }) })
  const client = await connect(url)
  client.send({ type: 'echo', id: '1', data: 'early' })
  client.socket.send('{')
  await pause(50)
  t.equal(client.waiting('failure') + client.waiting('reply') + client.waiting('expiring'), 0)
  const order: string[] = []
  client.socket.on('message', (data: Buffer) => { order.push((JSON.parse(data.toString()) as { type: string }).type) })
  release()
  t.match(await client.next('welcome'), { heartbeat: 5, subscriptions: [{ topic: 'a' }] })
  t.equal((await client.next('reply')).data, 'early')
  t.same(order, ['welcome', 'expiring', 'failure', 'reply'])
})

t.test('a welcome that cannot be prepared ends the connection', async (t) => {
  for (const fail of [() => { throw new Error('sync') }, () => Promise.reject(new Error('async'))]) {
    const { pool, url } = await serve(t)
    pool.welcome(() => new Promise((_resolve, reject) => { setImmediate(() => reject(new Error('another'))) }))
    pool.welcome(fail)
    const client = await connect(url)
    t.equal((await client.closed).code, 1013)
    t.equal(client.waiting('welcome'), 0)
  }
})

t.test('a connection that is closed before the welcome gets none', async (t) => {
  const { pool, url } = await serve(t)
  pool.on('open', (connection) => {
    connection.sendEnvelope({ type: 'expiring', at: 1 })
    connection.close(closeReasons.forbidden)
  })
  const client = await connect(url)
  t.equal((await client.closed).code, 4502)
  t.equal(client.waiting('welcome') + client.waiting('expiring'), 0)
})

t.test('what came before the welcome is not handled when the welcome never comes', async (t) => {
  let release = (): void => {}
  let handled = 0
  const { pool, url } = await serve(t, {}, {
    routes (app) {
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
      app.connectionPool.receive(() => { handled++ })
      app.connectionPool.welcome(() => new Promise((resolve) => { release = () => resolve({}) }))
    }
  })
  const client = await rawClient(url)
  client.send({ payload: '{"type":"early"}' })
  await until(() => (current(pool) as unknown as { messagesReceived: number }).messagesReceived === 1)
  current(pool).close(closeReasons.forbidden)
  release()
  t.equal((await client.closed())?.code, 4502)
  t.equal(handled, 0)
  client.destroy()
})

t.test('the server asks and the client answers, even while a message is handled', async (t) => {
  const { url, pool } = await serve(t, {}, {
    routes (app) {
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
      app.connectionPool.receive(async (connection, { id }) => {
        connection.sendEnvelope({ type: 'reply', id: id as string, data: await connection.request('ask', { q: 1 }) })
      })
    }
  })
  const client = await connectAndGreet(url)
  client.send({ type: 'reply', id: 'before anybody asked' })
  const asking = client.request('start')
  const request = await client.next('request')
  t.match(request, { name: 'ask', data: { q: 1 } })
  client.send({ type: 'reply', id: 'nobody asked' })
  client.send({ type: 'reply', id: request.id, data: 42 })
  t.equal(await asking, 42)
  const connection = current(pool)
  const unanswered = connection.request('again', undefined, { timeout: 60_000 })
  const again = await client.next('request')
  client.send({ type: 'failure', id: again.id, code: 'forbidden', message: 'no', retry: false })
  await t.rejects(unanswered, { code: 'forbidden' })
  const late = connection.request('late')
  client.socket.terminate()
  await t.rejects(late, { code: 'unavailable' })
  await t.rejects(connection.request('after'), { code: 'unavailable' })
  t.equal(connection.sendEnvelope({ type: 'heartbeat' }), 'dropped')
})

t.test('a ping tells the round trip, and its visible part follows in the same write', async (t) => {
  const { pool, url } = await serve(t)
  const client = await rawClient(url)
  await client.next()
  const connection = current(pool)
  connection.ping(pool.frame(jsonCodec, { type: 'heartbeat' }))
  const [ping, visible] = [await client.next(), await client.next()]
  t.equal(ping.opcode, 9)
  t.equal(visible.payload.toString(), '{"type":"heartbeat"}')
  const pong = once<[Connection, number]>(pool, 'pong')
  const before = connection.bytesRead
  client.send({ opcode: 10 })
  const [whose, roundTrip] = await pong
  t.equal(whose, connection)
  t.ok(roundTrip >= 0 && roundTrip < 5_000)
  t.ok(connection.bytesRead > before)
  connection.ping()
  t.equal((await client.next()).opcode, 9)
  client.destroy()
  await until(() => pool.size === 0)
  connection.ping()
})

t.test('a close event comes once, and says how it ended', async (t) => {
  const { pool, url, closed } = await serve(t)
  const server = await connectAndGreet(url)
  t.equal(pool.disconnect({ id: server.welcome.connection }, { code: 4005, reason: 'words '.repeat(50), retryAfter: 7 }), 1)
  const { code, reason } = await server.closed
  t.equal(code, 4005)
  t.ok(reason.length === 123 && reason.endsWith('; retry-after=7'))
  const client = await connectAndGreet(url)
  await client.request('echo')
  await client.close(1000, 'bye')
  const network = await connectAndGreet(url)
  network.socket.terminate()
  await until(() => closed.length === 3)
  t.match(closed.map(({ how }) => how), [
    { code: 4005, by: 'server' },
    { code: 1000, reason: 'bye', by: 'client', counters: { messagesReceived: 1, framesSent: 2, framesDropped: 0 } },
    { code: 1006, reason: '', by: 'network' }
  ])
  for (const { connection, how } of closed) {
    t.equal(connection.state, 'closed')
    t.ok(how.duration > 0 && how.counters.bytesSent > 0)
    connection.close(closeReasons.done)
    connection.terminate(closeReasons.done)
  }
  t.equal(closed.length, 3)
})

t.test('the first reason counts', async (t) => {
  const { pool, url, closed } = await serve(t)
  const client = await rawClient(url)
  await client.next()
  const connection = current(pool)
  connection.close(closeReasons.forbidden)
  t.equal(connection.state, 'closing')
  connection.close(closeReasons.done)
  t.equal(pool.disconnect({ route: '/ws' }, closeReasons.done), 0)
  connection.terminate(closeReasons.dead)
  await until(() => closed.length === 1)
  t.match(closed[0]?.how, { code: 4502, by: 'server' })
})

t.test('a close code that may not travel is refused before anything happens', async (t) => {
  const { pool, url } = await serve(t)
  await connectAndGreet(url)
  t.throws(() => current(pool).close({ code: 1006, reason: '' }), CloseCodeError)
  t.equal(current(pool).state, 'open')
})

t.test('the signal ends with the connection, whenever it is asked for', async (t) => {
  const { pool, url, opened } = await serve(t)
  const client = await connectAndGreet(url)
  const early = current(pool).signal
  t.notOk(early.aborted)
  client.socket.terminate()
  await until(() => early.aborted)
  await (await connectAndGreet(url)).close()
  await until(() => pool.size === 0)
  t.ok(opened[1]?.signal.aborted)
})

t.test('data belongs to one connection', async (t) => {
  const { pool, url } = await serve(t)
  await connectAndGreet(url)
  const { data } = current(pool)
  t.equal(current(pool).data, data)
})

t.test('a listener that throws harms nobody', async (t) => {
  const { pool, url } = await serve(t)
  pool.on('open', () => { throw new Error('bug') })
  t.same(await (await connectAndGreet(url)).request('echo', 1), 1)
})

t.test('disconnect takes all that match, and none when nothing is asked', async (t) => {
  const { pool, url } = await serve(t, { maxPerPrincipal: false }, {
    routes (app) {
      app.decorateRequest('principal', null)
      app.addHook('preValidation', async (request) => { Object.assign(request, { principal: { id: (request.query as { as: string }).as } }) })
      echo(app)
    }
  })
  const clients = await Promise.all(['ada', 'ada', 'bob'].map((as) => connectAndGreet(url, { path: `/ws?as=${as}` })))
  t.equal(clients[0]?.welcome.principal, 'ada')
  t.equal([...pool.byPrincipal('ada')].length, 2)
  t.equal(pool.disconnect({}, closeReasons.done), 0)
  t.equal(pool.disconnect({ principal: 'ada', route: '/other' }, closeReasons.done), 0)
  t.equal(pool.disconnect({ principal: 'ada' }, closeReasons.done), 2)
  t.equal(pool.disconnect({ address: '127.0.0.1' }, closeReasons.done), 1)
  for (const client of clients) t.equal((await client.closed).code, 1000)
})

t.test('add takes only sockets of this server, and each once', async (t) => {
  const { app, pool, url } = await serve(t, {}, {
    routes (app) {
      app.get('/ws', { websocket: true }, (socket, request) => {
        const connection = app.connectionPool.add(socket, request)
        if (app.connectionPool.add(socket, request) === connection) connection.sendEnvelope({ type: 'heartbeat' })
      })
    }
  })
  const client = await connectAndGreet(url)
  await client.next('heartbeat')
  t.equal(pool.size, 1)
  t.throws(() => pool.add({} as never, {} as never), { code: 'FRT_ERR_POOL_FOREIGN_SOCKET' })
  const { PoolSocket } = await import('../src/pool-socket.ts')
  t.throws(() => pool.add(Reflect.construct(PoolSocket, [null, undefined, {}]) as never, {} as never), { code: 'FRT_ERR_POOL_FOREIGN_SOCKET' })
  t.throws(() => pool.add(Object.assign(Reflect.construct(PoolSocket, [null, undefined, {}]) as object, { stream: {} }) as never, {} as never), { code: 'FRT_ERR_POOL_FOREIGN_SOCKET' })
  await app.close()
})

t.test('a hook that refuses turns a browser away by a close code, and others by a status', async (t) => {
  const { app, pool, url } = await serve(t, {}, {
    routes (app) {
      app.addHook('preValidation', async (request, reply) => {
        if (!pool.turnAway(request, reply, closeReasons.unauthenticated)) await reply.code(401).send()
      })
      echo(app)
      app.get('/plain', async () => 'never')
    }
  })
  const client = await connect(url)
  t.same(await client.closed, { code: 4501, reason: 'unauthenticated' })
  t.equal(pool.size, 0)
  await t.rejects(connect(url, { protocols: [] }), { message: 'Unexpected server response: 401' })
  await t.rejects(app.injectWS('/ws', { headers: { 'sec-websocket-protocol': 'realtime.v1.json' } }), { message: 'Unexpected server response: 401' })
  t.equal((await app.inject({ url: '/plain', headers: { 'sec-websocket-protocol': 'realtime.v1.json' } })).statusCode, 401)
})
