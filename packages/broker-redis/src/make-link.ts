import { BrokerOptionError } from '@fastify-realtime/broker'
import { IoredisLink } from './ioredis-link.ts'
import type { IoredisClient } from './ioredis-link.ts'
import type { MakeLink } from './link.ts'
import { NodeRedisLink } from './node-redis-link.ts'
import type { NodeRedisClient } from './node-redis-link.ts'

/** A client of `ioredis`, or of `redis` (node-redis). It is only duplicated: the broker makes connections of its own. */
export type RedisClient = IoredisClient | NodeRedisClient

/** @throws FRT_ERR_BROKER_OPTION */
export function linkMaker (client: RedisClient): MakeLink {
  if (typeof client === 'object' && typeof client.duplicate === 'function') {
    if ('callBuffer' in client) return (events) => new IoredisLink(client, events)
    if ('pSubscribe' in client) return (events) => new NodeRedisLink(client, events)
  }
  throw new BrokerOptionError('client', 'a client of ioredis or redis', typeof client, 'Pass new Redis(…) or createClient(…).')
}
