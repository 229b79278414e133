import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import connectionPool from '@fastify-realtime/connection-pool'
import type { Connection } from '@fastify-realtime/connection-pool'
import { Emitter } from '@fastify-realtime/protocol'
import { connectAndGreet, listen, until } from '@fastify-realtime/testing'
import type { EnvelopeClient } from '@fastify-realtime/testing'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { PresenceMessage } from '../src/message.ts'
import presence from '../src/index.ts'
import type { PresenceOptions } from '../src/index.ts'
import { borrowedBroker } from './fixtures/borrowed-broker.ts'

type Test = Parameters<typeof listen>[1]

interface Events {
  subscribe: (connection: Connection, topic: string) => void
  unsubscribe: (connection: Connection, topic: string, code: string) => void
}

/** A server whose clients are who the query says. */
async function serve (options: PresenceOptions, before: (app: FastifyInstance) => void = () => {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(connectionPool)
  before(app)
  await app.register(presence, options)
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    const { as } = request.query as { as?: string }
    if (as !== undefined) request.setDecorator('principal', { id: as })
  })
  app.get('/ws', { websocket: true }, app.connectionPool.accept)
  return app
}

async function enter (app: FastifyInstance, url: string, as: string): Promise<{ client: EnvelopeClient, connection: Connection }> {
  const client = await connectAndGreet(url, { path: `/ws?as=${as}` })
  return { client, connection: app.connectionPool.get(client.welcome.connection) as Connection }
}

async function pair (t: Test, app: FastifyInstance) {
  const url = await listen(app, t)
  return { url, ada: await enter(app, url, 'ada'), eve: await enter(app, url, 'eve') }
}

void t.test('without the connection pool it refuses to boot', async t => {
  await t.rejects(async () => { await Fastify().register(presence) }, { message: /connectionPool.*@fastify-realtime\/presence/ })
})

void t.test('options that cannot work refuse to boot', async t => {
  await t.rejects(serve({ lease: 1 }), { code: 'FRT_ERR_PRESENCE_OPTION' })
})

void t.test('a broker without presence refuses to boot', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(connectionPool)
  await app.register(broker, { use: borrowedBroker({ presence: undefined }), guard: false })
  await app.register(presence)
  await t.rejects(async () => { await app.ready() }, { code: 'FRT_ERR_BROKER_CAPABILITY', message: /presence/ })
})

void t.test('with the pool alone the application joins, watches and reads', async t => {
  const app = await serve({ window: 5, grace: 10 })
  const { ada, eve } = await pair(t, app)
  await app.presence.watch(eve.connection, 'room:1')
  t.match(await eve.client.next('presence'), { topic: 'room:1', count: 0, members: [] })
  await app.presence.join(ada.connection, 'room:1', { name: 'Ada' })
  t.match(await eve.client.next('presence'), { joined: [{ principal: 'ada', info: { name: 'Ada' } }], left: [], count: 1 })
  t.match(await app.presence.members('room:1'), { count: 1, members: [{ principal: 'ada' }] })
  await ada.client.close()
  t.match(await eve.client.next('presence'), { joined: [], left: [{ principal: 'ada' }], count: 0 })
  await eve.client.close()
  await until(() => app.presence.gauges.watchedTopics === 0)
  t.same(app.presence.gauges, { connections: 0, pending: 0, watchedTopics: 0, watchers: 0 })
})

void t.test('with the sisters subscribers are present, and the built-in message asks the policy', async t => {
  const events = new Emitter<Events>((error) => { throw error })
  const asked: unknown[][] = []
  const routes = new Map<string, (message: PresenceMessage) => Promise<unknown>>()
  const app = await serve({ topics: ['room:*'], window: 5 }, (app) => {
    app.decorate('broadcast', {
      on: (name: keyof Events, listener: Events[typeof name]) => events.on(name, listener),
      can: async (...args: unknown[]) => {
        asked.push(args)
        return args[2] === 'room:1'
      }
    } as never)
    app.decorate('message', function (this: FastifyInstance, type: string, options: unknown, handler: () => Promise<unknown>) {
      t.equal(this, app)
      t.same(options, { builtIn: true })
      routes.set(type, handler)
    } as never)
  })
  const { ada, eve } = await pair(t, app)
  const handle = routes.get('presence')
  const replies: unknown[] = []
  const ask = async (topic: string): Promise<unknown> => handle?.({
    data: { topic },
    connection: eve.connection,
    principal: eve.connection.principal,
    reply: (members) => replies.push(members)
  })
  await ask('room:1')
  t.match(replies, [{ topic: 'room:1', members: [] }])
  await t.rejects(ask('room:2'), { code: 'FRT_ERR_PRESENCE_FORBIDDEN' })
  t.same(asked.map((args) => args.slice(0, 3)), [[{ id: 'eve' }, 'presence', 'room:1'], [{ id: 'eve' }, 'presence', 'room:2']])
  events.emit('subscribe', ada.connection, 'room:1')
  t.match(await eve.client.next('presence'), { joined: [{ principal: 'ada' }] })
  events.emit('unsubscribe', ada.connection, 'room:1', 'requested')
  t.match(await eve.client.next('presence'), { left: [{ principal: 'ada' }] })
})

void t.test('when the broker is back, everything is read anew', async t => {
  let state = (_up: boolean): void => {}
  const use = borrowedBroker({
    start: async (inner, sink) => {
      state = (up) => sink.state(up)
      await inner.start(sink)
    }
  })
  const app = await serve({ window: 5 }, (app) => { app.register(broker, { use, guard: false }) })
  const { ada, eve } = await pair(t, app)
  await app.presence.watch(eve.connection, 'room:1')
  await eve.client.next('presence')
  state(false)
  await t.rejects(app.presence.join(ada.connection, 'room:1'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  state(true)
  await until(() => app.presence.gauges.pending === 0)
  t.match((await app.presence.members('room:1')).members, [{ principal: 'ada' }])
})

void t.test('two apps on one broker are one, and who was on the one that closes has left', async t => {
  const hub = memoryHub()
  const node = (): Promise<FastifyInstance> => serve({ window: 5 }, (app) => {
    app.register(broker, { use: memoryBroker({ hub }) })
  })
  const [one, two] = [await node(), await node()]
  const ada = await enter(one, await listen(one, t), 'ada')
  const eve = await enter(two, await listen(two, t), 'eve')
  await two.presence.watch(eve.connection, 'room:1')
  await eve.client.next('presence')
  await one.presence.join(ada.connection, 'room:1')
  t.match(await eve.client.next('presence'), { joined: [{ principal: 'ada' }], count: 1 })
  await one.close()
  t.match(await eve.client.next('presence'), { left: [{ principal: 'ada' }], count: 0 })
})
