import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { Deadlines, type Deadline } from '../src/deadlines.ts'

class Noted implements Deadline {
  due = 0
  previous: Deadline | null = null
  next: Deadline | null = null
  readonly #name: string
  readonly #notes: string[]

  constructor (name: string, notes: string[]) {
    this.#name = name
    this.#notes = notes
  }

  expire (): void {
    this.#notes.push(this.#name)
  }
}

void t.test('one timer serves all, each at its own time', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock, 100)
  const expired: string[] = []
  deadlines.add(new Noted('a', expired))
  clock.advance(60)
  deadlines.add(new Noted('b', expired))
  t.equal(clock.pending, 1)
  clock.advance(40)
  t.same(expired, ['a'])
  t.equal(clock.pending, 1)
  clock.advance(59)
  t.same(expired, ['a'])
  clock.advance(1)
  t.same(expired, ['a', 'b'])
  t.equal(clock.pending, 0, 'nothing waits, so no timer runs')
})

void t.test('what was removed does not expire, wherever it stood in the list', async (t) => {
  for (const gone of [0, 1, 2]) {
    const clock = fakeClock()
    const deadlines = new Deadlines(clock, 100)
    const expired: string[] = []
    const all = ['a', 'b', 'c'].map(name => new Noted(name, expired))
    for (const deadline of all) deadlines.add(deadline)
    deadlines.remove(all[gone] as Noted)
    deadlines.add(new Noted('d', expired))
    clock.advance(100)
    t.same(expired, ['a', 'b', 'c', 'd'].toSpliced(gone, 1))
    t.same(all.map(({ previous, next }) => previous ?? next), [null, null, null], 'who keeps one keeps no other')
  }
  const clock = fakeClock()
  const deadlines = new Deadlines(clock, 100)
  const only = new Noted('only', [])
  deadlines.add(only)
  deadlines.remove(only)
  clock.advance(100)
  t.equal(clock.pending, 0)
})

void t.test('stop leaves no timer', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock, 100)
  deadlines.stop()
  deadlines.add(new Noted('a', []))
  deadlines.stop()
  t.equal(clock.pending, 0)
})
