import broadcast from '@fastify-realtime/broadcast'
import broker from '@fastify-realtime/broker'
import { redisBroker } from '@fastify-realtime/broker-redis'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import presence from '@fastify-realtime/presence'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { weakened } from './weakened-broker.js'

/** Topics belong to a tenant, `room:<tenant>:<n>`, and so do principals, `<tenant>.<n>`. */
const mayRead = ({ principal, topic }) => principal !== null && topic.split(':')[1] === principal.id.split('.')[0]

/** What a user would compose: every plugin that the promise of delivery needs, with the times of a test. */
export async function buildApp ({ name, redisPort, history, off, positionCheck, probeInterval, counts }) {
  const app = Fastify({ logger: { level: process.env.CHAOS_LOG ?? 'fatal' }, connectionTimeout: 10_000, routerOptions: { maxParamLength: 255 } })
  const client = new Redis(redisPort, '127.0.0.1', { lazyConnect: true })
  client.on('error', () => {})
  app.addHook('onClose', async () => client.disconnect())

  await app.register(connectionPool)
  await app.register(heartbeat, { interval: 5_000, timeout: 4_000 })
  await app.register(broker, {
    use: weakened(redisBroker({ client, probeInterval: off.includes('position-check') ? false : probeInterval }), { counts, off }),
    // The guard would tell of the outage, too.
    ...off.includes('outage-check') && { guard: false }
  })
  await app.register(messageRouter)
  await app.register(broadcast, {
    topics: { 'room:*': { history }, 'hall:*': {} },
    positionCheck: off.includes('position-check') || off.includes('outage-check') ? false : positionCheck,
    canSubscribe: mayRead,
    canReadHistory: mayRead,
    canSeePresence: mayRead
  })
  await app.register(presence, { topics: ['hall:*'], lease: 6_000 })
  await app.register(cluster, { name, lease: 6_000 })

  app.decorateRequest('principal', null)
  app.get('/ws', {
    websocket: true,
    onRequest: async (request) => { request.principal = { id: request.query.as } }
  }, app.connectionPool.accept)

  app.post('/topics/:topic/publications', async (request, reply) => {
    const { event, data, id } = request.body
    const result = await app.broadcast.publish(request.params.topic, event, data, { id })
    return reply.code(result.duplicate ? 200 : 201).send(result)
  })
  app.get('/topics/:topic/presence', async (request) => app.presence.members(request.params.topic))
  return app
}
