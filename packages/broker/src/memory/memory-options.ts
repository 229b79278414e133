import { checkOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { BrokerOptionError } from '../errors.ts'
import { withDefaults } from '../with-defaults.ts'

export interface MemoryHubOptions {
  /**
   * How many topics have a history at most; the least recently used goes first. Topics that nobody has published to do not count.
   * Default 10,000.
   */
  readonly maxTopics?: number
  /** How many bytes the histories of all topics may hold (an estimate). Default 268,435,456 (256 MiB). */
  readonly maxBytes?: number
  /** How many publication ids are remembered for idempotency at most, and half of them at least; the oldest go first. Default 100,000. */
  readonly maxIds?: number
  /** How many records (revocations, ticket claims, leases) are kept; more are refused. Default 100,000. */
  readonly maxRecords?: number
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

const defaults = { maxTopics: 10_000, maxBytes: 268_435_456, maxIds: 100_000, maxRecords: 100_000, clock: systemClock }

export function resolveHubOptions (options: MemoryHubOptions): Required<MemoryHubOptions> {
  const resolved = withDefaults(defaults, checkOptionNames('memoryHub', options, defaults))
  for (const name of ['maxTopics', 'maxBytes', 'maxIds', 'maxRecords'] as const) {
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] < 1) {
      throw new BrokerOptionError(name, 'a whole number above 0', String(resolved[name]), 'Leave it out for the default.')
    }
  }
  return Object.freeze(resolved)
}
