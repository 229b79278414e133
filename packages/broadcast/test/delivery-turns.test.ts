import { test } from 'tap'
import { DeliveryTurns } from '../src/delivery-turns.ts'
import type { Paced } from '../src/delivery-turns.ts'

/** So many visits, each of which takes a millisecond. */
class Item implements Paced {
  left: number
  readonly #visit: () => void

  constructor (visits: number, visit: () => void) {
    this.left = visits
    this.#visit = visit
  }

  get done (): boolean { return this.left === 0 }

  step (most: number): number {
    const count = Math.min(most, this.left)
    for (let n = 0; n < count; n++) this.#visit()
    this.left -= count
    return count
  }
}

/** Four milliseconds per turn, and a look at the clock after two visits. */
function turns () {
  const began: number[] = []
  const scheduled: Array<() => void> = []
  let now = 0
  let visits = 0
  let visit = (): void => {}
  const begin = (count: number): Item => {
    began.push(count)
    return new Item(count, () => {
      now++
      visits++
      visit()
    })
  }
  const paced = new DeliveryTurns<number, Item>(begin, { now: () => now }, { perTurn: 4, atOnce: 2, schedule: (turn) => scheduled.push(turn) })
  return {
    paced,
    began,
    visits: () => visits,
    onVisit: (callback: () => void) => { visit = callback },
    turn: () => scheduled.shift()?.(),
    scheduled: () => scheduled.length
  }
}

test('what fits into a turn is done at once', (t) => {
  const { paced, began, turn, visits, scheduled } = turns()
  for (let n = 0; n < 4; n++) paced.add(1)
  t.equal(visits(), 4)
  t.equal(paced.current, undefined)
  t.equal(scheduled(), 1)
  turn()
  for (let n = 0; n < 4; n++) paced.add(1)
  t.same(began, [1, 1, 1, 1, 1, 1, 1, 1], 'and the next turn has as much')
  turn()
  t.equal(scheduled(), 0, 'an idle one costs nothing')
  t.end()
})

test('what does not fit pauses and goes on with the next turns, in order', (t) => {
  const { paced, began, turn, visits } = turns()
  for (let n = 0; n < 3; n++) paced.add(6 + n)
  t.same(began, [6])
  t.equal(visits(), 4)
  t.equal(paced.current?.left, 2)
  turn()
  t.same(began, [6, 7])
  t.equal(visits(), 8)
  paced.add(1)
  turn()
  turn()
  t.same(began, [6, 7, 8])
  turn()
  turn()
  t.same(began, [6, 7, 8, 1])
  t.equal(visits(), 22)
  t.end()
})

test('what the work itself brings comes after it', (t) => {
  const { paced, began, visits, onVisit } = turns()
  onVisit(() => {
    if (visits() !== 1) return
    paced.add(1)
    t.same(began, [2])
  })
  paced.add(2)
  t.same(began, [2, 1])
  t.end()
})

test('beyond a thousand that wait the loop is held up, so that the broker sees it', (t) => {
  const { paced, began, visits } = turns()
  paced.add(4)
  for (let n = 0; n < 1_000; n++) paced.add(10)
  t.same(began, [4])
  paced.add(10)
  t.same(began, [4, 10], 'until no more than a thousand wait')
  t.equal(visits(), 6)
  t.end()
})

test('what fails does not keep the rest', (t) => {
  const { paced, began, onVisit, visits } = turns()
  onVisit(() => { if (visits() === 1) throw new Error('no') })
  t.throws(() => paced.add(2), { message: 'no' })
  paced.add(1)
  t.same(began, [2, 1])
  t.end()
})

test('when the time of a turn is over, even what is small waits for the next one', (t) => {
  const { paced, began, turn } = turns()
  for (let n = 0; n < 8; n++) paced.add(1)
  t.same(began.length, 4)
  turn()
  t.same(began.length, 8)
  t.end()
})

test('what waits can be given up', (t) => {
  const { paced, began, turn, visits } = turns()
  for (let n = 0; n < 3; n++) paced.add(100)
  paced.close()
  turn()
  t.same(began, [100])
  t.equal(visits(), 4)
  t.end()
})
