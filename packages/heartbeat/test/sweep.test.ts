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

void t.test('a late turn does not count, tells how many steps passed, and leaves time to read before the next', async t => {
  const loop = new EventLoop()
  const turns: Array<[number, boolean]> = []
  const sweep = new Sweep(loop, 100, (...turn) => { turns.push(turn) })
  sweep.start()
  loop.run(200)
  t.same(turns, [[1, true], [1, true]])
  loop.stall(3_500)
  t.same(turns.splice(0), [[1, true], [1, true], [35, false]])
  loop.run(DEFERRAL - 5)
  t.same(turns, [])
  loop.run(5)
  t.equal(turns.length, 1)
  loop.run(200)
  t.same(turns.map(([, counts]) => counts), [true, true, true])
  t.equal(sweep.stalls, 1)
})

void t.test('steps keep to the clock on a loop whose every timer is late, and its turns count after a few', async t => {
  for (const late of [110, 300, 1_000]) {
    const loop = new EventLoop()
    let steps = 0
    const counted: boolean[] = []
    const sweep = new Sweep(loop, 100, (passed, counts) => {
      steps += passed
      counted.push(counts)
    })
    sweep.start()
    while (loop.now() < 100_000) loop.stall(DEFERRAL + late)
    t.ok(Math.abs(steps - loop.now() / 100) <= 1, `${steps} steps with timers ${late} ms late`)
    t.same(counted.splice(0, MOST_DEFERRALS), [false, false, false, false])
    t.notOk(counted.includes(false))
    t.equal(sweep.stalls, MOST_DEFERRALS)
    loop.run(1_000)
    loop.stall(1_000)
    t.equal(sweep.stalls, MOST_DEFERRALS + 1, 'after turns in time a late one is a stall again')
  }
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
