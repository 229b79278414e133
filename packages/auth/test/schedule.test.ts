import fc from 'fast-check'
import t from 'tap'
import { Schedule } from '../src/schedule.ts'
import { manualClock } from './support/clock.ts'

void t.test('items come due at their moment, with one timer for all', async (t) => {
  const clock = manualClock()
  const due: string[] = []
  const schedule = new Schedule<string>(clock, (item) => due.push(item))
  schedule.set('b', clock.time() + 200)
  schedule.set('a', clock.time() + 100)
  schedule.set('c', clock.time() + 300)
  t.equal(clock.timers, 1)
  clock.advance(150)
  t.same(due, ['a'])
  schedule.set('b', clock.time() + 500)
  clock.advance(200)
  t.same(due, ['a', 'c'])
  clock.advance(1_000)
  t.same(due, ['a', 'c', 'b'])
  t.equal(schedule.size, 0)
  t.equal(clock.timers, 0)
})

void t.test('a moment beyond what a timer can hold is kept', async (t) => {
  const clock = manualClock()
  let due = 0
  const schedule = new Schedule<string>(clock, () => due++)
  const days = 86_400_000
  schedule.set('far', clock.time() + 60 * days)
  clock.advance(59 * days)
  t.equal(due, 0)
  t.ok(clock.delays.every((delay) => delay < 2 ** 31))
  clock.advance(days)
  t.equal(due, 1)
})

void t.test('a wall clock that jumps ahead is noticed within a minute', async (t) => {
  const clock = manualClock()
  let due = 0
  const schedule = new Schedule<string>(clock, () => due++)
  schedule.set('hour', clock.time() + 3_600_000)
  clock.jump(3_600_000)
  clock.advance(60_000)
  t.equal(due, 1)
})

void t.test('a listener may set, delete and clear while items come due', async (t) => {
  const clock = manualClock()
  const due: string[] = []
  const schedule: Schedule<string> = new Schedule<string>(clock, (item) => {
    due.push(item)
    if (item === 'a') schedule.delete('b')
    if (item === 'c' && due.length < 10) schedule.set('c', clock.time() - 1)
  })
  for (const item of ['a', 'b']) schedule.set(item, clock.time())
  clock.advance(0)
  t.same(due, ['a'])
  schedule.set('c', clock.time())
  clock.advance(1)
  t.equal(due.filter((item) => item === 'c').length, 9, 'what is overdue again waits for the next timer')
  schedule.set('d', clock.time() + 5)
  schedule.delete('never there')
  schedule.clear()
  clock.advance(10)
  t.equal(clock.timers, 0)
  t.notOk(due.includes('d'))
})

void t.test('any order of sets and deletes comes due in order of time', async () => {
  const change = fc.record({ item: fc.integer({ min: 0, max: 20 }), at: fc.option(fc.integer({ min: 0, max: 1_000 })) })
  fc.assert(fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
    const clock = manualClock(0)
    const seen: Array<[number, number]> = []
    const expected = new Map<number, number>()
    const schedule = new Schedule<number>(clock, (item) => seen.push([clock.time(), item]))
    for (const { item, at } of changes) {
      if (at === null) {
        schedule.delete(item)
        expected.delete(item)
      } else {
        schedule.set(item, at)
        expected.set(item, at)
      }
    }
    clock.advance(2_000)
    const order = (a: number[], b: number[]): number => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1])
    const want = [...expected].map(([item, at]) => [at, item]).sort(order)
    return JSON.stringify(seen.sort(order)) === JSON.stringify(want) && schedule.size === 0 && clock.timers === 0
  }))
})
