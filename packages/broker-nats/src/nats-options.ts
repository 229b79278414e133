import { BrokerOptionError } from '@fastify-realtime/broker'
import { checkOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import type { NatsConnection } from './connection.ts'

export interface NatsBrokerOptions {
  /** A connection of nats.js 3, from `connect` of `@nats-io/transport-node`. Yours to make and to close. */
  readonly connection: NatsConnection
  /** Begins every subject and stream name; apps that share a NATS account need different ones. 1–32 of `A-Z a-z 0-9 _ -`. Default `frt`. */
  readonly prefix?: string
  /** Milliseconds that one answer of NATS may take. Default 2,000. */
  readonly timeout?: number
  /** How many publications any topic may keep. Default 1,000. */
  readonly maxHistory?: number
  /** Bytes of all histories; the oldest publications go first. `false` leaves it to the account's limits. Default 1,073,741,824 (1 GiB). */
  readonly maxBytes?: number | false
  /** The longest window of idempotency that a publication may ask for, in milliseconds. Default 300,000. */
  readonly dedupeWindow?: number
  /** Milliseconds that the position and the newest version of a topic are remembered after its last use. Default 86,400,000 (a day). */
  readonly positionTtl?: number
  /** The longest time to live of a record, in milliseconds. Default 7,776,000,000 (90 days). */
  readonly recordTtl?: number
  /** On how many servers of a NATS cluster the streams lie, 1–5. Default 1. */
  readonly replicas?: number
  /** Begins the subjects of answers, when the user of the connection may not use `_INBOX`. Default `_INBOX`. */
  readonly inboxPrefix?: string
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

export type ResolvedNatsOptions = Readonly<Required<NatsBrokerOptions>>

const MAX_TIMER = 2 ** 31 - 1

const defaults = {
  prefix: 'frt',
  timeout: 2_000,
  maxHistory: 1_000,
  maxBytes: 1_073_741_824,
  dedupeWindow: 300_000,
  positionTtl: 86_400_000,
  recordTtl: 7_776_000_000,
  replicas: 1,
  inboxPrefix: '_INBOX',
  clock: systemClock
}

/** What each number must be: the smallest and the largest value. */
const ranges = {
  timeout: [1, MAX_TIMER],
  maxHistory: [1, 1_000_000],
  maxBytes: [1_048_576, Number.MAX_SAFE_INTEGER],
  // JetStream refuses less.
  dedupeWindow: [100, MAX_TIMER],
  positionTtl: [100, 1e12],
  recordTtl: [100, 1e12],
  replicas: [1, 5]
} as const

/** @throws FRT_ERR_BROKER_OPTION */
export function resolveNatsOptions (options: NatsBrokerOptions): ResolvedNatsOptions {
  checkOptionNames('natsBroker', options, { ...defaults, connection: true })
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const resolved = { ...defaults, ...given } as ResolvedNatsOptions
  const { connection, prefix, inboxPrefix, dedupeWindow, positionTtl } = resolved
  if (!isConnection(connection)) {
    throw new BrokerOptionError('connection', 'a connection of nats.js 3', typeof connection, 'Pass what connect() resolved to.')
  }
  if (typeof prefix !== 'string' || !/^[\w-]{1,32}$/.test(prefix)) {
    throw new BrokerOptionError('prefix', '1–32 letters, digits, _ and -', String(prefix), 'Leave it out for the default.')
  }
  if (typeof inboxPrefix !== 'string' || !/^[^\s*>.]+(\.[^\s*>.]+)*$/.test(inboxPrefix)) {
    throw new BrokerOptionError('inboxPrefix', 'a subject without wildcards', String(inboxPrefix), 'Leave it out for the default.')
  }
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = resolved[name as keyof typeof ranges]
    if (name === 'maxBytes' && value === false) continue
    if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most) {
      throw new BrokerOptionError(name, `a whole number from ${least} to ${most}`, String(value), 'Leave it out for the default.')
    }
  }
  if (dedupeWindow > positionTtl) {
    throw new BrokerOptionError('positionTtl', 'at least dedupeWindow', String(positionTtl), 'An id is not remembered longer than its topic.')
  }
  return Object.freeze(resolved)
}

function isConnection (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return ['isClosed', 'publish', 'subscribe', 'status'].every((name) => typeof Reflect.get(value, name) === 'function')
}
