import t from 'tap'
import { Deadlines } from '../src/deadlines.ts'
import { ManualClock } from './manual-clock.ts'

void t.test('one timer serves all, each at its own time', async (t) => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock, 100)
  const expired: string[] = []
  deadlines.add(() => expired.push('a'))
  clock.pass(60)
  deadlines.add(() => expired.push('b'))
  t.equal(clock.timers, 1)
  clock.pass(40)
  t.same(expired, ['a'])
  t.equal(clock.timers, 1)
  clock.pass(59)
  t.same(expired, ['a'])
  clock.pass(1)
  t.same(expired, ['a', 'b'])
  t.equal(clock.timers, 0, 'nothing waits, so no timer runs')
})

void t.test('what was removed does not expire', async (t) => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock, 100)
  const expire = (): void => { t.fail('expired') }
  deadlines.add(expire)
  deadlines.remove(expire)
  clock.pass(1_000)
  t.equal(clock.timers, 0)
})

void t.test('stop leaves no timer', async (t) => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock, 100)
  deadlines.stop()
  deadlines.add(() => {})
  deadlines.stop()
  t.equal(clock.timers, 0)
})
