import { checkPluginOptionNames, systemClock, type Clock } from '@fastify-realtime/protocol'
import { checkTimeout, refuse } from './checks.ts'
import type { ScopeOptions } from './scope.ts'

/** `messageHooks` and `messagePrefix` hold for the whole scope that registers the router. */
export interface MessageRouterOptions extends ScopeOptions {
  /** Milliseconds that hooks, handler and error handlers of a message may take together; a route's own `timeout` wins. Off is `false`. Default: 30_000. */
  readonly timeout?: number | false
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

export interface ResolvedOptions {
  readonly timeout: number | false
  readonly clock: Clock
}

const defaults: ResolvedOptions = Object.freeze({ timeout: 30_000, clock: systemClock })

/** @throws {FRT_ERR_MESSAGE_OPTION} */
export function resolveOptions (options: MessageRouterOptions): ResolvedOptions {
  checkPluginOptionNames('messageRouter', options, { ...defaults, messageHooks: true, messagePrefix: true })
  const { timeout = defaults.timeout, clock = defaults.clock } = options
  checkTimeout('message-router', timeout)
  if (typeof clock?.now !== 'function') refuse('message-router', 'clock', 'a Clock', clock)
  return Object.freeze({ timeout, clock })
}
