import { checkPluginOptionNames, isPattern, isTopic, systemClock } from '@fastify-realtime/protocol'
import type { Clock, Principal } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import { PresenceOptionError } from './errors.ts'

export interface InfoQuestion {
  readonly principal: Principal
  readonly topic: string
  readonly connection: Connection
}

export interface SeeQuestion {
  /** `null` is an anonymous connection. */
  readonly principal: Principal | null
  readonly topic: string
  readonly connection: Connection
  /** What came as `token` with the message, for policies that take topic tokens. */
  readonly token?: unknown
}

export interface PresenceOptions {
  /**
   * Topics and patterns (`room:*`) whose subscribers are present without further calls. Needs the broadcast plugin.
   * Default `[]`: only who is joined by `app.presence.join`.
   */
  readonly topics?: readonly string[]
  /** A JSON value that is shown beside the principal. Default: none. What it throws is logged, and shows as none. */
  readonly info?: (question: InfoQuestion) => unknown
  /**
   * Who may see who is in a topic; anything but `true` is a refusal. With the broadcast plugin its `canSeePresence`
   * is asked too, and both must allow. Default: nobody, unless broadcast allows it.
   */
  readonly canSee?: (question: SeeQuestion) => boolean | Promise<boolean>
  /** Topics with more members are told as a number, without a list. Default 500. */
  readonly maxMembers?: number
  /** How many topics one connection may watch. Default 128. */
  readonly maxWatched?: number
  /** Milliseconds before a principal whose connection ended has left, so that a reconnect goes unseen. Default 1,000. */
  readonly grace?: number
  /** Milliseconds in which changes are gathered before watchers are told. Default 50. */
  readonly window?: number
  /** Milliseconds after which the members of a node that died vanish. Default 30,000. */
  readonly lease?: number
  /** Where time comes from; only tests need another one. Default: the system's clock. */
  readonly clock?: Clock
}

export interface ResolvedPresenceOptions extends Required<Omit<PresenceOptions, 'info' | 'canSee'>> {
  readonly info: PresenceOptions['info'] | undefined
  readonly canSee: PresenceOptions['canSee'] | undefined
}

export const defaults: Readonly<Required<Pick<PresenceOptions, 'topics' | 'maxMembers' | 'maxWatched' | 'grace' | 'window' | 'lease'>>> =
  Object.freeze({ topics: [], maxMembers: 500, maxWatched: 128, grace: 1_000, window: 50, lease: 30_000 })

/** @throws {PresenceOptionError} when a value cannot work. */
export function resolveOptions (options: PresenceOptions = {}): ResolvedPresenceOptions {
  checkPluginOptionNames('presence', options, { ...defaults, info: true, canSee: true, clock: true })
  return Object.freeze({
    topics: topics(options.topics ?? defaults.topics),
    info: callback('info', options.info),
    canSee: callback('canSee', options.canSee),
    maxMembers: whole('maxMembers', options.maxMembers ?? defaults.maxMembers, 1, 10_000),
    maxWatched: whole('maxWatched', options.maxWatched ?? defaults.maxWatched, 1, 10_000),
    grace: whole('grace', options.grace ?? defaults.grace, 0, 600_000),
    window: whole('window', options.window ?? defaults.window, 1, 10_000),
    lease: whole('lease', options.lease ?? defaults.lease, 1_000, 3_600_000),
    clock: options.clock ?? systemClock
  })
}

function topics (given: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  for (const topic of list) {
    if (isTopic(topic) || isPattern(topic)) continue
    throw new PresenceOptionError(`topics must be a list of topics and patterns such as 'room:*', got ${String(topic)}`)
  }
  return Object.freeze([...list as string[]])
}

function callback<Value> (name: string, value: Value): Value {
  if (value === undefined || typeof value === 'function') return value
  throw new PresenceOptionError(`${name} must be a function, got ${typeof value}; leave it out for the default`)
}

function whole (name: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw new PresenceOptionError(`${name} must be a whole number from ${least} to ${most}, got ${String(value)}; ` +
    'leave it out for the default')
}
