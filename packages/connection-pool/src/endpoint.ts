import { checkOptionNames } from '@fastify-realtime/protocol'
import type { Codec } from '@fastify-realtime/protocol'
import type { Endpoint, EndpointOptions, OutboxOptions, RealtimeRouteConfig } from './contract.ts'
import { PoolOptionError } from './errors.ts'
import type { InboxLimits } from './inbox.ts'
import { limit, limitOrOff, oneOf, rateOrOff, withDefaults } from './limit.ts'
import type { MannerLimits } from './manners.ts'
import type { OutboxLimits } from './outbox.ts'
import type { Rate } from './rate.ts'

/** `EndpointOptions` with everything worked out. */
export interface EndpointLimits extends MannerLimits, InboxLimits {
  readonly maxPayload: number
  readonly outbox: OutboxLimits
}

export interface EndpointSettings extends Endpoint, EndpointLimits {
  /** In order of preference; `null` takes whatever is offered first. */
  readonly protocols: readonly string[] | null
}

export const endpointDefaults: Required<Omit<EndpointOptions, 'outbox'>> & { readonly outbox: Required<OutboxOptions> } = {
  maxPayload: 65_536,
  messageRate: { max: 50, burst: 100 },
  byteRate: { max: 262_144, burst: 524_288 },
  pingRate: { max: 5, burst: 20 },
  maxErrors: 20,
  concurrency: 1,
  maxQueued: 256,
  outbox: { softMark: 262_144, maxBytes: 1_048_576, overflow: 'disconnect' }
}

/** @throws {PoolOptionError} */
export function resolveLimits (where: string, given: EndpointOptions, base: EndpointOptions = {}): EndpointLimits {
  const all = withDefaults(withDefaults(endpointDefaults, base), given)
  return {
    maxPayload: limit(`${where}maxPayload`, all.maxPayload),
    messageRate: rateOrOff(`${where}messageRate`, all.messageRate),
    byteRate: rateOrOff(`${where}byteRate`, all.byteRate),
    pingRate: rateOrOff(`${where}pingRate`, all.pingRate),
    errorRate: perMinute(limitOrOff(`${where}maxErrors`, all.maxErrors)),
    concurrency: limit(`${where}concurrency`, all.concurrency),
    maxQueued: limit(`${where}maxQueued`, all.maxQueued),
    outbox: resolveOutbox(where, withDefaults(withDefaults(endpointDefaults.outbox, base.outbox ?? {}), checkOptionNames(`${where}outbox`, given.outbox ?? {}, endpointDefaults.outbox)))
  }
}

/**
 * What a WebSocket route says, over the options of the plugin.
 * @throws {PoolOptionError}
 */
export function resolveEndpoint (url: string, config: RealtimeRouteConfig, base: EndpointOptions, codecs: readonly Codec[]): EndpointSettings {
  const where = `${url} config.realtime.`
  const { raw = false, anonymous = false } = config
  return Object.freeze({
    ...config,
    url,
    raw: flag(`${where}raw`, raw),
    anonymous: flag(`${where}anonymous`, anonymous),
    protocols: resolveProtocols(`${where}protocols`, config.protocols, raw ? null : codecs.map(({ subprotocol }) => subprotocol)),
    ...resolveLimits(where, config, base)
  })
}

function resolveOutbox (where: string, { softMark, maxBytes, overflow }: Required<OutboxOptions>): OutboxLimits {
  const limits = {
    softMark: limit(`${where}outbox.softMark`, softMark),
    maxBytes: limit(`${where}outbox.maxBytes`, maxBytes),
    overflow: oneOf(`${where}outbox.overflow`, overflow, ['disconnect', 'drop-newest', 'drop-oldest', 'conflate'])
  }
  if (limits.softMark < limits.maxBytes) return Object.freeze(limits)
  throw new PoolOptionError(`expected ${where}outbox.softMark to be below outbox.maxBytes (${maxBytes}), got ${softMark}; raise the one or lower the other`)
}

function resolveProtocols (name: string, given: readonly string[] | undefined, fallback: readonly string[] | null): readonly string[] | null {
  if (given === undefined) return fallback
  if (Array.isArray(given) && given.length > 0 && given.every((protocol) => typeof protocol === 'string')) return [...given]
  throw new PoolOptionError(`expected ${name} to be a list of subprotocols, got ${String(given)}; leave it out for the default`)
}

function flag (name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new PoolOptionError(`expected ${name} to be true or false, got ${String(value)}`)
}

function perMinute (max: number | false): Rate | false {
  return max === false ? false : { burst: max, perMillisecond: max / 60_000 }
}
