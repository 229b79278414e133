import { fakeClock } from '@fastify-realtime/testing'
import { test } from 'tap'
import { connect } from '../src/index.ts'
import type { ClientOptions } from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'
import { FakeSocket, tick } from './harness.ts'

const options: ClientOptions = { WebSocket: FakeSocket, clock: fakeClock() }

test('an option that nobody reads is refused with those that there are', (t) => {
  t.throws(() => resolveOptions('ws://a', { WebSocket: FakeSocket, tokn: 'x' } as ClientOptions), {
    message: 'Expected one of clock,random,codec,timeout,connectTimeout,heartbeatTimeout,minDelay,maxDelay,maxQueued,maxBuffered,token,WebSocket, got tokn.'
  })
  t.end()
})

test('addresses as a page would write them', (t) => {
  const cases = [
    ['ws://a.example/ws', 'ws://a.example/ws'],
    ['https://a.example/ws?x=1#part', 'wss://a.example/ws?x=1'],
    ['http://a.example', 'ws://a.example/']
  ] as const
  for (const [given, url] of cases) t.equal(resolveOptions(given, options).url, url)
  t.throws(() => resolveOptions('/ws', options), TypeError)
  t.throws(() => resolveOptions('ftp://a.example', options), { message: 'Expected ws: or wss:, got ftp:.' })
  Object.assign(globalThis, { location: { href: 'https://a.example/page' } })
  t.teardown(() => Reflect.deleteProperty(globalThis, 'location'))
  t.equal(resolveOptions('/ws', options).url, 'wss://a.example/ws')
  t.end()
})

test('numbers are checked, undefined means the default', (t) => {
  for (const wrong of [-1, NaN, Infinity, 2 ** 31]) {
    t.throws(() => resolveOptions('ws://a', { ...options, timeout: wrong }), { message: `Expected timeout from 0 to 2^31, got ${wrong}.` })
  }
  t.equal(resolveOptions('ws://a', { ...options, timeout: undefined as unknown as number }).timeout, 10_000)
  t.equal(resolveOptions('ws://a', { ...options, maxDelay: 7 }).maxDelay, 7)
  t.end()
})

test('without a WebSocket it says what to do', (t) => {
  const scope = globalThis as { WebSocket?: unknown }
  const platform = scope.WebSocket
  delete scope.WebSocket
  t.teardown(() => { if (platform !== undefined) scope.WebSocket = platform })
  t.throws(() => connect('ws://a'), { message: 'Expected a WebSocket, such as that of ws, got none.' })
  scope.WebSocket = FakeSocket
  t.equal(resolveOptions('ws://a', {}).WebSocket, FakeSocket)
  t.end()
})

test('the clock of the platform, whose timers keep Node alive', async (t) => {
  const { clock } = resolveOptions('ws://a', { WebSocket: FakeSocket })
  t.ok(Math.abs(clock.time() - Date.now()) < 1_000)
  t.ok(clock.now() <= performance.now())
  const timer = clock.setTimeout(() => t.fail('was cleared'), 1) as NodeJS.Timeout
  t.ok(timer.hasRef())
  clock.clearTimeout(timer)
  await tick()
})

test('the options of the caller are left alone', (t) => {
  const given = Object.freeze({ ...options, token: 'x' })
  resolveOptions('ws://a', given)
  t.equal(given.token, 'x')
  t.end()
})
