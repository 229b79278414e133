import t from 'tap'
import { systemClock } from '@fastify-realtime/protocol'
import { defaults, resolveBeat, resolveOptions } from '../src/options.ts'

void t.test('defaults are 25 s and 10 s', async t => {
  const options = resolveOptions()
  t.same(options, { interval: 25_000, timeout: 10_000, clock: systemClock })
  t.ok(Object.isFrozen(options))
})

void t.test('a timeout that is left out never exceeds the interval', async t => {
  t.same(resolveBeat({ interval: 5_000 }, defaults, '/ws'), { interval: 5_000, timeout: 5_000 })
  t.same(resolveBeat({ timeout: 2_000 }, defaults, '/ws'), { interval: 25_000, timeout: 2_000 })
})

for (const [given, message] of [
  [{ interval: 0 }, /heartbeat\.interval must be milliseconds from 100 to 3600000, got 0/],
  [{ interval: Infinity }, /got Infinity/],
  [{ timeout: NaN }, /heartbeat\.timeout .* got NaN/],
  [{ interval: 2_000, timeout: 3_000 }, /heartbeat\.timeout must not exceed heartbeat\.interval \(2000\), got 3000/]
] as const) {
  void t.test(`${JSON.stringify(given)} is refused with what to do`, async t => {
    t.throws(() => resolveOptions(given), { code: 'FRT_ERR_HEARTBEAT_OPTION', message })
  })
}

void t.test('a value that is not a number is refused', async t => {
  t.throws(() => resolveOptions({ interval: '25s' as unknown as number }), { code: 'FRT_ERR_HEARTBEAT_OPTION' })
})
