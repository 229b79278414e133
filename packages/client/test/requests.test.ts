import { test } from 'tap'
import { harness, tick } from './harness.ts'

test('a request resolves with the data of its reply', async (t) => {
  const { client, welcome } = harness()
  const socket = await welcome()
  const first = client.request('sum', [1, 2])
  const second = client.request('nothing')
  t.same(socket.sent, [{ type: 'sum', id: '1', data: [1, 2] }, { type: 'nothing', id: '2' }])
  socket.reply(socket.sent[1])
  socket.reply(socket.sent[0], 3)
  t.equal(await first, 3)
  t.equal(await second, undefined)
})

test('a failure rejects it with everything that the server said', async (t) => {
  const { client, welcome } = harness()
  const socket = await welcome()
  const request = client.request('sum')
  socket.fail(socket.last, 'rate-limited', { retry: true, details: { retryAfter: 9 } })
  await t.rejects(request, { name: 'RealtimeError', code: 'rate-limited', message: 'rate-limited', retry: true, details: { retryAfter: 9 } })
})

test('answers that nobody waits for are ignored', async (t) => {
  const { client, welcome, events } = harness()
  const socket = await welcome()
  const failures: unknown[] = []
  client.on('failure', (failure) => failures.push(failure.code))
  socket.receive({ type: 'reply', id: '99', data: 1 })
  socket.receive({ type: 'failure', id: '99', code: 'internal', message: '' })
  socket.receive({ type: 'failure', code: 'bad-message', message: '' })
  t.same(failures, ['bad-message'], 'but for failures without an id')
  t.same(events, ['open'])
})

test('a timeout covers the wait for a connection', async (t) => {
  const { client, clock, welcome } = harness()
  const early = client.request('echo', 1, { timeout: 5_000 })
  clock.advance(5_000)
  await t.rejects(early, { code: 'timeout', retry: true })
  const socket = await welcome()
  t.same(socket.sent, [], 'it is not sent any more')
  const late = client.request('echo', 2)
  clock.advance(10_000)
  await t.rejects(late, { code: 'timeout' })
  socket.reply(socket.last)
  const forever = client.request('echo', 3, { timeout: false })
  clock.advance(1e9)
  socket.reply(socket.last, 'at last')
  t.equal(await forever, 'at last')
  t.equal(clock.pending, 0)
})

test('a signal gives a request up', async (t) => {
  const { client, welcome, clock } = harness()
  const controller = new AbortController()
  const queued = client.request('echo', 1, { signal: controller.signal })
  const reason = new Error('changed my mind')
  controller.abort(reason)
  await t.rejects(queued, reason)
  await t.rejects(client.request('echo', 1, { signal: controller.signal }), reason)
  const socket = await welcome()
  t.same(socket.sent, [])
  const second = new AbortController()
  const sent = client.request('echo', 2, { signal: second.signal })
  socket.reply(socket.last, 2)
  t.equal(await sent, 2)
  second.abort()
  t.equal(clock.pending, 0)
})

test('what was sent and not answered is lost with the connection, or sent again', async (t) => {
  const made = harness()
  const { client } = made
  const first = await made.welcome()
  const lost = client.request('once')
  const kept = client.request('again', 7, { resend: true })
  t.equal(first.sent.length, 2)
  first.drop()
  const queued = client.request('queued')
  await t.rejects(lost, { code: 'connection-lost', retry: true })
  made.clock.advance(250)
  const second = await made.welcome()
  t.same(second.sent, [{ type: 'again', id: '2', data: 7 }, { type: 'queued', id: '3' }])
  second.reply(second.sent[0], 'once')
  second.reply(second.sent[1])
  t.equal(await kept, 'once')
  await queued
})

test('the queue is bounded and keeps its order', async (t) => {
  const { client, welcome } = harness({ maxQueued: 3 })
  t.equal(client.send('a'), true)
  const b = client.request('b')
  t.equal(client.send('c', { n: 1 }), true)
  t.equal(client.send('d'), false)
  await t.rejects(client.request('e'), { code: 'queue-full', retry: true })
  const socket = await welcome()
  t.same(socket.sent.map(({ type }) => type), ['a', 'b', 'c'])
  socket.reply(socket.sent[1])
  await b
})

test('a call may refuse to wait', async (t) => {
  const { client, welcome } = harness()
  t.equal(client.send('typing', {}, { queue: false }), false)
  await t.rejects(client.request('now', {}, { queue: false }), { code: 'offline', retry: true })
  const socket = await welcome()
  t.same(socket.sent, [])
  t.equal(client.send('typing', {}, { queue: false }), true)
})

test('a socket that takes no more refuses instead of growing', async (t) => {
  const { client, welcome } = harness({ maxBuffered: 1_000 })
  const socket = await welcome()
  socket.bufferedAmount = 1_000
  t.equal(client.send('a'), true)
  socket.bufferedAmount = 1_001
  t.equal(client.send('b'), false)
  await t.rejects(client.request('c'), { code: 'queue-full' })
})

test('what cannot be encoded throws at its sender', async (t) => {
  const { client, welcome, clock } = harness()
  await welcome()
  t.throws(() => client.send('big', 1n))
  await t.rejects(client.request('big', 1n), TypeError)
  t.equal(clock.pending, 0)
})

test('a closed client refuses everything', async (t) => {
  const { client, welcome, clock } = harness()
  const socket = await welcome()
  socket.drop()
  const queued = client.request('echo')
  void client.close()
  await t.rejects(queued, { code: 'closed' })
  await t.rejects(client.request('echo'), { code: 'closed' })
  t.equal(client.send('echo'), false)
  t.equal(clock.pending, 0)
})

test('publish carries an id of its own and is sent again', async (t) => {
  const made = harness()
  const first = await made.welcome()
  const published = made.client.publish('room:1', 'said', { text: 'hi' })
  const { data } = first.last as { data: { id: string } }
  t.match(data, { topic: 'room:1', event: 'said', data: { text: 'hi' }, id: /^\d+-\d+-\d+-\d+$/ })
  const second = await made.reconnect()
  t.same(second.last?.['data'], data)
  second.reply(second.last, { id: data.id, duplicate: true })
  t.same(await published, { id: data.id, duplicate: true })
  void made.client.publish('room:1', 'said', {}, { id: 'mine' }).catch(() => {})
  t.match(second.last, { data: { id: 'mine' } })
  void made.client.close()
})

test('history asks for a page', async (t) => {
  const { client, welcome } = harness()
  const socket = await welcome()
  const page = client.history('room:1', { limit: 10, before: { epoch: 'e', offset: 5 } })
  t.match(socket.last, { type: 'history', data: { topic: 'room:1', limit: 10, before: { epoch: 'e', offset: 5 } } })
  socket.reply(socket.last, { publications: [], more: false })
  t.match(await page, { more: false })
  void client.history('room:1').catch(() => {})
  t.same(socket.last?.['data'], { topic: 'room:1' })
  void client.close()
})

test('a listener that throws starves nobody', async (t) => {
  const { client, welcome, errors } = harness()
  const opened: string[] = []
  client.on('open', () => { throw new Error('mine') })
  const undo = client.on('open', () => opened.push('second'))
  await welcome()
  t.same(opened, ['second'])
  t.match(errors, [{ message: 'mine' }])
  undo()
})

test('an error that nobody hears is logged', async (t) => {
  const logged = t.capture(console, 'error')
  const { client, welcome } = harness()
  const undo = client.on('error', () => { throw new Error('worse') })
  client.on('open', () => { throw new Error('mine') })
  await welcome()
  undo()
  await tick()
  t.match(logged().map(({ args }) => args[0] as Error), [{ message: 'worse' }])
})
