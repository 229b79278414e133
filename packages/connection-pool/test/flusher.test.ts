import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { Flusher } from '../src/flusher.ts'

/** A clock that only a flush moves on, by a hundredth of a millisecond. */
function manual () {
  const ticks: Array<() => void> = []
  const turns: Array<() => void> = []
  let now = 0
  const flusher = new Flusher((end) => ticks.push(end), (end) => turns.push(end), () => now)
  const flushed: number[] = []
  const add = (count: number): void => { for (let at = 0; at < count; at++) flusher.add({ flush: () => { now += 0.01; flushed.push(at) } }) }
  return { ticks, turns, flusher, flushed, add }
}

t.test('few are flushed at the end of the tick, each once and in order', async (t) => {
  const { ticks, turns, flushed, add } = manual()
  add(4)
  t.equal(ticks.length, 1)
  ticks.shift()?.()
  t.same(flushed, [0, 1, 2, 3])
  t.same([ticks.length, turns.length], [0, 0])
  add(1)
  t.equal(ticks.length, 1, 'the next one starts anew')
})

t.test('many wait for the end of the turn, with all that other ticks add meanwhile', async (t) => {
  const { ticks, turns, flushed, add } = manual()
  add(5)
  ticks.shift()?.()
  t.same(flushed, [])
  add(1)
  t.same([ticks.length, turns.length], [0, 1])
  turns.shift()?.()
  t.same(flushed, [0, 1, 2, 3, 4, 0])
  t.equal(turns.length, 0)
})

t.test('who comes while few are flushed has a turn of its own', async (t) => {
  const { ticks, turns, flusher, flushed, add } = manual()
  flusher.add({ flush: () => add(1) })
  ticks.shift()?.()
  t.same([flushed.length, ticks.length, turns.length], [0, 0, 1])
  turns.shift()?.()
  t.same(flushed, [0])
})

t.test('one that throws keeps none of the others waiting', async (t) => {
  for (const others of [2, 8]) {
    const { ticks, turns, flusher, flushed, add } = manual()
    add(1)
    flusher.add({ flush: () => { throw new Error('broken') } })
    add(others)
    const run = (): void => { for (const callback of [...ticks.splice(0), ...turns.splice(0)]) callback() }
    if (others > 2) run()
    t.throws(run, { message: 'broken' })
    run()
    t.same(flushed, [0, ...Array(others).keys()])
    add(1)
    run()
    t.equal(flushed.length, others + 2)
  }
})

t.test('thousands are spread over turns of 3 ms, and who comes in between goes last', async (t) => {
  const { ticks, turns, flusher, flushed, add } = manual()
  add(800)
  ticks.shift()?.()
  const sizes: number[] = []
  while (turns.length > 0) {
    const before = flushed.length
    turns.shift()?.()
    sizes.push(flushed.length - before)
    if (sizes.length === 1) flusher.add({ flush: () => flushed.push(-1) })
  }
  t.same(sizes, [320, 320, 161], 'with a look at the clock after every 32')
  t.equal(flushed.at(-1), -1)
})

t.test('what never becomes empty does not grow', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const turns: Array<() => void> = []
  let now = 0
  const flusher = new Flusher((end) => turns.push(end), (end) => turns.push(end), () => now)
  const flushable = { flush: () => { now += 0.01 } }
  const add = (count: number): void => { for (let n = 0; n < count; n++) flusher.add(flushable) }
  add(1_000)
  collect()
  const before = memoryUsage().heapUsed
  for (let round = 0; round < 6_000; round++) {
    add(320)
    turns.shift()?.()
  }
  collect()
  t.ok(memoryUsage().heapUsed - before < 4_000_000, 'two million would take 16 MB')
})

t.test('without schedules of its own it takes those of Node', async (t) => {
  const flusher = new Flusher()
  const flushed: number[] = []
  flusher.add({ flush: () => flushed.push(1) })
  t.same(flushed, [])
  await Promise.resolve()
  await new Promise((resolve) => { process.nextTick(resolve) })
  t.same(flushed, [1])
  for (let at = 0; at < 5; at++) flusher.add({ flush: () => flushed.push(2) })
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.equal(flushed.length, 6)
})
