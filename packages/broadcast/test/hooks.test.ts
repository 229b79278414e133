import { test } from 'tap'
import { connection, stage } from './model/stage.ts'

interface Priced {
  readonly price: number
  readonly margin: number
}

const publicView = new WeakMap<object, object>()

/** The same object for everybody of a kind, so that they share a frame. */
function withoutMargin (data: unknown): object {
  const { price } = data as Priced
  const view = publicView.get(data as object) ?? { price }
  publicView.set(data as object, view)
  return view
}

test('a filter decides for each subscriber, live, in recovery and in history', async (t) => {
  const { join, broadcast, parts, settled } = await stage({
    topics: { a: { history: true, filter: ({ data }, { principal }) => data !== 'secret' || principal?.id === 'ada' } }
  })
  const [ada, eve] = [connection('ada'), connection('eve')]
  const { position } = await join(ada, 'a')
  await join(eve, 'a')
  await broadcast.publish('a', 'm', 'open')
  await broadcast.publish('a', 'm', 'secret')
  await settled()
  t.same(ada.data, ['open', 'secret'])
  t.same(eve.data, ['open'])
  const again = await join(eve, 'a', { since: position! })
  t.equal(again.recovered, true)
  t.same(again.publications?.map(({ data }) => data), ['open'])
  t.same((await parts.reader.read('a', {}, eve.self)).publications.map(({ data }) => data), ['open'])
  t.equal((await parts.reader.read('a', {})).publications.length, 2)
})

test('a transform shows each subscriber its view, and equal views share a frame', async (t) => {
  const { join, broadcast, settled } = await stage({
    topics: { a: { latest: true, transform: ({ data }, { principal }) => principal?.id === 'ada' ? data : withoutMargin(data) } }
  })
  const [ada, bob, eve] = [connection('ada'), connection('bob'), connection('eve')]
  for (const reader of [ada, bob, eve]) await join(reader, 'a')
  await broadcast.publish('a', 'm', { price: 1, margin: 2 })
  await settled()
  t.same(ada.data, [{ price: 1, margin: 2 }])
  t.same(bob.data, [{ price: 1 }])
  t.equal(bob.frames[0], eve.frames[0])
  const late = await join(connection('late'), 'a')
  t.same(late.publications?.map(({ data }) => data), [{ price: 1 }])
})

test('a transform that answers nothing sends null', async (t) => {
  const { join, broadcast, settled } = await stage({ topics: { a: { transform: () => undefined } } })
  const reader = connection()
  await join(reader, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  t.same(reader.data, [null])
})

test('what a hook throws hides the publication from its subscriber alone, and is logged', async (t) => {
  const { join, broadcast, logged, settled } = await stage({
    topics: { a: { history: true, filter: (_publication, { principal }) => { if (principal === null) throw new Error('who?'); return true } } }
  })
  const [nobody, ada] = [connection(), connection('ada')]
  const { position } = await join(nobody, 'a')
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  t.same(nobody.data, [])
  t.same(ada.data, [1])
  const again = await join(nobody, 'a', { since: position! })
  t.same(again.publications, [])
  t.match(logged, [{ err: { message: 'who?' }, topic: 'a' }, { err: { message: 'who?' } }])
})
