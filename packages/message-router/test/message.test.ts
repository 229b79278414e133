import Fastify from 'fastify'
import t from 'tap'
import type { Connection, ConnectionPool, MessageReceiver } from '@fastify-realtime/connection-pool'
import { messageFailure } from '@fastify-realtime/protocol'
import { messageRouter } from '../src/index.ts'
import { start } from './harness.ts'

void t.test('a returned value is the reply, an undefined one a reply without data', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('echo', ({ data }) => data)
    app.message('later', async ({ data }) => data)
    app.message('nothing', undefined as never, () => {})
  })
  const peer = await connect()
  t.same(await peer.ask('echo', { text: 'hi' }), { type: 'reply', id: '1', data: { text: 'hi' } })
  t.same(await peer.ask('later', 5), { type: 'reply', id: '2', data: 5 })
  t.same(await peer.ask('nothing'), { type: 'reply', id: '3' })
})

void t.test('a message without an id gets no reply, but its failure', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('good', ({ reply }) => reply('never sent'))
    app.message('bad', () => { throw messageFailure('conflict', 'no') })
  })
  const peer = await connect()
  peer.send({ type: 'good' })
  peer.send({ type: 'bad' })
  t.same(await peer.next(), { type: 'failure', code: 'conflict', message: 'no', retry: false })
})

void t.test('the handler knows the id that its reply carries, and whether the message is answered', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('id', ({ id }) => id ?? 'none')
    app.message('answered', (context) => {
      const before = context.answered
      context.reply({ before })
      t.same([before, context.answered], [false, true])
    })
  })
  const peer = await connect()
  t.match(await peer.ask('id'), { data: '1' })
  t.match(await peer.ask('answered'), { data: { before: false } })
})

void t.test('the handler gets data, connection, principal, log and reply, and the scope as this', async (t) => {
  const { connect, app } = await start(t, (app) => {
    app.decorate('marker', 'here')
    app.message('who', function ({ data, connection, principal, log }) {
      log.info('seen')
      return { data, id: connection.id, principal: principal.id, marker: this.getDecorator<string>('marker') }
    })
  })
  const peer = await connect()
  const [connection] = app.connectionPool
  t.same((await peer.ask('who', 1)).data, { data: 1, id: connection?.id, principal: 'ada', marker: 'here' })
})

void t.test('reply() goes out at once, before anything sent after it, and the returned value does not count', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('sub', async ({ reply, connection }) => {
      reply('first')
      connection.sendEnvelope({ type: 'heartbeat' })
      return 'ignored'
    })
  })
  const peer = await connect()
  peer.send({ type: 'sub', id: 'a' })
  t.same(await peer.next(), { type: 'reply', id: 'a', data: 'first' })
  t.same(await peer.next(), { type: 'heartbeat' })
})

void t.test('a second reply() throws, and the first one stands', async (t) => {
  let code: unknown
  const { connect } = await start(t, (app) => {
    app.message('twice', ({ reply }) => {
      reply(1)
      try {
        reply(2)
      } catch (error) {
        ({ code } = error as { code: string })
        throw error
      }
    })
  })
  const peer = await connect()
  t.equal((await peer.ask('twice')).data, 1)
  t.equal(code, 'FRT_ERR_MESSAGE_REPLY_SENT')
})

void t.test('unknown types, names of the prototype among them, fail as unknown-type', async (t) => {
  const { connect } = await start(t, (app) => { app.message('known', () => {}) })
  const peer = await connect()
  for (const type of ['nobody', '__proto__', 'constructor', 'toString', 'error', 'subscribe']) {
    t.match(await peer.ask(type), { type: 'failure', code: 'unknown-type', retry: false }, type)
  }
  peer.send({ type: 'nobody' })
  const failure = await peer.next()
  t.equal(failure.code, 'unknown-type')
  t.notOk('id' in failure)
})

void t.test('without a principal every message fails, unless the endpoint is anonymous', async (t) => {
  const { connect } = await start(t, (app) => { app.message('who', ({ principal }) => principal) })
  const stranger = await connect('/ws')
  t.match(await stranger.ask('who'), { code: 'unauthenticated', retry: false })
  t.match(await stranger.ask('nobody'), { code: 'unauthenticated' }, 'nor does it learn which types there are')
  const guest = await connect('/open')
  t.same(await guest.ask('who'), { type: 'reply', id: '1', data: null })
})

void t.test('only gives a type to one endpoint, where it wins over the global one', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('where', () => 'everywhere')
    app.message('where', { only: '/other' }, () => 'other')
    app.message('secret', { only: ['/other', '/open'] }, () => 'secret')
  })
  const ws = await connect('/ws?as=ada')
  const other = await connect('/other?as=ada')
  t.equal((await ws.ask('where')).data, 'everywhere')
  t.equal((await ws.ask('secret')).code, 'unknown-type')
  t.equal((await other.ask('where')).data, 'other')
  t.equal((await other.ask('secret')).data, 'secret')
  t.equal((await (await connect('/open?as=ada')).ask('where')).data, 'everywhere')
})

void t.test('the pool gets a promise for what is not done yet, so that it can wait, and none for what is', async (t) => {
  const app = Fastify()
  t.teardown(async () => app.close())
  const receivers: MessageReceiver[] = []
  app.decorate('connectionPool', { receive: (receiver: MessageReceiver) => receivers.push(receiver), on: () => () => {} } as unknown as ConnectionPool)
  await app.register(messageRouter)
  let finish = (): void => {}
  app.message('later', () => new Promise<void>((resolve) => { finish = resolve }))
  app.message('now', () => {})
  await app.ready()
  const connection = { principal: { id: 'ada' }, sendEnvelope: () => 'sent' } as unknown as Connection
  const [receive] = receivers
  t.equal(receive?.(connection, { type: 'now' }), undefined)
  let done = false
  const waiting = Promise.resolve(receive?.(connection, { type: 'later' })).then(() => { done = true })
  await new Promise(setImmediate)
  t.equal(done, false)
  finish()
  await waiting
})
