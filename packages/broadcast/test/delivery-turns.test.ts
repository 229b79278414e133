import { test } from 'tap'
import { DeliveryTurns } from '../src/delivery-turns.ts'
import type { Paced } from '../src/delivery-turns.ts'

/** So many visits, each of which takes a millisecond. */
class Item implements Paced {
  readonly name: string
  left: number
  readonly #visit: (name: string) => void

  constructor (name: string, visits: number, visit: (name: string) => void) {
    this.name = name
    this.left = visits
    this.#visit = visit
  }

  get done (): boolean { return this.left === 0 }

  step (most: number): void {
    for (let n = Math.min(most, this.left); n > 0; n--) {
      this.left--
      this.#visit(this.name)
    }
  }
}

/** Four milliseconds per turn, and a look at the clock after two visits. */
function turns () {
  const visited: string[] = []
  const scheduled: Array<() => void> = []
  let now = 0
  let onVisit = (): void => {}
  const visit = (name: string): void => {
    now++
    visited.push(name)
    onVisit()
  }
  const paced = new DeliveryTurns<Item>({ now: () => now }, { perTurn: 4, atOnce: 2, schedule: (turn) => scheduled.push(turn) })
  return {
    paced,
    add: (name: string, visits: number) => paced.add(new Item(name, visits, visit)),
    visited: () => visited.splice(0).join(''),
    onVisit: (callback: () => void) => { onVisit = callback },
    turn: () => scheduled.shift()?.(),
    scheduled: () => scheduled.length
  }
}

test('what fits into a turn is done at once', (t) => {
  const { add, turn, visited, scheduled } = turns()
  for (const name of 'abcd') add(name, 1)
  t.equal(visited(), 'abcd')
  t.equal(scheduled(), 1)
  turn()
  for (const name of 'efgh') add(name, 1)
  t.equal(visited(), 'efgh', 'and the next turn has as much')
  turn()
  t.equal(scheduled(), 0, 'an idle one costs nothing')
  t.end()
})

test('what does not fit pauses and goes on with the next turns, in order', (t) => {
  const { add, turn, visited } = turns()
  for (const name of 'abc') add(name, 6)
  t.equal(visited(), 'aaaa')
  turn()
  t.equal(visited(), 'aabb')
  add('d', 1)
  t.equal(visited(), '')
  turn()
  turn()
  t.equal(visited(), 'bbbbcccc')
  turn()
  t.equal(visited(), 'ccd')
  t.end()
})

test('when the time of a turn is over, even what is small waits for the next one', (t) => {
  const { add, turn, visited } = turns()
  for (const name of 'abcdefgh') add(name, 1)
  t.equal(visited(), 'abcd')
  turn()
  t.equal(visited(), 'efgh')
  t.end()
})

test('what the work itself brings comes after it', (t) => {
  const { add, visited, onVisit, turn } = turns()
  onVisit(() => {
    onVisit(() => {})
    add('b', 1)
  })
  add('a', 2)
  t.equal(visited(), 'aab')
  turn()
  t.end()
})

test('all that is not done can be gone through, and what that brings waits', (t) => {
  const { paced, add, visited, turn } = turns()
  paced.each(() => t.fail('nothing waits'))
  for (const name of 'abc') add(name, 5)
  const seen: string[] = []
  paced.each(({ name }) => {
    seen.push(name)
    if (name === 'a') add('d', 1)
  })
  t.same(seen, ['a', 'b', 'c', 'd'])
  t.equal(visited(), 'aaaa')
  for (let n = 0; n < 4; n++) turn()
  t.equal(visited(), 'abbbbbcccccd')
  t.end()
})

test('beyond a thousand that wait the loop is held up, so that the broker sees it', (t) => {
  const { paced, add, visited } = turns()
  add('a', 4)
  for (let n = 0; n < 1_000; n++) add('b', 10)
  t.equal(visited(), 'aaaa')
  let gone = 0
  paced.each(() => { if (gone++ === 0) add('c', 1) })
  t.same([visited(), gone], ['', 1_001], 'not while they are gone through')
  add('d', 1)
  t.equal(visited(), 'bbbbbbbbbbbbbbbbbbbb', 'until no more than a thousand wait')
  t.end()
})

test('what fails does not keep the rest', (t) => {
  const { add, visited, onVisit } = turns()
  onVisit(() => {
    onVisit(() => {})
    throw new Error('no')
  })
  t.throws(() => add('a', 2), { message: 'no' })
  add('b', 1)
  t.equal(visited(), 'aab')
  t.end()
})

test('what waits can be given up', (t) => {
  const { paced, add, turn, visited } = turns()
  for (const name of 'abc') add(name, 10)
  paced.close()
  turn()
  t.equal(visited(), 'aaaa')
  t.end()
})
