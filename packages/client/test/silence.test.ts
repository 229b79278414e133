import { fakeClock } from '@fastify-realtime/testing'
import { test } from 'tap'
import { Silence } from '../src/silence.ts'
import { harness } from './harness.ts'

test('a server that breaks its promise of life is given up', async (t) => {
  const made = harness()
  const socket = await made.welcome({ heartbeat: 25_000 })
  made.clock.advance(34_999)
  socket.receive({ type: 'heartbeat' })
  made.clock.advance(34_999)
  t.equal(made.client.state, 'open')
  made.clock.advance(1)
  t.equal(made.client.state, 'waiting')
  t.same(socket.closed, { code: 4000, reason: '' })
})

test('a server that promises none is not watched', async (t) => {
  const made = harness()
  await made.welcome({ heartbeat: null })
  t.equal(made.clock.pending, 0)
})

test('a second welcome on a connection changes nothing', async (t) => {
  const made = harness()
  const socket = await made.welcome()
  socket.receive({ type: 'welcome', connection: 'other' })
  t.equal(made.client.welcome?.connection, 'c1')
})

test('a sleep is not held against the server', (t) => {
  const inner = fakeClock()
  let skipped = 0
  const clock = { ...inner, now: () => inner.now() + skipped }
  let deaths = 0
  const silence = new Silence(clock, 30_000, () => { deaths++ })
  skipped = 3_600_000
  inner.advance(30_000)
  t.equal(deaths, 0, 'it wakes an hour late')
  silence.heard()
  inner.advance(1_000)
  t.equal(deaths, 0, 'the server was there')
  inner.advance(29_000)
  t.equal(deaths, 1, 'and then it was not')
  t.end()
})

test('a sleep is no excuse for long', (t) => {
  const inner = fakeClock()
  let skipped = 0
  let deaths = 0
  const silence = new Silence({ ...inner, now: () => inner.now() + skipped }, 30_000, () => { deaths++ })
  skipped = 3_600_000
  silence.check()
  t.equal(deaths, 0)
  inner.advance(1_000)
  t.equal(deaths, 1)
  t.equal(inner.pending, 0)
  t.end()
})

test('a promise beyond what a timer can hold is kept, too', (t) => {
  const clock = fakeClock()
  let deaths = 0
  const silence = new Silence(clock, 2 ** 32, () => { deaths++ })
  clock.advance(2 ** 31)
  t.equal(deaths, 0)
  t.equal(clock.pending, 1)
  clock.advance(2 ** 31)
  t.equal(deaths, 1)
  silence.stop()
  t.end()
})
