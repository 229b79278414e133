import t from 'tap'
import { DEFERRAL, MOST_DEFERRALS, Sweep } from '../src/sweep.ts'
import { EventLoop } from './event-loop.ts'

void t.test('turns keep the rate of the monotonic clock although timers are a little late', async t => {
  const loop = new EventLoop()
  let turns = 0
  const sweep = new Sweep(loop, 100, () => { turns++ })
  sweep.start()
  sweep.start()
  t.equal(loop.timers, 1)
  loop.run(10_000, 7)
  t.ok(turns >= 98 && turns <= 100, `${turns} turns`)
  t.equal(sweep.stalls, 0)
})

void t.test('a late turn is put off, and missed turns are not made up for', async t => {
  const loop = new EventLoop()
  let turns = 0
  const sweep = new Sweep(loop, 100, () => { turns++ })
  sweep.start()
  loop.run(200)
  t.equal(turns, 2)
  loop.stall(3_500)
  t.equal(turns, 2)
  loop.run(DEFERRAL - 5)
  t.equal(turns, 2)
  loop.run(5)
  t.equal(turns, 3)
  loop.run(200)
  t.equal(turns, 5)
  t.equal(sweep.stalls, 1)
})

void t.test('a loop that is always late still gets turns', async t => {
  const loop = new EventLoop()
  let turns = 0
  const sweep = new Sweep(loop, 100, () => { turns++ })
  sweep.start()
  for (let i = 0; i < 5 * (MOST_DEFERRALS + 1); i++) loop.stall(1_000)
  t.equal(turns, 5)
})

void t.test('a wall clock that jumps an hour disturbs nothing', async t => {
  const loop = new EventLoop()
  let turns = 0
  new Sweep(loop, 100, () => { turns++ }).start()
  loop.run(1_000)
  loop.wall += 3_600_000
  loop.run(1_000)
  loop.wall -= 7_200_000
  loop.run(1_000)
  t.equal(turns, 30)
})

void t.test('a stopped sweep leaves no timer and can start again', async t => {
  const loop = new EventLoop()
  let turns = 0
  const sweep: Sweep = new Sweep(loop, 100, () => {
    turns++
    if (turns === 2) sweep.stop()
  })
  sweep.stop()
  sweep.start()
  loop.run(1_000)
  t.equal(turns, 2)
  t.equal(loop.timers, 0)
  sweep.start()
  loop.run(100)
  t.equal(turns, 3)
})
