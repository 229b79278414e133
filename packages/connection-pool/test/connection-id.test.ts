import t from 'tap'
import { connectionId } from '../src/connection-id.ts'

t.test('ids are 96 bits in 16 letters, and never the same', async (t) => {
  const ids = Array.from({ length: 1_000 }, connectionId)
  t.equal(new Set(ids).size, ids.length)
  t.same(ids.filter((id) => !/^[\w-]{16}$/.test(id)), [])
})

t.test('every letter of an id is as good as any other', async (t) => {
  const ids = Array.from({ length: 5_000 }, connectionId)
  for (let at = 0; at < 16; at++) t.equal(new Set(ids.map((id) => id[at])).size, 64)
})
