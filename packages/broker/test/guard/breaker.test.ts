import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { Breaker } from '../../src/guard/breaker.ts'

function build (probe: () => Promise<unknown>): { readonly clock: FakeClock, readonly breaker: Breaker, readonly changes: boolean[] } {
  const clock = fakeClock()
  const changes: boolean[] = []
  const breaker: Breaker = new Breaker({ failures: 3, probeInterval: 100, clock }, probe, () => changes.push(breaker.open))
  return { clock, breaker, changes }
}

void t.test('opens after so many failures in a row, and only then', async (t) => {
  const { breaker, changes } = build(async () => {})
  breaker.failure()
  breaker.failure()
  breaker.success()
  breaker.failure()
  t.equal(breaker.open, false)
  breaker.failure()
  breaker.failure()
  t.equal(breaker.open, true)
  t.same(changes, [true])
  breaker.clear()
})

void t.test('closes by itself when a probe succeeds', async (t) => {
  let good = false
  let probes = 0
  const { clock, breaker, changes } = build(async () => {
    probes++
    if (!good) throw new Error('no')
  })
  for (let n = 0; n < 3; n++) breaker.failure()
  await clock.pass(350)
  t.equal(probes, 3)
  t.equal(breaker.open, true)
  good = true
  await clock.pass(100)
  t.same(changes, [true, false])
  t.equal(clock.pending, 0)
})

void t.test('closes when anything succeeds, and probes no more', async (t) => {
  const { clock, breaker, changes } = build(async () => { t.fail('no probe is needed') })
  for (let n = 0; n < 3; n++) breaker.failure()
  breaker.success()
  await clock.pass(1_000)
  t.same(changes, [true, false])
})

void t.test('a probe that is on its way when it is cleared begins no new one', async (t) => {
  let fail = (_error: Error): void => {}
  const { clock, breaker } = build(() => new Promise((_resolve, reject) => { fail = reject }))
  for (let n = 0; n < 3; n++) breaker.failure()
  await clock.pass(100)
  breaker.clear()
  fail(new Error('late'))
  await clock.pass(1_000)
  t.equal(clock.pending, 0)
})
