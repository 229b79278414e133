import broker from '@fastify-realtime/broker'
import { natsBroker } from '@fastify-realtime/broker-nats'
import { redisBroker } from '@fastify-realtime/broker-redis'
import { connect } from '@nats-io/transport-node'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Redis } from 'ioredis'
import type { Config } from './config.ts'

/** One node keeps everything in memory; with a Redis or a NATS any number of nodes are one. */
export const joinBroker = fp(async (app: FastifyInstance, { redisUrl, natsUrl }: Pick<Config, 'redisUrl' | 'natsUrl'>) => {
  if (redisUrl !== undefined) await joinRedis(app, redisUrl)
  else if (natsUrl !== undefined) await joinNats(app, natsUrl)
  else await app.register(broker)
}, { name: 'playground-broker' })

async function joinRedis (app: FastifyInstance, url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true })
  // Without a listener ioredis prints every failed attempt; the broker says once that it is away.
  client.on('error', () => {})
  await app.register(broker, { use: redisBroker({ client }) })
  app.addHook('onClose', async () => client.disconnect())
}

async function joinNats (app: FastifyInstance, url: string): Promise<void> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1, pingInterval: 10_000 })
  // Hooks that were added first run last: the connection closes when the broker has stopped.
  app.addHook('onClose', async () => { await connection.close() })
  await app.register(broker, { use: natsBroker({ connection }) })
}
