import { checkPluginOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { HeartbeatOptionError } from './errors.ts'

/** How often a connection is asked for a sign of life, and how long it has to give one. */
export interface Beat {
  /** Milliseconds between two pings of one connection, counted in steps of 100. Default 25,000. */
  readonly interval: number
  /** Milliseconds from a ping until a peer that sent nothing is dead, counted in steps of 100. Default 10,000. */
  readonly timeout: number
}

export interface HeartbeatOptions extends Partial<Beat> {
  /** Where time comes from; only tests need another one. Default: the system's monotonic clock. */
  readonly clock?: Clock
}

export interface ResolvedHeartbeatOptions extends Beat {
  readonly clock: Clock
}

/** The step of the sweep: intervals and timeouts are counted in it. */
export const STEP = 100

const LONGEST = 3_600_000

export const defaults: Beat = Object.freeze({ interval: 25_000, timeout: 10_000 })

/**
 * @throws {HeartbeatOptionError} when a value cannot work.
 * @throws {OptionNameError}
 */
export function resolveOptions (options: HeartbeatOptions = {}): ResolvedHeartbeatOptions {
  checkPluginOptionNames('heartbeat', options, { ...defaults, clock: true })
  return Object.freeze({ ...resolveBeat(options, defaults, 'heartbeat'), clock: options.clock ?? systemClock })
}

/**
 * What a route says, over the plugin's own values. A timeout that the route leaves out never exceeds its interval.
 * @throws {HeartbeatOptionError} when a value cannot work.
 */
export function resolveBeat (given: Partial<Beat>, base: Beat, where: string): Beat {
  const interval = milliseconds(`${where}.interval`, given.interval ?? base.interval)
  const timeout = milliseconds(`${where}.timeout`, given.timeout ?? Math.min(base.timeout, interval))
  if (timeout > interval) {
    throw new HeartbeatOptionError(`${where}.timeout must not exceed ${where}.interval (${interval}), got ${timeout}: ` +
      'a peer is judged before it is asked again; raise the interval or lower the timeout')
  }
  return Object.freeze({ interval, timeout })
}

function milliseconds (name: string, value: unknown): number {
  if (typeof value === 'number' && value >= STEP && value <= LONGEST) return value
  throw new HeartbeatOptionError(`${name} must be milliseconds from ${STEP} to ${LONGEST}, got ${String(value)}; ` +
    'leave it out for the default')
}
