import { test } from 'tap'
import { systemClock } from '../src/index.ts'

test('the system clock counts monotonic and wall time', (t) => {
  t.ok(systemClock.now() <= systemClock.now())
  t.ok(Math.abs(systemClock.time() - Date.now()) < 1_000)
  t.end()
})

test('a timer fires once and may be cleared', async (t) => {
  const cleared = systemClock.setTimeout(() => t.fail('fired'), 1)
  systemClock.clearTimeout(cleared)
  // The clock's own timers do not keep the process alive, so this one must.
  const alive = setTimeout(() => {}, 1_000)
  await new Promise<void>((resolve) => { systemClock.setTimeout(resolve, 5) })
  clearTimeout(alive)
})

test('a timer never keeps the process alive', (t) => {
  const timer = systemClock.setTimeout(() => {}, 1_000) as NodeJS.Timeout
  t.equal(timer.hasRef(), false)
  systemClock.clearTimeout(timer)
  t.end()
})

test('timers of a browser, which are numbers, work too', (t) => {
  const { setTimeout: own, clearTimeout: ownClear } = globalThis
  const set: number[] = []
  globalThis.setTimeout = ((_callback: () => void, delay: number) => set.push(delay)) as unknown as typeof setTimeout
  globalThis.clearTimeout = ((timer: number) => { set.splice(timer - 1, 1) }) as unknown as typeof clearTimeout
  const timer = systemClock.setTimeout(() => {}, 50)
  t.equal(timer, 1)
  systemClock.clearTimeout(timer)
  globalThis.setTimeout = own
  globalThis.clearTimeout = ownClear
  t.same(set, [])
  t.end()
})
