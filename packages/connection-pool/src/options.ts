import { checkOptionNames, checkPluginOptionNames, jsonCodec, systemClock } from '@fastify-realtime/protocol'
import type { Clock, Codec } from '@fastify-realtime/protocol'
import type { CompressionSettings } from './compressor.ts'
import type { DrainOptions, EndpointOptions } from './contract.ts'
import { endpointDefaults, resolveLimits } from './endpoint.ts'
import { PoolOptionError } from './errors.ts'
import { limit, limitOrOff, oneOf, rateOrOff, withDefaults } from './limit.ts'
import { openFileLimit } from './open-file-limit.ts'
import type { Rate, RateLimit } from './rate.ts'

/** What happens when a principal has as many connections as it may. */
export type PrincipalPolicy = 'refuse' | 'replace-oldest'

export interface ConnectionPoolOptions extends EndpointOptions {
  /** In order of preference; the first one serves clients that offer no subprotocol. Default: `[jsonCodec]`. */
  readonly codecs?: readonly Codec[]
  /** Open sockets of this node, those outside the pool included; beyond it 503. Default: 0.75 × the open-file limit. */
  readonly maxConnections?: number | false
  /** Connections and handshakes of one address (IPv6: one /64); beyond it 429. A loopback peer is exempt. Default 100. */
  readonly maxPerAddress?: number | false
  /** Connections of one principal. Default 10. */
  readonly maxPerPrincipal?: number | false
  /** `refuse` answers 429; `replace-oldest` closes the oldest one with 4503. Default `refuse`. */
  readonly perPrincipal?: PrincipalPolicy
  /** Upgrades that are being decided; beyond it 503. Default 1,000. */
  readonly maxPendingHandshakes?: number
  /** New upgrades of one address; beyond it 429. A loopback peer is exempt. Default 10 in 1,000 ms, burst 50. */
  readonly handshakeRate?: RateLimit | false
  /** Milliseconds that deciding an upgrade may take; then 503. Default 10,000. */
  readonly handshakeTimeout?: number
  /** Frames of one message; beyond it close 1008. Default 128. */
  readonly maxFragments?: number
  /** Pieces of one message that wait to be parsed; beyond it close 1008. Default 2,048. */
  readonly maxBufferedChunks?: number
  /** Milliseconds that a peer has to answer our close frame; then the socket ends. Default 3,000. */
  readonly closeTimeout?: number
  /** Bytes that wait for all slow readers of this node; beyond it the largest go, with 4001. Default 268,435,456. */
  readonly maxPressure?: number
  /** permessage-deflate without server context, so that a frame is compressed once for everybody. Default `false`. */
  readonly compression?: Partial<CompressionSettings> | false
  /** The drain when the app closes: at most 80 % of Fastify's `pluginTimeout`. `over` 5,000, `deadline` 8,000, `retryAfter` 1,000. */
  readonly drain?: DrainOptions & { readonly retryAfter?: number }
  /** Where time comes from; only tests need another one. */
  readonly clock?: Clock
}

export interface PoolOptions {
  readonly codecs: readonly Codec[]
  readonly endpoint: EndpointOptions
  readonly maxPayload: number
  readonly maxConnections: number | false
  readonly maxPerAddress: number | false
  readonly maxPerPrincipal: number | false
  readonly perPrincipal: PrincipalPolicy
  readonly maxPendingHandshakes: number
  readonly handshakeRate: Rate | false
  readonly handshakeTimeout: number
  readonly maxFragments: number
  readonly maxBufferedChunks: number
  readonly closeTimeout: number
  readonly maxPressure: number
  readonly compression: CompressionSettings | false
  readonly drain: Required<DrainOptions> & { readonly retryAfter: number }
  readonly clock: Clock
}

export const defaults = {
  codecs: [jsonCodec] as readonly Codec[],
  maxPerAddress: 100,
  maxPerPrincipal: 10,
  perPrincipal: 'refuse',
  maxPendingHandshakes: 1_000,
  handshakeRate: { max: 10, burst: 50 },
  handshakeTimeout: 10_000,
  maxFragments: 128,
  maxBufferedChunks: 2_048,
  closeTimeout: 3_000,
  maxPressure: 268_435_456,
  compression: { threshold: 1_024, offTurn: 32_768, level: 3 },
  drain: { over: 5_000, deadline: 8_000, retryAfter: 1_000 }
} as const

/**
 * @throws {PoolOptionError} when a value cannot work.
 * @throws {OptionNameError}
 */
export function resolveOptions (options: ConnectionPoolOptions): PoolOptions {
  checkPluginOptionNames('connectionPool', options, { ...defaults, ...endpointDefaults, maxConnections: true, clock: true })
  const all = withDefaults(defaults, options)
  return Object.freeze({
    codecs: resolveCodecs(all.codecs),
    endpoint: options,
    maxPayload: resolveLimits('', options).maxPayload,
    maxConnections: limitOrOff('maxConnections', options.maxConnections === undefined ? Math.floor(openFileLimit() * 0.75) : options.maxConnections),
    maxPerAddress: limitOrOff('maxPerAddress', all.maxPerAddress),
    maxPerPrincipal: limitOrOff('maxPerPrincipal', all.maxPerPrincipal),
    perPrincipal: oneOf('perPrincipal', all.perPrincipal, ['refuse', 'replace-oldest']),
    maxPendingHandshakes: limit('maxPendingHandshakes', all.maxPendingHandshakes),
    handshakeRate: rateOrOff('handshakeRate', all.handshakeRate),
    handshakeTimeout: limit('handshakeTimeout', all.handshakeTimeout),
    maxFragments: limit('maxFragments', all.maxFragments),
    maxBufferedChunks: limit('maxBufferedChunks', all.maxBufferedChunks),
    closeTimeout: limit('closeTimeout', all.closeTimeout),
    maxPressure: limit('maxPressure', all.maxPressure),
    compression: resolveCompression(options.compression ?? false),
    drain: resolveDrain(withDefaults(defaults.drain, checkOptionNames('connectionPool drain', options.drain ?? {}, defaults.drain))),
    clock: options.clock ?? systemClock
  })
}

function resolveCodecs (codecs: readonly Codec[]): readonly Codec[] {
  if (Array.isArray(codecs) && codecs.length > 0) return [...codecs]
  throw new PoolOptionError(`expected codecs to be a list of at least one codec, got ${typeof codecs}; leave it out for JSON`)
}

function resolveCompression (given: Partial<CompressionSettings> | false): CompressionSettings | false {
  if (given === false) return false
  const { threshold, offTurn, level } = withDefaults(defaults.compression, checkOptionNames('connectionPool compression', given, defaults.compression))
  if (level > 9) throw new PoolOptionError(`expected compression.level to be 1 to 9, got ${level}`)
  return Object.freeze({
    threshold: limit('compression.threshold', threshold),
    offTurn: limit('compression.offTurn', offTurn),
    level: limit('compression.level', level)
  })
}

function resolveDrain ({ over, deadline, retryAfter }: PoolOptions['drain']): PoolOptions['drain'] {
  return Object.freeze({
    over: limit('drain.over', over, 0),
    deadline: limit('drain.deadline', deadline),
    retryAfter: limit('drain.retryAfter', retryAfter, 0)
  })
}
