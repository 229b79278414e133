import { test } from 'tap'
import { connection, stage } from './model/stage.ts'

const iterators = [new Map().values(), new Set().values()].map((iterator) => Object.getPrototypeOf(iterator) as Iterator<unknown>)

/** How many entries of Maps and Sets are walked over while something happens: work that grows with them shows. */
async function walked (happens: () => Promise<unknown>): Promise<number> {
  const originals = iterators.map((prototype) => Reflect.get(prototype, 'next') as Iterator<unknown>['next'])
  let count = 0
  for (const [at, prototype] of iterators.entries()) {
    const next = originals[at]!
    prototype.next = function (this: Iterator<unknown>) {
      count++
      return next.call(this)
    }
  }
  try {
    await happens()
  } finally {
    for (const [at, prototype] of iterators.entries()) prototype.next = originals[at]!
  }
  return count
}

async function publishBeside (others: number): Promise<number[]> {
  const options = { topics: { 'room:*': { history: true }, 'price:*': { wildcard: true }, '*': {} } }
  const { broadcast, join, settled } = await stage(options)
  const [ada, bob] = [connection('ada'), connection('bob')]
  await join(ada, 'room:1')
  await join(bob, 'price:*')
  for (let n = 0; n < others; n++) {
    const other = connection()
    for (const topic of [`room:other${n}`, `price:other${n}`, `else${n}`]) await join(other, topic)
  }
  const counts: number[] = []
  for (const topic of ['room:1', 'price:1', 'nobody']) {
    counts.push(await walked(async () => {
      await broadcast.publish(topic, 'm', topic)
      await settled()
    }))
  }
  counts.push(await walked(async () => {
    await join(ada, 'room:2')
    broadcast.unsubscribe(ada.self, 'room:2')
    await settled()
  }))
  if (ada.data.length + bob.data.length !== 2) throw new Error('not delivered')
  return counts
}

test('publishing, subscribing and leaving walk over as much beside thousands of other topics as beside one', async (t) => {
  const few = await publishBeside(1)
  t.ok(few[0]! > 0, 'the broker walks over its nodes')
  t.same(await publishBeside(3_000), few)
  t.ok(await walked(async () => [...new Map(Array.from({ length: 3_000 }, (_, n) => [n, n]))]) > 3_000, 'it would have shown')
})
