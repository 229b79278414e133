import { connect, connectAndGreet, hostileFrame, rawClient, until } from '@fastify-realtime/testing'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { ConnectionPoolOptions } from '../src/index.ts'
import { echo, from, pause, serve } from './harness.ts'

const behindProxy = { server: { trustProxy: true } }

function asPrincipal (app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => { Object.assign(request, { principal: { id: String(request.headers['x-as']) } }) })
  echo(app)
}

const as = (id: string) => ({ ws: { headers: { 'x-as': id } } })

/** How many of five connections from one address get in. */
async function admitted (t: Tap, options: ConnectionPoolOptions): Promise<{ count: number, refused: string[], retryAfter: string }> {
  const { url, pool, refused } = await serve(t, options, behindProxy)
  let retryAfter = ''
  for (let at = 0; at < 5; at++) {
    const { status, head } = await rawClient(url, { headers: { 'x-forwarded-for': '192.0.2.1' } })
    if (status !== 101) retryAfter = /retry-after: (\d+)/.exec(head)?.[1] ?? 'none'
  }
  return { count: pool.size, refused, retryAfter }
}
type Tap = { teardown: (handler: () => unknown) => void }

t.test('an address has so many connections', async (t) => {
  t.same(await admitted(t, { maxPerAddress: 3 }), { count: 3, refused: ['429 address', '429 address'], retryAfter: '10' })
  t.match(await admitted(t, { maxPerAddress: false }), { count: 5 }, 'control: without the limit all come in')
})

t.test('an address comes so fast', async (t) => {
  t.same(await admitted(t, { handshakeRate: { max: 1, timeWindow: 60_000, burst: 2 } }), { count: 2, refused: ['429 rate', '429 rate', '429 rate'], retryAfter: '60' })
  t.match(await admitted(t, { handshakeRate: false }), { count: 5 }, 'control: without the rate all come in')
})

t.test('a node has so many sockets', async (t) => {
  t.same(await admitted(t, { maxConnections: 4 }), { count: 4, refused: ['503 full'], retryAfter: '5' })
  t.match(await admitted(t, { maxConnections: false }), { count: 5 }, 'control: without the limit all come in')
})

t.test('a place is free again when a connection ends, or its upgrade is refused later on', async (t) => {
  const { url, pool } = await serve(t, { maxPerAddress: 1 }, {
    ...behindProxy,
    routes (app) {
      app.addHook('preValidation', async (request) => { if (request.headers['x-bad'] !== undefined) throw new Error('no') })
      echo(app)
    }
  })
  for (let at = 0; at < 3; at++) t.equal((await rawClient(url, { headers: { 'x-forwarded-for': '192.0.2.1', 'x-bad': '1' } })).status, 500)
  const client = await connect(url, from('192.0.2.1'))
  await t.rejects(connect(url, from('192.0.2.1')), /429/)
  await connect(url, from('192.0.2.2'))
  await client.close()
  await until(() => pool.size === 1)
  await connect(url, from('192.0.2.1'))
})

t.test('one IPv6 network is one address, and a forged loopback is none', async (t) => {
  const { url } = await serve(t, { maxPerAddress: 1 }, behindProxy)
  await connect(url, from('2001:db8:0:1::1'))
  await t.rejects(connect(url, from('2001:db8:0:1:ffff::2')), /429/)
  await connect(url, from('2001:db8:0:2::1'))
  await connect(url, from('127.0.0.1'))
  await t.rejects(connect(url, from('127.0.0.1')), /429/)
})

t.test('with one proxy trusted, only what that proxy wrote counts', async (t) => {
  const { url, pool } = await serve(t, { maxPerAddress: 1 }, { server: { trustProxy: 'loopback' } })
  await connect(url, from('203.0.113.1, 192.0.2.1'))
  for (const forged of ['203.0.113.2, ', '127.0.0.1, ', `${'x'.repeat(5_000)}, `, '']) await t.rejects(connect(url, from(`${forged}192.0.2.1`)), /429/)
  await connect(url, from('192.0.2.1, 2001:db8:0:1::1'))
  await t.rejects(connect(url, from('192.0.2.7, 2001:0DB8::1:0:0:0:9')), /429/)
  await connect(url, from('192.0.2.1, 2001:db8:0:2::1'))
  t.equal(pool.size, 3)
})

t.test('a loopback peer is exempt, and a forwarded address in vain is warned of once', async (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => { lines.push(line) } }
  // The types of Fastify know of no number, JavaScript does.
  for (const trustProxy of [false, 1 as unknown as true, '192.0.2.9']) {
    const { url, pool } = await serve(t, { maxPerAddress: 1 }, { server: { trustProxy, logger: { level: 'warn', stream } } })
    for (let at = 0; at < 3; at++) await connect(url, from('192.0.2.1'))
    t.equal(pool.size, 3)
    t.equal(lines.splice(0).filter((line) => line.includes('trustProxy')).length, 1, String(trustProxy))
  }
})

t.test('only so many upgrades are decided at a time', async (t) => {
  for (const [maxPendingHandshakes, expected] of [[2, 503], [100, 101]] as const) {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => { release = resolve })
    const { url, refused } = await serve(t, { maxPendingHandshakes }, { routes (app) { app.addHook('preValidation', () => gate); echo(app) } })
    const waiting = [rawClient(url), rawClient(url)]
    await new Promise((resolve) => setTimeout(resolve, 50))
    const third = rawClient(url)
    if (expected === 503) t.equal((await third).status, 503)
    release()
    t.equal((await third).status, expected)
    for (const client of waiting) t.equal((await client).status, 101)
    t.same(refused, expected === 503 ? ['503 handshakes'] : [])
  }
})

t.test('a principal that has enough is refused', async (t) => {
  const { url, pool, refused } = await serve(t, { maxPerPrincipal: 2 }, { routes: asPrincipal })
  const clients = [await connectAndGreet(url, as('ada')), await connectAndGreet(url, as('ada'))]
  await t.rejects(connect(url, as('ada')), /429/)
  t.same(refused, ['429 principal'])
  await connectAndGreet(url, as('bob'))
  await clients[0]?.close()
  await until(() => pool.size === 2)
  await connectAndGreet(url, as('ada'))
  const { url: open } = await serve(t, { maxPerPrincipal: false }, { routes: asPrincipal })
  for (let at = 0; at < 12; at++) await connectAndGreet(open, as('ada'))
})

t.test('or its oldest connection gives way', async (t) => {
  const { url, pool } = await serve(t, { maxPerPrincipal: 2, perPrincipal: 'replace-oldest' }, { routes: asPrincipal })
  const clients = []
  for (let at = 0; at < 4; at++) clients.push(await connectAndGreet(url, as('ada')))
  t.same(await clients[0]?.closed, { code: 4503, reason: 'replaced by a newer connection' })
  t.equal((await clients[1]?.closed)?.code, 4503)
  await until(() => pool.size === 2)
  t.same(await clients[2]?.request('echo', 1), 1)
  t.same(await clients[3]?.request('echo', 1), 1)
})

t.test('messages, their bytes, pings and errors have rates; beyond them the connection ends', async (t) => {
  const flood = async (options: ConnectionPoolOptions, send: (client: Awaited<ReturnType<typeof connectAndGreet>>) => void) => {
    const { url } = await serve(t, { ...options, maxErrors: options.maxErrors ?? 5 })
    const client = await connectAndGreet(url)
    for (let at = 0; at < 30; at++) send(client)
    await Promise.race([client.closed, client.request('echo').catch(() => {})])
    const failures = client.waiting('failure')
    client.socket.terminate()
    return { code: (await client.closed).code, failures, replies: client.waiting('reply') }
  }
  const slow = { max: 1, timeWindow: 60_000, burst: 3 }
  const echoes = (client: Awaited<ReturnType<typeof connectAndGreet>>) => client.send({ type: 'echo', id: 'a' })
  t.match(await flood({ messageRate: slow }, echoes), { code: 4003, failures: 6, replies: 3 })
  t.match(await flood({ messageRate: false }, echoes), { code: 1006, failures: 0 }, 'control: without the rate all are answered')
  t.match(await flood({ byteRate: { ...slow, burst: 100 } }, echoes), { code: 4003, failures: 6 })
  t.match(await flood({ byteRate: false }, echoes), { code: 1006, failures: 0 })
  const pings = (client: Awaited<ReturnType<typeof connectAndGreet>>) => client.socket.ping()
  const pongs = (client: Awaited<ReturnType<typeof connectAndGreet>>) => client.socket.pong()
  t.match(await flood({ pingRate: slow }, pings), { code: 4003 })
  t.match(await flood({ pingRate: slow }, pongs), { code: 4003 })
  t.match(await flood({ pingRate: false }, pings), { code: 1006 })
  const garbage = (client: Awaited<ReturnType<typeof connectAndGreet>>) => client.socket.send('{')
  t.match(await flood({}, garbage), { code: 4504, failures: 6 })
  t.match(await flood({ maxErrors: false }, garbage), { code: 1006, failures: 30 })
})

t.test('a client that comes back with many topics never bans itself', async (t) => {
  const { url } = await serve(t, { messageRate: { max: 1, timeWindow: 60_000 }, maxErrors: 3 })
  const client = await connectAndGreet(url)
  for (let at = 0; at < 50; at++) client.send({ type: at % 2 === 0 ? 'subscribe' : 'unsubscribe', id: String(at) })
  await until(() => client.waiting('reply') === 50)
  t.same(await client.request('echo', 1), 1)
  client.send({ type: 'echo', id: 'too many' })
  t.match(await client.next('failure'), { id: 'too many', code: 'rate-limited', retry: true, details: { retryAfter: /\d+/ } })
})

t.test('what waits behind a slow handler is bounded, pauses the socket, and is handled in order', async (t) => {
  const handled: number[] = []
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  const { url, pool } = await serve(t, { maxQueued: 10, messageRate: false, maxErrors: false }, {
    routes (app) {
      app.get('/ws', { websocket: true }, app.connectionPool.accept)
      app.connectionPool.receive(async (connection, { id, data }) => {
        handled.push(data as number)
        await gate
        connection.sendEnvelope({ type: 'reply', id: id as string })
      })
    }
  })
  const client = await rawClient(url)
  await client.next()
  const message = (at: number) => hostileFrame({ payload: JSON.stringify({ type: 'echo', id: String(at), data: at }) })
  // In one piece: all of them are parsed before the pause can stop the socket.
  client.write(Buffer.concat(Array.from({ length: 100 }, (_, at) => message(at))))
  for (let at = 0; at < 89; at++) t.match((await client.next()).payload.toString(), /"rate-limited"/)
  t.equal(handled.length, 1)
  const [connection] = pool
  const before = connection?.bytesRead ?? 0
  t.ok((connection?.bytesRead ?? 0) > before, 'whom we do not listen to cannot be called silent')
  client.write(message(100))
  await pause(50)
  release()
  for (let at = 0; at < 11; at++) t.match((await client.next()).payload.toString(), `"id":"${at}"`)
  t.match((await client.next()).payload.toString(), '"type":"reply","id":"100"', 'what came to a paused socket is read when there is room')
  t.same(handled, [...Array.from({ length: 11 }, (_, at) => at), 100])
})
