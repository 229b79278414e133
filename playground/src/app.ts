import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import Fastify, { type FastifyInstance } from 'fastify'
import { joinBroker } from './broker.ts'
import { chat } from './chat.ts'
import type { Config } from './config.ts'
import { connections } from './connections.ts'
import { health } from './health.ts'
import { login } from './login.ts'
import { orders } from './orders.ts'
import { servePage } from './page.ts'
import { policy } from './policy.ts'
import { prices } from './prices.ts'
import { topics } from './topics.ts'

/** The whole playground, ready to listen. */
export async function buildApp (config: Config): Promise<FastifyInstance> {
  const app = Fastify({
    logger: { level: config.logLevel },
    trustProxy: config.trustProxy,
    connectionTimeout: 10_000,
    routerOptions: { maxParamLength: 255 }
  })

  await app.register(connectionPool, { maxPerAddress: config.maxPerAddress, handshakeRate: { max: config.handshakeRate } })
  await app.register(heartbeat)
  await app.register(joinBroker, { redisUrl: config.redisUrl, natsUrl: config.natsUrl })
  await app.register(auth, {
    jwt: { secret: config.jwtSecret },
    ...(config.origins === undefined ? {} : { origins: config.origins })
  })
  await app.register(messageRouter)
  await app.register(broadcast, {
    topics: {
      'room:*': { history: { size: 100, ttl: 300_000 } },
      'typing:*': {},
      'price:*': { overflow: 'conflate', latest: true },
      orders: { history: { size: 100, ttl: 300_000 } }
    },
    ...policy
  })
  await app.register(presence, { topics: ['room:*'] })
  await app.register(cluster)
  await app.register(metrics)

  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)

  await app.register(login, { login: config.login, jwtSecret: config.jwtSecret })
  await app.register(chat)
  await app.register(orders)
  await app.register(prices)
  await app.register(topics, { apiKey: config.apiKey })
  await app.register(connections)
  await app.register(health)
  await app.register(servePage)
  return app
}
