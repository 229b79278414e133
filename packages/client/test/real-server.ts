import { auth } from '@fastify-realtime/auth'
import { broadcast } from '@fastify-realtime/broadcast'
import { connectionPool } from '@fastify-realtime/connection-pool'
import { heartbeat } from '@fastify-realtime/heartbeat'
import { messageRouter } from '@fastify-realtime/message-router'
import { presence } from '@fastify-realtime/presence'
import { jsonCodecWith, userTopic } from '@fastify-realtime/protocol'
import { msgpackCodec, msgpackToJson } from '@fastify-realtime/protocol/msgpack'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'

/** The server packages as an app registers them, on a free port. */
export async function realServer (): Promise<{ readonly app: FastifyInstance, readonly url: string }> {
  const app = Fastify()
  await app.register(connectionPool, { codecs: [jsonCodecWith({ toJson: msgpackToJson }), msgpackCodec] })
  await app.register(heartbeat, { interval: 25_000, timeout: 10_000 })
  await app.register(auth, { verify: (token) => /^[a-z]+$/.test(token) ? { principal: { id: token } } : null })
  await app.register(messageRouter)
  await app.register(broadcast, {
    topics: { 'room:*': { history: { size: 1_000, ttl: 60_000 } }, 'price:*': { overflow: 'conflate', latest: true, wildcard: true }, 'board:*': { history: true, delta: true } },
    recovery: { maxPublications: 3 },
    canSubscribe: ({ principal, topic }) => principal !== null && !topic.startsWith('room:secret'),
    canPublish: ({ topic }) => topic.startsWith('room:'),
    canReadHistory: () => true,
    canSeePresence: () => true
  })
  await app.register(presence, { topics: ['room:*'] })
  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
  app.message('chat.send', { schema: { data: { type: 'object', required: ['room', 'text'], properties: { room: { type: 'string' }, text: { type: 'string' } } } } },
    async ({ data, principal, connection }) => {
      const { room, text } = data as { room: string, text: string }
      return await app.broadcast.publish(`room:${room}`, 'chat.message', { from: principal.id, text }, { except: connection })
    })
  app.message('chat.direct', async ({ data, principal }) => {
    const { to, text } = data as { to: string, text: string }
    await app.broadcast.publish(userTopic(to), 'chat.direct', { from: principal.id, text })
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, url: `${address}/ws` }
}
