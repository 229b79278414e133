// The public surface in one place. It is compiled with the tests and never run: a change that breaks it breaks users.
import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import broker, { memoryBroker } from '@fastify-realtime/broker'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import { userTopic, type Principal } from '@fastify-realtime/protocol'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import { Type } from 'typebox'

const ChatText = Type.Object({ room: Type.String(), text: Type.String() })
const Receipt = Type.Object({ id: Type.String() })

export async function surface (secret: string): Promise<void> {
  const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()

  await app.register(connectionPool, { maxConnections: 10_000, outbox: { maxBytes: 1_048_576 } })
  await app.register(heartbeat, { interval: 25_000, timeout: 10_000 })
  await app.register(broker, { use: memoryBroker() })
  await app.register(auth, { jwt: { secret }, origins: ['https://app.example.com'] })
  await app.register(messageRouter)
  await app.register(broadcast, {
    topics: { 'room:*': { history: { size: 100, ttl: 300_000 } }, 'price:*': { overflow: 'conflate', latest: true } },
    canSubscribe: ({ principal, topic }) => principal !== null && topic.startsWith('room:'),
    canPublish: () => false
  })
  await app.register(presence)
  await app.register(metrics)

  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)

  app.message('chat.send', { schema: { data: ChatText, reply: Receipt }, rateLimit: { max: 10, timeWindow: 1_000 } },
    async function ({ data, principal, connection }) {
      return this.broadcast.publish(`room:${data.room}`, 'chat.message', { from: principal.id, text: data.text },
        { except: connection })
    })

  app.post('/orders', async function (request) {
    await this.broadcast.publish(userTopic((request.principal as Principal).id), 'order.created', request.body)
  })
}
