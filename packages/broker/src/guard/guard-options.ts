import { checkOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { BrokerOptionError } from '../errors.ts'
import { withDefaults } from '../with-defaults.ts'

export interface GuardOptions {
  /** Milliseconds that one call may take. Default 2,000. */
  readonly timeout?: number
  /** Milliseconds that starting, and stopping, may take. Default 5,000. */
  readonly startTimeout?: number
  /** How many calls may wait for the broker at once; more are refused. Default 10,000. */
  readonly maxWaiting?: number
  /** How many bytes of publications may wait for the broker at once. Default 16,777,216 (16 MiB). */
  readonly maxBytes?: number
  /** How many calls in a row must fail until none is tried any more. Default 5. */
  readonly failures?: number
  /** Milliseconds between probes while none is tried. Default 1,000. */
  readonly probeInterval?: number
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

const defaults = {
  timeout: 2_000,
  startTimeout: 5_000,
  maxWaiting: 10_000,
  maxBytes: 16_777_216,
  failures: 5,
  probeInterval: 1_000,
  clock: systemClock
}

const MAX_TIMER = 2 ** 31 - 1

export function resolveGuardOptions (options: GuardOptions): Required<GuardOptions> {
  const resolved = withDefaults(defaults, checkOptionNames('broker guard', options, defaults))
  for (const name of ['timeout', 'startTimeout', 'maxWaiting', 'maxBytes', 'failures', 'probeInterval'] as const) {
    const value = resolved[name]
    if (!Number.isSafeInteger(value) || value < 1 || value > MAX_TIMER) {
      throw new BrokerOptionError(`guard.${name}`, `a whole number from 1 to ${MAX_TIMER}`, String(value),
        'Leave it out for the default.')
    }
  }
  return Object.freeze(resolved)
}
