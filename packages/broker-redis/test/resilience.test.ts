import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import t from 'tap'
import { guard } from '@fastify-realtime/broker'
import type { Broker, BrokerRecord } from '@fastify-realtime/broker'
import { redisBroker } from '../src/index.ts'
import type { Position } from '@fastify-realtime/protocol'
import { linkMaker } from '../src/make-link.ts'
import type { RedisBrokerOptions, RedisClient } from '../src/index.ts'
import { missing, RedisServer } from '@fastify-realtime/testing/redis-server'

const LIMITS = { size: 100_000, ttl: 600_000 }

interface Node {
  readonly broker: ReturnType<typeof redisBroker>
  readonly got: BrokerRecord[]
  readonly states: boolean[]
}

function record (id: string): BrokerRecord {
  return { channel: 'c', topic: 't', event: 'e', id, time: 1, payload: `"${id}"` }
}

async function node (t: { teardown (work: () => unknown): void }, server: RedisServer, options: Partial<RedisBrokerOptions> = {}): Promise<Node> {
  const got: BrokerRecord[] = []
  const states: boolean[] = []
  const broker = redisBroker({ client: new Redis(server.port, '127.0.0.1', { lazyConnect: true }), ...options })
  await broker.start({ deliver: (delivered) => got.push(delivered), state: (up) => states.push(up) })
  t.teardown(() => broker.stop())
  return { broker, got, states }
}

async function until (condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition() && performance.now() < deadline) await sleep(5)
}

/** Publishes as fast as it can, kills the server three times, and answers what was acknowledged where. */
async function killUnderLoad (t: { teardown (work: () => unknown): void }, fsync: string): Promise<{
  readonly server: RedisServer, readonly node: Node, readonly published: number, readonly acknowledged: ReadonlyMap<string, Position>
}> {
  const server = await RedisServer.start({ settings: ['--appendonly', 'yes', '--appendfsync', fsync] })
  t.teardown(() => server.end())
  const started = await node(t, server)
  const acknowledged = new Map<string, Position>()
  let going = true
  let published = 0
  const publisher = async (): Promise<void> => {
    while (going) {
      const id = String(published++)
      // Repeated with the same id until it is acknowledged, as a publisher should.
      while (!acknowledged.has(id)) {
        const result = await started.broker.publish(record(id), { history: LIMITS, dedupe: 300_000 }).catch(() => undefined)
        if (result?.position !== undefined) acknowledged.set(id, result.position)
        else await sleep(5)
      }
    }
  }
  const publishers = Array.from({ length: 20 }, publisher)
  for (let kill = 0; kill < 3; kill++) {
    await sleep(200)
    await server.kill()
    await server.up()
    await until(() => started.states.at(-1) === true)
  }
  await sleep(50)
  going = false
  await Promise.all(publishers)
  return { server, node: started, published, acknowledged }
}

async function stand (broker: Node['broker']): Promise<Map<string, Position>> {
  const { records } = await broker.history.read('c', 't', { limit: 100_000 })
  return new Map(records.map(({ id, position }) => [id, position ?? { epoch: '', offset: 0 }]))
}

void t.test('killed under load, appendfsync always: nothing acknowledged is lost or doubled', { skip: missing }, async (t) => {
  const { node: { broker, states }, published, acknowledged } = await killUnderLoad(t, 'always')
  const kept = await stand(broker)
  t.equal(acknowledged.size, published)
  t.ok(published > 100, `${published} publications`)
  t.equal(kept.size, published, 'each is there once')
  t.same([...acknowledged].filter(([id, { offset }]) => kept.get(id)?.offset !== offset), [], 'each stands where it was said to stand')
  t.equal(states.filter((up) => !up).length, 3)
})

void t.test('killed under load, appendfsync everysec: what was lost shows as a new epoch', { skip: missing }, async (t) => {
  const { node: { broker }, published, acknowledged } = await killUnderLoad(t, 'everysec')
  const kept = await stand(broker)
  const { epoch } = await broker.history.position('c', 't')
  t.equal(acknowledged.size, published)
  const silent = [...acknowledged].filter(([id, position]) => position.epoch === epoch && kept.get(id)?.offset !== position.offset)
  t.same(silent, [], 'nothing of the epoch that stands is missing')
})

void t.test('a Redis that comes back with less than it acknowledged begins a new epoch', { skip: missing }, async (t) => {
  const server = await RedisServer.start({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  t.teardown(() => server.end())
  const { broker, states } = await node(t, server)
  const positions: Position[] = []
  for (const id of ['1', '2', '3']) {
    const { position } = await broker.publish(record(id), { history: LIMITS })
    if (position !== undefined) positions.push(position)
  }
  const restart = async (): Promise<string> => {
    const before = states.length
    await server.kill()
    await server.up()
    await until(() => states.length >= before + 2)
    return (await broker.history.position('c', 't')).epoch
  }
  t.equal(await restart(), positions[0]?.epoch, 'it has everything')
  const raw = new Redis(server.port, '127.0.0.1')
  await raw.hincrby('frt:{c|t}:m', 'o', -1)
  raw.disconnect()
  t.not(await restart(), positions[0]?.epoch, 'it lost one')
})

void t.test('restarted without an append-only file, or emptied: a new epoch, and nobody is told that nothing is missing', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  const { broker, states } = await node(t, server)
  const publish = async (id: string): Promise<NonNullable<BrokerRecord['position']>> => {
    const { position } = await broker.publish(record(id), { history: LIMITS })
    return position ?? { epoch: '', offset: 0 }
  }
  const first = await publish('1')
  await server.kill()
  await server.up()
  await until(() => states.at(-1) === true)
  const second = await publish('2')
  t.not(second.epoch, first.epoch)
  t.ok(second.offset > first.offset)
  t.match(await broker.history.read('c', 't', { since: first, limit: 9 }), { complete: false, records: [{ id: '2' }] })
  const raw = new Redis(server.port, '127.0.0.1')
  t.teardown(() => raw.disconnect())
  await raw.flushall()
  t.match(await broker.history.read('c', 't', { since: second, limit: 9 }), { complete: false, records: [] })
  t.not((await publish('3')).epoch, second.epoch)
  await raw.script('FLUSH')
  t.ok(await publish('4'), 'a script that Redis forgot is sent again')
  await raw.del('frt:{c|t}:s')
  t.match(await broker.history.read('c', 't', { since: await publish('5'), limit: 9 }), { complete: true })
})

void t.test('a Redis that stands still: publish fails in time, the event loop stays free, and it comes back', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  const inner = redisBroker({ client: new Redis(server.port, '127.0.0.1', { lazyConnect: true }), probeInterval: false })
  const states: boolean[] = []
  const broker: Broker = guard(inner, { timeout: 300, failures: 3, probeInterval: 100 })
  await broker.start({ deliver () {}, state: (up) => states.push(up) })
  t.teardown(() => broker.stop())
  server.freeze(true)
  const began = performance.now()
  await Promise.all(['1', '2', '3'].map((id) => t.rejects(broker.publish(record(id)), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })))
  t.ok(performance.now() - began < 1_000)
  const beforeQuick = performance.now()
  await t.rejects(broker.publish(record('4')), { message: /failed too often/ })
  t.ok(performance.now() - beforeQuick < 200)
  t.same(states, [false])
  server.freeze(false)
  await until(() => states.at(-1) === true)
  t.same(states, [false, true])
  t.equal((await broker.publish(record('5'))).duplicate, false)
})

void t.test('a Redis that takes its time to load is used as soon as it has loaded, whatever it estimates', { skip: missing }, async (t) => {
  // Slow for each key, and most of the bytes come last: at the first look the rest seems to take an hour.
  const server = await RedisServer.start({
    settings: ['--appendonly', 'yes', '--appendfsync', 'always', '--aof-use-rdb-preamble', 'no', '--key-load-delay', '1000']
  })
  t.teardown(() => server.end())
  const made = [
    await node(t, server), await node(t, server, { client: createClient({ socket: { host: '127.0.0.1', port: server.port } }) })
  ]
  const raw = new Redis(server.port, '127.0.0.1')
  await Promise.all(Array.from({ length: 2_500 }, (_, n) => raw.set(`k${n}`, 'x')))
  for (let n = 0; n < 10; n++) await raw.set(`big${n}`, 'x'.repeat(2_000_000))
  raw.disconnect()
  await server.kill()
  await server.up()
  const loaded = performance.now()
  await Promise.all(made.map(({ states }) => until(() => states.at(-1) === true)))
  t.ok(performance.now() - loaded < 2_000, `${Math.round(performance.now() - loaded)} ms`)
  for (const { states } of made) t.same(states, [false, true])
})

void t.test('a stop while Redis stands still ends all the same', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  for (const client of [
    new Redis(server.port, '127.0.0.1', { lazyConnect: true }), createClient({ socket: { host: '127.0.0.1', port: server.port } })
  ] satisfies RedisClient[]) {
    const broker = redisBroker({ client, connectTimeout: 1_500 })
    await broker.start({ deliver () {}, state () {} })
    server.freeze(true)
    const publishing = t.rejects(broker.publish(record('1')), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
    const began = performance.now()
    await broker.stop()
    await publishing
    t.ok(performance.now() - began < 4_000)
    server.freeze(false)
  }
})

void t.test('a connection that is taken anew is ready again, with either library', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  for (const client of [
    new Redis(server.port, '127.0.0.1', { lazyConnect: true }), createClient({ socket: { host: '127.0.0.1', port: server.port } })
  ] satisfies RedisClient[]) {
    const told: string[] = []
    const link = linkMaker(client)({ ready: () => told.push('ready'), down: () => told.push('down'), message () {} })
    await link.connect()
    link.reset()
    await until(() => told.at(-1) === 'ready' && told.includes('down'))
    t.equal(String(await link.command(['PING'])), 'PONG')
    await link.close()
  }
})

void t.test('a connection that the server ends subscribes again, with either library', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  for (const client of [
    new Redis(server.port, '127.0.0.1', { lazyConnect: true }), createClient({ socket: { host: '127.0.0.1', port: server.port } })
  ] satisfies RedisClient[]) {
    const { broker, got, states } = await node(t, server, { client, probeInterval: 50, prefix: 'deaf' })
    await broker.subscribe('c', 't')
    await broker.subscribe('c', 'p:*')
    const raw = new Redis(server.port, '127.0.0.1')
    t.teardown(() => raw.disconnect())
    await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await until(() => states.length === 2)
    t.same(states, [false, true])
    await broker.publish(record('1'))
    await broker.publish({ ...record('2'), topic: 'p:1' })
    await until(() => got.length === 2)
    t.same(got.map(({ id }) => id), ['1', '2'])
    await broker.stop()
  }
})

void t.test('a node that hears its own probes keeps its connection', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  const { states } = await node(t, server, { probeInterval: 100 })
  await sleep(500)
  t.same(states, [])
})

void t.test('a probe that was sent while nobody listened does not end the next connection', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  const { states } = await node(t, server, { probeInterval: 100 })
  const raw = new Redis(server.port, '127.0.0.1')
  t.teardown(() => raw.disconnect())
  // Away at the time of a probe: no new connection can subscribe.
  await raw.call('ACL', 'SETUSER', 'default', '-subscribe')
  await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await until(() => states.length === 1)
  await sleep(250)
  await raw.call('ACL', 'SETUSER', 'default', '+subscribe')
  await until(() => states.length === 2)
  await sleep(500)
  t.same(states, [false, true])
})

void t.test('with nobody there the start fails in time', async (t) => {
  const options = { connectTimeout: 300 }
  const closed = 1
  for (const client of [
    new Redis(closed, '127.0.0.1', { lazyConnect: true }), createClient({ socket: { host: '127.0.0.1', port: closed } })
  ] satisfies RedisClient[]) {
    const broker = redisBroker({ client, ...options })
    await t.rejects(broker.start({ deliver () {}, state () {} }), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
    await t.rejects(broker.publish(record('1')), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
    await broker.stop()
  }
})
