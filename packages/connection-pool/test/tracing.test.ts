import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { connect, connectAndGreet, rawClient, until } from '@fastify-realtime/testing'
import t from 'tap'
import type { UpgradeTrace } from '../src/index.ts'
import { serve } from './harness.ts'

const channel = tracingChannel<unknown, UpgradeTrace>('fastify-realtime:upgrade')

function watch (t: { teardown (undo: () => void): void }): string[] {
  const seen: string[] = []
  const note = (name: string) => (trace: unknown): void => {
    const { request, route, statusCode } = trace as UpgradeTrace
    seen.push(`${name} ${request.url as string} ${route ?? '-'} ${statusCode ?? '-'}`)
  }
  const listeners = { start: note('start'), end: note('end'), asyncStart: note('asyncStart'), asyncEnd: note('asyncEnd'), error: note('error') }
  channel.subscribe(listeners)
  t.teardown(() => { channel.unsubscribe(listeners) })
  return seen
}

t.test('the tracing channel sees an upgrade to its 101, and its store reaches the listeners', async (t) => {
  const store = new AsyncLocalStorage<string>()
  const { url, pool } = await serve(t)
  const stored: unknown[] = []
  pool.on('open', () => { stored.push(store.getStore()) })
  channel.start.bindStore(store, (trace) => `span of ${(trace as UpgradeTrace).request.url as string}`)
  t.teardown(() => { channel.start.unbindStore(store) })
  const seen = watch(t)
  await connectAndGreet(url)
  t.same(stored, ['span of /ws'])
  t.equal(seen[0], 'start /ws - -')
  t.same(seen.slice(-2), ['asyncStart /ws /ws 101', 'asyncEnd /ws /ws 101'])
})

t.test('the tracing channel sees how an upgrade was refused', async (t) => {
  const { url } = await serve(t, { handshakeTimeout: 100 }, {
    routes (app) {
      app.get('/ws', { websocket: true, preValidation: async (_request, reply) => reply.code(401).send('no') }, app.connectionPool.accept)
      app.get('/slow', { websocket: true, preValidation: async () => await new Promise(() => {}) }, app.connectionPool.accept)
      app.get('/open', { websocket: true }, app.connectionPool.accept)
    }
  })
  const seen = watch(t)
  for (const path of ['/ws', '/none', '/slow']) await t.rejects(connect(url, { path }))
  t.equal((await rawClient(url, { path: '/open', headers: { 'sec-websocket-key': 'short' } })).status, 400)
  const ends = (): string[] => seen.filter((line) => line.startsWith('asyncEnd'))
  await until(() => ends().length === 4)
  // The last one is answered by ws itself.
  t.same(ends(), ['asyncEnd /ws /ws 401', 'asyncEnd /none - 404', 'asyncEnd /slow /slow 503', 'asyncEnd /open /open -'])
})
