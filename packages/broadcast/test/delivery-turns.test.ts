import { test } from 'tap'
import { DeliveryTurns } from '../src/delivery-turns.ts'

/** Items are what they cost. */
function turns (): { readonly paced: DeliveryTurns<number>, readonly done: number[], readonly turn: () => void, readonly scheduled: () => number } {
  const done: number[] = []
  const scheduled: Array<() => void> = []
  const paced = new DeliveryTurns<number>((cost) => { done.push(cost); return cost }, (turn) => scheduled.push(turn))
  return { paced, done, turn: () => scheduled.shift()?.(), scheduled: () => scheduled.length }
}

test('what fits into a turn is done at once', (t) => {
  const { paced, done, turn, scheduled } = turns()
  for (let n = 0; n < 16; n++) paced.add(1_000)
  t.equal(done.length, 16)
  t.equal(scheduled(), 1)
  turn()
  for (let n = 0; n < 16; n++) paced.add(1_000)
  t.equal(done.length, 32, 'and the next turn has as much')
  turn()
  t.equal(scheduled(), 0, 'an idle one costs nothing')
  t.end()
})

test('what does not fit goes on with the next turns, in order', (t) => {
  const { paced, done, turn } = turns()
  for (let n = 0; n < 7; n++) paced.add(10_000 + n)
  t.same(done, [10_000, 10_001])
  turn()
  t.same(done, [10_000, 10_001, 10_002, 10_003])
  paced.add(1)
  turn()
  turn()
  t.same(done, [10_000, 10_001, 10_002, 10_003, 10_004, 10_005, 10_006, 1])
  t.end()
})

test('beyond a thousand that wait the loop is held up, so that the broker sees it', (t) => {
  const { paced, done } = turns()
  for (let n = 0; n < 1_003; n++) paced.add(100_000 + n)
  t.same(done, [100_000, 100_001, 100_002])
  t.end()
})

test('what waits can be given up', (t) => {
  const { paced, done, turn } = turns()
  for (let n = 0; n < 3; n++) paced.add(100_000)
  paced.close()
  turn()
  t.equal(done.length, 1)
  t.end()
})
