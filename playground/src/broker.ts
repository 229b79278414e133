import broker from '@fastify-realtime/broker'
import { redisBroker } from '@fastify-realtime/broker-redis'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Redis } from 'ioredis'
import type { Config } from './config.ts'

/** One node keeps everything in memory; with a Redis any number of nodes are one. */
export const joinBroker = fp(async (app: FastifyInstance, { redisUrl }: Pick<Config, 'redisUrl'>) => {
  if (redisUrl === undefined) {
    await app.register(broker)
    return
  }
  const client = new Redis(redisUrl, { lazyConnect: true })
  // Without a listener ioredis prints every failed attempt; the broker says once that it is away.
  client.on('error', () => {})
  await app.register(broker, { use: redisBroker({ client }) })
  app.addHook('onClose', async () => client.disconnect())
}, { name: 'playground-broker' })
