import t from 'tap'
import { endpointDefaults, resolveEndpoint } from '../src/endpoint.ts'
import { defaults, resolveOptions } from '../src/options.ts'
import type { ConnectionPoolOptions } from '../src/options.ts'

t.test('the defaults are those of the README', async (t) => {
  const options = resolveOptions({})
  t.match(options, {
    maxPerAddress: 100, maxPerPrincipal: 10, perPrincipal: 'refuse', maxPendingHandshakes: 1_000, handshakeTimeout: 10_000,
    maxFragments: 128, maxBufferedChunks: 2_048, closeTimeout: 3_000, maxPressure: 268_435_456, compression: false,
    handshakeRate: { burst: 50, perMillisecond: 0.01 }, drain: { over: 5_000, deadline: 8_000, retryAfter: 1_000 }
  })
  t.equal(options.codecs[0]?.subprotocol, 'realtime.v1.json')
  t.ok(Object.isFrozen(options))
  t.ok((options.maxConnections as number) > 0)
})

t.test('what is undefined counts as left out, and the caller\'s object is not changed', async (t) => {
  const given = Object.freeze({ maxPerAddress: undefined, outbox: Object.freeze({ maxBytes: undefined }), drain: { over: 0 } }) as unknown as ConnectionPoolOptions
  t.match(resolveOptions(given), { maxPerAddress: defaults.maxPerAddress, drain: { over: 0, deadline: 8_000 } })
  t.match(resolveEndpoint('/ws', { maxPayload: undefined } as never, given, []), { maxPayload: endpointDefaults.maxPayload, outbox: { maxBytes: 1_048_576 } })
})

t.test('compression has defaults of its own', async (t) => {
  t.same(resolveOptions({ compression: { threshold: 5 } }).compression, { threshold: 5, offTurn: 32_768, level: 3 })
})

t.test('a limit is never switched off by accident', async (t) => {
  const limits = ['maxConnections', 'maxPerAddress', 'maxPerPrincipal', 'maxPendingHandshakes', 'handshakeTimeout', 'maxFragments',
    'maxBufferedChunks', 'closeTimeout', 'maxPressure', 'maxPayload', 'maxErrors', 'concurrency', 'maxQueued']
  for (const name of limits) {
    for (const value of [0, Infinity, NaN, 2 ** 31, -1, 1.5, '7', null]) {
      t.throws(() => resolveOptions({ [name]: value }), { code: 'FRT_ERR_POOL_OPTION', message: new RegExp(`expected ${name}`) }, `${name}: ${value}`)
    }
  }
  for (const name of ['maxConnections', 'maxPerAddress', 'maxPerPrincipal', 'maxErrors']) t.doesNotThrow(() => resolveOptions({ [name]: false }), name)
  t.throws(() => resolveOptions({ maxPerAddress: 0 }), { message: /switch it off with false/ })
})

t.test('every other mistake is named too', async (t) => {
  const wrong: Array<[object, RegExp]> = [
    [{ codecs: [] }, /codecs/], [{ codecs: 'json' }, /codecs/], [{ perPrincipal: 'kick' }, /perPrincipal to be one of refuse, replace-oldest, got kick/],
    [{ messageRate: 7 }, /messageRate to be \{ max/], [{ messageRate: null }, /messageRate/], [{ byteRate: { max: 0 } }, /byteRate.max/],
    [{ pingRate: { max: 1, timeWindow: 0 } }, /pingRate.timeWindow/], [{ handshakeRate: { max: 1, burst: Infinity } }, /handshakeRate.burst/],
    [{ outbox: { overflow: 'lose' } }, /outbox.overflow/], [{ outbox: { softMark: 10, maxBytes: 10 } }, /softMark to be below outbox.maxBytes \(10\), got 10/],
    [{ compression: { level: 10 } }, /compression.level/], [{ compression: { threshold: 0 } }, /compression.threshold/],
    [{ drain: { over: -1 } }, /drain.over/], [{ drain: { deadline: 0 } }, /drain.deadline/], [{ drain: { retryAfter: NaN } }, /drain.retryAfter/]
  ]
  for (const [options, message] of wrong) t.throws(() => resolveOptions(options), { code: 'FRT_ERR_POOL_OPTION', message })
})

t.test('a route says what it wants over the plugin\'s options, and sisters find their fields', async (t) => {
  const base = { maxPayload: 10, messageRate: false as const, outbox: { softMark: 5, maxBytes: 50 } }
  const config = { maxErrors: false, outbox: { maxBytes: 40 }, anonymous: true, heartbeat: { interval: 1 } } as const
  t.match(resolveEndpoint('/ws', config, base, [{ subprotocol: 'x' }] as never), {
    url: '/ws', anonymous: true, raw: false, protocols: ['x'], maxPayload: 10, messageRate: false, errorRate: false,
    outbox: { softMark: 5, maxBytes: 40, overflow: 'disconnect' }, heartbeat: { interval: 1 }
  })
  t.equal(resolveEndpoint('/ws', { raw: true }, {}, []).protocols, null)
  t.same(resolveEndpoint('/ws', { raw: true, protocols: ['a'] }, {}, []).protocols, ['a'])
  for (const wrong of [{ raw: 1 }, { anonymous: 'yes' }, { protocols: [] }, { protocols: 'json' }, { protocols: [7] }, { maxPayload: Infinity }]) {
    t.throws(() => resolveEndpoint('/ws', wrong as never, {}, []), { code: 'FRT_ERR_POOL_OPTION', message: /expected \/ws config.realtime/ })
  }
})
