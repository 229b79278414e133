import type { BrokerChannel, BrokerRecord } from '@fastify-realtime/broker'
import { test } from 'tap'
import type { BroadcastEvents } from '../src/index.ts'
import { MergeBuffer } from '../src/merge-buffer.ts'
import { continuity } from '../src/continuity.ts'
import { SharedReads } from '../src/shared-reads.ts'
import { resolveOptions } from '../src/options.ts'
import { FakeConnection } from './model/fake-connection.ts'
import { connection, stage } from './model/stage.ts'

/** Holds the calls of one method of the channel back until they are let go. */
function held (method: 'subscribe' | 'unsubscribe'): { change: (channel: BrokerChannel) => Partial<BrokerChannel>, waiting: Array<{ go: () => void, fail: (error: Error) => void }> } {
  const waiting: Array<{ go: () => void, fail: (error: Error) => void }> = []
  return {
    waiting,
    change: (channel) => ({
      [method]: (topic: string) => new Promise<void>((resolve, reject) => {
        waiting.push({ go: () => resolve(channel[method](topic)), fail: reject })
      })
    })
  }
}

test('the application is told who comes and goes', async (t) => {
  const { broadcast, parts, join } = await stage()
  const told: unknown[] = []
  const listen = (name: keyof BroadcastEvents): void => {
    broadcast.on(name, (...args: unknown[]) => told.push([name, ...args.map((arg) => arg instanceof FakeConnection ? arg.principal?.id : arg)]))
  }
  for (const name of ['subscribe', 'unsubscribe', 'occupied', 'vacated'] as const) listen(name)
  const [ada, bob] = [connection('ada'), connection('bob')]
  await join(ada, 'a')
  await join(ada, 'a')
  await join(bob, 'a')
  t.same(broadcast.subscribers('a'), [ada.self, bob.self])
  t.same(broadcast.topics(), [{ topic: 'a', subscribers: 2 }])
  t.ok(broadcast.unsubscribe(ada.self, 'a', { code: 'revoked', reason: 'no longer a member' }))
  t.notOk(broadcast.unsubscribe(ada.self, 'a'))
  t.same(broadcast.subscribers('b'), [])
  parts.subscribing.forget(bob.self)
  t.same(told, [
    ['occupied', 'a'], ['subscribe', 'ada', 'a'], ['subscribe', 'bob', 'a'],
    ['unsubscribe', 'ada', 'a', 'revoked'], ['unsubscribe', 'bob', 'a', 'closed'], ['vacated', 'a']
  ])
  t.same(ada.received, [{ type: 'unsubscribed', topic: 'a', code: 'revoked', reason: 'no longer a member' }])
})

test('the server subscribes and unsubscribes, and sends what was missed', async (t) => {
  const { broadcast, settled } = await stage({ topics: { a: { history: true } }, recovery: { maxPublications: 2 } })
  const ada = connection('ada')
  const { position } = await broadcast.subscribe(ada.self, 'a')
  t.ok(broadcast.unsubscribe(ada.self, 'a'))
  t.match(ada.received, [{ type: 'unsubscribed', topic: 'a', code: 'forced' }])
  for (let n = 1; n <= 5; n++) await broadcast.publish('a', 'm', n)
  const again = await broadcast.subscribe(ada.self, 'a', { since: position! })
  t.equal(again.recovered, true)
  t.same(ada.data, [1, 2, 3, 4, 5])
  await broadcast.publish('a', 'm', 6)
  await settled()
  t.same(ada.data, [1, 2, 3, 4, 5, 6])
  t.same(broadcast.topicsOf(ada.self), ['a'])
  t.same(broadcast.topics(), [{ topic: 'a', subscribers: 1, history: { size: 100, ttl: 300_000 } }])
  t.match(broadcast.counters, { recovered: 1, unrecovered: 0, subscriptions: 1, topics: 1 })
})

test('a subscription needs a topic that is known and a connection that can hold it', async (t) => {
  const { broadcast } = await stage({ topics: { a: {} } })
  const closed = connection()
  closed.state = 'closed'
  await t.rejects(broadcast.subscribe(connection().self, 'b'), { code: 'FRT_ERR_TOPIC_UNKNOWN', statusCode: 403 })
  await t.rejects(broadcast.subscribe(connection().self, 'a b'), { code: 'FRT_ERR_TOPIC_INVALID', statusCode: 400, message: /Not a topic: "a b"/ })
  await t.rejects(broadcast.subscribe(connection().self, 'a:*'), { code: 'FRT_ERR_TOPIC_UNKNOWN' })
  await t.rejects(broadcast.subscribe(closed.self, 'a'), { code: 'FRT_ERR_CONNECTION_UNFIT', statusCode: 409 })
  await t.rejects(broadcast.subscribe(new FakeConnection('ada', null).self, 'a'), /raw route/)
  t.equal(broadcast.counters.subscriptions, 0)
})

test('the answer comes in pages, and the last one alone says that everything is there', async (t) => {
  const { broadcast, join, settled } = await stage({ topics: { a: { history: true } }, recovery: { maxPublications: 2 } })
  const ada = connection('ada')
  const start = (await join(ada, 'a')).position!
  broadcast.unsubscribe(ada.self, 'a')
  for (let n = 1; n <= 3; n++) await broadcast.publish('a', 'm', n)
  const first = await join(ada, 'a', { since: start })
  t.match(first, { more: true, publications: [{ data: 1 }, { data: 2 }] })
  t.notOk('recovered' in first)
  await broadcast.publish('a', 'm', 4)
  await settled()
  t.same(ada.data, [], 'not live between the pages')
  t.same(broadcast.topicsOf(ada.self), [])
  const last = await join(ada, 'a', { since: first.position! })
  t.match(last, { recovered: true, publications: [{ data: 3 }, { data: 4 }] })
  t.notOk('more' in last)
})

test('a page holds what half an outbox holds, and at least one publication', async (t) => {
  const { broadcast, join } = await stage({ topics: { a: { history: true } }, recovery: { maxBytes: 4_096 } })
  const ada = connection('ada')
  const start = (await join(ada, 'a')).position!
  for (let n = 0; n < 3; n++) await broadcast.publish('a', 'm', 'x'.repeat(n === 0 ? 9_000 : 3_000))
  const first = await join(ada, 'a', { since: start })
  t.equal(first.publications?.length, 1)
  const second = await join(ada, 'a', { since: first.position! })
  t.match([second.publications?.length, second.more], [1, true])
  const third = await join(ada, 'a', { since: second.position! })
  t.match([third.publications?.length, third.recovered], [1, true])
})

test('a smaller outbox makes smaller pages', async (t) => {
  const { broadcast, join } = await stage({ topics: { a: { history: true } } })
  const [ada, bob] = [connection('ada'), connection('bob')]
  ada.endpoint.outbox = { maxBytes: 8_192 }
  bob.endpoint.outbox = { maxBytes: 1_048_576 }
  const start = (await join(ada, 'a')).position!
  for (let n = 0; n < 3; n++) await broadcast.publish('a', 'm', 'x'.repeat(3_000))
  t.equal((await join(ada, 'a', { since: start })).publications?.length, 1)
  t.equal((await join(bob, 'a', { since: start })).publications?.length, 3)
})

test('a record of the history without a position is passed on', async (t) => {
  const { broadcast, broker, join } = await stage({ topics: { a: { history: true } } })
  const start = (await join(connection(), 'a')).position!
  await broadcast.publish('a', 'm', 1)
  const page = await broker.history.read('topics', 'a', { since: start, limit: 9 })
  broker.history.read = async () => ({ ...page, more: true, records: page.records.map((record) => ({ ...record, position: undefined }) as unknown as BrokerRecord) })
  t.match(await join(connection(), 'a', { since: start }), { more: true, position: page.position, publications: [{ data: 1 }] })
})

test('what history no longer holds is not called recovered', async (t) => {
  const { broadcast, join } = await stage({ topics: { a: { history: { size: 1 }, latest: true }, b: {}, c: { latest: true } } })
  const ada = connection('ada')
  const { position } = await join(ada, 'a', { latest: false })
  await broadcast.publish('a', 'm', 1)
  await broadcast.publish('a', 'm', 2)
  t.match(await join(ada, 'a', { since: position! }), { recovered: false, publications: [{ data: 2 }], position: { offset: position!.offset + 2 } })
  t.same(await join(ada, 'a', { since: { epoch: 'x', offset: 1 }, latest: false }), { recovered: false, position: { ...position, offset: position!.offset + 2 } })
  t.same(await join(ada, 'b', { since: position! }), { recovered: false })
  t.same(await join(ada, 'c', { since: position! }), { recovered: false, publications: [] })
  t.equal(broadcast.counters.unrecovered, 4)
})

test('the newest publication comes first where the topic or the client says so', async (t) => {
  const { broadcast, join } = await stage({ topics: { a: { latest: true }, b: { history: true } } })
  for (const topic of ['a', 'b']) await broadcast.publish(topic, 'm', topic)
  const data = async (topic: string, asked = {}): Promise<unknown> => (await join(connection(), topic, asked)).publications?.map((publication) => publication.data)
  t.same(await data('a'), ['a'])
  t.equal(await data('a', { latest: false }), undefined)
  t.same(await data('b', { latest: true }), ['b'])
  t.equal(await data('b'), undefined)
})

test('when the broker is away the subscribe fails, and can be tried again', async (t) => {
  const { change, waiting } = held('subscribe')
  const { broadcast, join, settled } = await stage({}, change)
  const ada = connection('ada')
  const first = t.rejects(join(ada, 'a'), /away/)
  await settled()
  waiting.shift()?.fail(new Error('away'))
  await first
  t.equal(broadcast.counters.subscriptions, 0)
  const second = join(ada, 'a')
  await settled()
  waiting.shift()?.go()
  await second
  t.same(broadcast.topicsOf(ada.self), ['a'])
})

test('whoever leaves while the broker subscribes is not subscribed after it', async (t) => {
  const { change, waiting } = held('subscribe')
  const { broadcast, parts, join, settled } = await stage({}, change)
  const ada = connection('ada')
  const joining = t.rejects(join(ada, 'a'), { code: 'FRT_ERR_SUBSCRIPTION_ENDED', statusCode: 409 })
  await settled()
  parts.subscribing.forget(ada.self)
  waiting.shift()?.go()
  await joining
  t.match(broadcast.counters, { subscriptions: 0, topics: 0 })
})

test('subscribes of one connection to one topic are answered one after the other', async (t) => {
  const { broadcast, parts } = await stage()
  const ada = connection('ada')
  const order: number[] = []
  await Promise.all([1, 2, 3].map((n) => parts.subscribing.subscribe(ada.self, 'a', {}, () => order.push(n))))
  t.same(order, [1, 2, 3])
  t.equal(broadcast.counters.subscriptions, 1)
})

test('an answer that cannot be given ends the subscription', async (t) => {
  const { broadcast, parts } = await stage()
  const ada = connection('ada')
  await t.rejects(parts.subscribing.subscribe(ada.self, 'a', {}, () => { throw new Error('too late') }), /too late/)
  await t.rejects(parts.subscribing.subscribe(ada.self, 'a', {}, () => parts.subscribing.forget(ada.self)), { code: 'FRT_ERR_SUBSCRIPTION_ENDED' })
  t.equal(broadcast.counters.subscriptions, 0)
})

test('a live subscription whose history cannot be read again ends, and its client is told', async (t) => {
  const { broadcast, broker, join } = await stage({ topics: { a: { history: true } } })
  const ada = connection('ada')
  const { position } = await join(ada, 'a')
  broker.history.read = async () => { throw new Error('away') }
  await t.rejects(broadcast.subscribe(ada.self, 'a', { since: position! }), /away/)
  t.match(ada.received, [{ type: 'unsubscribed', topic: 'a', code: 'position-lost' }])
  t.same(broadcast.topicsOf(ada.self), [])
})

test('live publications that come while history is read follow the answer', async (t) => {
  const { broadcast, broker, parts, settled } = await stage({ topics: { a: { history: true } } })
  const [ada, bob] = [connection('ada'), connection('bob')]
  const read = broker.history.read.bind(broker.history)
  const start = (await broadcast.subscribe(bob.self, 'a')).position!
  await broadcast.publish('a', 'm', 1)
  await settled()
  const page = await read('topics', 'a', { since: start, limit: 300 })
  let go = (): void => {}
  broker.history.read = () => new Promise((resolve) => { go = () => resolve(page) })
  const joined = parts.subscribing.subscribe(ada.self, 'a', { since: start }, ({ publications }) => ada.received.push(...publications ?? []))
  await settled()
  await broadcast.publish('a', 'm', 2)
  await broadcast.publish('a', 'm', 'not for ada', { except: ada.self })
  await broadcast.publish('a', 'm', 3)
  await settled()
  t.same(ada.data, [])
  go()
  await joined
  t.same(ada.data, [1, 2, 3])
  await broadcast.publish('a', 'm', 4)
  await settled()
  t.same(ada.data, [1, 2, 3, 4])
})

test('what comes meanwhile is conflated by the key of the topic', async (t) => {
  const { broadcast, broker, join, settled } = await stage({ topics: { a: { latest: true, overflow: { policy: 'conflate', key: ({ event }) => event } } } })
  const ada = connection('ada')
  await broadcast.publish('a', 'old', 1)
  const page = await broker.history.read('topics', 'a', { limit: 1 })
  let go = (): void => {}
  broker.history.read = () => new Promise((resolve) => { go = () => resolve(page) })
  const joined = join(ada, 'a')
  await settled()
  await broadcast.publish('a', 'new', 2)
  await settled()
  go()
  await joined
  t.same(ada.data, [2])
  t.same(ada.overflows, [{ policy: 'conflate', key: 'a\nnew' }])
})

test('a read that takes longer than publications can wait fails and may be tried again', async (t) => {
  const { broadcast, broker, join, settled } = await stage({ topics: { a: { history: { size: 2_000 } } } })
  const [ada, bob] = [connection('ada'), connection('bob')]
  const read = broker.history.read.bind(broker.history)
  const start = (await broadcast.subscribe(bob.self, 'a')).position!
  const page = await read('topics', 'a', { since: start, limit: 300 })
  let go = (): void => {}
  broker.history.read = () => new Promise((resolve) => { go = () => resolve(page) })
  const failed = t.rejects(join(ada, 'a', { since: start }), { code: 'FRT_ERR_SUBSCRIPTION_BUSY', statusCode: 503 })
  await settled()
  for (let n = 0; n < 1_001; n++) await broadcast.publish('a', 'm', n)
  await settled()
  go()
  await failed
  t.same(broadcast.topicsOf(ada.self), [])
})

test('thousands that recover at once share one read and one parse', async (t) => {
  const { broadcast, broker, join } = await stage({ topics: { a: { history: true } } })
  const read = broker.history.read.bind(broker.history)
  let reads = 0
  broker.history.read = (...query) => { reads++; return read(...query) }
  const start = (await broadcast.subscribe(connection().self, 'a')).position!
  await broadcast.publish('a', 'm', { n: 1 })
  const answers = await Promise.all(Array.from({ length: 2_000 }, () => join(connection(), 'a', { since: start })))
  t.equal(reads, 1)
  t.equal(new Set(answers.map(({ publications }) => publications)).size, 1)
  t.ok(answers.every(({ recovered }) => recovered))
})

test('a shared read is good until the next publication, and a failed one is not kept', async (t) => {
  let reads = 0
  let fail = true
  const settings = resolveOptions({}).topics[0]!
  const answer = async <Value>(value: Value): Promise<Value> => {
    reads++
    if (fail) throw new Error('away')
    return value
  }
  const position = { epoch: 'e', offset: 1 }
  const shared = new SharedReads({
    read: () => answer({ position, records: [], complete: true, more: false }),
    position: () => answer(position)
  }, settings)
  await t.rejects(shared.page({ limit: 1 }), /away/)
  await t.rejects(shared.position(), /away/)
  fail = false
  await Promise.all([shared.page({ limit: 1 }), shared.page({ limit: 1 }), shared.position(), shared.position()])
  t.equal(reads, 4)
  shared.expire()
  await Promise.all([shared.page({ limit: 1 }), shared.position(), shared.page({ limit: 1, since: position })])
  t.equal(reads, 7)
  t.same(new MergeBuffer(1, continuity).after(position), [])
})
