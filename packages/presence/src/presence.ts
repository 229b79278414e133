import type { PresenceMember } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'

/** Who is in a topic. */
export interface TopicMembers {
  readonly topic: string
  /** Grows with every change. */
  readonly version: number
  /** How many principals there are. */
  readonly count: number
  /** One for each principal; absent when there are more than `maxMembers`. */
  readonly members?: readonly PresenceMember[]
}

/** What this node holds now. */
export interface PresenceGauges {
  /** Connections that are present in at least one topic. */
  readonly connections: number
  /** Joins and leaves that the broker does not have yet, those in their grace included. */
  readonly pending: number
  /** Topics that connections of this node watch. */
  readonly watchedTopics: number
  /** Connections that watch at least one topic. */
  readonly watchers: number
}

/** `app.presence` */
export interface Presence {
  /**
   * Makes the principal of a connection present in a topic until it leaves or ends. Asks no policy.
   * Settles when the broker has it. While the broker is away it rejects, but is made up for when the broker is back.
   * @param info a JSON value shown beside the principal; default: what the option `info` answers
   * @throws FRT_ERR_PRESENCE_TOPIC, FRT_ERR_PRESENCE_ANONYMOUS; what the broker throws (503)
   */
  join (connection: Connection, topic: string, info?: unknown): Promise<void>
  /** Takes the connection out of the topic at once; the principal stays as long as another connection is there. */
  leave (connection: Connection, topic: string): Promise<void>
  /**
   * Reads who is in a topic, on all nodes. Asks no policy.
   * @throws FRT_ERR_PRESENCE_TOPIC; what the broker throws (503)
   */
  members (topic: string): Promise<TopicMembers>
  /**
   * Sends the connection the whole list, then what changes, until it ends. Asks no policy.
   * @throws FRT_ERR_PRESENCE_TOPIC, FRT_ERR_PRESENCE_LIMIT; what the broker throws (503)
   */
  watch (connection: Connection, topic: string): Promise<void>
  /**
   * Ends that.
   * @param told why, such as `revoked`, for a client that did not ask for the end; default: it is not told
   */
  unwatch (connection: Connection, topic: string, told?: string): void
  readonly gauges: PresenceGauges
}
