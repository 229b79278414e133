import { test } from 'tap'
import { applyDelta } from '../src/delta.ts'
import type { RealtimeClient, SubscribeOptions, Subscription } from '../src/index.ts'
import { at, harness, publication } from './harness.ts'
import type { Fields } from './harness.ts'

/** What a subscription told, in order. */
function record (client: RealtimeClient, topic: string = 'room:1', options: SubscribeOptions = {}): { told: unknown[], room: Subscription } {
  const told: unknown[] = []
  const room = client.subscribe(topic, {
    ...options,
    onPublication: ({ data }) => told.push(data),
    onLive: () => told.push('live'),
    onRecovered: (recovered) => told.push(recovered),
    onEnd: (error) => told.push(error?.code ?? 'end')
  })
  return { told, room }
}

test('it subscribes at once, or with the welcome', async (t) => {
  const { client, welcome } = harness()
  const early = record(client, 'early')
  const socket = await welcome()
  const late = record(client, 'late', { latest: true })
  t.same(socket.sent.map(({ data }) => data), [{ topic: 'early' }, { topic: 'late', latest: true }])
  t.equal(early.room.live, false)
  for (const message of socket.sent.slice()) socket.reply(message, {})
  t.same(early.told, ['live'])
  t.same(late.told, ['live'])
  t.ok(early.room.live)
  t.equal(early.room.topic, 'early')
  t.equal(early.room.position, undefined)
})

test('live publications come after the reply, each once', async (t) => {
  const { client, welcome } = harness()
  const { told, room } = record(client)
  const socket = await welcome()
  socket.receive(publication(5))
  t.same(told, [], 'nothing before the reply')
  socket.reply(socket.last, { position: at(5) })
  for (const n of [5, 6, 6, 4, 9, 8, 9, 10]) socket.receive(publication(n, { id: `x${Math.random()}` }))
  t.same(told, ['live', 6, 9, 10], 'a jump is no loss')
  t.same(room.position, at(10))
  socket.receive({ type: 'publication', topic: 'other', event: 'e', id: 'o', data: 1 })
  t.equal(told.length, 4)
})

test('the reply and what follows it in the same turn are taken in order', async (t) => {
  const { client, welcome } = harness()
  const { told } = record(client)
  const socket = await welcome()
  socket.reply(socket.last, { position: at(1) })
  socket.receive(publication(2))
  t.same(told, ['live', 2])
})

test('a reconnect recovers from the last position', async (t) => {
  const made = harness()
  const { told } = record(made.client)
  const first = await made.welcome()
  first.reply(first.last, { position: at(5) })
  first.receive(publication(6))
  const second = await made.reconnect()
  t.same(second.last?.['data'], { topic: 'room:1', since: { epoch: 'e', offset: 6, connection: 'c1' } })
  second.receive(publication(9))
  second.reply(second.last, { position: at(9), recovered: true, publications: [publication(7), publication(8), publication(9)] })
  second.receive(publication(10))
  t.same(told, ['live', 6, 7, 8, 9, true, 'live', 10])
})

test('the connection that matters is the one on which it was live', async (t) => {
  const made = harness()
  record(made.client)
  const first = await made.welcome()
  first.reply(first.last, { position: at(5) })
  await made.reconnect()
  const third = await made.reconnect()
  t.match(third.last, { data: { since: { connection: 'c1' } } })
})

test('a loss is told before what comes after it', async (t) => {
  const made = harness()
  const { told, room } = record(made.client)
  const first = await made.welcome()
  first.reply(first.last, { position: at(5) })
  const second = await made.reconnect()
  second.reply(second.last, { position: at(2, 'new'), recovered: false, publications: [publication(2, { position: at(2, 'new') })] })
  t.same(told, ['live', false, 2, 'live'])
  t.same(room.position, at(2, 'new'))
  second.receive(publication(3, { position: at(3, 'new') }))
  t.equal(told.at(-1), 3)
})

test('a topic without history can never say that nothing was missed', async (t) => {
  const made = harness()
  const { told } = record(made.client)
  const first = await made.welcome()
  first.reply(first.last, {})
  first.receive(publication(1, { position: undefined }))
  const second = await made.reconnect()
  t.same(second.last?.['data'], { topic: 'room:1' })
  second.reply(second.last)
  t.same(told, ['live', 1, false, 'live'])
})

test('a stored position is recovered from, too', async (t) => {
  const { client, welcome } = harness()
  const { told } = record(client, 'room:1', { since: at(3) })
  const socket = await welcome()
  t.same(socket.last?.['data'], { topic: 'room:1', since: { epoch: 'e', offset: 3 } })
  socket.reply(socket.last, { position: at(4), recovered: true, publications: [publication(4)] })
  t.same(told, [4, true, 'live'])
})

test('pages are asked for until the last one, and live ones wait', async (t) => {
  const made = harness()
  const { told } = record(made.client, 'room:1', { since: at(0) })
  const socket = await made.welcome()
  socket.reply(socket.last, { position: at(2), publications: [publication(1), publication(2)], more: true })
  t.match(socket.last, { data: { since: { offset: 2 } } })
  socket.receive(publication(9))
  socket.reply(socket.last, { position: at(4), publications: [], more: true })
  t.match(socket.last, { data: { since: { offset: 4 } } }, 'a page that this client may not see')
  socket.reply(socket.last, { position: at(5), recovered: true, publications: [publication(5)] })
  t.same(told, [1, 2, 5, true, 'live'])
  t.equal(socket.of('subscribe').length, 3)
})

test('a page that leads nowhere is not asked for in a hurry', async (t) => {
  const made = harness()
  const { told } = record(made.client, 'room:1', { since: at(3) })
  const socket = await made.welcome()
  socket.reply(socket.last, { position: at(3), publications: [], more: true })
  t.equal(socket.sent.length, 1)
  made.clock.advance(250)
  t.equal(socket.sent.length, 2)
  socket.reply(socket.last, { publications: [], more: true })
  made.clock.advance(499)
  t.equal(socket.sent.length, 2)
  t.same(told, [])
})

test('a lost position is recovered from by itself', async (t) => {
  const made = harness()
  const { told } = record(made.client)
  const socket = await made.welcome()
  socket.reply(socket.last, { position: at(5) })
  socket.receive({ type: 'unsubscribed', topic: 'room:1', code: 'position-lost', reason: '' })
  socket.receive({ type: 'unsubscribed', topic: 'room:1', code: 'position-lost', reason: '' })
  socket.receive({ type: 'unsubscribed', topic: 'other', code: 'position-lost', reason: '' })
  socket.receive(publication(7))
  made.clock.advance(500)
  t.match(socket.last, { data: { since: { offset: 5 } } })
  socket.reply(socket.last, { position: at(7), recovered: true, publications: [publication(6), publication(7)] })
  t.same(told, ['live', 6, 7, true, 'live'])
})

test('the server may end a subscription', async (t) => {
  const { client, welcome } = harness()
  const { told, room } = record(client)
  const socket = await welcome()
  socket.reply(socket.last, {})
  socket.receive({ type: 'unsubscribed', topic: 'room:1', code: 'revoked', reason: 'not allowed any more' })
  t.same(told, ['live', 'revoked'])
  t.equal(room.live, false)
  socket.receive(publication(1))
  room.unsubscribe()
  t.same(told, ['live', 'revoked'])
  t.equal(socket.of('unsubscribe').length, 0)
})

test('a refusal ends it, a failure for a while does not', async (t) => {
  const made = harness()
  const { told, room } = record(made.client)
  const socket = await made.welcome()
  socket.fail(socket.last, 'rate-limited', { retry: true, details: { retryAfter: 1_000 } })
  made.clock.advance(1_249)
  t.equal(socket.sent.length, 1)
  made.clock.advance(1)
  t.equal(socket.sent.length, 2)
  made.clock.advance(10_000)
  made.clock.advance(500)
  t.equal(socket.sent.length, 3, 'silence, too, is asked again')
  socket.reply(socket.sent[1], {})
  t.same(told, [], 'a late answer is not taken')
  socket.fail(socket.last, 'conflict')
  made.clock.advance(1_000)
  socket.fail(socket.last, 'timeout')
  made.clock.advance(2_000)
  t.equal(socket.sent.length, 5, 'nor are these for good')
  const ready = room.ready()
  socket.fail(socket.last, 'forbidden')
  t.same(told, ['forbidden'])
  await t.rejects(ready, { code: 'forbidden' })
  await t.rejects(room.ready(), { code: 'forbidden' })
})

test('what a listener leaves in the middle of a page stays left', async (t) => {
  const { client, welcome } = harness()
  const told: unknown[] = []
  const room = client.subscribe('room:1', { since: at(0), onPublication: ({ data }) => { told.push(data); room.unsubscribe() } })
  const socket = await welcome()
  socket.reply(socket.last, { position: at(2), publications: [publication(1), publication(2)], more: true })
  t.same(told, [1])
  t.same(socket.sent.map(({ type }) => type), ['subscribe', 'unsubscribe'])
})

test('a subscription to a pattern and one to a topic of it each get a publication once', async (t) => {
  const { client, welcome } = harness()
  const all = record(client, 'price:*')
  const one = record(client, 'price:a')
  const socket = await welcome()
  for (const message of socket.sent.slice()) socket.reply(message, {})
  const price = (topic: string, n: number, offset: number): Fields => publication(n, { topic, position: at(offset) })
  for (const [topic, n, offset] of [['price:a', 1, 7], ['price:a', 1, 7], ['price:b', 2, 3], ['price:a', 3, 8], ['price:a', 3, 8], ['other', 4, 9]] as const) {
    socket.receive(price(topic, n, offset))
  }
  t.same(all.told, ['live', 1, 2, 3], 'whatever the positions of different topics are')
  t.same(one.told, ['live', 1, 3])
})

test('deltas build on the publication before', async (t) => {
  const made = harness()
  const { told } = record(made.client, 'room:1', { delta: applyDelta })
  const socket = await made.welcome()
  t.same(socket.last?.['data'], { topic: 'room:1', delta: true })
  socket.reply(socket.last, { position: at(0) })
  const patch = (value: number): Fields[] => [{ op: 'replace', path: '/n', value }]
  socket.receive(publication(1, { data: { n: 1, same: true } }))
  socket.receive(publication(2, { delta: { base: 'p1' }, data: patch(2) }))
  socket.receive(publication(3, { delta: { base: 'p2' }, data: patch(3) }))
  t.same(told, ['live', { n: 1, same: true }, { n: 2, same: true }, { n: 3, same: true }])
  socket.receive(publication(5, { delta: { base: 'p4' }, data: patch(5) }))
  made.clock.advance(250)
  t.match(socket.last, { type: 'subscribe', data: { since: { offset: 3 }, delta: true } }, 'an unknown base is read anew')
})

test('a delta without anything before it is read anew', async (t) => {
  const made = harness()
  const { told } = record(made.client, 'room:1', { delta: applyDelta })
  const socket = await made.welcome()
  socket.reply(socket.last, {})
  socket.receive(publication(2, { delta: { base: 'p1' }, data: [] }))
  made.clock.advance(250)
  t.equal(socket.of('subscribe').length, 2)
  t.same(told, ['live'])
})

test('a delta that was not asked for does no harm', async (t) => {
  const { client, welcome } = harness()
  const { told } = record(client)
  const socket = await welcome()
  socket.reply(socket.last, {})
  socket.receive(publication(1))
  socket.receive(publication(2, { delta: { base: 'p1' }, data: [] }))
  t.same(told, ['live', 1, undefined])
})
