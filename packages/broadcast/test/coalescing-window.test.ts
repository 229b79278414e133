import { fakeClock } from '@fastify-realtime/testing'
import { test } from 'tap'
import { CoalescingWindow } from '../src/coalescing-window.ts'

test('what comes within the delay leaves together, in order', (t) => {
  const clock = fakeClock()
  const left: number[] = []
  const window = new CoalescingWindow<number>(clock, (item) => left.push(item))
  window.add(1, 10)
  clock.advance(9)
  window.add(2, 10)
  window.add(3, 20)
  t.same(left, [])
  clock.advance(1)
  t.same(left, [1, 2])
  clock.advance(20)
  t.same(left, [1, 2, 3])
  t.equal(clock.pending, 0)
  t.end()
})

test('a full window closes early', (t) => {
  const clock = fakeClock()
  const left: number[] = []
  const window = new CoalescingWindow<number>(clock, (item) => left.push(item))
  for (let n = 0; n < 1_001; n++) window.add(n, 10)
  t.equal(left.length, 1_000)
  clock.advance(10)
  t.equal(left.length, 1_001)
  t.equal(left.at(-1), 1_000)
  t.end()
})

test('a closed window holds nothing', (t) => {
  const clock = fakeClock()
  const left: number[] = []
  const window = new CoalescingWindow<number>(clock, (item) => left.push(item))
  window.add(1, 10)
  window.close()
  t.equal(clock.pending, 0)
  clock.advance(10)
  t.same(left, [])
  t.end()
})
