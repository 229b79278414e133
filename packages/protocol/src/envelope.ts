import type { FailureCode } from './failure-code.ts'
import type { Position } from './position.ts'

/** What a client sends; with an `id` it wants a reply. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly data?: unknown
}

export interface Reply {
  readonly type: 'reply'
  readonly id: string
  readonly data?: unknown
}

export interface Failure {
  readonly type: 'failure'
  readonly id?: string
  readonly code: FailureCode
  readonly message: string
  /** Whether the same message may work later. */
  readonly retry: boolean
  readonly details?: unknown
}

export interface SubscriptionState {
  readonly topic: string
  readonly position?: Position
}

export interface Welcome {
  readonly type: 'welcome'
  readonly connection: string
  readonly principal: string | null
  /** How often the server gives a sign of life, in milliseconds; `null` when it does not. */
  readonly heartbeat: number | null
  /** The server's wall clock, milliseconds since the epoch. */
  readonly time: number
  readonly subscriptions: readonly SubscriptionState[]
}

/** A request from the server to the client; answered with a reply or a failure. */
export interface ServerRequest {
  readonly type: 'request'
  readonly id: string
  readonly name: string
  readonly data?: unknown
}

/** A publication without its `data`, which travels beside it already encoded. */
export interface PublicationHead {
  readonly topic: string
  readonly event: string
  readonly id: string
  readonly time: number
  readonly position?: Position
  readonly version?: number
  readonly trace?: string
  readonly delta?: unknown
}

export interface Publication extends PublicationHead {
  readonly type: 'publication'
  readonly data: unknown
}

export interface PresenceMember {
  readonly principal: string
  readonly info?: unknown
}

/** Who is in a topic: the whole list (`members`), or what changed (`joined`, `left`); or that no more of it is told (`ended`). */
export interface PresenceUpdate {
  readonly type: 'presence'
  readonly topic: string
  readonly version: number
  readonly members?: readonly PresenceMember[]
  readonly joined?: readonly PresenceMember[]
  readonly left?: readonly PresenceMember[]
  readonly count?: number
  /** Why, by the codes of `unsubscribed`. */
  readonly ended?: string
}

export interface Unsubscribed {
  readonly type: 'unsubscribed'
  readonly topic: string
  readonly code: string
  readonly reason: string
}

export interface Expiring {
  readonly type: 'expiring'
  /** When the credential ends, milliseconds since the epoch. */
  readonly at: number
}

export interface Heartbeat {
  readonly type: 'heartbeat'
}

export type ServerEnvelope =
  | Welcome | Reply | Failure | ServerRequest | Publication | PresenceUpdate | Unsubscribed | Expiring | Heartbeat

export type ClientEnvelope = Message | Reply | Failure

export type Envelope = ServerEnvelope | ClientEnvelope
