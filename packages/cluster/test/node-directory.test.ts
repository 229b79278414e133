import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { Emitter } from '@fastify-realtime/protocol'
import { memoryHub } from '@fastify-realtime/broker'
import type { RecordStore } from '@fastify-realtime/broker'
import type { ClusterEvents } from '../src/index.ts'
import { NodeDirectory } from '../src/node-directory.ts'
import { turns } from './fixtures.ts'

function build (id: string, records: RecordStore, clock: FakeClock): {
  readonly directory: NodeDirectory, readonly told: string[], readonly errors: unknown[]
} {
  const told: string[] = []
  const errors: unknown[] = []
  const events = new Emitter<ClusterEvents>(() => {})
  events.on('join', (node) => told.push(`join ${node.id}`))
  events.on('leave', (node) => told.push(`leave ${node.id}`))
  const directory = new NodeDirectory({
    self: () => ({ id, name: 'host', startedAt: 1, connections: 0 }),
    records: () => records,
    lease: 15_000,
    clock,
    events,
    renewed: async () => {},
    failed: (error) => errors.push(error)
  })
  return { directory, told, errors }
}

void t.test('nodes find each other, and notice who leaves', async (t) => {
  const clock = fakeClock()
  const { records } = memoryHub({ clock })
  const [a, b] = [build('a', records, clock), build('b', records, clock)]
  await a.directory.start()
  await b.directory.start()
  t.same(b.told, ['join a'])
  t.same(await a.directory.list(), [
    { id: 'a', name: 'host', startedAt: 1, connections: 0, self: true },
    { id: 'b', name: 'host', startedAt: 1, connections: 0, self: false }
  ])
  await clock.pass(5_000)
  t.same(a.told, ['join b'])
  await b.directory.stop()
  await clock.pass(5_000)
  t.same(a.told, ['join b', 'leave b'])
  await a.directory.stop()
  t.equal(clock.pending, 0)
})

void t.test('a node that gives no sign of life is gone when its lease ends', async (t) => {
  const clock = fakeClock()
  const { records } = memoryHub({ clock })
  const a = build('a', records, clock)
  await a.directory.start()
  await records.put('cluster:node:dead', JSON.stringify({ id: 'dead', name: 'x', startedAt: 1, connections: 3 }), 15_000)
  await clock.pass(5_000)
  t.same(a.told, ['join dead'])
  await clock.pass(14_999)
  t.same(a.told, ['join dead', 'leave dead'])
  await a.directory.stop()
})

void t.test('a renewal that fails is told and tried again', async (t) => {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  let broken = false
  const records: RecordStore = {
    ...hub.records,
    async put (key, value, ttl) {
      if (broken) throw new Error('away')
      await hub.records.put(key, value, ttl)
    },
    async delete (key) {
      if (broken) throw new Error('away')
      await hub.records.delete(key)
    }
  }
  const a = build('a', records, clock)
  await a.directory.start()
  broken = true
  await clock.pass(20_000)
  t.equal(a.errors.length, 4)
  t.same(await a.directory.list(), [])
  broken = false
  await clock.pass(5_000)
  t.equal((await a.directory.list()).length, 1)
  broken = true
  await a.directory.stop()
  t.equal(a.errors.length, 5)
})

void t.test('a renewal that is under way at the stop begins no new timer', async (t) => {
  const clock = fakeClock()
  const { records } = memoryHub({ clock })
  const idle = build('idle', records, clock)
  await idle.directory.stop()
  let finish = (): void => {}
  const slow = { ...records }
  const a = build('a', slow, clock)
  await a.directory.start()
  slow.list = () => new Promise((resolve) => { finish = () => resolve([]) })
  await clock.pass(5_000)
  await a.directory.stop()
  finish()
  await turns()
  t.equal(clock.pending, 0)
})
