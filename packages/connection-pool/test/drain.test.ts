import { fakeClock } from '@fastify-realtime/testing'
import t from 'tap'
import { Drain } from '../src/drain.ts'

function drain (count: number, { mute = false } = {}) {
  const clock = fakeClock()
  const members = new Set(Array.from({ length: count }, (_, at) => at))
  const left: number[] = []
  const terminated: number[] = []
  const start = clock.now()
  const steps = {
    members,
    leave (member: number) { left.push(clock.now() - start); if (!mute) members.delete(member) },
    terminate (member: number) { terminated.push(clock.now() - start); members.delete(member) }
  }
  return { clock, members, left, terminated, drain: new Drain(clock, steps) }
}

async function isSettled (promise: Promise<void>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))])
}

t.test('an empty node is drained at once, without a timer', async (t) => {
  const { drain: empty, clock } = drain(0)
  t.ok(await isSettled(empty.within({ over: 1_000, deadline: 2_000 })))
  t.equal(clock.pending, 0)
})

t.test('everybody leaves, spread over the window', async (t) => {
  const { drain: full, clock, left } = drain(1_000)
  const settled = full.within({ over: 1_000, deadline: 4_000 })
  clock.advance(500)
  t.ok(left.length > 450 && left.length < 550, `half of them by half of the time (${left.length})`)
  t.notOk(await isSettled(settled))
  clock.advance(600)
  t.equal(left.length, 1_000)
  t.ok(await isSettled(settled))
  t.equal(clock.pending, 0)
})

t.test('the window never reaches beyond half of the deadline', async (t) => {
  const { drain: full, clock, left } = drain(100)
  void full.within({ over: 10_000, deadline: 1_000 })
  clock.advance(600)
  t.equal(left.length, 100)
})

t.test('who does not go is ended at the deadline, in batches', async (t) => {
  const { drain: full, clock, terminated } = drain(1_100, { mute: true })
  const settled = full.within({ over: 0, deadline: 100 })
  clock.advance(99)
  t.equal(terminated.length, 0)
  clock.advance(1)
  t.equal(terminated.length, 512)
  clock.advance(10)
  t.equal(terminated.length, 1_100)
  t.ok(await isSettled(settled))
})

t.test('asked again, the shorter time counts', async (t) => {
  const { drain: full, clock, members } = drain(10, { mute: true })
  const first = full.within({ over: 1_000, deadline: 60_000 })
  const second = full.within({ over: 0, deadline: 50 })
  clock.advance(60)
  t.equal(members.size, 0)
  t.ok(await isSettled(first))
  t.ok(await isSettled(second))
  t.ok(await isSettled(full.within({ over: 0, deadline: 50 })), 'and once more when all is over')
  t.equal(clock.pending, 0)
})

t.test('who comes while it goes on has to leave too', async (t) => {
  const { drain: full, clock, members, left } = drain(2)
  const settled = full.within({ over: 50, deadline: 1_000 })
  members.add(99)
  clock.advance(40)
  t.equal(left.length, 3)
  t.ok(await isSettled(settled))
})
