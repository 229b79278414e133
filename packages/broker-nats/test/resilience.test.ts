import { setTimeout as sleep } from 'node:timers/promises'
import type { PublishOptions } from '@nats-io/transport-node'
import t from 'tap'
import { guard } from '@fastify-realtime/broker'
import type { Broker } from '@fastify-realtime/broker'
import { natsBroker } from '../src/index.ts'
import { missing, NatsServer } from './nats-server.ts'
import { api, append, node, record, streamOf, until } from './node.ts'

const MANY = { size: 100_000, ttl: 600_000 }
const unavailable = { code: 'FRT_ERR_BROKER_UNAVAILABLE' }

void t.test('killed under load: nothing acknowledged is lost or doubled', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const { broker, got, states } = await node(t, server, { maxHistory: MANY.size })
  await broker.subscribe('c', 't')
  const acknowledged = new Map<string, number>()
  let going = true
  let next = 0
  const publisher = async (): Promise<void> => {
    while (going) {
      const id = String(next++)
      // Repeated with the same id until it is acknowledged, as a publisher should.
      while (!acknowledged.has(id)) {
        const result = await broker.publish(record(id), { history: MANY, dedupe: 300_000 }).catch(() => undefined)
        if (result?.position !== undefined) acknowledged.set(id, result.position.offset)
        else await sleep(5)
      }
    }
  }
  const publishers = Array.from({ length: 20 }, publisher)
  for (let kill = 0; kill < 3; kill++) {
    await sleep(150)
    await server.kill()
    await sleep(50)
    await server.up()
    await until(() => states.at(-1) === true)
  }
  await sleep(100)
  going = false
  await Promise.all(publishers)
  const { records } = await broker.history.read('c', 't', { limit: 100_000 })
  const kept = new Map(records.map(({ id, position }) => [id, position?.offset]))
  t.equal(kept.size, records.length, 'no id is there twice')
  t.equal(acknowledged.size, next)
  t.ok(next > 500, `${next} publications`)
  t.same([...acknowledged].filter(([id, offset]) => kept.get(id) !== offset), [], 'each stands where it was said to stand')
  t.equal(new Set(got.map(({ id }) => id)).size, got.length, 'none is delivered twice')
  t.same(states, [false, true, false, true, false, true])
})

void t.test('a history that is lost begins a new epoch, and nobody is told that nothing is missing', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const a = await node(t, server)
  const b = await node(t, server)
  await b.broker.subscribe('c', 't')
  const first = await append(a, '1')
  await api(a.connection, `STREAM.DELETE.${await streamOf(a.connection, 'frt.h.>')}`)
  await t.rejects(append(a, 'refused'), unavailable)
  await until(() => a.states.length === 2)
  t.same(a.states, [false, true], 'it makes a new one by itself')
  const second = await append(a, '2')
  t.not(second.epoch, first.epoch)
  await until(() => b.got.length === 2)
  t.same(b.got.map(({ position }) => position), [first, second], 'who did not notice is told the new epoch with the record')
  await t.rejects(b.broker.history.position('c', 't'), unavailable)
  await until(() => b.states.length === 2)
  t.same(await b.broker.history.position('c', 't'), second)
  t.match(await b.broker.history.read('c', 't', { since: first, limit: 9 }), { complete: false, records: [{ id: '2' }] })
})

void t.test('two nodes that find the history lost at once agree on the new one', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const nodes = await Promise.all([node(t, server), node(t, server), node(t, server)])
  for (let round = 0; round < 5; round++) {
    await api(nodes[0].connection, `STREAM.DELETE.${await streamOf(nodes[0].connection, 'frt.h.>')}`)
    await Promise.all(nodes.map((one) => t.rejects(append(one, 'refused'), unavailable)))
    await until(() => nodes.every(({ states }) => states.length === 2 * round + 2))
    const epochs = await Promise.all(nodes.map(async (one) => (await append(one, 'x')).epoch))
    t.equal(new Set(epochs).size, 1)
  }
})

void t.test('a server that comes back with less than it had acknowledged begins a new epoch', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const a = await node(t, server)
  const b = await node(t, server)
  await append(a, '1')
  await server.kill()
  server.backup()
  await server.up()
  await until(() => a.states.at(-1) === true && b.states.at(-1) === true)
  const lost = await append(a, '2')
  await server.kill()
  server.restore()
  await server.up()
  await until(() => [a, b].every(({ states }) => states.length === 4))
  const next = await append(a, '3')
  t.not(next.epoch, lost.epoch)
  t.match(await a.broker.history.read('c', 't', { since: lost, limit: 9 }), { complete: false, records: [{ id: '3' }] })
})

void t.test('what a node did not hear comes with the next publication, or it is told that something is missing', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const a = await node(t, server)
  const connection = await server.connect()
  let deaf = false
  const b = await node(t, server, {
    connection: {
      isClosed: () => connection.isClosed(),
      publish: (subject, payload, options) => connection.publish(subject, payload, options as PublishOptions),
      status: () => connection.status(),
      subscribe: (subject, { callback }) => connection.subscribe(subject, {
        callback: (error, message) => { if (!deaf || !subject.includes('.d.')) callback(error, message) }
      })
    }
  })
  await b.broker.subscribe('c', 't')
  const limits = { size: 20, ttl: 60_000 }
  await append(a, '0', limits)
  const unheard = async (from: number, to: number): Promise<void> => {
    deaf = true
    for (let n = from; n < to; n++) await append(a, String(n), limits)
    await connection.flush()
    deaf = false
  }
  await unheard(1, 11)
  await append(a, '11', limits)
  await until(() => b.got.length === 12)
  t.same(b.got.map(({ id }) => id), Array.from({ length: 12 }, (_, n) => String(n)))
  t.same(b.states, [])
  await unheard(12, 100)
  await append(a, '100', limits)
  await until(() => b.got.at(-1)?.id === '100')
  t.same(b.states, [false, true], 'it can compare positions')
})

void t.test('a server that stands still: publish fails in time, and it comes back', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const inner = natsBroker({ connection: await server.connect() })
  const states: boolean[] = []
  const broker: Broker = guard(inner, { timeout: 300, failures: 3, probeInterval: 100 })
  await broker.start({ deliver () {}, state: (up) => states.push(up) })
  t.teardown(() => broker.stop())
  await server.freeze()
  const began = performance.now()
  await Promise.all(['1', '2', '3'].map((id) => t.rejects(broker.publish(record(id)), unavailable)))
  t.ok(performance.now() - began < 1_000)
  t.same(states, [false])
  server.thaw()
  await until(() => states.at(-1) === true)
  t.same(states, [false, true])
  t.equal((await broker.publish(record('5'))).duplicate, false)
})

void t.test('without an answer every call ends by itself, and so does a stop', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const { broker } = await node(t, server, { timeout: 200 })
  await broker.subscribe('c', 'u')
  await server.freeze()
  await t.rejects(broker.publish(record('1')), { ...unavailable, message: /no answer within 200 ms/ })
  await t.rejects(broker.subscribe('c', 't'), unavailable)
  await broker.unsubscribe('c', 'u')
  // One after the other: each would wait for its own answer.
  const waiting = [1, 2, 3, 4].map((version) => t.rejects(broker.publish(record('v', { version })), unavailable))
  const began = performance.now()
  await broker.stop()
  await Promise.all(waiting)
  t.ok(performance.now() - began < 600)
})

void t.test('a connection that is closed, or lost while it starts, is no connection', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const closed = await server.connect()
  await closed.close()
  const broker = natsBroker({ connection: closed })
  await t.rejects(broker.start({ deliver () {}, state () {} }), unavailable)
  await t.rejects(broker.publish(record('1')), { ...unavailable, message: /not connected/ })
  await broker.stop()
  const { broker: running, connection, states } = await node(t, server)
  await connection.close()
  await until(() => states.length > 0)
  t.same(states, [false])
  await t.rejects(running.publish(record('1')), { ...unavailable, message: /not connected/ })
})

void t.test('without JetStream the start fails and says why', { skip: missing }, async (t) => {
  const server = await NatsServer.start([])
  t.teardown(() => server.end())
  const broker = natsBroker({ connection: await server.connect() })
  await t.rejects(broker.start({ deliver () {}, state () {} }), { ...unavailable, message: /is JetStream enabled/ })
  await broker.stop()
})

void t.test('a stream that cannot be made fails the start', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const broker = natsBroker({ connection: await server.connect(), replicas: 3 })
  await t.rejects(broker.start({ deliver () {}, state () {} }), { ...unavailable, message: /replicas/ })
  await broker.stop()
})

void t.test('subjects that another stream takes are refused', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const connection = await server.connect()
  await api(connection, 'STREAM.CREATE.theirs', { name: 'theirs', subjects: ['frt.>'] })
  const broker = natsBroker({ connection })
  await t.rejects(broker.start({ deliver () {}, state () {} }), { ...unavailable, message: /the stream "theirs" has taken subjects of "frt"/ })
  await broker.stop()
  const other = natsBroker({ connection, prefix: 'other', maxBytes: false })
  await other.start({ deliver () {}, state () {} })
  await other.stop()
})
