import type { Connection } from '@fastify-realtime/connection-pool'
import type { HistoryLimits } from '@fastify-realtime/broker'
import type { Listenable, Position, Principal, Publication } from '@fastify-realtime/protocol'

/** What a principal may be allowed to do with a topic; each is asked separately. */
export type Action = 'subscribe' | 'publish' | 'history' | 'presence'

export interface PolicyQuestion {
  /** `null` is an anonymous connection. */
  readonly principal: Principal | null
  /** A topic, or a pattern such as `price:*` where patterns may be subscribed to. */
  readonly topic: string
  /** Absent when the question comes from elsewhere, such as an HTTP route. */
  readonly connection?: Connection
  /** What came as `token` with the message, for policies that take topic tokens. */
  readonly token?: unknown
}

/** Anything but `true` is a refusal. What it throws becomes the failure of the message. */
export type Policy = (question: PolicyQuestion) => boolean | Promise<boolean>

export interface PublishDetails {
  /** The connection that must not get it, or its id. History remembers it, so it also holds after a reconnect. */
  readonly except?: Connection | string
  /** Idempotency id of 1–64 bytes: the same one on the same topic publishes once within `idempotencyWindow`. */
  readonly id?: string
  /** A publication whose version is not above the last one of the topic is not published. */
  readonly version?: number
}

export interface Published {
  readonly id: string
  /** Where it stands in the history; absent on topics without one. */
  readonly position?: Position
  /** Nothing was published: the same id came before, or a newer version stands already. */
  readonly duplicate: boolean
  /** The broker is away, so only subscribers of this node get it: `whenBrokerIsDown: 'deliver-locally'`. */
  readonly local?: true
}

/** Where a reader was; `connection` is the id it had then, so that `except` still applies. */
export interface Since extends Position {
  readonly connection?: string
}

export interface SubscribeDetails {
  /** Send what was published after this position before anything live. */
  readonly since?: Since
  /** Send the newest publication of the topic first. Default: what the topic's options say. */
  readonly latest?: boolean
}

export interface Subscribed {
  /** Where the live publications begin; absent on topics without history. */
  readonly position?: Position
  /** With `since`: whether every publication after it was sent. */
  readonly recovered?: boolean
}

export interface HistoryDetails {
  /** Only what came after this position, oldest first. */
  readonly since?: Position
  /** Only what came before this position: the newest `limit` of them, oldest first. */
  readonly before?: Position
  /** 1–300. Default 100. */
  readonly limit?: number
}

export interface TopicHistory {
  /** The newest position of the topic. */
  readonly position: Position
  /** Oldest first. */
  readonly publications: readonly Publication[]
  /** With `since`: whether nothing between it and the first publication is missing. */
  readonly complete: boolean
  /** Whether there is more in the direction of reading. */
  readonly more: boolean
}

export interface TopicState {
  readonly topic: string
  /** Connections of this node that are subscribed to it. */
  readonly subscribers: number
  /** Absent on topics without history. */
  readonly history?: HistoryLimits
}

/** Why a subscription ended. */
export type UnsubscribeCode = 'requested' | 'forced' | 'position-lost' | 'closed' | 'revoked'

export interface BroadcastEvents {
  /** A connection of this node is subscribed. */
  subscribe: (connection: Connection, topic: string) => void
  /** It is no longer; `closed` when the connection ended. */
  unsubscribe: (connection: Connection, topic: string, code: UnsubscribeCode) => void
  /** The topic got its first subscriber on this node. */
  occupied: (topic: string) => void
  /** The topic lost its last subscriber on this node. */
  vacated: (topic: string) => void
  /** This node published; told when the broker accepted it, or when it goes out locally. Duplicates are not told. */
  publish: (topic: string, event: string, published: Published) => void
}

/** Counted since the start of the node. */
export interface BroadcastCounters {
  /** Publications that this node handed to the broker. */
  readonly published: number
  /** Publications that the broker handed to this node. */
  readonly received: number
  /** Frames handed to connections. */
  readonly delivered: number
  /** Frames that a full outbox refused. */
  readonly dropped: number
  /** Subscriptions with `since` that got everything. */
  readonly recovered: number
  /** Subscriptions with `since` that could not. */
  readonly unrecovered: number
  /** Subscriptions that ended because a position was lost. */
  readonly positionsLost: number
  /** Topics with a subscriber on this node. */
  readonly topics: number
  /** Subscriptions on this node. */
  readonly subscriptions: number
}

export interface Broadcast extends Listenable<BroadcastEvents> {
  /**
   * Publishes `data` as JSON. Settles when the broker has accepted it, which says nothing about who got it.
   * @throws FRT_ERR_TOPIC_INVALID, FRT_ERR_TOPIC_UNKNOWN, FRT_ERR_PUBLICATION_INVALID; what the broker throws when it is away (503)
   */
  publish (topic: string, event: string, data?: unknown, details?: PublishDetails): Promise<Published>
  /** Subscribes a connection of this node without asking the policy. Settles when it is live. */
  subscribe (connection: Connection, topic: string, details?: SubscribeDetails): Promise<Subscribed>
  /** Ends a subscription; the client is told `unsubscribed`. Answers whether there was one. */
  unsubscribe (connection: Connection, topic: string, reason?: { readonly code?: UnsubscribeCode, readonly reason?: string }): boolean
  /** The topics with subscribers on this node. */
  topics (): TopicState[]
  /** The topics that a connection is subscribed to. */
  topicsOf (connection: Connection): string[]
  /** The connections of this node that are subscribed to a topic. */
  subscribers (topic: string): Connection[]
  /** Reads a topic's history without asking the policy. */
  history (topic: string, details?: HistoryDetails): Promise<TopicHistory>
  /** Asks the policy that also holds on the wire, so that HTTP routes decide alike; `token` is for policies that take topic tokens. */
  can (principal: Principal | null, action: Action, topic: string, connection?: Connection, token?: unknown): Promise<boolean>
  readonly counters: BroadcastCounters
}
