import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import type { Broker, MemoryHub } from '@fastify-realtime/broker'
import { closeReasons } from '@fastify-realtime/protocol'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { cluster } from '../src/index.ts'
import { FakePool } from './fixtures.ts'

interface Node {
  readonly app: FastifyInstance
  readonly pool: FakePool
  readonly told: string[]
  /** Cuts the node off from the records, as a crash does, or lets it come back. */
  readonly cut: (away: boolean) => void
}

async function node (hub: MemoryHub, clock: FakeClock): Promise<Node> {
  const app = Fastify()
  const pool = new FakePool()
  const inner = memoryBroker({ hub })
  let away = false
  const records = new Proxy(inner.records, {
    get (store, name) {
      if (away) return () => Promise.reject(new Error('away'))
      return Reflect.get(store, name) as unknown
    }
  })
  const use: Broker = {
    name: 'cut',
    records,
    start: (sink) => inner.start(sink),
    publish: (...call) => inner.publish(...call),
    subscribe: (...call) => inner.subscribe(...call),
    unsubscribe: (...call) => inner.unsubscribe(...call),
    stop: () => inner.stop()
  }
  await app.register(fp(async (scope) => { scope.decorate('connectionPool', pool as never) }))
  await app.register(cluster, { clock })
  await app.register(broker, { use, guard: false })
  await app.ready()
  const told: string[] = []
  app.cluster.on('disconnect', ({ id, node: of, principal, crashed }) => {
    told.push(`${id} of ${of === app.cluster.id ? 'self' : 'another'}, ${principal}${crashed ? ', crashed' : ''}`)
  })
  return { app, pool, told, cut: (cut) => { away = cut } }
}

async function three (t: { teardown (handler: () => unknown): void }): Promise<{ clock: FakeClock, hub: MemoryHub, nodes: [Node, Node, Node] }> {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  const nodes: [Node, Node, Node] = [await node(hub, clock), await node(hub, clock), await node(hub, clock)]
  t.teardown(() => Promise.all(nodes.map(({ app }) => app.close())))
  return { clock, hub, nodes }
}

void t.test('the end of a connection is told on the node that had it', async (t) => {
  const { clock, hub, nodes: [a, b, c] } = await three(t)
  a.pool.add('c1', 'ada')
  a.pool.add('c2', null)
  await clock.pass(1_000)
  await b.app.cluster.disconnect({ principal: 'ada' }, closeReasons.done)
  await clock.pass(60_000)
  t.same([a.told, b.told, c.told], [['c1 of self, ada'], [], []])
  t.equal((await hub.records.list('cluster:connection:')).length, 1)
})

void t.test('after a crash exactly one of the others tells the ends, once, within two leases', async (t) => {
  const { clock, hub, nodes: [a, b, c] } = await three(t)
  for (let n = 0; n < 250; n++) a.pool.add(`c${n}`, n === 0 ? null : `p${n}`)
  b.pool.add('other', 'bob')
  await clock.pass(1_000)
  a.cut(true)
  await clock.pass(30_000)
  const told = [...b.told, ...c.told]
  t.equal(new Set(told).size, 250)
  t.equal(told.length, 250)
  t.ok(told.includes('c0 of another, null, crashed'))
  t.ok(told.includes('c7 of another, p7, crashed'))
  t.ok(b.told.length === 0 || c.told.length === 0)
  await clock.pass(60_000)
  t.equal(b.told.length + c.told.length, 250)
  t.same((await hub.records.list('cluster:connection:')).length, 1)
})

void t.test('a node that comes back after it was taken for crashed tells no end again', async (t) => {
  const { clock, nodes: [a, b, c] } = await three(t)
  a.pool.add('c1', 'ada').close(closeReasons.done)
  const open = a.pool.add('c2', 'bob')
  await clock.pass(1_000)
  a.cut(true)
  await clock.pass(40_000)
  t.same([...b.told, ...c.told], ['c2 of another, bob, crashed'])
  a.cut(false)
  await clock.pass(10_000)
  open.close(closeReasons.done)
  a.pool.add('c3', 'cy').close(closeReasons.done)
  t.same(a.told, ['c1 of self, ada', 'c3 of self, cy'])
})

void t.test('when the broker was away for all, nobody is taken for crashed', async (t) => {
  const { clock, nodes } = await three(t)
  for (const { pool } of nodes) pool.add('c1', 'ada')
  await clock.pass(1_000)
  for (const { cut } of nodes) cut(true)
  await clock.pass(60_000)
  for (const { cut } of nodes) cut(false)
  await clock.pass(60_000)
  t.same(nodes.map(({ told }) => told), [[], [], []])
})

void t.test('a node that was missing for a moment is not taken for crashed', async (t) => {
  const { clock, nodes: [a, b, c] } = await three(t)
  a.pool.add('c1', 'ada')
  await clock.pass(1_000)
  a.cut(true)
  await clock.pass(20_000)
  a.cut(false)
  await clock.pass(60_000)
  t.same([a.told, b.told, c.told], [[], [], []])
})

void t.test('whoever finds the claim of another leaves the telling to it, and goes on when that one crashed too', async (t) => {
  const { clock, hub, nodes: [a, b, c] } = await three(t)
  a.pool.add('c1', 'ada')
  await clock.pass(1_000)
  await hub.records.put(`cluster:claim:${a.app.cluster.id}`, 'another', 60_000)
  a.cut(true)
  await clock.pass(40_000)
  t.same([...b.told, ...c.told], [])
  await clock.pass(30_000)
  t.same([...b.told, ...c.told], ['c1 of another, ada, crashed'])
})

void t.test('the first node after all have crashed tells', async (t) => {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  const a = await node(hub, clock)
  t.teardown(() => a.app.close())
  a.pool.add('c1', 'ada')
  await clock.pass(1_000)
  a.cut(true)
  await clock.pass(1_800_000)
  const b = await node(hub, clock)
  t.teardown(() => b.app.close())
  await clock.pass(15_000)
  t.same(b.told, ['c1 of another, ada, crashed'])
})
