import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../src/turns.ts'

interface Work {
  readonly started: string[]
  readonly begin: (lane: string | undefined, label: string) => Promise<unknown>
  readonly end: (label: string, error?: Error) => Promise<void>
}

function build (): Work {
  const turns = new Turns()
  const started: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  return {
    started,
    begin: (lane, label) => turns.run('t', lane, () => {
      started.push(label)
      return new Promise<void>((resolve, reject) => ends.set(label, (error) => error === undefined ? resolve() : reject(error)))
    }),
    async end (label, error) {
      ends.get(label)?.(error)
      await turn()
    }
  }
}

void t.test('works of one lane begin at once, those of another when they are done', async (t) => {
  const { begin, end, started } = build()
  const all = [begin('a', '1'), begin('a', '2'), begin('b', '3'), begin('b', '4'), begin('a', '5')]
  t.same(started, ['1', '2'])
  await end('2')
  t.same(started, ['1', '2'])
  await end('1')
  t.same(started, ['1', '2', '3', '4'], 'nobody overtakes')
  await end('3')
  await end('4')
  t.equal(started.at(-1), '5')
  await end('5')
  await Promise.all(all)
  const again = begin('c', '6')
  t.equal(started.at(-1), '6', 'nothing is in the way any more')
  await end('6')
  await again
})

void t.test('a work without a lane is alone, and one that fails makes way', async (t) => {
  const { begin, end, started } = build()
  const first = begin(undefined, '1')
  const failing = t.rejects(first, { message: 'broken' })
  const second = begin(undefined, '2')
  t.same(started, ['1'])
  await end('1', new Error('broken'))
  await failing
  t.same(started, ['1', '2'])
  await end('2')
  await second
})
