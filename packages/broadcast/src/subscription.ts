import type { Connection } from '@fastify-realtime/connection-pool'
import type { Codec, Position } from '@fastify-realtime/protocol'
import { SubscriptionEndedError } from './errors.ts'
import type { Roster } from './roster.ts'
import type { Topic } from './topic.ts'

/** Nothing to wait for; one for all. */
export const now: Promise<void> = Promise.resolve()

/**
 * Where a subscription is on its way:
 * `reading` (the history, or waiting for the broker), `paging` (the client asks on), `behind` (answered; the node may not
 * have received everything that the answer contained), `live`, `lost` (its position is, and it is about to end), `ended`.
 */
export type Stage = 'reading' | 'paging' | 'behind' | 'live' | 'lost' | 'ended'

export type SubscribedTopic = Topic<Subscription>

/** A connection's standing interest in a topic. */
export class Subscription {
  // What every delivery touches stands first, near each other.
  readonly connection: Connection
  readonly codec: Codec
  /** The newest arrival that it was given, or that came before it was live and so is none of its business. */
  reached = 0
  readonly topic: SubscribedTopic
  stage: Stage = 'reading'
  /** Whether a client began it, so that it counts against the client's limit. */
  counted = false
  /** Whether it went live once, which is when the application is told. */
  told = false
  /** While behind: what the client has already. While paging: how far it was told. */
  position: Position | undefined
  /** The id that the connection had before it reconnected: `except` still means it. */
  former: string | undefined
  /** Its place in the roster where it stands. */
  slot = -1
  /** Where it stands while it is live. */
  home: Roster<Subscription>
  /** The sequence number of the publication that its next delta builds on. */
  basis = -1
  /** Settles when the subscribe before is done: they are answered one after the other. */
  turn: Promise<unknown> = now

  constructor (connection: Connection, codec: Codec, topic: SubscribedTopic) {
    this.connection = connection
    this.codec = codec
    this.topic = topic
    this.home = topic.live
  }
}

/** Throws when it has ended. */
export function alive ({ stage, topic }: Subscription): void {
  if (stage === 'ended') throw new SubscriptionEndedError(topic.name)
}
