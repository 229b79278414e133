import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import t from 'tap'
import type { MessageTrace } from '../src/index.ts'
import { start } from './harness.ts'

void t.test('the tracing channel sees each message to its answer, and its store reaches the handler', async (t) => {
  const store = new AsyncLocalStorage<string>()
  const seen: string[] = []
  const channel = tracingChannel<unknown, MessageTrace>('fastify-realtime:message')
  const note = (name: string) => (message: unknown): void => {
    const { type, id, connection, failure } = message as MessageTrace
    seen.push([name, type, id, connection.principal?.id, failure?.code].join(' '))
  }
  const { connect } = await start(t, (app) => {
    app.message('good', async () => {
      await new Promise(setImmediate)
      return store.getStore()
    })
    app.message('bad', () => { throw new Error('x') })
  })
  const peer = await connect()
  channel.start.bindStore(store, (trace) => `span of ${(trace as MessageTrace).type}`)
  const listeners = { start: note('start'), end: note('end'), asyncStart: note('asyncStart'), asyncEnd: note('asyncEnd'), error: note('error') }
  channel.subscribe(listeners)
  t.teardown(() => channel.unsubscribe(listeners))
  t.equal((await peer.ask('good')).data, 'span of good')
  peer.send({ type: 'bad' })
  t.equal((await peer.next()).code, 'internal')
  await peer.ask('good')
  channel.start.unbindStore(store)
  t.same(seen.slice(0, 8), [
    'start good 1 ada ', 'end good 1 ada ', 'asyncStart good 1 ada ', 'asyncEnd good 1 ada ',
    'start bad  ada ', 'end bad  ada internal', 'asyncStart bad  ada internal', 'asyncEnd bad  ada internal'
  ])
})
