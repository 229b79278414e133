import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import broker from '@fastify-realtime/broker'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import Fastify from 'fastify'

/** An app with every plugin on, in the process that measures itself. A token is the principal's id. */
export async function serve (pool = {}) {
  const app = Fastify({ connectionTimeout: 10_000 })
  await app.register(connectionPool, { maxPerPrincipal: false, ...pool })
  await app.register(heartbeat)
  await app.register(broker)
  await app.register(auth, { verify: (token) => ({ principal: { id: token } }) })
  await app.register(messageRouter)
  await app.register(broadcast, { topics: { 'room:*': {}, 'user:*': { history: false } }, canSubscribe: () => true, canSeePresence: () => true })
  await app.register(presence, { topics: ['room:*'], grace: 0, window: 1 })
  await app.register(metrics)
  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
  app.message('echo', { schema: { data: { type: 'string' }, reply: { type: 'string' } } }, ({ data }) => data)
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
  return { app, port: app.server.address().port }
}
