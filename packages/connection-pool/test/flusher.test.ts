import t from 'tap'
import { Flusher } from '../src/flusher.ts'

function manual () {
  const turns: Array<() => void> = []
  return { turns, flusher: new Flusher((turn) => turns.push(turn)) }
}

t.test('one turn is scheduled for all, and each is flushed once in order', async (t) => {
  const { turns, flusher } = manual()
  const flushed: number[] = []
  for (let at = 0; at < 3; at++) flusher.add({ flush: () => flushed.push(at) })
  t.equal(turns.length, 1)
  turns.shift()?.()
  t.same(flushed, [0, 1, 2])
  t.equal(turns.length, 0)
  flusher.add({ flush: () => flushed.push(3) })
  t.equal(turns.length, 1, 'the next one starts anew')
})

t.test('thousands are spread over turns of 512, and who comes in between goes last', async (t) => {
  const { turns, flusher } = manual()
  const flushed: number[] = []
  for (let at = 0; at < 1_100; at++) flusher.add({ flush: () => flushed.push(at) })
  const sizes: number[] = []
  while (turns.length > 0) {
    const before = flushed.length
    turns.shift()?.()
    sizes.push(flushed.length - before)
    if (sizes.length === 1) flusher.add({ flush: () => flushed.push(-1) })
  }
  t.same(sizes, [512, 512, 77])
  t.equal(flushed.at(-1), -1)
})

t.test('without a schedule of its own it waits for the end of the turn', async (t) => {
  let flushed = false
  new Flusher().add({ flush: () => { flushed = true } })
  t.notOk(flushed)
  await new Promise(setImmediate)
  t.ok(flushed)
})
