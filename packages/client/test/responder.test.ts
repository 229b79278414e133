import { test } from 'tap'
import { RealtimeError } from '../src/index.ts'
import { harness, tick } from './harness.ts'

test('what a handler returns is the reply', async (t) => {
  const { client, welcome } = harness()
  const undo = client.onRequest('double', (data) => Number(data) * 2)
  client.onRequest('later', async () => 'later')
  const socket = await welcome()
  socket.receive({ type: 'request', id: 's1', name: 'double', data: 21 })
  socket.receive({ type: 'request', id: 's2', name: 'later' })
  await tick()
  t.same(socket.sent, [{ type: 'reply', id: 's1', data: 42 }, { type: 'reply', id: 's2', data: 'later' }])
  undo()
  socket.receive({ type: 'request', id: 's3', name: 'double', data: 21 })
  await tick()
  t.match(socket.last, { type: 'failure', id: 's3', code: 'unknown-type', retry: false })
})

test('a second handler takes the place of the first, whose undo then does nothing', async (t) => {
  const { client, welcome } = harness()
  const undo = client.onRequest('who', () => 'first')
  client.onRequest('who', () => 'second')
  undo()
  const socket = await welcome()
  socket.receive({ type: 'request', id: 's1', name: 'who' })
  await tick()
  t.match(socket.last, { data: 'second' })
})

test('what it throws is a failure, and only a RealtimeError says more', async (t) => {
  const { client, welcome, errors } = harness()
  client.onRequest('refuse', () => { throw new RealtimeError('forbidden', 'not you', { details: { why: 'so' } }) })
  client.onRequest('break', async () => { throw new Error('secret') })
  client.onRequest('circle', () => { const circle: unknown[] = []; circle.push(circle); return circle })
  const socket = await welcome()
  for (const name of ['refuse', 'break', 'circle', '__proto__', 'constructor']) socket.receive({ type: 'request', id: name, name })
  await tick()
  const byId = new Map(socket.sent.map((answer) => [answer['id'], answer]))
  t.same(byId.get('refuse'), { type: 'failure', id: 'refuse', code: 'forbidden', message: 'not you', retry: false, details: { why: 'so' } })
  t.same(byId.get('break'), { type: 'failure', id: 'break', code: 'internal', message: 'internal error', retry: false })
  t.match(byId.get('circle'), { code: 'internal' })
  t.match(byId.get('__proto__'), { code: 'unknown-type' })
  t.match(byId.get('constructor'), { code: 'unknown-type' })
  t.equal(errors.length, 2)
})

test('an answer never reaches another connection', async (t) => {
  const made = harness()
  let answer: (value: string) => void = () => {}
  made.client.onRequest('slow', () => new Promise((resolve) => { answer = resolve }))
  const first = await made.welcome()
  first.receive({ type: 'request', id: 's1', name: 'slow' })
  const second = await made.reconnect()
  answer('late')
  await tick()
  t.same(first.sent, [])
  t.same(second.sent, [])
  second.receive({ type: 'request', id: 's2', name: 'slow' })
  second.drop(4501)
  answer('later still')
  await tick()
  t.same(second.sent, [])
})

test('too many requests at once are refused', async (t) => {
  const { client, welcome } = harness()
  client.onRequest('hang', () => new Promise(() => {}))
  const socket = await welcome()
  for (let i = 0; i < 101; i++) socket.receive({ type: 'request', id: `s${i}`, name: 'hang' })
  await tick()
  t.match(socket.sent, [{ type: 'failure', id: 's100', code: 'rate-limited', retry: true }])
})
