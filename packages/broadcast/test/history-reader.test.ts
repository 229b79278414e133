import { test } from 'tap'
import { connection, stage } from './model/stage.ts'

test('history is read in pages, both ways', async (t) => {
  const { broadcast } = await stage({ topics: { a: { history: true } } })
  for (let n = 1; n <= 5; n++) await broadcast.publish('a', 'm', n)
  const newest = await broadcast.history('a', { limit: 2 })
  const data = ({ publications }: typeof newest): unknown[] => publications.map((publication) => publication.data)
  t.same(data(newest), [4, 5])
  t.match(newest, { complete: true, more: true })
  const before = await broadcast.history('a', { before: newest.publications[0]!.position!, limit: 2 })
  t.same(data(before), [2, 3])
  t.same(data(await broadcast.history('a', { since: before.publications[0]!.position! })), [3, 4, 5])
  t.equal((await broadcast.history('a')).publications.length, 5)
})

test('a reader is not shown what was not for it', async (t) => {
  const { broadcast, parts } = await stage({ topics: { a: { history: true } } })
  const ada = connection('ada')
  await broadcast.publish('a', 'm', 1, { except: ada.self })
  await broadcast.publish('a', 'm', 2)
  t.same((await parts.reader.read('a', {}, ada.self)).publications.map(({ data }) => data), [2])
})

test('what cannot be read is refused', async (t) => {
  const { broadcast } = await stage({ topics: { a: { history: true }, b: {}, c: { latest: true } }, recovery: { maxPublications: 9 } })
  const position = { epoch: 'e', offset: 1 }
  await t.rejects(broadcast.history('a b'), { code: 'FRT_ERR_TOPIC_INVALID', statusCode: 400 })
  await t.rejects(broadcast.history('x'), { code: 'FRT_ERR_TOPIC_UNKNOWN', statusCode: 403 })
  await t.rejects(broadcast.history('b'), { code: 'FRT_ERR_TOPIC_HISTORY', statusCode: 404 })
  await t.rejects(broadcast.history('c'), { code: 'FRT_ERR_TOPIC_HISTORY' })
  await t.rejects(broadcast.history('a', { limit: 10 }), { code: 'FRT_ERR_HISTORY_QUERY', statusCode: 400, message: /limit must be a whole number from 1 to 9/ })
  await t.rejects(broadcast.history('a', { since: position, before: position }), { code: 'FRT_ERR_HISTORY_QUERY' })
  t.equal((await broadcast.history('a')).publications.length, 0)
})
