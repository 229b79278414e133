import broadcast from '@fastify-realtime/broadcast'
import broker from '@fastify-realtime/broker'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import presence from '@fastify-realtime/presence'
import Fastify from 'fastify'
import { makeBroker } from './brokers.js'
import { EagerClock } from './eager-clock.js'
import { weakened } from './weakened-broker.js'

/** Topics belong to a tenant, `room:<tenant>:<n>`, and so do principals, `<tenant>.<n>`. */
const mayRead = ({ principal, topic }) => principal !== null && topic.split(':')[1] === principal.id.split('.')[0]

/** No bound at all: what a slow reader does not take stays in memory. */
const UNBOUNDED = { outbox: { maxBytes: 2 ** 30 }, maxPressure: 2 ** 31 - 1 }

/** What a user would compose: every plugin that the promise of delivery needs, with the times of a test. */
export async function buildApp ({ name, broker: kind, brokerPort, beat, history, off, positionCheck, probeInterval, counts }) {
  const app = Fastify({ logger: { level: process.env.CHAOS_LOG ?? 'fatal' }, connectionTimeout: 10_000, routerOptions: { maxParamLength: 255 } })
  const without = (defence) => off.includes(defence)
  const made = await makeBroker[kind]({ port: brokerPort, history, probeInterval: without('position-check') ? false : probeInterval })
  app.addHook('onClose', made.end)

  await app.register(connectionPool, without('bound') ? UNBOUNDED : {})
  await app.register(heartbeat, { ...beat, ...without('stall-guard') && { clock: new EagerClock() } })
  await app.register(broker, {
    use: weakened(made.broker, { counts, off }),
    // The guard would tell of the outage, too.
    ...without('outage-check') && { guard: false }
  })
  await app.register(messageRouter)
  await app.register(broadcast, {
    topics: { 'room:*': { history }, 'hall:*': {} },
    positionCheck: without('position-check') || without('outage-check') ? false : positionCheck,
    canSubscribe: mayRead,
    canReadHistory: mayRead,
    canSeePresence: mayRead
  })
  if (made.broker.presence !== undefined) await app.register(presence, { topics: ['hall:*'], lease: 6_000 })
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
  return app
}
