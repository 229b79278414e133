import { hostname } from 'node:os'
import { checkPluginOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { ClusterOptionError } from './errors.ts'

export interface ClusterOptions {
  /** A word for humans that names this node, 1–200 characters; not unique. Default: the host's name. */
  readonly name?: string
  /** Milliseconds after which a node that gives no sign of life is gone. Default 15,000; it is renewed three times as often. */
  readonly lease?: number
  /** Milliseconds to wait for the answers of other nodes. Default 2,000. */
  readonly timeout?: number
  /**
   * How many of this node's connections are written down at the broker, so that another node can tell their end should this one crash;
   * 1–100,000. Default 10,000; `false` writes nothing.
   */
  readonly remember?: number | false
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

const LONGEST = 3_600_000

/** @throws FRT_ERR_CLUSTER_OPTION */
export function resolveOptions (options: ClusterOptions): Readonly<Required<ClusterOptions>> {
  checkPluginOptionNames('cluster', options, { name: 1, lease: 1, timeout: 1, remember: 1, clock: 1 })
  const { name = hostname(), lease = 15_000, timeout = 2_000, remember = 10_000, clock = systemClock } = options
  if (typeof name !== 'string' || name.length < 1 || name.length > 200) {
    throw new ClusterOptionError('name', '1–200 characters', String(name))
  }
  for (const [option, value] of Object.entries({ lease, timeout })) {
    if (!Number.isSafeInteger(value) || value < 100 || value > LONGEST) {
      throw new ClusterOptionError(option, `whole milliseconds from 100 to ${LONGEST}`, String(value))
    }
  }
  if (remember !== false && (!Number.isSafeInteger(remember) || remember < 1 || remember > 100_000)) {
    throw new ClusterOptionError('remember', 'a whole number from 1 to 100,000, or false', String(remember))
  }
  return Object.freeze({ name, lease, timeout, remember, clock })
}
