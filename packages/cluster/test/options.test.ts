import { hostname } from 'node:os'
import t from 'tap'
import { systemClock } from '@fastify-realtime/protocol'
import { resolveOptions } from '../src/options.ts'

void t.test('what is left out has its default', async (t) => {
  t.same(resolveOptions({}), { name: hostname(), lease: 15_000, timeout: 2_000, remember: 10_000, clock: systemClock })
})

void t.test('what cannot work is refused', async (t) => {
  const error = { code: 'FRT_ERR_CLUSTER_OPTION' }
  for (const wrong of [0, 99, -1, 1.5, Infinity, NaN, 3_600_001]) {
    t.throws(() => resolveOptions({ lease: wrong }), { ...error, message: /"lease"/ })
    t.throws(() => resolveOptions({ timeout: wrong }), { ...error, message: /"timeout"/ })
  }
  for (const wrong of [0, -1, 1.5, NaN, 100_001]) t.throws(() => resolveOptions({ remember: wrong }), { ...error, message: /"remember"/ })
  t.equal(resolveOptions({ remember: false }).remember, false)
  t.throws(() => resolveOptions({ name: '' }), { ...error, message: /"name"/ })
  t.throws(() => resolveOptions({ name: 'x'.repeat(201) }), error)
  t.throws(() => resolveOptions({ name: 7 as unknown as string }), error)
})
