import { once } from 'node:events'
import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
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
