import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { RateLimit } from './rate.ts'
import type { CloseReason, Codec, Encoded, Envelope, Listenable, Message, Principal, Welcome } from '@fastify-realtime/protocol'

/** Encoded bytes ready for the socket; built once and shared by every connection that gets them. */
export interface Frame {
  /** Size on the wire before compression, header included. */
  readonly size: number
}

/** What happened to a frame: on its way to the socket, waiting for a slow reader, or given up. */
export type SendOutcome = 'sent' | 'queued' | 'dropped'

/** What to do with a frame when the connection's outbox is full. One frozen object per publication. */
export interface Overflow {
  readonly policy: 'disconnect' | 'drop-newest' | 'drop-oldest' | 'conflate'
  /** `conflate` keeps only the newest waiting frame of each key. */
  readonly key?: string
}

export type ConnectionState = 'open' | 'draining' | 'closing' | 'closed'

/** Data that an app or plugin keeps with a connection; typed by declaration merging. */
export interface ConnectionData {}

/** How much may wait for one slow reader. */
export interface OutboxOptions {
  /**
   * Bytes in the socket above which frames wait in our own queue, where they can be dropped or replaced; the `pressure`
   * event tells. At least the socket's own high-water mark. Default 262,144.
   */
  readonly softMark?: number
  /** Bytes in the queue and the socket together at which `overflow` applies. Default 1,048,576. */
  readonly maxBytes?: number
  /** For frames that bring no policy of their own. Default `disconnect`. */
  readonly overflow?: Overflow['policy']
}

/** What a peer may do; an option of the plugin, and of each route in `config.realtime`. */
export interface EndpointOptions {
  /** Bytes of one message, decompressed. Default 65,536. */
  readonly maxPayload?: number
  /** Messages of one connection; `subscribe`, `unsubscribe` and answers to our requests do not count. Default 50 in 1,000 ms, burst 100. */
  readonly messageRate?: RateLimit | false
  /** Bytes of messages of one connection. Default 262,144 in 1,000 ms, burst twice that. */
  readonly byteRate?: RateLimit | false
  /** Pings, and pongs that nobody asked for. Default 5 in 1,000 ms, burst 20; beyond it close 4003. */
  readonly pingRate?: RateLimit | false
  /** Failures `bad-message`, `unknown-type`, `invalid-data` and `rate-limited` in a minute, before close 4504 or 4003. Default 20. */
  readonly maxErrors?: number | false
  /** Messages of one connection that are handled at a time; above 1 they start in order and may end in any. Default 1. */
  readonly concurrency?: number
  /** Messages that wait behind those; half of it pauses the socket, and what comes on top of it is `rate-limited`. Default 256. */
  readonly maxQueued?: number
  readonly outbox?: OutboxOptions
}

/** `config.realtime` of a WebSocket route. Others add their own fields by declaration merging and `routeOption`. */
export interface RealtimeRouteConfig extends EndpointOptions {
  /** Whether messages are handled without a principal. Default `false`. */
  readonly anonymous?: boolean
  /** Whether the frames are the route's own: pooled, limited and drained, but without envelope, router and broadcast. Default `false`. */
  readonly raw?: boolean
  /** Subprotocols that can be selected, in order of preference. Default: those of the codecs; on a raw route whatever is offered first. */
  readonly protocols?: readonly string[]
}

/** What the route said in `config.realtime`, with defaults filled in and fields of sister packages as they were. */
export interface Endpoint {
  /** The route's URL pattern, such as `/ws`. */
  readonly url: string
  /** Whether messages are handled without a principal. */
  readonly anonymous: boolean
  /** Whether the frames are the route's own: no envelope, no router, no broadcast. */
  readonly raw: boolean
}

export interface Connection {
  readonly id: string
  readonly principal: Principal | null
  /** The peer's address, as `request.ip` gives it. */
  readonly address: string
  /** The URL pattern of the route that accepted it. */
  readonly route: string
  readonly endpoint: Endpoint
  /** `null` on a raw route. */
  readonly codec: Codec | null
  /** Wall-clock milliseconds. */
  readonly openedAt: number
  readonly state: ConnectionState
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal
  /** Bytes that came from the peer; its movement is the sign of life. */
  readonly bytesRead: number
  /** Bytes waiting for the peer, in our queue and in the socket. */
  readonly pressure: number
  readonly data: ConnectionData
  send (frame: Frame, overflow?: Overflow): SendOutcome
  /** Encodes with the connection's own codec and sends. For one receiver; for many build the frame once. */
  sendEnvelope (envelope: Envelope, overflow?: Overflow): SendOutcome
  /** Asks the client and waits for its reply. Rejects on failure, timeout and close. */
  request (name: string, data?: unknown, options?: { readonly timeout?: number, readonly signal?: AbortSignal }): Promise<unknown>
  /** Sends a ping, and `visible` behind it in the same write; the pong is told by the pool's `pong` event. */
  ping (visible?: Frame): void
  /** Close handshake; terminated when the peer does not answer within the close timeout. */
  close (reason: CloseReason): void
  /** Ends the socket at once; the close event carries `reason`. */
  terminate (reason: CloseReason): void
}

export interface ConnectionCounters {
  readonly messagesReceived: number
  readonly bytesReceived: number
  readonly framesSent: number
  readonly bytesSent: number
  readonly framesDropped: number
}

export interface ConnectionClosed {
  readonly code: number
  readonly reason: string
  /** Who ended it: this side, the peer's close frame, or the network (no close frame). */
  readonly by: 'server' | 'client' | 'network'
  /** Milliseconds that it was open. */
  readonly duration: number
  readonly counters: ConnectionCounters
}

export interface ConnectionPoolEvents {
  open: (connection: Connection) => void
  /** The outbox passed the soft mark. */
  pressure: (connection: Connection, bytes: number) => void
  /** A pong for our ping; `roundTrip` in milliseconds. */
  pong: (connection: Connection, roundTrip: number) => void
  /** Exactly once for each connection. */
  close: (connection: Connection, closed: ConnectionClosed) => void
  /** An upgrade was refused before the 101; `reason` is one of a few fixed words. */
  refuse: (reason: string, statusCode: number) => void
  /** A drain began: the node is no longer ready. */
  drain: () => void
}

/** Handles one message; a promise keeps the next message of the same connection waiting. */
export type MessageReceiver = (connection: Connection, message: Message) => void | Promise<void>

/** Adds fields to a connection's welcome, which waits for it. A rejection closes the connection with 1013. */
export type WelcomeContributor = (connection: Connection) =>
  Partial<Pick<Welcome, 'heartbeat' | 'subscriptions'>> | Promise<Partial<Pick<Welcome, 'heartbeat' | 'subscriptions'>>>

/** `where` names the field, for an error that says which route it is of. */
export type RouteOptionCheck<Name extends keyof RealtimeRouteConfig> =
  (value: NonNullable<RealtimeRouteConfig[Name]>, where: string) => void

export interface DisconnectFilter {
  readonly id?: string
  readonly principal?: string
  readonly address?: string
  readonly route?: string
}

export interface DrainOptions {
  /** Spread the closes over this many milliseconds. Default: 2 for each connection, at most the plugin's `drain.over`. */
  readonly over?: number
  /** Terminate what is still open after this many milliseconds. Default: the plugin's `drain.deadline`. */
  readonly deadline?: number
}

export interface ConnectionPool extends Iterable<Connection>, Listenable<ConnectionPoolEvents> {
  readonly size: number
  /** Whether upgrades are taken; false from the first moment of a drain. */
  readonly ready: boolean
  /** Bytes that wait for slow readers on this node. */
  readonly pressure: number
  /** Codecs in order of preference; the first one serves clients that offer no subprotocol. */
  readonly codecs: readonly Codec[]
  get (id: string): Connection | undefined
  byPrincipal (id: string): Iterable<Connection>
  /** The handler of a WebSocket route: `app.get('/ws', { websocket: true }, app.connectionPool.accept)`. */
  readonly accept: (socket: WebSocket, request: FastifyRequest) => void
  add (socket: WebSocket, request: FastifyRequest): Connection
  /**
   * For hooks that refuse: accepts the upgrade only to close it, because a browser can read a close code but no status.
   * Answers false, and leaves the answer to the hook, unless it is an upgrade whose client offers one of our subprotocols.
   */
  turnAway (request: FastifyRequest, reply: FastifyReply, reason: CloseReason): boolean
  /**
   * Declares a field of `config.realtime` that is the caller's own, since unknown ones are refused. `check` is given what
   * each route says, before the app is ready, and throws when it cannot work.
   */
  routeOption<Name extends keyof RealtimeRouteConfig> (name: Name, check?: RouteOptionCheck<Name>): void
  /** Takes the one slot for messages. A second call throws. */
  receive (handler: MessageReceiver): void
  welcome (contributor: WelcomeContributor): void
  /** Builds a frame from an envelope, or from what the codec encoded already. */
  frame (codec: Codec, content: Envelope | Encoded): Frame
  /** Ends matching connections of this node and answers how many. All given fields must match; none given matches none. */
  disconnect (filter: DisconnectFilter, reason: CloseReason): number
  drain (options?: DrainOptions): Promise<void>
}
