import { getEventListeners, once } from 'node:events'
import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import type { MessageContext } from '../src/index.ts'
import { start } from './harness.ts'

void t.test('a handler that takes too long fails as timeout, its signal aborts, and its late answer goes nowhere', async (t) => {
  const clock = fakeClock()
  const reasons: string[] = []
  const { connect } = await start(t, (app) => {
    app.message('slow', { timeout: 100 }, async ({ signal, reply }) => {
      setImmediate(() => clock.advance(100))
      await once(signal, 'abort')
      reasons.push((signal.reason as Error).name)
      reply('late')
      return 'later'
    })
    app.message('next', () => 'next')
  }, { router: { clock } })
  const peer = await connect()
  t.same(await peer.ask('slow'), { type: 'failure', id: '1', code: 'timeout', message: 'the handler took too long', retry: false })
  t.equal((await peer.ask('next')).data, 'next')
  t.same(reasons, ['TimeoutError'])
})

void t.test('a handler that replied and works on is aborted by its timeout, and nobody is told', async (t) => {
  const clock = fakeClock()
  const { connect } = await start(t, (app) => {
    app.message('works on', { timeout: 100 }, async ({ signal, reply }) => {
      reply('done')
      setImmediate(() => clock.advance(100))
      await once(signal, 'abort')
    })
    app.message('next', () => 'next')
  }, { router: { clock } })
  const peer = await connect()
  t.equal((await peer.ask('works on')).data, 'done')
  peer.send({ type: 'next', id: 'n' })
  t.same(await peer.next(), { type: 'reply', id: 'n', data: 'next' })
})

void t.test('only of an idempotent route a timeout says retry', async (t) => {
  const clock = fakeClock()
  const { connect } = await start(t, (app) => {
    app.message('slow', { timeout: 100, idempotent: true }, () => new Promise(() => { setImmediate(() => clock.advance(100)) }))
  }, { router: { clock } })
  t.match(await (await connect()).ask('slow'), { code: 'timeout', retry: true })
})

void t.test('a timeout covers the hooks, and ends a hook that never tells', async (t) => {
  const clock = fakeClock()
  let finish = (): void => {}
  const { connect } = await start(t, (app) => {
    app.message('hangs', { preValidation: () => { setImmediate(() => clock.advance(30_000)) } }, () => t.fail('handled'))
    app.message('late', {
      preValidation: (_request, _reply, done) => {
        finish = done
        setImmediate(() => clock.advance(30_000))
      }
    }, () => t.fail('handled'))
  }, { router: { clock } })
  const peer = await connect()
  t.equal((await peer.ask('hangs')).code, 'timeout')
  t.equal((await peer.ask('late')).code, 'timeout')
  finish()
  t.equal((await peer.ask('hangs')).code, 'timeout')
})

void t.test('after its timeout a message runs neither hooks nor the handler', async (t) => {
  const clock = fakeClock()
  const { connect } = await start(t, (app) => {
    const slow = async (): Promise<boolean> => {
      await new Promise(setImmediate)
      clock.advance(100)
      return true
    }
    app.setValidatorCompiler(() => slow as never)
    app.message('validated', { schema: { data: {} }, timeout: 100 }, () => t.fail('handled'))
    app.message('hooked', { schema: { data: {} }, timeout: 100, preValidation: async () => {}, preHandler: () => t.fail('hook ran') }, () => t.fail('handled'))
    app.message('between', { timeout: 100, preHandler: [slow, () => t.fail('hook ran')] }, () => t.fail('handled'))
    app.message('last', { timeout: 100, preHandler: slow }, () => t.fail('handled'))
    app.message('next', () => 'next')
  }, { router: { clock } })
  const peer = await connect()
  for (const type of ['validated', 'hooked', 'between', 'last']) t.equal((await peer.ask(type)).code, 'timeout', type)
  t.equal((await peer.ask('next')).data, 'next')
})

void t.test('a timeout covers the error handler, whatever failed', async (t) => {
  const clock = fakeClock()
  const { connect } = await start(t, (app) => {
    app.setErrorHandler(() => new Promise(() => { setImmediate(() => clock.advance(30_000)) }))
    app.message('now', () => { throw new Error('x') })
    app.message('later', async () => { throw new Error('x') })
  }, { router: { clock } })
  const peer = await connect()
  t.equal((await peer.ask('now')).code, 'timeout')
  t.equal((await peer.ask('later')).code, 'timeout')
})

void t.test('a failure that comes of a timeout elsewhere says retry only on an idempotent route', async (t) => {
  const fail = (): never => { throw Object.assign(new Error('upstream'), { statusCode: 504 }) }
  const { connect } = await start(t, (app) => {
    app.message('once', fail)
    app.message('again', { idempotent: true }, fail)
    app.message('hooked', { idempotent: true, preHandler: async (_request, reply) => { reply.code(408).send() } }, () => {})
  })
  const peer = await connect()
  t.match(await peer.ask('once'), { code: 'timeout', message: 'upstream', retry: false })
  t.match(await peer.ask('again'), { code: 'timeout', retry: true })
  t.match(await peer.ask('hooked'), { code: 'timeout', message: 'timeout', retry: true })
})

void t.test('a signal that is asked for late knows what happened, and leaves no listener', async (t) => {
  const clock = fakeClock()
  const contexts: MessageContext[] = []
  const { app, connect } = await start(t, (app) => {
    app.message('done', (context) => { contexts.push(context) })
    app.message('expired', { timeout: 100 }, async (context) => {
      contexts.push(context)
      await Promise.resolve()
      clock.advance(100)
    })
    app.message('replied', ({ signal, reply }) => {
      t.equal(signal.aborted, false)
      reply(1)
      throw new Error('after the reply')
    })
  }, { router: { clock } })
  const peer = await connect()
  await peer.ask('done')
  await peer.ask('expired')
  await peer.ask('replied')
  const [done, expired] = contexts as [MessageContext, MessageContext]
  const [connection] = app.connectionPool
  t.equal(done.signal, connection?.signal)
  t.equal((expired.signal.reason as Error).name, 'TimeoutError')
  t.equal(getEventListeners(done.signal, 'abort').length, 0)
})

void t.test('without a timeout a handler may take its time, and its signal is that of the connection', async (t) => {
  const clock = fakeClock()
  const { connect } = await start(t, (app) => {
    app.message('slow', { timeout: false }, async ({ signal, connection }) => {
      clock.advance(1_000_000)
      return signal === connection.signal
    })
  }, { router: { clock, timeout: 10 } })
  t.equal((await (await connect()).ask('slow')).data, true)
  t.equal(clock.pending, 0)
})

void t.test('the signal aborts when the connection ends, and is quiet when the message ends first', async (t) => {
  const signals: AbortSignal[] = []
  const { connect } = await start(t, (app) => {
    app.message('quick', async ({ signal }) => { signals.push(signal) })
    app.message('refused', async ({ signal }) => {
      signals.push(signal)
      throw new Error('x')
    })
    app.message('waits', async (context) => {
      signals.push(context.signal)
      t.equal(context.signal, context.signal, 'the same one each time')
      await once(context.signal, 'abort')
      signals.push(context.signal)
    })
    app.message('gone', async (context) => {
      begin()
      await once(context.connection.signal, 'abort')
      t.equal(context.signal.aborted, true, 'asked for after the end')
      gone()
    })
  })
  let begin = (): void => {}
  let gone = (): void => {}
  const begun = new Promise<void>((resolve) => { begin = resolve })
  const ended = new Promise<void>((resolve) => { gone = resolve })
  const first = await connect()
  await first.ask('quick')
  await first.ask('refused')
  first.send({ type: 'waits' })
  while (signals.length < 3) await new Promise(setImmediate)
  first.socket.terminate()
  while (signals.length < 4) await new Promise(setImmediate)
  t.same(signals.map(signal => signal.aborted), [false, false, true, true])
  const second = await connect()
  second.send({ type: 'gone' })
  await begun
  second.socket.terminate()
  await ended
})

void t.test('close waits for nothing and leaves no timer', async (t) => {
  const clock = fakeClock()
  const { app, connect } = await start(t, (app) => {
    app.message('later', async () => 'later')
  }, { router: { clock } })
  await (await connect()).ask('later')
  t.equal(clock.pending, 1)
  await app.close()
  t.equal(clock.pending, 0)
})
