import { BrokerOptionError } from '@fastify-realtime/broker'
import { checkOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import type { RedisClient } from './make-link.ts'

export interface RedisBrokerOptions {
  /** A client of `ioredis` or `redis`. The broker duplicates it twice, and leaves it alone otherwise. */
  readonly client: RedisClient
  /** Begins every key and channel; apps that share a Redis need different ones. 1–64 characters without `|`, `{` and `}`. Default `frt`. */
  readonly prefix?: string
  /**
   * Publish on sharded channels (`SPUBLISH`, Redis 7): a publication stays on the shard of its topic instead of going to every
   * server of the cluster. Needs a `Cluster` of ioredis, all nodes of the app must agree, and there are no patterns. Default `false`.
   */
  readonly sharded?: boolean
  /** Milliseconds that connecting at the start may take. Default 4,000. */
  readonly connectTimeout?: number
  /** Milliseconds between probes of the subscribing connection, which can starve without a sign. `false` turns them off. Default 10,000. */
  readonly probeInterval?: number | false
  /** Milliseconds that the position of a topic is remembered after its last use. Default 86,400,000 (a day). */
  readonly positionTtl?: number
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

const MAX_TIMER = 2 ** 31 - 1

/** @throws FRT_ERR_BROKER_OPTION */
export function resolveRedisOptions (options: RedisBrokerOptions): Readonly<Required<RedisBrokerOptions>> {
  checkOptionNames('redisBroker', options, { client: 1, prefix: 1, sharded: 1, connectTimeout: 1, probeInterval: 1, positionTtl: 1, clock: 1 })
  const { client, prefix = 'frt', sharded = false, connectTimeout = 4_000, probeInterval = 10_000, positionTtl = 86_400_000, clock = systemClock } = options
  if (typeof prefix !== 'string' || !/^[^|{}]{1,64}$/.test(prefix)) {
    throw new BrokerOptionError('prefix', '1–64 characters without |, { and }', String(prefix), 'Leave it out for the default.')
  }
  if (typeof sharded !== 'boolean') {
    throw new BrokerOptionError('sharded', 'true or false', String(sharded), 'Leave it out for the default.')
  }
  for (const [name, value] of Object.entries({ connectTimeout, probeInterval, positionTtl })) {
    if (name === 'probeInterval' && value === false) continue
    if (!Number.isSafeInteger(value) || Number(value) < 1 || Number(value) > MAX_TIMER) {
      throw new BrokerOptionError(name, `whole milliseconds from 1 to ${MAX_TIMER}`, String(value), 'Leave it out for the default.')
    }
  }
  return Object.freeze({ client, prefix, sharded, connectTimeout, probeInterval, positionTtl, clock })
}
