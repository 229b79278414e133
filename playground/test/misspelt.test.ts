import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import broker, { combine, memoryBroker } from '@fastify-realtime/broker'
import { redisBroker } from '@fastify-realtime/broker-redis'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import t from 'tap'

const plugins = { auth, broadcast, broker, cluster, heartbeat, messageRouter, metrics, presence }
const secret = 's'.repeat(32)

/** What a misspelt option of each plugin is told; the pool has its own. */
const misspelt: ReadonlyArray<readonly [keyof typeof plugins | 'connectionPool', object, string]> = [
  ['connectionPool', { maxConnection: 1 }, 'connectionPool: there is no option "maxConnection", did you mean "maxConnections"?'],
  ['connectionPool', { outbox: { softmark: 1 } }, 'outbox: there is no option "softmark", did you mean "softMark"? (known: softMark, maxBytes, overflow)'],
  ['connectionPool', { drain: { dead_line: 1 } }, 'connectionPool drain: there is no option "dead_line", did you mean "deadline"?'],
  ['connectionPool', { compression: { treshold: 1 } }, 'connectionPool compression: there is no option "treshold", did you mean "threshold"?'],
  ['connectionPool', { messageRate: { max: 1, window: 1 } }, 'messageRate: there is no option "window", did you mean "timeWindow"? (known: max, timeWindow, burst)'],
  ['heartbeat', { pingInterval: 1 }, 'heartbeat: there is no option "pingInterval", did you mean "interval"? (known: interval, timeout, clock)'],
  ['auth', { jwt: { secret }, origin: [] }, 'auth: there is no option "origin", did you mean "origins"?'],
  ['auth', { jwt: { secret, issuers: 'a' } }, 'auth jwt: there is no option "issuers", did you mean "issuer"?'],
  ['auth', { jwt: { secret, previous: [{ secret, til: 1 }] } }, 'auth jwt.previous[0]: there is no option "til"'],
  ['auth', { jwt: { secret }, cookie: { name: 'a', sign: true } }, 'auth cookie: there is no option "sign", did you mean "signed"?'],
  ['auth', { jwt: { secret }, failures: { max: 1, timewindow: 1 } }, 'auth failures: there is no option "timewindow", did you mean "timeWindow"?'],
  ['broadcast', { canSubcribe: () => true }, 'broadcast: there is no option "canSubcribe", did you mean "canSubscribe"?'],
  ['broadcast', { topics: { 'room:*': { histroy: true } } }, 'topics[\'room:*\']: there is no option "histroy", did you mean "history"?'],
  ['broadcast', { topics: { 'room:*': { history: { sizes: 1 } } } }, 'topics[\'room:*\'].history: there is no option "sizes", did you mean "size"?'],
  ['broadcast', { topics: { 'room:*': { overflow: { policy: 'conflate', keys: 1 } } } }, '.overflow: there is no option "keys", did you mean "key"?'],
  ['broadcast', { topics: { 'room:*': { coalesce: { delay: 1 } } } }, '.coalesce: there is no option "delay", did you mean "maxDelay"?'],
  ['broadcast', { topics: { 'room:*': { delta: { evry: 1 } } } }, '.delta: there is no option "evry", did you mean "every"?'],
  ['broadcast', { topics: { 'room:*': true } }, 'topics[\'room:*\']: expected an object of options, got true'],
  ['broadcast', { topics: ['room:*'] }, 'Option "topics" must be an object of options by topic or pattern, but a list came. Write topics: { \'room:*\': {} }.'],
  ['broadcast', { recovery: { maxPublication: 1 } }, 'broadcast recovery: there is no option "maxPublication", did you mean "maxPublications"?'],
  ['broadcast', { subscribeRate: { brust: 1 } }, 'broadcast subscribeRate: there is no option "brust", did you mean "burst"?'],
  ['presence', { topic: [] }, 'presence: there is no option "topic", did you mean "topics"?'],
  ['cluster', { lesae: 1 }, 'cluster: there is no option "lesae", did you mean "lease"?'],
  ['metrics', { pathname: '/m' }, 'metrics: there is no option "pathname" (known: path, prefix, registry, onRequest)'],
  ['broker', { broker: {} }, 'broker: there is no option "broker" (known: use, guard)'],
  ['broker', { use: memoryBroker(), guard: { timeOut: 1 } }, 'broker guard: there is no option "timeOut", did you mean "timeout"?'],
  ['messageRouter', { timeOut: 1 }, 'messageRouter: there is no option "timeOut", did you mean "timeout"?']
]

for (const [name, options, message] of misspelt) {
  t.test(`${name} refuses ${JSON.stringify(options)}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const boot = async (): Promise<void> => {
      await app.register(connectionPool, name === 'connectionPool' ? options : {})
      if (name !== 'connectionPool') await app.register(plugins[name] as FastifyPluginAsync<object>, options)
    }
    const told = await boot().then(() => 'nothing', (error: Error) => error.message)
    t.ok(told.includes(message), told)
  })
}

t.test('so do brokers', async (t) => {
  const brokers: ReadonlyArray<readonly [() => unknown, string]> = [
    [() => memoryBroker({ maxTopic: 1 } as object), 'memoryHub: there is no option "maxTopic", did you mean "maxTopics"?'],
    [() => combine(memoryBroker(), { histroy: memoryBroker() } as object), 'combine: there is no option "histroy", did you mean "history"?'],
    [() => redisBroker({ client: {}, shard: true } as never), 'redisBroker: there is no option "shard", did you mean "sharded"?']
  ]
  for (const [make, message] of brokers) {
    t.throws(make, { code: 'FRT_ERR_OPTION_NAME' })
    t.throws(make, new RegExp(message.replace('?', '\\?')))
  }
})

t.test('what Fastify itself puts among the options of a plugin is no mistake', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(connectionPool, { prefix: '/a', logLevel: 'warn' })
  await app.register(heartbeat, { prefix: '/a' })
  t.ok(app.heartbeat)
})
