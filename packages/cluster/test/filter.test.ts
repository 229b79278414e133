import t from 'tap'
import type { ConnectionFilter } from '../src/index.ts'
import { readFilter, readLimit, readNarrowFilter } from '../src/filter.ts'

const error = { code: 'FRT_ERR_CLUSTER_FILTER', statusCode: 400 }

void t.test('keeps what is given and known', async (t) => {
  t.same(readFilter({ id: 'c1', extra: 1 } as ConnectionFilter, false), { id: 'c1' })
  t.same(readFilter({ topic: 'room:1' }, true), { topic: 'room:1' })
})

void t.test('refuses what is no string, and topics without broadcast', async (t) => {
  t.throws(() => readFilter({ id: 7 } as unknown as ConnectionFilter, false), { ...error, message: /"id" must be a string/ })
  t.throws(() => readFilter({ id: 'x'.repeat(1_025) }, false), error)
  t.throws(() => readFilter({ topic: 'room:1' }, false), { ...error, message: /register @fastify-realtime\/broadcast/ })
})

void t.test('a filter that would mean everybody ends nobody', async (t) => {
  t.throws(() => readNarrowFilter({}, true), { ...error, message: /Say who shall go/ })
  t.throws(() => readNarrowFilter({ principle: 'ada' } as ConnectionFilter, true), { ...error, message: /no filter "principle"/ })
  t.same(readNarrowFilter({ principal: 'ada' }, true), { principal: 'ada' })
})

void t.test('limits are whole numbers from 1 to 1,000', async (t) => {
  t.equal(readLimit(), 100)
  t.equal(readLimit(1_000), 1_000)
  for (const wrong of [0, -1, 1.5, NaN, Infinity, 1_001]) t.throws(() => readLimit(wrong), error)
})
