import { checkOptionNames, checkPluginOptionNames, isPattern } from '@fastify-realtime/protocol'
import type { OptionNames } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { SubscribeRate } from './allowance.ts'
import type { Action, Policy } from './contract.ts'
import { BroadcastOptionError } from './errors.ts'
import { check } from './option-check.ts'
import type { RecoveryLimits } from './recovery.ts'
import { resolveTopic } from './topic-options.ts'
import type { TopicOptions, TopicSettings } from './topic-options.ts'
import { isUsable } from './topic-rules.ts'

export interface BroadcastOptions {
  /**
   * Options by topic (`orders`) or pattern (`room:*`, whose `*` stands for one or more levels, but for one alone
   * with `wildcard`). The longest match counts; what nothing covers is refused. Default: every topic, without history. `user:*` is always there, with
   * history unless you say otherwise.
   */
  readonly topics?: Readonly<Record<string, TopicOptions>>
  /** Who may subscribe and recover. Default: nobody. Everybody may subscribe to their own `user:` topic. */
  readonly canSubscribe?: Policy
  /** Who may publish with a `publish` message. Default: nobody. */
  readonly canPublish?: Policy
  /** Who may read pages of history. Default: nobody but everybody their own `user:` topic. */
  readonly canReadHistory?: Policy
  /** Who may see who is in a topic; asked by the presence package. Default: nobody. */
  readonly canSeePresence?: Policy
  /** Subscribe every connection to the `user:` topic of its principal. Default `true`. */
  readonly userTopics?: boolean
  /** Topics that a new connection is subscribed to before its welcome, without asking the policy. Default: none. */
  readonly automatic?: (connection: Connection) => readonly string[]
  /** How many topics a client may subscribe to at once; what the server subscribes it to comes on top. Default 128. */
  readonly maxSubscriptions?: number
  /** How often a client may subscribe and unsubscribe. Default `{ max: 20, burst: 128 }`. */
  readonly subscribeRate?: SubscribeRate
  /** What one answer of a recovery holds; the client asks on for the rest. Default 300 publications, 524,288 bytes. */
  readonly recovery?: Partial<RecoveryLimits>
  /** How long the same publication id publishes once, in milliseconds. Default 300,000. */
  readonly idempotencyWindow?: number
  /** How often topics with history are checked for missed publications, in milliseconds. Default 20,000; `false`: never. */
  readonly positionCheck?: number | false
}

export interface ResolvedOptions {
  readonly topics: readonly TopicSettings[]
  /** For topics that nothing covers; absent when they are refused. */
  readonly others: TopicSettings | undefined
  readonly policies: Readonly<Partial<Record<Action, Policy>>>
  readonly userTopics: boolean
  readonly automatic: ((connection: Connection) => readonly string[]) | undefined
  readonly maxSubscriptions: number
  readonly subscribeRate: Required<SubscribeRate>
  readonly recovery: RecoveryLimits
  readonly idempotencyWindow: number
  readonly positionCheck: number | false
}

const defaults = {
  userTopics: true,
  maxSubscriptions: 128,
  max: 20,
  burst: 128,
  maxPublications: 300,
  maxBytes: 524_288,
  idempotencyWindow: 300_000,
  positionCheck: 20_000
} as const

const personal = 'user:*'

const known: OptionNames<BroadcastOptions> = {
  topics: 1, canSubscribe: 1, canPublish: 1, canReadHistory: 1, canSeePresence: 1, userTopics: 1, automatic: 1,
  maxSubscriptions: 1, subscribeRate: 1, recovery: 1, idempotencyWindow: 1, positionCheck: 1
}

/** @throws FRT_ERR_BROADCAST_OPTION, FRT_ERR_OPTION_NAME */
export function resolveOptions (options: BroadcastOptions): ResolvedOptions {
  checkPluginOptionNames('broadcast', options, known)
  const { userTopics = defaults.userTopics, positionCheck = defaults.positionCheck, recovery = {}, subscribeRate = {} } = options
  checkOptionNames('broadcast recovery', recovery, { maxPublications: 1, maxBytes: 1 })
  checkOptionNames('broadcast subscribeRate', subscribeRate, { max: 1, burst: 1 })
  return Object.freeze({
    topics: Object.freeze(resolveTopics(options.topics ?? {})),
    others: options.topics === undefined ? resolveTopic('*', {}) : undefined,
    policies: resolvePolicies(options),
    userTopics: check.bool('userTopics', userTopics),
    automatic: check.optionalFunction('automatic', options.automatic),
    maxSubscriptions: check.whole('maxSubscriptions', options.maxSubscriptions ?? defaults.maxSubscriptions, 1, 100_000),
    subscribeRate: Object.freeze({
      max: check.whole('subscribeRate.max', subscribeRate.max ?? defaults.max, 1, 100_000),
      burst: check.whole('subscribeRate.burst', subscribeRate.burst ?? defaults.burst, 1, 100_000)
    }),
    recovery: Object.freeze({
      maxPublications: check.whole('recovery.maxPublications', recovery.maxPublications ?? defaults.maxPublications, 1, 10_000),
      maxBytes: check.whole('recovery.maxBytes', recovery.maxBytes ?? defaults.maxBytes, 1_024, 2 ** 30)
    }),
    idempotencyWindow: check.duration('idempotencyWindow', options.idempotencyWindow ?? defaults.idempotencyWindow),
    positionCheck: positionCheck === false ? false : check.duration('positionCheck', positionCheck)
  })
}

function resolveTopics (topics: Readonly<Record<string, TopicOptions>>): TopicSettings[] {
  if (typeof topics !== 'object' || topics === null || Array.isArray(topics)) {
    throw new BroadcastOptionError('topics', 'an object of options by topic or pattern', Array.isArray(topics) ? 'a list' : String(topics),
      "Write topics: { 'room:*': {} }.")
  }
  const all = { [personal]: { history: true }, ...topics }
  return Object.entries(all).map(([pattern, options]: [string, TopicOptions]) => {
    if (![isPattern, isUsable].some((fits) => fits(pattern))) {
      throw new BroadcastOptionError(`topics['${pattern}']`, 'named by a topic or a pattern', `"${pattern}"`,
        'A pattern ends with the level "*", as in "room:*".')
    }
    if (options.wildcard === true && (pattern === personal || !isPattern(pattern))) {
      throw new BroadcastOptionError(`topics['${pattern}'].wildcard`, 'left out', 'true',
        'Only patterns can be subscribed to as a whole, and "user:*" belongs to its principals.')
    }
    return resolveTopic(pattern, options)
  })
}

function resolvePolicies ({ canSubscribe, canPublish, canReadHistory, canSeePresence }: BroadcastOptions): ResolvedOptions['policies'] {
  const subscribe = check.optionalFunction('canSubscribe', canSubscribe)
  const publish = check.optionalFunction('canPublish', canPublish)
  const history = check.optionalFunction('canReadHistory', canReadHistory)
  const presence = check.optionalFunction('canSeePresence', canSeePresence)
  return Object.freeze({
    ...(subscribe !== undefined && { subscribe }),
    ...(publish !== undefined && { publish }),
    ...(history !== undefined && { history }),
    ...(presence !== undefined && { presence })
  })
}
