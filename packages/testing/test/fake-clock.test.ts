import { test } from 'tap'
import { fakeClock } from '../src/index.ts'

test('both times stand still until advance moves them together', (t) => {
  const clock = fakeClock(5_000)
  const [now, time] = [clock.now(), clock.time()]
  clock.advance(250)
  t.equal(clock.now() - now, 250)
  t.equal(clock.time() - time, 250)
  t.equal(time, 5_000)
  t.end()
})

test('jump moves the wall clock alone', (t) => {
  const clock = fakeClock()
  const now = clock.now()
  clock.jump(-60_000)
  t.equal(clock.now(), now)
  t.equal(clock.time(), Date.UTC(2026, 0, 1) - 60_000)
  t.end()
})

test('timers fire in order of time, then of setting, each at its own moment', (t) => {
  const clock = fakeClock()
  const fired: Array<[string, number]> = []
  const note = (name: string) => () => { fired.push([name, clock.now()]) }
  clock.setTimeout(note('late'), 20)
  clock.setTimeout(note('first'), 10)
  clock.setTimeout(note('second'), 10)
  clock.setTimeout(note('never'), 21)
  t.equal(clock.pending, 4)
  clock.advance(20)
  t.same(fired, [['first', 1_010], ['second', 1_010], ['late', 1_020]])
  t.equal(clock.pending, 1)
  t.end()
})

test('a timer that sets itself again fires as often as the time allows', (t) => {
  const clock = fakeClock()
  let count = 0
  const again = (): void => {
    count++
    clock.setTimeout(again, 0)
  }
  clock.setTimeout(again, 0)
  clock.advance(3)
  t.equal(count, 3)
  t.end()
})

test('a cleared timer never fires', (t) => {
  const clock = fakeClock()
  const timer = clock.setTimeout(() => t.fail('fired'), 5)
  clock.clearTimeout(timer)
  clock.advance(10)
  t.equal(clock.pending, 0)
  t.end()
})

test('pass lets what a timer began settle before the next one fires', async (t) => {
  const clock = fakeClock()
  const told: string[] = []
  const wait = (ms: number): Promise<void> => new Promise((resolve) => { clock.setTimeout(resolve, ms) })
  const work = async (): Promise<void> => {
    await Promise.resolve()
    for (const step of ['one', 'two', 'three']) {
      await wait(10)
      told.push(`${step} at ${clock.now()}`)
    }
  }
  void work()
  await clock.pass(25)
  t.same(told, ['one at 1010', 'two at 1020'])
  t.equal(clock.now(), 1_025)
  t.equal(clock.pending, 1)
})
