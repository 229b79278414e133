import assert from 'node:assert/strict'
import type { Position } from '@fastify-realtime/protocol'
import type { BrokerRecord, HistoryPage, HistoryQuery } from '../contract.ts'
import { at, ids } from './bench.ts'
import type { Bench, BenchNode } from './bench.ts'
import type { Check, Section } from './check.ts'

const LIMITS = { size: 10, ttl: 60_000 }

function read (node: BenchNode, query: HistoryQuery): Promise<HistoryPage> {
  assert.ok(node.broker.history !== undefined, 'no history')
  return node.broker.history.read('c', 't', query)
}

/** Publishes `count` records one after the other and answers their positions. */
async function fill (bench: Bench, node: BenchNode, count: number, limits = LIMITS): Promise<Position[]> {
  const positions: Position[] = []
  for (let n = 1; n <= count; n++) {
    const { position } = await node.publish(bench.record('t', { id: String(n) }), { history: limits })
    assert.ok(position !== undefined, 'publishing with history answers the position')
    positions.push(position)
  }
  return positions
}

function offset (record: BrokerRecord): number {
  assert.ok(record.position !== undefined, 'a record without position')
  return record.position.offset
}

const appending: Check[] = [
  {
    name: 'offsets grow in one epoch, and the delivered record carries its position',
    async run (bench) {
      const [a, b] = await bench.pair()
      await b.broker.subscribe('c', 't')
      const positions = [...await fill(bench, a, 3), ...await fill(bench, b, 3)]
      for (const [n, position] of positions.entries()) {
        assert.equal(position.epoch, at(positions, 0).epoch)
        assert.ok(n === 0 || position.offset > at(positions, n - 1).offset, 'an offset did not grow')
      }
      await bench.eventually(() => b.got.length === 6, 'the records')
      assert.deepEqual(b.got.map((record) => record.position), positions)
    }
  },
  {
    name: 'history keeps every field, and only what was published with history',
    async run (bench) {
      const [a, b] = await bench.pair()
      const text = bench.record('t', { except: 'connection-1', version: 1, trace: '00-ab', payload: '{"ü":1}' })
      const bytes = bench.record('t', { payload: Uint8Array.of(0, 255, 10, 128) })
      const positions = [await a.publish(text, { history: LIMITS }), await a.publish(bytes, { history: LIMITS })]
      await a.publish(bench.record('t'))
      const { records } = await read(b, { limit: 10 })
      assert.equal(records.length, 2)
      assert.deepEqual(records[0], { ...text, position: positions[0]?.position })
      const { payload, ...rest } = at(records, 1)
      assert.deepEqual([...Buffer.from(payload)], [0, 255, 10, 128])
      assert.deepEqual(rest, { channel: 'c', topic: 't', event: 'e', id: bytes.id, time: bytes.time, position: positions[1]?.position })
    }
  },
  {
    name: 'a duplicate is told where the first one stands, and is kept once',
    async run (bench) {
      const [a, b] = await bench.pair()
      const record = bench.record('t')
      const first = await a.publish(record, { history: LIMITS, dedupe: 60_000 })
      await fill(bench, a, 2)
      const again = await b.publish(record, { history: LIMITS, dedupe: 60_000 })
      assert.deepEqual(again, { duplicate: true, position: first.position })
      assert.deepEqual(ids((await read(a, { limit: 10 })).records), [record.id, '1', '2'])
    }
  },
  {
    name: 'what a page does not hold yet comes live: no gap, whenever it is read',
    async run (bench) {
      const [a, b] = await bench.pair()
      const publishing = fill(bench, a, 60, { size: 100, ttl: 60_000 })
      await b.broker.subscribe('c', 't')
      const page = await read(b, { limit: 100 })
      const newest = at(await publishing, 59)
      await bench.eventually(() => b.got.at(-1)?.position?.offset === newest.offset, 'the last record')
      const live = b.got.filter((record) => offset(record) > page.position.offset)
      assert.deepEqual([...ids(page.records), ...ids(live)], Array.from({ length: 60 }, (_, n) => String(n + 1)))
    }
  }
]

const reading: Check[] = [
  {
    name: 'since pages forward and before pages back, and more says when to go on',
    async run (bench) {
      const [a, b] = await bench.pair()
      const positions = await fill(bench, a, 7)
      const forward = await read(b, { since: at(positions, 0), limit: 4 })
      assert.deepEqual([ids(forward.records), forward.more, forward.complete], [['2', '3', '4', '5'], true, true])
      const rest = await read(b, { since: at(positions, 4), limit: 4 })
      assert.deepEqual([ids(rest.records), rest.more, rest.complete], [['6', '7'], false, true])
      const newest = await read(b, { limit: 3 })
      assert.deepEqual([ids(newest.records), newest.more, newest.complete], [['5', '6', '7'], true, true])
      const back = await read(b, { before: at(positions, 4), limit: 3 })
      assert.deepEqual([ids(back.records), back.more], [['2', '3', '4'], true])
      const start = await read(b, { before: at(positions, 1), limit: 3 })
      assert.deepEqual([ids(start.records), start.more], [['1'], false])
      const between = await read(b, { since: at(positions, 1), before: at(positions, 4), limit: 9 })
      assert.deepEqual([ids(between.records), between.more, between.complete], [['3', '4'], false, true])
      assert.deepEqual(newest.position, at(positions, 6))
    }
  },
  {
    name: 'a reader that has everything gets nothing, and that is complete',
    async run (bench) {
      const node = await bench.node()
      const positions = await fill(bench, node, 3)
      const page = await read(node, { since: at(positions, 2), limit: 9 })
      assert.deepEqual(page, { position: at(positions, 2), records: [], complete: true, more: false })
    }
  },
  {
    name: 'what the size pushed out makes a page incomplete',
    async run (bench) {
      const node = await bench.node()
      const positions = await fill(bench, node, 14)
      const lost = await read(node, { since: at(positions, 2), limit: 20 })
      assert.deepEqual([at(lost.records, 0).id, lost.records.length, lost.complete], ['5', 10, false])
      const whole = await read(node, { since: at(positions, 3), limit: 20 })
      assert.deepEqual([whole.records.length, whole.complete], [10, true])
    }
  },
  {
    name: 'what grew too old makes a page incomplete, and offsets go on growing',
    async run (bench) {
      const node = await bench.node()
      const positions = await fill(bench, node, 3, { size: 10, ttl: 200 })
      await bench.pass(400)
      const page = await read(node, { since: at(positions, 0), limit: 9 })
      assert.deepEqual([page.records, page.complete], [[], false])
      const next = at(await fill(bench, node, 1), 0)
      assert.ok(next.offset > at(positions, 2).offset, 'an offset came again')
    }
  },
  {
    name: 'a position of another epoch is not complete, and nothing is known to be before it',
    async run (bench) {
      const node = await bench.node()
      const positions = await fill(bench, node, 3)
      const foreign = { epoch: 'another', offset: at(positions, 2).offset }
      const since = await read(node, { since: foreign, limit: 9 })
      assert.deepEqual([ids(since.records), since.complete], [['1', '2', '3'], false])
      assert.deepEqual((await read(node, { before: foreign, limit: 9 })).records, [])
      const ahead = { epoch: at(positions, 0).epoch, offset: at(positions, 2).offset + 1_000 }
      assert.equal((await read(node, { since: ahead, limit: 9 })).complete, false)
    }
  },
  {
    name: 'a topic without history has a position, the same on every node, and what is published comes after it',
    async run (bench) {
      const [a, b] = await bench.pair()
      const first = (await read(a, { limit: 0 })).position
      assert.deepEqual(await b.broker.history?.position('c', 't'), first)
      const positions = await fill(bench, b, 1)
      const page = await read(a, { since: first, limit: 9 })
      assert.deepEqual([ids(page.records), page.complete, page.position], [['1'], true, at(positions, 0)])
      assert.deepEqual((await read(a, { limit: 0 })).records, [])
    }
  }
]

export const history: Section = {
  name: 'history',
  applies: (broker) => broker.history === undefined ? 'absent' : 'yes',
  checks: [...appending, ...reading]
}
