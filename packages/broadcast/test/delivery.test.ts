import { jsonCodec } from '@fastify-realtime/protocol'
import type { Codec } from '@fastify-realtime/protocol'
import { applyPatch } from 'rfc6902'
import { test } from 'tap'
import { connection, stage } from './model/stage.ts'
import { FakeConnection } from './model/fake-connection.ts'

test('every subscriber of a codec gets the same frame', async (t) => {
  const { join, broadcast, settled } = await stage()
  const other: Codec = { ...jsonCodec, subprotocol: 'other' }
  const readers = [jsonCodec, other, jsonCodec, other].map((codec) => new FakeConnection(undefined, codec))
  for (const reader of readers) await join(reader, 'a')
  await broadcast.publish('a', 'm', { n: 1 })
  await settled()
  const frames = readers.map(({ frames: [sent] }) => sent)
  t.equal(frames[0], frames[2])
  t.equal(frames[1], frames[3])
  t.not(frames[0], frames[1])
  t.match(broadcast.counters, { published: 1, received: 1, delivered: 4, dropped: 0 })
})

test('frames that are refused are counted', async (t) => {
  const { join, broadcast, settled } = await stage({ topics: { a: {}, b: { filter: () => true } } })
  const full = connection()
  full.outcome = 'dropped'
  await join(full, 'a')
  await join(full, 'b')
  await broadcast.publish('a', 'm')
  await broadcast.publish('b', 'm')
  await settled()
  t.match(broadcast.counters, { delivered: 0, dropped: 2 })
})

test('a record that nobody here wants, or that is no text, is let go', async (t) => {
  const { parts, join, broadcast, settled } = await stage({ topics: { a: {} } })
  const reader = connection()
  await join(reader, 'a')
  const record = { channel: 'topics', event: 'm', id: '1', time: 1, payload: '1' }
  parts.delivery.deliver({ ...record, topic: 'a', payload: new Uint8Array() })
  parts.delivery.deliver({ ...record, topic: 'b' })
  parts.delivery.deliver({ ...record, topic: 'user:ada' })
  await broadcast.publish('a', 'm', 2)
  await settled()
  t.same(reader.data, [2])
})

test('a record that comes twice is delivered once', async (t) => {
  const { parts, join } = await stage({ topics: { a: { history: true } } })
  const reader = connection()
  await join(reader, 'a')
  const record = { channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1, payload: '1' }
  const { epoch, offset } = reader === undefined ? { epoch: '', offset: 0 } : (await parts.reader.read('a', {})).position
  for (const step of [1, 2, 2, 1, 4]) parts.delivery.deliver({ ...record, payload: String(step), position: { epoch, offset: offset + step } })
  t.same(reader.data, [1, 2, 4])
})

test('when the history was lost, subscribers are told and subscribe again', async (t) => {
  const { parts, join, broadcast } = await stage({ topics: { a: { history: true } } })
  const [live, behind] = [connection(), connection()]
  const record = { channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1, payload: '1' }
  await join(live, 'a')
  const { epoch } = (await parts.reader.read('a', {})).position
  parts.delivery.deliver({ ...record, position: { epoch, offset: 7 } })
  await join(behind, 'a')
  parts.delivery.deliver({ ...record, position: { epoch: 'new', offset: 8 } })
  for (const reader of [live, behind]) t.match(reader.received.at(-1), { type: 'unsubscribed', topic: 'a', code: 'position-lost' })
  t.same(live.data, [1])
  t.equal(broadcast.counters.positionsLost, 2)
  t.equal(broadcast.counters.subscriptions, 0)
})

test('whoever was answered ahead of the node is told, too', async (t) => {
  const { parts, join } = await stage({ topics: { a: { history: true } } })
  const reader = connection()
  await join(reader, 'a')
  parts.delivery.deliver({ channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1, payload: '1', position: { epoch: 'new', offset: 8 } })
  t.match(reader.received, [{ type: 'unsubscribed', code: 'position-lost' }])
})

test('only the newest value is kept on topics without history, so a new epoch loses nothing', async (t) => {
  const { parts, join } = await stage({ topics: { a: { latest: true } } })
  const reader = connection()
  await join(reader, 'a')
  const record = { channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1 }
  parts.delivery.deliver({ ...record, payload: '1', position: { epoch: 'x', offset: 1 } })
  parts.delivery.deliver({ ...record, payload: '2', position: { epoch: 'y', offset: 1 } })
  parts.delivery.deliver({ ...record, payload: '3' })
  t.same(reader.data, [1, 2, 3])
  t.ok(reader.received.every((envelope) => !('position' in envelope)))
})

test('whoever is ended during a delivery gets no more of it, and nobody is skipped', async (t) => {
  const { parts, join, broadcast, settled } = await stage()
  const readers = [connection(), connection(), connection(), connection()]
  for (const reader of readers) await join(reader, 'a')
  readers[1]!.onSend = () => {
    readers[2]!.state = 'closed'
    parts.subscribing.forget(readers[2]!.self)
  }
  await broadcast.publish('a', 'm', 1)
  await settled()
  t.same(readers.map(({ data }) => data.length), [1, 1, 0, 1])
})

test('a record without a position reaches those who wait for one, too', async (t) => {
  const { parts, join } = await stage({ topics: { a: { latest: true } } })
  const reader = connection()
  await join(reader, 'a')
  parts.delivery.deliver({ channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1, payload: '1' })
  t.same(reader.data, [1])
})

test('a payload that cannot be read is logged, and what comes after it is delivered', async (t) => {
  const { parts, join, logged } = await stage({ topics: { a: { filter: () => true }, b: { delta: true } } })
  const reader = connection()
  await join(reader, 'a')
  await join(reader, 'b', { delta: true })
  const record = { channel: 'topics', event: 'm', id: '1', time: 1 }
  for (const topic of ['a', 'b']) for (const payload of ['{', '1']) parts.delivery.deliver({ ...record, topic, payload })
  t.same(reader.data, [1, 1])
  t.match(logged, [{ err: SyntaxError, topic: 'a' }, { err: SyntaxError, topic: 'b' }])
})

test('publications of a window leave together', async (t) => {
  const { join, broadcast, clock, settled, parts } = await stage({ topics: { 'a:*': { coalesce: { maxDelay: 10 } } } })
  const reader = connection()
  await join(reader, 'a:1')
  await join(reader, 'a:2')
  await broadcast.publish('a:1', 'm', 1)
  await broadcast.publish('a:2', 'm', 2)
  await settled()
  t.same(reader.data, [])
  clock.advance(10)
  await settled()
  t.same(reader.data, [1, 2])
  await broadcast.publish('a:1', 'm', 3)
  await settled()
  parts.delivery.close()
  t.equal(clock.pending, 1, 'only the broker still sweeps')
})

test('a slow reader is served by the policy of the topic', async (t) => {
  const { join, broadcast, settled, logged } = await stage({
    topics: {
      plain: {}, kept: { history: true }, newest: { overflow: 'conflate' }, drop: { overflow: 'drop-oldest' },
      keyed: { overflow: { policy: 'conflate', key: ({ data }) => (data as { k: string }).k } }
    }
  })
  const reader = connection()
  for (const topic of ['plain', 'kept', 'newest', 'drop', 'keyed']) {
    await join(reader, topic)
    await broadcast.publish(topic, 'm', { k: 'x' })
    await settled()
  }
  await broadcast.publish('keyed', 'm', null)
  await settled()
  t.same(reader.overflows, [undefined, { policy: 'disconnect' }, { policy: 'conflate', key: 'newest' }, { policy: 'drop-oldest' },
    { policy: 'conflate', key: 'keyed\nx' }, { policy: 'conflate', key: 'keyed\n' }])
  t.match(logged, [{ err: TypeError, topic: 'keyed' }])
})

test('subscribers of a pattern get what it covers, once', async (t) => {
  const { join, broadcast, settled } = await stage({
    topics: { 'price:*': { wildcard: true, overflow: 'conflate' }, 'price:secret': {}, 'keyed:*': { wildcard: true, overflow: { policy: 'conflate', key: () => 'k' } } }
  })
  const [all, both, one] = [connection(), connection(), connection()]
  await join(all, 'price:*')
  await join(all, 'keyed:*')
  await join(both, 'price:*')
  await join(both, 'price:x')
  await join(one, 'price:x')
  for (const topic of ['price:x', 'price:y', 'price:secret', 'keyed:1']) await broadcast.publish(topic, 'm', topic, { except: one.self })
  await settled()
  t.same(all.data, ['price:x', 'price:y', 'keyed:1'])
  t.same(all.overflows, [{ policy: 'conflate', key: 'price:x' }, { policy: 'conflate', key: 'price:y' }, { policy: 'conflate', key: 'keyed:1\nk' }])
  t.same(both.data, ['price:x', 'price:y'])
  t.same(one.data, [])
})

test('deltas rebuild what the others get in full', async (t) => {
  const { join, broadcast, settled } = await stage({ topics: { a: { delta: { every: 4 }, history: true } } })
  const [plain, patched] = [connection(), connection()]
  await join(plain, 'a')
  await broadcast.publish('a', 'm', 'nobody takes deltas yet')
  await settled()
  await join(patched, 'a', { delta: true })
  const text = 'a text that is much longer than a patch of the number beside it'
  for (let n = 1; n <= 6; n++) await broadcast.publish('a', 'm', { n, text }, n === 3 ? { except: patched.self } : {})
  await settled()
  let last: { id: string, data: unknown } | undefined
  const rebuilt: unknown[] = []
  let patches = 0
  for (const envelope of patched.received as unknown as Array<{ id: string, data: never, delta?: { base: string } }>) {
    if (envelope.delta === undefined) last = envelope
    else {
      patches++
      t.equal(envelope.delta.base, last?.id)
      const data = structuredClone(last?.data)
      applyPatch(data, envelope.data)
      last = { id: envelope.id, data }
    }
    rebuilt.push(last?.data)
  }
  t.same(rebuilt, [1, 2, 4, 5, 6].map((n) => ({ n, text })))
  t.equal(patches, 3, 'the first, the one after a hole and every fourth are full')
})

test('whoever comes back to deltas begins with a publication in full', async (t) => {
  const { join, broadcast, settled } = await stage({ topics: { a: { delta: true } } })
  const reader = connection()
  const text = 'a text that is much longer than a patch of the number beside it'
  for (const [n, delta] of [true, true, false, true, true].entries()) {
    await join(reader, 'a', { delta })
    await broadcast.publish('a', 'm', { n, text })
    await settled()
  }
  t.same(reader.received.map((envelope) => 'delta' in envelope), [false, true, false, false, true])
})

test('what one turn brings for more than can be handed on waits its turn, in order', async (t) => {
  const { broadcast, parts, join, settled } = await stage({ topics: { a: {}, b: { filter: () => false } } })
  const readers = Array.from({ length: 100 }, () => connection())
  for (const reader of readers) for (const topic of ['a', 'b']) await join(reader, topic)
  for (let n = 0; n < 400; n++) {
    await broadcast.publish(n % 4 === 0 ? 'b' : 'a', 'm', n)
  }
  const last = (): unknown => readers.at(-1)?.data.at(-1)
  while (last() !== 399) await settled()
  t.same(readers.at(-1)?.data, Array.from({ length: 400 }, (_, n) => n).filter((n) => n % 4 !== 0))
  parts.delivery.close()
})
