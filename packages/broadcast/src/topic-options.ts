import type { HistoryLimits } from '@fastify-realtime/broker'
import type { Connection, Overflow } from '@fastify-realtime/connection-pool'
import { checkOptionNames } from '@fastify-realtime/protocol'
import type { OptionNames, Publication } from '@fastify-realtime/protocol'
import { BroadcastOptionError } from './errors.ts'
import { check } from './option-check.ts'

export interface HistoryOptions {
  /** How many publications are kept. Default 100. */
  readonly size?: number
  /** How long they are kept after the newest one, in milliseconds. Default 300,000. */
  readonly ttl?: number
}

export interface ConflateOptions {
  readonly policy: 'conflate'
  /** What a publication is the newest state of; only the newest of each waits. Default: the topic. */
  readonly key?: (publication: Publication) => string
}

/** What a pattern says about the topics that it covers. Everything is off unless asked for. */
export interface TopicOptions {
  /** Keep recent publications, so that a subscriber that was away gets what it missed. `true` is the default size and ttl. */
  readonly history?: HistoryOptions | boolean
  /** Send the newest publication to whoever subscribes. Without `history` only that one is kept. Default `false`. */
  readonly latest?: boolean
  /** How long the newest publication is kept for `latest` without `history`, in milliseconds. Default 86,400,000. */
  readonly latestTtl?: number
  /** What happens to a reader whose outbox is full. Default: what the pool says, and `disconnect` beside history or delta. */
  readonly overflow?: 'disconnect' | 'drop-newest' | 'drop-oldest' | 'conflate' | ConflateOptions
  /** Allow another `overflow` than `disconnect` beside `history`: recovery then promises nothing. Default `false`. */
  readonly lossy?: boolean
  /** Let publications wait for each other for up to `maxDelay` milliseconds, so that each connection gets one write. Default `false`. */
  readonly coalesce?: { readonly maxDelay: number } | false
  /** Let subscribers ask for JSON Patches; every `every`th publication (default 50) is sent in full. Default `false`. */
  readonly delta?: boolean | { readonly every?: number }
  /**
   * What becomes of a publication while the broker cannot take it: `publish` rejects, or it goes to the subscribers of this
   * node alone, and nobody else ever gets it. Not beside `history`; one with a `version` is always rejected. Default `reject`.
   */
  readonly whenBrokerIsDown?: 'reject' | 'deliver-locally'
  /** Allow subscriptions to the pattern itself. They have no history, and the broker must know patterns. Default `false`. */
  readonly wildcard?: boolean
  /** Whether a subscriber may see a publication. Called for each subscriber and publication, so keep it cheap; what throws hides. */
  readonly filter?: (publication: Publication, connection: Connection) => boolean
  /**
   * What a subscriber sees in place of `publication.data`. Subscribers for whom it answers the same object share one
   * frame, so answer few different objects. What throws hides the publication.
   */
  readonly transform?: (publication: Publication, connection: Connection) => unknown
}

/** The options of one pattern with defaults filled in. */
export interface TopicSettings {
  readonly pattern: string
  /** Whether subscribers can recover; only then positions are shown. */
  readonly history: boolean
  /** What the broker keeps, for recovery or just for `latest`. */
  readonly keep: HistoryLimits | undefined
  readonly latest: boolean
  /** `undefined` leaves it to the pool. */
  readonly policy: Overflow['policy'] | undefined
  readonly conflateKey: ((publication: Publication) => string) | undefined
  readonly maxDelay: number | undefined
  /** A delta subscriber gets every so manieth publication in full. */
  readonly deltaEvery: number | undefined
  readonly wildcard: boolean
  readonly whenBrokerIsDown: 'reject' | 'deliver-locally'
  readonly filter: TopicOptions['filter']
  readonly transform: TopicOptions['transform']
}

export const topicDefaults = {
  size: 100,
  ttl: 300_000,
  latestTtl: 86_400_000,
  deltaEvery: 50
} as const

const known: OptionNames<TopicOptions> = {
  history: 1, latest: 1, latestTtl: 1, overflow: 1, lossy: 1, coalesce: 1, delta: 1, wildcard: 1, whenBrokerIsDown: 1, filter: 1,
  transform: 1
}

const policies = ['disconnect', 'drop-newest', 'drop-oldest', 'conflate']
const outages = ['reject', 'deliver-locally']

export function resolveTopic (pattern: string, options: TopicOptions): TopicSettings {
  const where = `topics['${pattern}']`
  checkOptionNames(where, options, known)
  const { overflow, latest = false, coalesce = false, wildcard = false, whenBrokerIsDown = 'reject', filter, transform } = options
  const history = options.history !== undefined && options.history !== false
  const deltaEvery = resolveDelta(where, options.delta)
  const settings: TopicSettings = {
    pattern,
    history,
    keep: resolveKeep(where, options),
    latest,
    policy: resolvePolicy(where, options, history || deltaEvery !== undefined),
    conflateKey: typeof overflow === 'object' ? overflow.key : undefined,
    maxDelay: coalesce === false ? undefined : check.whole(`${where}.coalesce.maxDelay`, checkOptionNames(`${where}.coalesce`, coalesce, { maxDelay: 1 }).maxDelay, 1, 1_000),
    deltaEvery,
    wildcard,
    whenBrokerIsDown,
    filter,
    transform
  }
  refuseContradictions(where, settings, options)
  return Object.freeze(settings)
}

/** @param lossless whether nothing may be dropped unless that is said. */
function resolvePolicy (where: string, { overflow, lossy }: TopicOptions, lossless: boolean): TopicSettings['policy'] {
  const policy = typeof overflow === 'object' ? checkOptionNames(`${where}.overflow`, overflow, { policy: 1, key: 1 }).policy : overflow
  if (policy === undefined) return lossless && lossy !== true ? 'disconnect' : undefined
  if (policies.includes(policy)) return policy
  throw new BroadcastOptionError(`${where}.overflow`, policies.join(', '), String(policy), 'Take one of these.')
}

function resolveKeep (where: string, { history, latest, latestTtl }: TopicOptions): HistoryLimits | undefined {
  if (history !== undefined && history !== false) {
    const { size, ttl } = history === true ? {} as HistoryOptions : checkOptionNames(`${where}.history`, history, { size: 1, ttl: 1 })
    return Object.freeze({
      size: check.whole(`${where}.history.size`, size ?? topicDefaults.size, 1, 1_000_000),
      ttl: check.duration(`${where}.history.ttl`, ttl ?? topicDefaults.ttl)
    })
  }
  if (latest !== true) return undefined
  return Object.freeze({ size: 1, ttl: check.duration(`${where}.latestTtl`, latestTtl ?? topicDefaults.latestTtl) })
}

function resolveDelta (where: string, delta: TopicOptions['delta']): number | undefined {
  if (delta === undefined || delta === false) return undefined
  const every = delta === true ? undefined : checkOptionNames(`${where}.delta`, delta, { every: 1 }).every
  return check.whole(`${where}.delta.every`, every ?? topicDefaults.deltaEvery, 2, 10_000)
}

function refuseContradictions (where: string, settings: TopicSettings, { lossy = false }: TopicOptions): void {
  const { policy, whenBrokerIsDown } = settings
  if (settings.history && policy !== undefined && policy !== 'disconnect' && !lossy) {
    throw new BroadcastOptionError(`${where}.overflow`, '"disconnect" on topics with history', `"${policy}"`,
      'Dropping would break recovery; say lossy: true if that is what you want.')
  }
  if (!outages.includes(whenBrokerIsDown)) {
    throw new BroadcastOptionError(`${where}.whenBrokerIsDown`, outages.join(' or '), String(whenBrokerIsDown), 'Take one of these.')
  }
  if (settings.history && whenBrokerIsDown !== 'reject') {
    throw new BroadcastOptionError(`${where}.whenBrokerIsDown`, '"reject" on topics with history', `"${whenBrokerIsDown}"`,
      'What goes past the broker is missing from the history, and recovery would hide it; leave out one of the two.')
  }
  if (settings.deltaEvery === undefined) return
  if (policy !== 'disconnect') {
    throw new BroadcastOptionError(`${where}.delta`, 'left out', 'true', 'A delta builds on the one before: that takes overflow "disconnect" and no lossy.')
  }
  if (settings.filter !== undefined || settings.transform !== undefined) {
    throw new BroadcastOptionError(`${where}.delta`, 'left out', 'true', 'With filter or transform everybody has another base.')
  }
}
