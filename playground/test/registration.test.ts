import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import broker from '@fastify-realtime/broker'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import { connectAndGreet, listen, type EnvelopeClient } from '@fastify-realtime/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { createSigner } from 'fast-jwt'
import t, { type Test } from 'tap'

const secret = 's'.repeat(32)
const token = createSigner({ key: secret, expiresIn: 60_000 })({ sub: 'ada' })
const allow = (): boolean => true

/** Each plugin, how it is registered, and what shows that it does its job. */
const plugins = {
  heartbeat: {
    register: (app: FastifyInstance) => app.register(heartbeat, { interval: 1_000, timeout: 500 }),
    works: async (t: Tap, _app: FastifyInstance, client: Client) => {
      t.equal(client.welcome.heartbeat, 1_000)
      t.match(await client.next('heartbeat'), { type: 'heartbeat' })
    }
  },
  broker: {
    register: (app: FastifyInstance) => app.register(broker),
    works: async (t: Tap, app: FastifyInstance) => { t.equal(app.broker.up, true) }
  },
  auth: {
    register: (app: FastifyInstance) => app.register(auth, { jwt: { secret } }),
    works: async (t: Tap, app: FastifyInstance, client: Client, address: string) => {
      t.equal(client.welcome.principal, 'ada')
      await t.rejects(connectAndGreet(address, { token: 'forged' }), /4501|closed/)
      t.ok(app.realtimeAuth)
    }
  },
  messageRouter: {
    register: (app: FastifyInstance) => app.register(messageRouter).register(async (scope) => {
      scope.message('echo', ({ data }) => data)
    }),
    works: async (t: Tap, _app: FastifyInstance, client: Client) => {
      t.same(await client.request('echo', { a: 1 }), { a: 1 })
    }
  },
  broadcast: {
    register: (app: FastifyInstance) => app.register(broadcast, { topics: { 'room:*': {} }, canSubscribe: allow }),
    works: async (t: Tap, app: FastifyInstance, client: Client) => {
      const connection = app.connectionPool.get(client.welcome.connection)
      if (connection === undefined) throw new Error('the pool does not know the connection')
      await app.broadcast.subscribe(connection, 'room:1')
      await app.broadcast.publish('room:1', 'news', { a: 1 })
      t.match(await client.next('publication'), { topic: 'room:1', event: 'news', data: { a: 1 } })
    }
  },
  presence: {
    register: (app: FastifyInstance) => app.register(presence, { topics: ['room:*'] }),
    works: async (t: Tap, app: FastifyInstance, client: Client) => {
      const connection = app.connectionPool.get(client.welcome.connection)
      if (connection?.principal === undefined || connection.principal === null) return t.equal((await app.presence.members('room:2')).count, 0)
      await app.presence.join(connection, 'room:2')
      t.match(await app.presence.members('room:2'), { count: 1, members: [{ principal: 'ada' }] })
    }
  },
  cluster: {
    register: (app: FastifyInstance) => app.register(cluster),
    works: async (t: Tap, app: FastifyInstance) => {
      t.match(await app.cluster.connections(), { count: 1 })
      t.equal((await app.cluster.nodes()).length, 1)
    }
  },
  metrics: {
    register: (app: FastifyInstance) => app.register(metrics),
    works: async (t: Tap, app: FastifyInstance) => { t.match((await app.inject('/metrics')).body, /connections\S* 1\n/) }
  }
} satisfies Record<string, { register: (app: FastifyInstance) => unknown, works: (t: Tap, app: FastifyInstance, client: Client, address: string) => Promise<unknown> }>

type Tap = Pick<Test, 'equal' | 'match' | 'same' | 'ok' | 'rejects' | 'teardown'>
type Client = Awaited<ReturnType<typeof connectAndGreet>> & EnvelopeClient
type Name = keyof typeof plugins

async function boot (t: Tap, order: readonly Name[]): Promise<{ app: FastifyInstance, address: string }> {
  const app = Fastify({ connectionTimeout: 10_000 })
  await app.register(connectionPool)
  for (const name of order) await plugins[name].register(app)
  const config = { realtime: { anonymous: true } }
  if (order.includes('auth')) app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
  else app.get('/ws', { websocket: true, config }, app.connectionPool.accept)
  return { app, address: await listen(app, t) }
}

const names = Object.keys(plugins) as Name[]

for (const name of names) {
  t.test(`${name} does its job with the pool alone`, async (t) => {
    const { app, address } = await boot(t, [name])
    const client = await connectAndGreet(address, { token })
    await plugins[name].works(t, app, client, address)
  })

  t.test(`${name} without the pool refuses to boot`, async (t) => {
    if (name === 'broker') return t.pass('a broker needs no connections')
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => {
      await plugins[name].register(app)
      await app.ready()
    }, /connectionPool/)
  })
}

const orders: ReadonlyArray<readonly Name[]> = [
  names,
  names.toReversed(),
  ['metrics', 'presence', 'auth', 'broadcast', 'cluster', 'heartbeat', 'broker', 'messageRouter']
]

for (const order of orders) {
  t.test(`all do their job, registered as ${order.join(', ')}`, async (t) => {
    const { app, address } = await boot(t, order)
    const client = await connectAndGreet(address, { token })
    await client.request('subscribe', { topic: 'room:1' })
    for (const name of names) await plugins[name].works(t, app, client, address)
  })
}
