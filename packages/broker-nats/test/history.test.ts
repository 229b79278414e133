import type { Buffer } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { BrokerRecord } from '@fastify-realtime/broker'
import { NatsHistory } from '../src/history.ts'
import { JetStream } from '../src/jetstream.ts'
import { encodeMarker, encodeRecord } from '../src/record-frame.ts'
import { Requests } from '../src/requests.ts'
import type { Streams } from '../src/streams.ts'
import { Subjects } from '../src/subjects.ts'
import { missing, NatsServer } from './nats-server.ts'
import { append, countOf, LIMITS, node, record, until } from './node.ts'

function ids (records: readonly BrokerRecord[]): string[] {
  return records.map(({ id }) => id)
}

void t.test('history', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())

  await t.test('a quiet topic keeps its position, and who has it misses nothing', async (t) => {
    const one = await node(t, server, { prefix: 'quiet', dedupeWindow: 100, positionTtl: 600 })
    const limits = { size: 10, ttl: 200 }
    const { history } = one.broker
    const empty = await history.position('c', 'empty')
    const first = await append(one, '1', limits)
    for (let n = 0; n < 4; n++) {
      await sleep(350)
      t.same(await history.position('c', 'empty'), empty)
      t.same(await history.position('c', 't'), first)
    }
    t.same(await history.read('c', 't', { since: first, limit: 9 }), { position: first, records: [], complete: true, more: false })
    t.match(await history.read('c', 't', { since: empty, limit: 9 }), { records: [], complete: false })
    const second = await append(one, '2', limits)
    const page = await history.read('c', 't', { since: first, limit: 9 })
    t.same([ids(page.records), page.complete, page.position], [['2'], true, second])
    await append(one, '3', limits)
    t.match(await history.read('c', 't', { since: first, limit: 1 }), { records: [{ id: '2' }], complete: true, more: true })
  })

  await t.test('what expired does not come back with the next publication', async (t) => {
    const one = await node(t, server, { prefix: 'expired' })
    await append(one, '1', { size: 10, ttl: 100 })
    await append(one, '2', { size: 10, ttl: 100 })
    await sleep(200)
    t.same((await one.broker.history.read('c', 't', { limit: 9 })).records, [])
    await append(one, '3')
    t.same(ids((await one.broker.history.read('c', 't', { limit: 9 })).records), ['3'])
  })

  await t.test('of one topic no more is kept than a little above its size, however large others are', async (t) => {
    const one = await node(t, server, { prefix: 'trim' })
    for (let n = 0; n < 57; n++) await append(one, String(n), { size: 10, ttl: 60_000 })
    await one.broker.history.position('c', 'other')
    t.ok(await countOf(one.connection, 'trim.h.n.c.t') <= 21)
    t.same(ids((await one.broker.history.read('c', 't', { limit: 3 })).records), ['54', '55', '56'])
  })

  await t.test('a history may become longer than the stream was made for', async (t) => {
    const small = await node(t, server, { prefix: 'grow', maxHistory: 5 })
    await t.rejects(append(small, 'x', { size: 6, ttl: 1_000 }), { code: 'FRT_ERR_BROKER_OPTION', message: /"maxHistory" must be at least the 6/ })
    await t.rejects(append(small, 'x', { size: 5, ttl: 43_200_001 }), { code: 'FRT_ERR_BROKER_OPTION', message: /"positionTtl"/ })
    const large = await node(t, server, { prefix: 'grow', maxHistory: 20 })
    const first = await append(small, 'first', { size: 5, ttl: 60_000 })
    for (let n = 0; n < 20; n++) await append(large, String(n), { size: 20, ttl: 60_000 })
    const page = await large.broker.history.read('c', 't', { since: first, limit: 100 })
    t.same([page.records.length, page.complete], [20, true])
  })

  await t.test('a record with a version finds the newest one behind records without, and behind markers', async (t) => {
    const one = await node(t, server, { prefix: 'versions' })
    const { broker } = one
    await broker.history.position('c', 't')
    const publish = async (version: number): Promise<boolean> =>
      (await broker.publish(record(`v${version}`, { version }), { history: LIMITS })).duplicate
    t.equal(await publish(5), false)
    await append(one, 'without')
    t.same([await publish(5), await publish(6), await publish(4)], [true, false, true])
  })

  await t.test('of nodes that race with versions only newer ones are published', async (t) => {
    const nodes = await Promise.all([1, 2, 3].map(() => node(t, server, { prefix: 'race' })))
    await nodes[0]?.broker.subscribe('c', 't')
    await Promise.all(nodes.flatMap(({ broker }, n) => [1, 2, 3, 4, 5].map((version) =>
      broker.publish(record(`${n}-${version}`, { version }), { history: LIMITS }))))
    await until(() => nodes[0]?.got.at(-1)?.version === 5)
    t.same(nodes[0]?.got.map(({ version }) => version), [1, 2, 3, 4, 5])
  })

  await t.test('the records of one publisher keep their order, with history or without', async (t) => {
    const { broker, got } = await node(t, server, { prefix: 'order' })
    await broker.subscribe('c', 't')
    const work = Array.from({ length: 60 }, (_, n) => {
      const options = n % 3 === 0 ? { history: LIMITS } : {}
      return broker.publish(record(String(n), n % 10 === 0 ? { version: n + 1 } : {}), options)
    })
    await Promise.all(work)
    await until(() => got.length === 60)
    t.same(ids(got), Array.from({ length: 60 }, (_, n) => String(n)))
  })

  await t.test('nodes that ask at once for a topic without history are told one position', async (t) => {
    const nodes = await Promise.all([1, 2, 3, 4].map(() => node(t, server, { prefix: 'first' })))
    const positions = await Promise.all(nodes.map(({ broker }) => broker.history.position('c', 't')))
    t.equal(new Set(positions.map(({ offset }) => offset)).size, 1)
  })
})

/** A history whose stream the test plays. */
function fake (answers: { newest: { seq: number, data: Uint8Array }, scanned: Array<{ seq: number, data: Uint8Array }> }): NatsHistory {
  const jetStream = new JetStream(Object.create(Requests.prototype) as Requests)
  jetStream.get = async () => ({ ...answers.newest, time: 1_000 })
  jetStream.scan = async (_stream, _subject, start, count) => {
    const there = answers.scanned.filter(({ seq }) => seq >= start).map((message) => ({ ...message, time: 1_000 }))
    return { pending: there.length, messages: there.slice(0, count(there.length)) }
  }
  const streams = { history: { name: 'h', epoch: 'e', window: 1 } } as Streams
  return new NatsHistory({ jetStream, streams, subjects: new Subjects('p'), time: () => 1_000, positionTtl: 10_000 })
}

void t.test('a server that is behind is not believed', async (t) => {
  const data = (id: string): Buffer => encodeRecord(record(id), LIMITS)
  const newest = { seq: 3, data: data('3') }
  const since = { epoch: 'e', offset: 1 }
  const behind = fake({ newest, scanned: [{ seq: 1, data: data('1') }, { seq: 2, data: data('2') }] })
  await t.rejects(behind.read('c', 't', { since, limit: 9 }), { message: 'a replica is behind' })
  const empty = fake({ newest, scanned: [] })
  await t.rejects(empty.read('c', 't', { limit: 9 }), { message: 'a replica is behind' })
  const ahead = fake({ newest, scanned: [1, 2, 3, 4].map((seq) => ({ seq, data: data(String(seq)) })) })
  t.same(ids((await ahead.read('c', 't', { since, limit: 9 })).records), ['2', '3'], 'what came since comes live')
})

void t.test('a page after a marker that stands for what the reader has is complete', async (t) => {
  const since = { epoch: 'e', offset: 7 }
  const newest = { seq: 30, data: encodeRecord(record('30'), LIMITS) }
  const scanned = [{ seq: 20, data: encodeMarker(7) }, newest]
  t.match(await fake({ newest, scanned }).read('c', 't', { since, limit: 9 }), { complete: true, records: [{ id: '30' }] })
  const other = [{ seq: 20, data: encodeMarker(8) }, newest]
  t.match(await fake({ newest, scanned: other }).read('c', 't', { since, limit: 9 }), { complete: false, records: [{ id: '30' }] })
  const many = [{ seq: 7, data: encodeMarker() }, ...[10, 11, 12, 13].map((seq) => ({ seq, data: encodeMarker(7) })), newest]
  t.match(await fake({ newest, scanned: many }).read('c', 't', { since, limit: 0 }), { complete: true, records: [], more: true })
  t.match(await fake({ newest, scanned: many }).read('c', 't', { since, limit: 1 }), { complete: true, records: [{ id: '30' }], more: false })
})
