import { Registry } from 'prom-client'
import t from 'tap'
import type { MetricsOptions } from '../src/options.ts'
import { resolveOptions } from '../src/options.ts'

void t.test('by default there is a registry of its own and a route', async t => {
  const { registry, ...rest } = resolveOptions()
  t.ok(registry instanceof Registry)
  t.same(rest, { path: '/metrics', prefix: 'realtime_', onRequest: [] })
  t.not(resolveOptions().registry, registry)
})

void t.test('what is given is taken', async t => {
  const registry = new Registry()
  const hook = async (): Promise<void> => {}
  t.same(resolveOptions({ registry, path: false, prefix: 'ws_', onRequest: hook }), { registry, path: false, prefix: 'ws_', onRequest: [hook] })
  t.same(resolveOptions({ onRequest: [hook, hook] }).onRequest, [hook, hook])
})

const wrong: ReadonlyArray<readonly [object, RegExp]> = [
  [{ path: 'metrics' }, /path must begin with "\/", got metrics; false makes no route/],
  [{ path: true }, /path .* got true/],
  [{ prefix: 'a-b' }, /prefix must be letters, digits and "_", got a-b/],
  [{ prefix: 7 }, /prefix .* got 7/],
  [{ registry: {} }, /registry must have registerMetric\(\) and metrics\(\)/],
  [{ registry: { registerMetric () {} } }, /registry must have/]
]

for (const [given, message] of wrong) {
  void t.test(`an option that cannot work is refused: ${message.source}`, async t => {
    t.throws(() => resolveOptions(given as MetricsOptions), { code: 'FRT_ERR_METRICS_OPTION', message })
  })
}
