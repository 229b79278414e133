// fastify-realtime with every package registered, authentication, policies and validation on.
import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import broker from '@fastify-realtime/broker'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import Fastify from 'fastify'
import { secret } from '../token.js'
import { fail, options, serve } from './control.js'
import { fill, otherTopics, roomyBroker } from './others.js'

/** The one in memory, and between servers what the README of broker-redis has. */
async function brokerOptions () {
  if (options.others) return { use: roomyBroker() }
  if (!options.redis) return {}
  const { redisBroker } = await import('@fastify-realtime/broker-redis')
  const { Redis } = await import('ioredis')
  return { use: redisBroker({ client: new Redis(options.redis, { lazyConnect: true }) }) }
}

const app = Fastify({ connectionTimeout: 10_000 })
await app.register(connectionPool, {
  maxConnections: 15_000,
  // The storm brings more at once than a server that is not being measured should take.
  maxPendingHandshakes: 6_000,
  ...options.deflate && { compression: { threshold: 512 } }
})
await app.register(heartbeat)
await app.register(broker, await brokerOptions())
await app.register(auth, { jwt: { secret } })
await app.register(messageRouter)
await app.register(broadcast, {
  topics: {
    'room:*': { ...options.window && { coalesce: { maxDelay: options.window } }, ...options.history && { history: true } },
    ...options.others && otherTopics
  },
  canSubscribe: ({ topic }) => topic.startsWith('room:')
})
await app.register(presence, { topics: ['room:*'] })
await app.register(cluster)
await app.register(metrics)

app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)

const text = { type: 'string', minLength: 1, maxLength: 4_096 }
const Echo = { type: 'object', required: ['text'], additionalProperties: false, properties: { text } }
const Chat = {
  type: 'object',
  required: ['room', 'text'],
  additionalProperties: false,
  properties: { room: { type: 'string', maxLength: 64, pattern: '^room:[0-9]+$' }, text }
}
app.message('echo', { schema: { data: Echo, reply: Echo } }, async ({ data }) => data)
app.message('chat.send', { schema: { data: Chat } }, async function ({ data }) {
  await this.broadcast.publish(data.room, 'tick', { text: data.text })
})

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })

serve(app.server.address().port, (room, data) => { app.broadcast.publish(room, 'tick', data).catch(fail) }, { fill: fill(app) })
