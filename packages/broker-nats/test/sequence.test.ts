import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { Sequence } from '../src/sequence.ts'
import type { Numbered } from '../src/sequence.ts'
import { record } from './node.ts'

interface Parts {
  readonly sequence: Sequence
  readonly got: number[]
  /** Numbers after which something was read from the stream. */
  readonly filled: number[]
  readonly missed: () => number
  /** Puts the next number into the stream. */
  readonly append: (hasRecord?: boolean) => Numbered
  /** Forgets the oldest of the stream. */
  readonly forget: (count: number) => void
  fails: boolean
}

function build (): Parts {
  const stream: Numbered[] = []
  const filled: number[] = []
  const got: number[] = []
  let missed = 0
  let next = 0
  const sequence = new Sequence({
    async fill (_stream, after) {
      filled.push(after)
      await turn()
      if (parts.fails) throw new Error('away')
      return { complete: after === 0 || stream.some(({ seq }) => seq === after), messages: stream.filter(({ seq }) => seq > after) }
    },
    deliver: ({ version = -1 }) => { got.push(version) },
    missed: () => { missed++ }
  })
  const parts: Parts = {
    sequence,
    got,
    filled,
    missed: () => missed,
    append (hasRecord = true) {
      const seq = ++next
      const message = { seq, prev: stream.at(-1)?.seq ?? 0, record: hasRecord ? record(String(seq), { version: seq }) : undefined }
      stream.push(message)
      return message
    },
    forget: (count) => { stream.splice(0, count) },
    fails: false
  }
  return parts
}

const settle = async (): Promise<void> => { for (let n = 0; n < 10; n++) await turn() }

void t.test('whatever the order and the losses on the way, all is delivered once and in order', async (t) => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({ late: fc.nat(4), lost: fc.boolean(), wait: fc.boolean(), marker: fc.boolean() }), { maxLength: 30 }),
    async (steps) => {
      const { sequence, append, got } = build()
      sequence.begin('s', 0)
      const expected: number[] = []
      const waiting: Array<{ at: number, message: Numbered }> = []
      for (const [n, { late, lost, wait, marker }] of steps.entries()) {
        const message = append(!marker)
        if (!marker) expected.push(message.seq)
        if (!lost) waiting.push({ at: n + late, message })
        for (const { message: due } of waiting.filter(({ at }) => at === n)) sequence.take('s', due)
        if (wait) await turn()
      }
      const last = append()
      for (const { at, message } of waiting) if (at >= steps.length) sequence.take('s', message)
      sequence.take('s', last)
      await settle()
      return got.join() === [...expected, last.seq].join()
    }), { numRuns: 300 })
  t.pass()
})

void t.test('before its beginning and after its end it takes nothing', async (t) => {
  const { sequence, append, got, filled } = build()
  sequence.take('s', append())
  t.notOk(sequence.begun)
  sequence.begin('s', 1)
  sequence.take('s', append())
  append()
  sequence.take('s', append())
  sequence.end()
  await settle()
  t.same([got, filled], [[2], [2]], 'a filling that the end overtook does nothing')
})

void t.test('a gap that cannot be filled now is found again with the next message', async (t) => {
  const parts = build()
  const { sequence, append, got, filled } = parts
  sequence.begin('s', 0)
  append()
  parts.fails = true
  sequence.take('s', append())
  await settle()
  t.same([got, filled], [[], [0]])
  parts.fails = false
  sequence.take('s', append())
  await settle()
  t.same([got, filled], [[1, 2, 3], [0, 0]])
})

void t.test('what is gone from the stream is told', async (t) => {
  const { sequence, append, forget, got, missed } = build()
  sequence.begin('s', 0)
  sequence.take('s', append())
  for (let n = 0; n < 3; n++) append()
  forget(3)
  sequence.take('s', append())
  await settle()
  t.same([got, missed()], [[1, 4, 5], 1])
})

void t.test('a stream that was made anew begins anew', async (t) => {
  const { sequence, append, got, filled } = build()
  sequence.begin('old', 700)
  sequence.take('new', append())
  append()
  sequence.take('new', append())
  await settle()
  t.same([got, filled], [[1, 2, 3], [1]])
})

void t.test('while a gap is filled no more than a thousand wait, and the others are read again', async (t) => {
  const { sequence, append, got, filled } = build()
  sequence.begin('s', 0)
  append()
  const many = Array.from({ length: 1_500 }, () => append())
  for (const message of many) sequence.take('s', message)
  await settle()
  sequence.take('s', append())
  await settle()
  t.same([got.length, filled.length], [1_502, 1])
})
