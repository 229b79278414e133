import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
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

/** What the route said in `config.realtime`, with defaults filled in. */
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
  /** An upgrade was refused before the 101. */
  refuse: (reason: string, statusCode: number) => void
  /** A drain began: the node is no longer ready. */
  drain: () => void
}

/** Handles one message; a promise keeps the next message of the same connection waiting. */
export type MessageReceiver = (connection: Connection, message: Message) => void | Promise<void>

/** Adds fields to a connection's welcome, which waits for it. A rejection closes the connection with 1013. */
export type WelcomeContributor = (connection: Connection) =>
  Partial<Pick<Welcome, 'heartbeat' | 'subscriptions'>> | Promise<Partial<Pick<Welcome, 'heartbeat' | 'subscriptions'>>>

export interface DisconnectFilter {
  readonly id?: string
  readonly principal?: string
  readonly address?: string
  readonly route?: string
}

export interface DrainOptions {
  /** Spread the closes over this many milliseconds. */
  readonly over?: number
  /** Terminate what is still open after this many milliseconds. */
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
  /** Takes the one slot for messages. A second call throws. */
  receive (handler: MessageReceiver): void
  welcome (contributor: WelcomeContributor): void
  /** Builds a frame from an envelope, or from what the codec encoded already. */
  frame (codec: Codec, content: Envelope | Encoded): Frame
  /** Ends matching connections of this node and answers how many. All given fields must match; none given matches none. */
  disconnect (filter: DisconnectFilter, reason: CloseReason): number
  drain (options?: DrainOptions): Promise<void>
}
