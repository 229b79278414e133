import { fakeClock } from '@fastify-realtime/testing'
import t from 'tap'
import { CoalescingWindow } from '../src/coalescing-window.ts'

/** A window whose turns end when the test says so. */
function setup () {
  const clock = fakeClock()
  const left: number[] = []
  const ends: Array<() => void> = []
  const window = new CoalescingWindow<number>(clock, (item) => left.push(item), (end) => ends.push(end))
  const endTurn = (): void => { for (const end of ends.splice(0)) end() }
  const pass = (ms: number): void => {
    clock.advance(ms)
    endTurn()
  }
  return { clock, left, window, endTurn, pass }
}

t.test('what comes within the delay leaves together, in order', async (t) => {
  const { clock, left, window, pass } = setup()
  window.add(1, 10)
  pass(9)
  window.add(2, 10)
  window.add(3, 20)
  t.same(left, [])
  pass(1)
  t.same(left, [1, 2])
  pass(20)
  t.same(left, [1, 2, 3])
  t.equal(clock.pending, 0)
})

t.test('what comes in the turn in which a window ends still joins it', async (t) => {
  const { clock, left, window, endTurn, pass } = setup()
  window.add(1, 10)
  clock.advance(10)
  window.add(2, 10)
  t.same(left, [])
  endTurn()
  t.same(left, [1, 2])
  t.equal(clock.pending, 0)
  window.add(3, 10)
  pass(9)
  t.same(left, [1, 2])
  pass(1)
  t.same(left, [1, 2, 3])
})

t.test('a full window closes early', async (t) => {
  const { left, window, pass } = setup()
  for (let n = 0; n < 1_001; n++) window.add(n, 10)
  t.equal(left.length, 1_000)
  pass(10)
  t.equal(left.length, 1_001)
  t.equal(left.at(-1), 1_000)
})

t.test('a window that fills up in its last turn leaves once', async (t) => {
  const { clock, left, window, endTurn, pass } = setup()
  window.add(0, 10)
  clock.advance(10)
  for (let n = 1; n < 1_001; n++) window.add(n, 10)
  t.equal(left.length, 1_000)
  endTurn()
  t.equal(left.length, 1_000, 'the next window is not ended by the end of the last')
  pass(10)
  t.equal(left.length, 1_001)
})

t.test('a closed window holds nothing', async (t) => {
  const { clock, left, window, endTurn, pass } = setup()
  window.add(1, 10)
  window.close()
  t.equal(clock.pending, 0)
  window.add(2, 10)
  clock.advance(10)
  window.close()
  endTurn()
  pass(10)
  t.same(left, [])
})
