import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { Deadlines } from '../../src/guard/deadlines.ts'

const late = (delay: number): Error => new Error(`later than ${delay}`)

void t.test('settles as the work does when it is in time', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock, 100)
  t.equal(await deadlines.race(Promise.resolve(7), late), 7)
  await t.rejects(deadlines.race(Promise.reject(new Error('no')), late), { message: 'no' })
  await new Promise(setImmediate)
  t.equal(deadlines.size, 0)
  await clock.pass(100)
  t.equal(clock.pending, 0)
})

void t.test('each wait has its own deadline, and one timer serves all', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock, 100)
  const told: string[] = []
  const wait = (name: string): void => {
    deadlines.race(new Promise(() => {}), late).catch((error: Error) => told.push(`${name}: ${error.message} at ${clock.now()}`))
  }
  wait('a')
  await clock.pass(60)
  wait('b')
  t.equal(clock.pending, 1)
  await clock.pass(200)
  t.same(told, ['a: later than 100 at 1100', 'b: later than 100 at 1160'])
  t.equal(deadlines.size, 0)
  t.equal(clock.pending, 0)
})

void t.test('clear frees the timer', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock, 100)
  deadlines.clear()
  void deadlines.race(new Promise(() => {}), late)
  deadlines.clear()
  t.equal(clock.pending, 0)
})
