import type { Position } from '@fastify-realtime/protocol'

/**
 * What travels between nodes. A broker never looks into `payload`.
 * Channels keep the traffic of different packages apart: `topics`, `presence`, `auth`, `cluster`.
 */
export interface BrokerRecord {
  readonly channel: string
  readonly topic: string
  readonly event: string
  /** Idempotency id; unique per publication unless the publisher repeats itself. */
  readonly id: string
  /** When it was published, wall-clock milliseconds. */
  readonly time: number
  /** Text (JSON) or bytes (MessagePack), ready to splice into an envelope. */
  readonly payload: string | Uint8Array
  /** Id of the connection that must not get it. */
  readonly except?: string
  readonly version?: number
  readonly trace?: string
  /** Set by the broker, on records of topics with history. */
  readonly position?: Position
}

/** What a broker calls; given once, in `start`. Neither method throws. */
export interface BrokerSink {
  /** One record of a subscribed topic, in the broker's order. MUST NOT be called inside `publish`, nor after `stop` settled. */
  deliver (record: BrokerRecord): void
  /** Whether the broker can carry records now; called on every change after `start` has settled. */
  state (up: boolean): void
}

export interface HistoryLimits {
  /** How many publications are kept at most. */
  readonly size: number
  /** How long they are kept, in milliseconds, counted from the newest. */
  readonly ttl: number
}

export interface PublishOptions {
  /** Append to the topic's history with these limits, atomically with the delivery. */
  readonly history?: HistoryLimits
  /** Refuse to publish the same `id` on the same topic twice within this many milliseconds. */
  readonly dedupe?: number
}

export interface PublishResult {
  /** Where the record stands in the history; absent without one. For a duplicate: where the first one stands. */
  readonly position?: Position
  /** Nothing was published: the same id came within the window, or the topic's `version` is as new already. */
  readonly duplicate: boolean
}

/**
 * Carries records between nodes. Delivery is to every node that subscribed, the publishing node included; per topic
 * all nodes see one order, in which the records of one publisher stand as it called `publish`. A method that cannot do
 * its work rejects with `BrokerUnavailableError` within the broker's own deadline; it never hangs. Foreign bytes that
 * are no record are dropped and counted. The suite in `@fastify-realtime/broker/conformance` holds brokers to this.
 */
export interface Broker {
  /** A short name for logs and metrics, such as `memory` or `redis`. */
  readonly name: string
  /** Records from elsewhere that could not be read, since the start. Absent when nothing foreign can come in. */
  readonly malformed?: number
  /**
   * Whether `subscribe` and `unsubscribe` take patterns such as `price:*` in place of a topic: `*` as the last level
   * stands for exactly one level. A node that wants a topic and its pattern gets each record once. Default `false`.
   */
  readonly patterns?: boolean
  /** Settles when records can be carried. Rejects when they cannot; `stop` then frees what it took. Called once. */
  start (sink: BrokerSink): Promise<void>
  publish (record: BrokerRecord, options?: PublishOptions): Promise<PublishResult>
  /**
   * Settles when every later publication on the topic will be delivered to this node. Survives an outage. Twice is the
   * same as once, and calls for one topic take effect in their order. One that rejects leaves no interest behind.
   */
  subscribe (channel: string, topic: string): Promise<void>
  /** Settles when nothing more of the topic will be delivered. Without an interest it does nothing. */
  unsubscribe (channel: string, topic: string): Promise<void>
  /** Settles when accepted work is done and every resource is free. Twice is the same as once. */
  stop (): Promise<void>
  readonly history?: HistoryStore
  readonly presence?: PresenceStore
  readonly records?: RecordStore
}

export interface HistoryPage {
  /** The newest position of the topic when it was read; records after it come as live publications. */
  readonly position: Position
  /** Oldest first. */
  readonly records: readonly BrokerRecord[]
  /**
   * With `since`: whether nothing between `since` and the first record is missing (same epoch, nothing trimmed).
   * Without it always `true`.
   */
  readonly complete: boolean
  /** Whether more records exist beyond the limit, in the direction of reading. */
  readonly more: boolean
}

export interface HistoryQuery {
  /** Only records after this position, oldest first. From another epoch: everything kept, and not complete. */
  readonly since?: Position
  /** Only records before this position: the newest `limit` of them, oldest first. From another epoch: none. */
  readonly before?: Position
  /** 0 reads the position alone. */
  readonly limit: number
}

/** Capability: bounded recent publications of a topic. */
export interface HistoryStore {
  read (channel: string, topic: string, query: HistoryQuery): Promise<HistoryPage>
  /** The newest position; creates the epoch of a topic that has none. */
  position (channel: string, topic: string): Promise<Position>
}

export interface PresenceEntry {
  readonly connection: string
  readonly node: string
  readonly principal: string
  /** JSON value that the app attached to the principal in this topic. */
  readonly info?: unknown
}

export interface PresenceChange {
  /** Whether the principal appeared (its first connection) or vanished (its last one). */
  readonly changed: boolean
  /** Grows with every change of the topic's members. */
  readonly version: number
  /**
   * With a change: the version before it, or 0 when the topic was empty. Nodes that hear of changes tell by it whether
   * they missed one; without it they find out when they next compare versions.
   */
  readonly previous?: number
}

export interface PresenceList {
  /** One entry for each principal, at most the limit. */
  readonly members: readonly PresenceEntry[]
  /** How many principals there are, also beyond the limit. */
  readonly count: number
  readonly version: number
}

/**
 * Capability: who is in a topic. Entries live as long as their node's lease, so a node calls `renew` before its first
 * `join`. The connections of one principal fold into one member, for whom the newest connection speaks.
 */
export interface PresenceStore {
  /** Again for the same connection replaces its entry. */
  join (topic: string, entry: PresenceEntry): Promise<PresenceChange>
  leave (topic: string, connection: string): Promise<PresenceChange>
  list (topic: string, limit: number): Promise<PresenceList>
  /** Keeps this node's entries for another `ttl` milliseconds. */
  renew (node: string, ttl: number): Promise<void>
  /** Removes the entries of nodes without a lease; each principal that vanished thereby is told to exactly one caller. */
  reap (): Promise<ReadonlyArray<PresenceEntry & Omit<PresenceChange, 'changed'> & { readonly topic: string }>>
}

/** Capability: small keyed values with a time to live, shared by all nodes: revocations, ticket claims, leases. */
export interface RecordStore {
  /** `true` when only this node can read them and they die with it, so that nothing needs to be written down for others. */
  readonly local?: boolean
  put (key: string, value: string, ttl: number): Promise<void>
  /** Whether this call wrote it; of racing callers exactly one is told `true`. */
  putIfAbsent (key: string, value: string, ttl: number): Promise<boolean>
  delete (key: string): Promise<void>
  /** The living value; `undefined` without one. */
  get (key: string): Promise<string | undefined>
  /** Living entries whose key begins with the prefix. */
  list (prefix: string): Promise<ReadonlyArray<{ readonly key: string, readonly value: string }>>
}
