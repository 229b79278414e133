import { connectAndGreet, rawClient, until } from '@fastify-realtime/testing'
import type { RawClient } from '@fastify-realtime/testing'
import { jsonCodec } from '@fastify-realtime/protocol'
import t from 'tap'
import type { Connection, ConnectionPoolOptions } from '../src/index.ts'
import { echo, serve } from './harness.ts'

const frame = 'x'.repeat(64 * 1_024)

/** Readers that take the welcome and then nothing more. */
async function stopped (t: Tap, count: number, options: ConnectionPoolOptions) {
  const served = await serve(t, options)
  const clients: RawClient[] = []
  for (let at = 0; at < count; at++) {
    const client = await rawClient(served.url)
    await client.next()
    client.socket.pause()
    clients.push(client)
  }
  t.teardown(() => { for (const client of clients) client.destroy() })
  return { ...served, clients, connections: [...served.opened] }
}
type Tap = { teardown: (handler: () => unknown) => void }

/** Sends until the kernel has had enough, which takes a few megabytes, and so much beyond. */
async function pour (connection: Connection, megabytes: number, policy?: Parameters<Connection['send']>[1]): Promise<number> {
  let most = 0
  for (let sent = 0; sent < megabytes * 16; sent++) {
    connection.sendEnvelope({ type: 'heartbeat', filler: frame } as never, policy)
    most = Math.max(most, connection.pressure)
    if (sent % 4 === 0) await new Promise(setImmediate)
  }
  return most
}

t.test('a reader that stops is ended with 4001, and what waited for it is freed', async (t) => {
  const { pool, closed, connections } = await stopped(t, 1, {})
  const pressed: number[] = []
  pool.on('pressure', (_connection, bytes) => pressed.push(bytes))
  const connection = connections[0] as Connection
  const most = await pour(connection, 24)
  t.ok(most < 1_500_000, `never held more than its limit (${most})`)
  t.equal(pressed.length, 1)
  t.ok((pressed[0] as number) >= 262_144)
  t.not(connection.state, 'open')
  await until(() => closed.length === 1)
  t.match(closed[0]?.how, { code: 4001, reason: 'too slow', by: 'server' })
  t.ok((closed[0]?.how.counters.framesDropped ?? 0) > 0)
  t.equal(pool.pressure, 0)
})

t.test('control: without a bound it would hold all that it is sent', async (t) => {
  const { connections } = await stopped(t, 1, { outbox: { maxBytes: 1_000_000_000 } })
  const connection = connections[0] as Connection
  t.ok(await pour(connection, 24) > 8_000_000)
  t.equal(connection.state, 'open')
  connection.terminate({ code: 4001, reason: '' })
})

t.test('lossy frames cost a stopped reader nothing but themselves', async (t) => {
  const { connections } = await stopped(t, 3, {})
  for (const [at, policy] of ([{ policy: 'drop-newest' }, { policy: 'drop-oldest' }, { policy: 'conflate', key: 'a' }] as const).entries()) {
    const connection = connections[at] as Connection
    t.ok(await pour(connection, 12, policy) < 1_500_000)
    t.equal(connection.state, 'open')
  }
})

t.test('a reader that goes on gets everything that was not lossy, in order', async (t) => {
  const { url, opened } = await serve(t)
  const client = await connectAndGreet(url)
  client.socket.pause()
  const connection = opened[0] as Connection
  let sent = 0
  while (!(connection.sendEnvelope({ type: 'expiring', at: sent++, filler: frame } as never) === 'queued')) await new Promise(setImmediate)
  for (let more = 0; more < 5; more++) t.equal(connection.sendEnvelope({ type: 'expiring', at: sent++ }), 'queued')
  client.socket.resume()
  for (let at = 0; at < sent; at++) t.equal((await client.next('expiring')).at, at)
  await until(() => connection.pressure === 0)
  t.equal(connection.sendEnvelope({ type: 'expiring', at: sent }), 'sent')
})

t.test('beyond the limit of the node the largest go, and the others stay', async (t) => {
  const { pool, connections, closed } = await stopped(t, 3, { maxPressure: 1_200_000, outbox: { maxBytes: 100_000_000 } })
  const [small, large, healthy] = connections as [Connection, Connection, Connection]
  while (small.sendEnvelope({ type: 'heartbeat', filler: frame } as never) !== 'queued') await new Promise(setImmediate)
  for (let sent = 0; sent < 400 && large.state === 'open'; sent++) {
    large.sendEnvelope({ type: 'heartbeat', filler: frame } as never)
    if (sent % 4 === 0) await new Promise(setImmediate)
  }
  await until(() => closed.length > 0)
  t.same(closed.map(({ connection }) => connection.id), [large.id])
  t.match(closed[0]?.how, { code: 4001, by: 'server' })
  t.equal(small.state, 'open')
  t.equal(healthy.state, 'open')
  t.ok(pool.pressure <= 1_200_000)
})

t.test('healthy readers beside stopped ones lose nothing', async (t) => {
  const { url, pool, closed } = await stopped(t, 20, {})
  const healthy = await connectAndGreet(url)
  for (let at = 0; at < 200; at++) {
    const shared = pool.frame(jsonCodec, { type: 'expiring', at, filler: frame } as never)
    for (const connection of pool) connection.send(shared)
    t.equal((await healthy.next('expiring')).at, at)
  }
  t.ok(closed.length >= 19, 'the stopped ones are gone')
  t.ok(pool.pressure < 20_000_000)
})

t.test('a reply to a message is not lost behind lossy ones', async (t) => {
  const { url, opened } = await serve(t, {}, { routes: echo })
  const client = await connectAndGreet(url)
  const connection = opened[0] as Connection
  for (let at = 0; at < 1_000; at++) connection.sendEnvelope({ type: 'expiring', at }, { policy: 'drop-oldest' })
  t.equal(await client.request('echo', 1), 1)
  t.equal(client.waiting('expiring'), 1_000)
})
