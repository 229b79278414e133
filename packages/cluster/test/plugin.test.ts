import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import tap from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { BrokerUnavailableError, broker, combine, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import type { Broker, MemoryHub } from '@fastify-realtime/broker'
import { closeReasons } from '@fastify-realtime/protocol'
import { cluster } from '../src/index.ts'
import type { ClusterOptions } from '../src/index.ts'
import type { TopicHost } from '../src/local-node.ts'
import { FakePool, turns } from './fixtures.ts'

interface Node {
  readonly app: FastifyInstance
  readonly pool: FakePool
}

/** One node: a pool without sockets, and the real broker and cluster. */
async function node (use: Broker, options: ClusterOptions = {}, broadcast?: TopicHost): Promise<Node> {
  const app = Fastify()
  const pool = new FakePool()
  await app.register(fp(async (scope) => { scope.decorate('connectionPool', pool as never) }))
  await app.register(cluster, options)
  await app.register(broker, { use, guard: false })
  if (broadcast !== undefined) app.decorate('broadcast', broadcast)
  await app.ready()
  return { app, pool }
}

async function pair (t: Pick<typeof tap, 'teardown'>, hub: MemoryHub, options: ClusterOptions = {}, broadcast?: TopicHost): Promise<[Node, Node]> {
  const nodes: [Node, Node] = [
    await node(memoryBroker({ hub }), options, broadcast), await node(memoryBroker({ hub }), options, broadcast)
  ]
  t.teardown(() => Promise.all(nodes.map(({ app }) => app.close())))
  return nodes
}

void tap.test('every node sees the nodes and the connections of all', async (t) => {
  const [a, b] = await pair(t, memoryHub(), { name: 'host' })
  a.pool.add('c1', 'ada')
  b.pool.add('c2', 'ada')
  b.pool.add('c3', 'bob')
  const nodes = await a.app.cluster.nodes()
  t.same(nodes.map(({ id, name, self }) => ({ id, name, self })), [
    { id: a.app.cluster.id, name: 'host', self: true }, { id: b.app.cluster.id, name: 'host', self: false }
  ])
  const all = await a.app.cluster.connections()
  t.same(all.connections.map(({ id, node }) => [id, node]),
    [['c1', a.app.cluster.id], ['c2', b.app.cluster.id], ['c3', b.app.cluster.id]])
  t.match(all, { count: 3, missing: [] })
  t.match(await b.app.cluster.connections({ principal: 'ada' }, { limit: 1 }), { connections: [{ id: 'c2' }], count: 2, missing: [] })
  t.match(await b.app.cluster.connections({ node: a.app.cluster.id }), { connections: [{ id: 'c1' }], count: 1 })
})

void tap.test('any node ends connections on all nodes', async (t) => {
  const [a, b] = await pair(t, memoryHub())
  a.pool.add('c1', 'ada')
  b.pool.add('c2', 'ada')
  b.pool.add('c3', 'bob')
  t.same(await a.app.cluster.disconnect({ principal: 'ada' }, closeReasons.forbidden), { disconnected: 2, missing: [] })
  t.same([a.pool.closed, b.pool.closed], [[['c1', closeReasons.forbidden]], [['c2', closeReasons.forbidden]]])
  t.same(await a.app.cluster.disconnect({ id: 'c3' }), { disconnected: 1, missing: [] })
  t.same(b.pool.closed[1], ['c3', closeReasons.done])
  await t.rejects(a.app.cluster.disconnect({}), { code: 'FRT_ERR_CLUSTER_FILTER' })
})

void tap.test('topics are counted over all nodes', async (t) => {
  const broadcast = {
    topics: () => [{ topic: 'room:1', subscribers: 2 }, { topic: 'room:2', subscribers: 3 }, { topic: 'room:3', subscribers: 1 }],
    subscribers: () => []
  }
  const [a] = await pair(t, memoryHub(), {}, broadcast)
  t.same(await a.app.cluster.topics({ limit: 2 }), {
    topics: [{ topic: 'room:2', subscribers: 6 }, { topic: 'room:1', subscribers: 4 }], missing: []
  })
  t.match(await a.app.cluster.connections({ topic: 'room:1' }), { count: 0 })
})

void tap.test('without broadcast there are no topics to ask for', async (t) => {
  const [a] = await pair(t, memoryHub())
  await t.rejects(a.app.cluster.topics(), { code: 'FRT_ERR_CLUSTER_FILTER' })
  await t.rejects(a.app.cluster.connections({ topic: 'room:1' }), { code: 'FRT_ERR_CLUSTER_FILTER' })
})

void tap.test('a node that does not answer is named as missing, and the others are answered for', async (t) => {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  const [a, b] = await pair(t, hub, { clock })
  b.pool.add('c1', 'ada')
  await hub.records.put('cluster:node:dead', JSON.stringify({ id: 'dead', name: 'x', startedAt: 1, connections: 3 }), 15_000)
  const asking = a.app.cluster.connections({}, { timeout: 500 })
  await clock.pass(500)
  t.match(await asking, { connections: [{ id: 'c1' }], count: 1, missing: ['dead'] })
})

void tap.test('nodes come and go', async (t) => {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  const a = await node(memoryBroker({ hub }), { clock })
  t.teardown(() => a.app.close())
  const told: string[] = []
  a.app.cluster.on('join', ({ id }) => told.push(`join ${id}`))
  a.app.cluster.on('leave', () => { throw new Error('a listener that throws harms nobody') })
  const undo = a.app.cluster.on('leave', ({ id }) => told.push(`leave ${id}`))
  const b = await node(memoryBroker({ hub }), { clock })
  await clock.pass(5_000)
  await b.app.close()
  await clock.pass(5_000)
  undo()
  t.same(told, [`join ${b.app.cluster.id}`, `leave ${b.app.cluster.id}`])
})

void tap.test('one node alone needs no broker of its own', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const pool = new FakePool()
  await app.register(fp(async (scope) => { scope.decorate('connectionPool', pool as never) }))
  await app.register(cluster)
  await app.ready()
  pool.add('c1', 'ada')
  t.match(await app.cluster.connections(), { count: 1, missing: [] })
})

void tap.test('a broker without records refuses to boot', async (t) => {
  const inner = memoryBroker()
  const bare: Broker = {
    name: 'bare',
    start: (sink) => inner.start(sink),
    publish: (...call) => inner.publish(...call),
    subscribe: (...call) => inner.subscribe(...call),
    unsubscribe: (...call) => inner.unsubscribe(...call),
    stop: () => inner.stop()
  }
  await t.rejects(node(bare), { code: 'FRT_ERR_BROKER_CAPABILITY', message: /@fastify-realtime\/cluster needs "records"/ })
})

void tap.test('without the pool it refuses to boot', async (t) => {
  await t.rejects(async () => { await Fastify().register(cluster) }, { code: 'FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE' })
})

void tap.test('a question that cannot be sent is told to the asker and leaves nothing behind', async (t) => {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  const inner = memoryBroker({ hub })
  let away = false
  const flaky: Broker = {
    ...combine(inner, {}),
    name: 'flaky',
    records: inner.records,
    start: (sink) => inner.start(sink),
    publish: async (...call) => {
      if (away) throw new BrokerUnavailableError('flaky', 'it is away')
      return inner.publish(...call)
    },
    subscribe: (...call) => inner.subscribe(...call),
    unsubscribe: (...call) => inner.unsubscribe(...call),
    stop: () => inner.stop()
  }
  const [a, b] = [await node(flaky, { clock }), await node(memoryBroker({ hub }), { clock })]
  t.teardown(() => Promise.all([a.app.close(), b.app.close()]))
  away = true
  await t.rejects(a.app.cluster.connections(), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  // Nor can it answer the other, who gives up at the deadline.
  const asking = b.app.cluster.connections({}, { timeout: 500 })
  await clock.pass(500)
  t.same((await asking).missing, [a.app.cluster.id])
})

void tap.test('what is no question and no answer is ignored', async (t) => {
  const hub = memoryHub()
  const [a] = await pair(t, hub)
  const stranger = memoryBroker({ hub })
  await stranger.start({ deliver () {}, state () {} })
  const record = { channel: 'cluster', event: 'e', id: 'i', time: 1, payload: 'rubbish' }
  await stranger.publish({ ...record, topic: 'all' })
  await stranger.publish({ ...record, topic: `node:${a.app.cluster.id}` })
  await turns()
  t.match(await a.app.cluster.connections(), { count: 0, missing: [] })
  await stranger.stop()
})
