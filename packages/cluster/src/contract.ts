import type { CloseReason, Listenable } from '@fastify-realtime/protocol'

/** A living node. */
export interface ClusterNode {
  readonly id: string
  /** A word for humans, such as the host name; not unique. */
  readonly name: string
  /** Wall-clock milliseconds. */
  readonly startedAt: number
  /** How many connections it had when it last renewed its lease. */
  readonly connections: number
  /** Whether it is this node. */
  readonly self: boolean
}

/** All given fields must match. */
export interface ConnectionFilter {
  readonly id?: string
  readonly principal?: string
  readonly address?: string
  /** The URL pattern of the route that accepted it. */
  readonly route?: string
  /** Subscribed to this topic; needs the broadcast plugin. */
  readonly topic?: string
  /** Only connections of this node. */
  readonly node?: string
}

export interface ConnectionSummary {
  readonly id: string
  readonly node: string
  readonly principal: string | null
  readonly address: string
  readonly route: string
  /** Wall-clock milliseconds. */
  readonly openedAt: number
  /** Bytes waiting for the peer. */
  readonly pressure: number
}

export interface AskOptions {
  /** Milliseconds to wait for the other nodes. Default: the plugin's `timeout`. */
  readonly timeout?: number
}

export interface ListOptions extends AskOptions {
  /** How many are listed at most; 1–1,000. Default 100. */
  readonly limit?: number
}

/** Says how far an answer goes: a node that is slow or gone does not keep the others' answers back. */
export interface Answered {
  /** Ids of living nodes that did not answer in time. */
  readonly missing: readonly string[]
}

export interface ConnectionList extends Answered {
  readonly connections: readonly ConnectionSummary[]
  /** How many there are on the nodes that answered, also beyond the limit. */
  readonly count: number
}

export interface TopicList extends Answered {
  /** Most subscribers first. */
  readonly topics: ReadonlyArray<{ readonly topic: string, readonly subscribers: number }>
}

export interface Disconnected extends Answered {
  /** How many connections were told to go. */
  readonly disconnected: number
}

/** A connection that ended. */
export interface EndedConnection {
  readonly id: string
  /** The node that had it. */
  readonly node: string
  readonly principal: string | null
  /** Whether its node crashed with it. */
  readonly crashed: boolean
}

export interface ClusterEvents {
  /** Another node appeared. */
  join: (node: ClusterNode) => void
  /** Another node is gone: it closed, or its lease ended. */
  leave: (node: ClusterNode) => void
  /**
   * A connection ended. Told once in the whole cluster: on the node that had it or, when that crashed, on one of the others, after
   * two leases at most.
   */
  disconnect: (connection: EndedConnection) => void
}

/** All nodes as one. */
export interface Cluster extends Listenable<ClusterEvents> {
  /** This node's id. */
  readonly id: string
  /** Living nodes, this one included. @throws FRT_ERR_BROKER_UNAVAILABLE */
  nodes (): Promise<readonly ClusterNode[]>
  /** @throws FRT_ERR_BROKER_UNAVAILABLE, FRT_ERR_CLUSTER_FILTER */
  connections (filter?: ConnectionFilter, options?: ListOptions): Promise<ConnectionList>
  /** Topics with subscribers; needs the broadcast plugin. @throws FRT_ERR_BROKER_UNAVAILABLE, FRT_ERR_CLUSTER_FILTER */
  topics (options?: ListOptions): Promise<TopicList>
  /**
   * Ends matching connections on all nodes. Default reason: 1000, which tells clients to stay away.
   * At least one field must be given. @throws FRT_ERR_BROKER_UNAVAILABLE, FRT_ERR_CLUSTER_FILTER
   */
  disconnect (filter: ConnectionFilter, reason?: CloseReason, options?: AskOptions): Promise<Disconnected>
}
