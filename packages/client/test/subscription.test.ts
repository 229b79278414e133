import { test } from 'tap'
import type { Publication } from '../src/index.ts'
import { at, harness, publication, tick } from './harness.ts'

test('a listener may be all there is to say', async (t) => {
  const { client, welcome } = harness()
  const told: unknown[] = []
  const room = client.subscribe('room:1', ({ data }) => told.push(data))
  const events: unknown[] = []
  room.onEvent('said', (data, { time }) => events.push(data, time))
  room.onEvent('other', (data) => events.push(data))
  const socket = await welcome()
  const ready = room.ready()
  socket.reply(socket.last, { position: at(0) })
  await ready
  await room.ready()
  socket.receive(publication(1))
  t.same(told, [1])
  t.same(events, [1, 1])
})

test('subscriptions to one topic share it, and the last one to leave ends it', async (t) => {
  const { client, welcome } = harness()
  const told: string[] = []
  const first = client.subscribe('room:1', () => told.push('first'))
  const socket = await welcome()
  const second = client.subscribe('room:1', () => told.push('second'))
  socket.reply(socket.last, { position: at(0) })
  t.equal(socket.sent.length, 1)
  t.ok(second.live)
  socket.receive(publication(1))
  first.unsubscribe()
  first.unsubscribe()
  t.equal(first.live, false)
  t.equal(first.topic, 'room:1')
  socket.receive(publication(2))
  t.equal(socket.sent.length, 1)
  second.unsubscribe()
  t.match(socket.last, { type: 'unsubscribe', data: { topic: 'room:1' } })
  socket.receive(publication(3))
  t.same(told, ['first', 'second', 'second'])
  const third = client.subscribe('room:1', () => told.push('third'))
  second.unsubscribe()
  socket.receive(publication(4))
  socket.reply(socket.last, { position: at(4) })
  socket.receive(publication(5))
  t.equal(told.at(-1), 'third')
  t.equal(told.length, 4, 'what was still on its way is not for the new one')
  third.unsubscribe()
})

test('whoever joins a live topic is told in a moment', async (t) => {
  const { client, welcome } = harness()
  client.subscribe('price:a', { latest: true })
  const socket = await welcome()
  socket.reply(socket.last, {})
  const early = client.subscribe('price:a', { latest: true })
  const told: unknown[] = []
  early.on('live', () => told.push('live'))
  early.on('publication', ({ data }) => told.push(data))
  await tick()
  t.same(told, ['live'], 'there is nothing yet')
  socket.receive(publication(1, { topic: 'price:a' }))
  const latest: unknown[] = []
  client.subscribe('price:a', { latest: true, onPublication: ({ data }) => latest.push(data), onLive: () => latest.push('live') })
  const other = client.subscribe('price:a', { onPublication: () => t.fail('did not ask for it'), onLive: () => latest.push('other') })
  const overtaken: unknown[] = []
  const late = client.subscribe('price:a', { latest: true, onPublication: ({ data }) => overtaken.push(data) })
  const gone = client.subscribe('price:a', { onLive: () => t.fail('has left') })
  gone.unsubscribe()
  await tick()
  t.same(latest, [1, 'live', 'other'])
  t.same(overtaken, [1])
  other.unsubscribe()
  const last = client.subscribe('price:a', { latest: true, onPublication: ({ data }) => told.push(`last ${String(data)}`) })
  socket.receive(publication(2, { topic: 'price:a', id: 'two' }))
  await tick()
  t.same(told.filter((value) => String(value).startsWith('last')), ['last 2'], 'once, though it came before the moment')
  t.ok(last.live)
  t.ok(late.live)
  const interrupted = client.subscribe('price:a', { onLive: () => told.push('too early') })
  socket.drop()
  await tick()
  t.notOk(told.includes('too early'))
  t.equal(interrupted.live, false)
  const waiting = client.subscribe('price:a')
  t.equal(waiting.live, false)
})

test('a subscription leads to what its client can do with the topic', async (t) => {
  const { client, welcome } = harness()
  const socket = await welcome()
  const room = client.subscribe('room:1')
  socket.reply(socket.last, {})
  const published = room.publish('said', 'hi', { id: 'p1' })
  t.match(socket.last, { type: 'publish', data: { topic: 'room:1', event: 'said', data: 'hi', id: 'p1' } })
  socket.reply(socket.last, { id: 'p1', duplicate: false })
  t.match(await published, { id: 'p1' })
  const page = room.history({ limit: 1 })
  t.match(socket.last, { type: 'history', data: { topic: 'room:1', limit: 1 } })
  socket.reply(socket.last, { more: true })
  t.match(await page, { more: true })
  t.equal(room.presence(), client.presence('room:1'))
})

async function collect (publications: AsyncIterable<Publication>, until: number): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const { data } of publications) {
    all.push(data)
    if (data === until) break
  }
  return all
}

test('a loop gets what comes while it is busy, and may leave', async (t) => {
  const { client, welcome } = harness()
  const room = client.subscribe('room:1')
  const socket = await welcome()
  socket.reply(socket.last, { position: at(0) })
  const loop = collect(room, 4)
  socket.receive(publication(1))
  await tick()
  for (const n of [2, 3, 4, 5]) socket.receive(publication(n))
  t.same(await loop, [1, 2, 3, 4])
  t.ok(room.live, 'the subscription stays')
  const second = collect(room, 7)
  socket.receive(publication(6))
  room.unsubscribe()
  t.same(await second, [6], 'and ends with the subscription')
  t.same(await collect(room, 0), [])
})

test('a loop throws what ended the subscription', async (t) => {
  const { client, welcome } = harness()
  const room = client.subscribe('room:1')
  const socket = await welcome()
  socket.reply(socket.last, {})
  const loop = collect(room, 9)
  socket.receive(publication(1))
  socket.receive({ type: 'unsubscribed', topic: 'room:1', code: 'forced', reason: 'so' })
  await t.rejects(loop, { code: 'forced', message: 'so' })
  await t.rejects(collect(room, 9), { code: 'forced' })
})

test('a loop that falls too far behind says so instead of growing', async (t) => {
  const { client, welcome } = harness()
  const room = client.subscribe('room:1', { maxWaiting: 2 })
  const socket = await welcome()
  socket.reply(socket.last, { position: at(0) })
  const loop = room[Symbol.asyncIterator]()
  for (const n of [1, 2, 3, 4, 5]) socket.receive(publication(n))
  await t.rejects(loop.next(), { code: 'too-slow' })
  t.same(await loop.next(), { value: undefined, done: true })
})

test('closing the client ends loops and subscriptions', async (t) => {
  const { client, welcome } = harness()
  const room = client.subscribe('room:1')
  await welcome()
  const loop = collect(room, 0)
  const ready = room.ready()
  void client.close()
  t.same(await loop, [])
  await t.rejects(ready, { code: 'closed' })
  const late = client.subscribe('room:2')
  await t.rejects(late.ready(), { code: 'closed' })
})

test('a client that the server closed tells it to every subscription', async (t) => {
  const { client, welcome } = harness()
  const ended: unknown[] = []
  client.subscribe('room:1', { onEnd: (error) => ended.push(error?.code, error?.details) })
  const socket = await welcome()
  socket.drop(4503, 'replaced')
  t.match(ended, ['closed', { code: 4503, reason: 'replaced' }])
})
