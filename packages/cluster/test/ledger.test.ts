import t from 'tap'
import { memoryHub } from '@fastify-realtime/broker'
import type { RecordStore } from '@fastify-realtime/broker'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { Ledger } from '../src/ledger.ts'

interface Built {
  readonly ledger: Ledger
  readonly clock: FakeClock
  readonly records: RecordStore
  readonly errors: unknown[]
  readonly writes: string[]
  broken: boolean
  readonly written: () => Promise<string[]>
}

function build (max: number | false = 10): Built {
  const clock = fakeClock()
  const { records } = memoryHub({ clock })
  const errors: unknown[] = []
  const writes: string[] = []
  const check = (key: string): void => {
    if (built.broken) throw new Error('away')
    writes.push(key)
  }
  const watched: RecordStore = {
    ...records,
    put: async (key, value, ttl) => {
      check(key)
      await records.put(key, value, ttl)
    },
    delete: async (key) => {
      check(key)
      await records.delete(key)
    }
  }
  const ledger = new Ledger({ node: 'n', records: () => watched, max, clock, failed: (error) => errors.push(error) })
  const written = async (): Promise<string[]> => (await records.list('cluster:connection:n:')).map(({ key, value }) => `${key.slice(21)} ${value}`)
  const built: Built = { ledger, clock, records, errors, writes, broken: false, written }
  return built
}

void t.test('connections are written together, and what came and went meanwhile is only taken out', async (t) => {
  const { ledger, clock, written, writes } = build()
  ledger.open('a', 'ada')
  ledger.open('b', null)
  t.same(writes, [])
  await clock.pass(250)
  t.same(await written(), ['a {"principal":"ada"}', 'b {"principal":null}'])
  ledger.open('c', 'cy')
  t.equal(ledger.close('c'), true)
  t.equal(ledger.close('a'), true)
  await clock.pass(250)
  t.same(await written(), ['b {"principal":null}'])
  await ledger.stop()
  t.equal(clock.pending, 0)
})

void t.test('nothing is written down where no other node could read it', async (t) => {
  const clock = fakeClock()
  const { records } = memoryHub({ clock })
  const ledger = new Ledger({ node: 'n', records: () => ({ ...records, local: true }), max: 10, clock, failed: (error) => { t.error(error) } })
  ledger.open('a', 'ada')
  await clock.pass(250)
  t.same(await records.list('cluster:connection:'), [])
  t.equal(ledger.close('a'), true, 'its end is told all the same')
  await ledger.stop()
})

void t.test('what changes while a round is under way is written in the next', async (t) => {
  const { ledger, clock, written, writes } = build()
  ledger.open('a', 'ada')
  clock.advance(250)
  await Promise.resolve()
  t.equal(writes.length, 1, 'it is under way')
  ledger.close('a')
  ledger.open('b', 'bob')
  await clock.pass(0)
  t.same(await written(), ['a {"principal":"ada"}'])
  await clock.pass(250)
  t.same(await written(), ['b {"principal":"bob"}'])
})

void t.test('more than the most are not written, nor is anything when it is off', async (t) => {
  const few = build(2)
  for (const id of ['a', 'b', 'c']) few.ledger.open(id, null)
  t.equal(few.ledger.close('c'), true, 'its end is told all the same')
  await few.clock.pass(250)
  t.equal((await few.written()).length, 2)
  const none = build(false)
  none.ledger.open('a', null)
  await none.ledger.renew()
  t.equal(none.ledger.close('a'), true)
  await none.ledger.stop()
  t.same(none.writes, [])
})

void t.test('what could not be written is told once a round and written later, in its newest state', async (t) => {
  const built = build()
  const { ledger, clock, written, errors } = built
  built.broken = true
  ledger.open('a', 'ada')
  ledger.open('b', 'bob')
  await clock.pass(250)
  t.equal(errors.length, 1)
  ledger.close('a')
  built.broken = false
  await clock.pass(5_000)
  t.same(await written(), ['b {"principal":"bob"}'])
  t.equal(errors.length, 1)
})

void t.test('what changes while a round fails keeps its newer state', async (t) => {
  const built = build()
  const { ledger, clock, written } = built
  ledger.open('a', 'ada')
  built.broken = true
  clock.advance(250)
  await Promise.resolve()
  ledger.close('a')
  await clock.pass(0)
  built.broken = false
  await clock.pass(5_000)
  t.same(await written(), [])
})

void t.test('what is written lives on while the node does', async (t) => {
  const { ledger, clock, written, records } = build()
  ledger.open('a', 'ada')
  for (let minutes = 0; minutes < 180; minutes += 10) {
    await ledger.renew()
    await clock.pass(600_000)
  }
  t.equal((await written()).length, 1)
  t.equal((await records.list('cluster:ledger:')).length, 1)
})

void t.test('a node that stops with all connections ended leaves nothing behind', async (t) => {
  const { ledger, clock, records } = build()
  await ledger.renew()
  ledger.open('a', 'ada')
  await clock.pass(250)
  ledger.close('a')
  await ledger.stop()
  t.same(await records.list(''), [])
  t.equal(clock.pending, 0)
})

void t.test('a node that stops with open connections leaves them to be told', async (t) => {
  const built = build()
  const { ledger, records } = built
  await ledger.renew()
  ledger.open('a', 'ada')
  await ledger.stop()
  t.equal((await records.list('')).length, 2)
  ledger.close('a')
  built.broken = true
  await ledger.stop()
  t.equal(built.errors.length, 2)
})

void t.test('a node that was taken for crashed tells no end again, and writes new connections down', async (t) => {
  const { ledger, clock, records, written } = build()
  await ledger.renew()
  ledger.open('a', 'ada')
  await records.put('cluster:claim:n', 'other', 60_000)
  await ledger.renew()
  await clock.pass(250)
  t.same(await written(), [])
  t.equal(ledger.close('a'), false)
  ledger.open('b', 'bob')
  await clock.pass(250)
  t.equal((await written()).length, 1)
  t.equal(ledger.close('b'), true)
  t.equal(await records.get('cluster:claim:n'), undefined)
})
