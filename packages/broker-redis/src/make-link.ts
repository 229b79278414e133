import { BrokerOptionError } from '@fastify-realtime/broker'
import { IoredisClusterLink } from './cluster-link.ts'
import type { IoredisClusterClient } from './cluster-link.ts'
import { IoredisLink } from './ioredis-link.ts'
import type { IoredisClient } from './ioredis-link.ts'
import type { MakeLink } from './link.ts'
import { NodeRedisLink } from './node-redis-link.ts'
import type { NodeRedisClient } from './node-redis-link.ts'

/** A client of `ioredis`, for one server or a cluster, or of `redis` (node-redis), for one server. It is only duplicated: the broker makes connections of its own. */
export type RedisClient = IoredisClient | IoredisClusterClient | NodeRedisClient

/** @throws FRT_ERR_BROKER_OPTION */
export function linkMaker (client: RedisClient, sharded = false): MakeLink {
  if (typeof client === 'object' && typeof client.duplicate === 'function') {
    if ('ssubscribe' in client && 'nodes' in client) return (events) => new IoredisClusterLink(client, events, sharded)
    if (sharded) {
      throw new BrokerOptionError('sharded', 'false without a cluster', 'true', 'Pass new Cluster(…) of ioredis, or leave it out.')
    }
    if ('callBuffer' in client) return (events) => new IoredisLink(client, events)
    if ('pSubscribe' in client) return (events) => new NodeRedisLink(client, events)
  }
  throw new BrokerOptionError('client', 'a client of ioredis or redis', typeof client, 'Pass new Redis(…), new Cluster(…) or createClient(…).')
}
