import { closeReasons, Emitter, failureEnvelope, messageFailure } from '@fastify-realtime/protocol'
import type { CloseReason, Clock, Codec, Encoded, Envelope, Failure, Message } from '@fastify-realtime/protocol'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket, WebSocketServer } from 'ws'
import { Backlog } from './backlog.ts'
import type { Burdened } from './backlog.ts'
import { Compressor } from './compressor.ts'
import type { ConnectionHost } from './connection-host.ts'
import { PooledConnection } from './connection.ts'
import type {
  Connection, ConnectionClosed, ConnectionPool, ConnectionPoolEvents, DisconnectFilter, DrainOptions, Frame,
  MessageReceiver, RealtimeRouteConfig, RouteOptionCheck, WelcomeContributor
} from './contract.ts'
import { Drain } from './drain.ts'
import { ForeignSocketError, ReceiverTakenError } from './errors.ts'
import { Flusher } from './flusher.ts'
import { FinishedFrame } from './frame.ts'
import { Greeting } from './greeting.ts'
import type { PoolOptions } from './options.ts'
import { PoolSocket } from './pool-socket.ts'
import { Reception } from './reception.ts'
import { dropRemains } from './remains.ts'
import { Registry } from './registry.ts'
import { RouteOptionNames } from './route-option-names.ts'
import { turnAway } from './turn-away.ts'

/** Milliseconds of drain for each connection, so that a small node is done sooner than its window. */
const PER_CONNECTION = 2

/** Every connection of this node, from open to close. */
export class Pool implements ConnectionPool, ConnectionHost<PooledConnection> {
  readonly codecs: readonly Codec[]
  readonly clock: Clock
  readonly flusher: Flusher = new Flusher()
  readonly backlog: Backlog<Burdened>
  readonly compressor: Compressor | undefined
  readonly routeOptions: RouteOptionNames = new RouteOptionNames()
  readonly #options: PoolOptions
  readonly #log: FastifyBaseLogger
  readonly #sockets: () => Set<PoolSocket>
  readonly #server: () => WebSocketServer
  readonly #registry = new Registry<PooledConnection>()
  readonly #events: Emitter<ConnectionPoolEvents>
  readonly #greeting: Greeting
  readonly #reception: Reception
  #receiver: MessageReceiver | undefined
  #drain: Drain<PoolSocket> | undefined

  /** `sockets` are all that are open on the server, pooled or not. */
  constructor (options: PoolOptions, log: FastifyBaseLogger, sockets: () => Set<PoolSocket>, server: () => WebSocketServer) {
    const { codecs, clock, maxPressure, compression } = options
    this.codecs = codecs
    this.clock = clock
    this.backlog = new Backlog(maxPressure)
    this.compressor = compression === false ? undefined : new Compressor(compression)
    this.#options = options
    this.#log = log
    this.#sockets = sockets
    this.#server = server
    this.#events = new Emitter((err, event) => log.error({ err, event }, 'a connection pool listener failed'))
    this.#greeting = new Greeting(clock, log)
    this.#reception = new Reception(clock)
  }

  get size (): number { return this.#registry.size }
  get ready (): boolean { return this.#drain === undefined }
  get pressure (): number { return this.backlog.bytes }
  [Symbol.iterator] (): Iterator<Connection> { return this.#registry[Symbol.iterator]() }
  get (id: string): Connection | undefined { return this.#registry.get(id) }
  byPrincipal (id: string): Iterable<Connection> { return this.#registry.ofPrincipal(id) }
  on<Name extends keyof ConnectionPoolEvents> (event: Name, listener: ConnectionPoolEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  readonly accept = (socket: WebSocket, request: FastifyRequest): void => { this.add(socket, request) }

  turnAway (request: FastifyRequest, reply: FastifyReply, reason: CloseReason): boolean {
    return turnAway(this.#server(), this.codecs.map(({ subprotocol }) => subprotocol), request, reply, reason)
  }

  add (socket: WebSocket, request: FastifyRequest): Connection {
    if (!(socket instanceof PoolSocket)) throw new ForeignSocketError()
    const { owner, stream, endpoint } = socket
    if (owner instanceof PooledConnection) return owner
    if (stream === undefined || endpoint === undefined) throw new ForeignSocketError()
    const codec = endpoint.raw ? null : this.codecs.find(({ subprotocol }) => subprotocol === socket.protocol) ?? this.codecs[0] as Codec
    const principal = (request as { principal?: Connection['principal'] }).principal ?? null
    const connection = new PooledConnection({
      ws: socket, socket: stream, principal, address: (request.ip as string | undefined) ?? '', endpoint, codec, host: this
    })
    dropRemains(stream)
    if (principal !== null) this.#replace(principal.id)
    this.#registry.add(connection)
    if (codec !== null) connection.outbox.hold()
    this.#events.emit('open', connection)
    if (codec !== null) this.#greeting.greet(connection, codec)
    return connection
  }

  routeOption<Name extends keyof RealtimeRouteConfig> (name: Name, check?: RouteOptionCheck<Name>): void {
    this.routeOptions.declare(name, check)
  }

  receive (handler: MessageReceiver): void {
    if (this.#receiver !== undefined) throw new ReceiverTakenError()
    this.#receiver = handler
  }

  welcome (contributor: WelcomeContributor): void { this.#greeting.add(contributor) }

  frame (codec: Codec, content: Envelope | Encoded): Frame {
    return new FinishedFrame(typeof content === 'string' || content instanceof Uint8Array ? content : codec.encode(content))
  }

  disconnect (filter: DisconnectFilter, reason: CloseReason): number {
    const found = this.#registry.matching(filter).filter((connection) => connection.isLive)
    for (const connection of found) connection.close(reason)
    return found.length
  }

  drain (options: DrainOptions = {}): Promise<void> {
    const { drain } = this.#options
    const members = this.#sockets()
    if (this.#drain === undefined) {
      const reason = { ...closeReasons.drain, retryAfter: drain.retryAfter }
      this.#drain = new Drain(this.clock, {
        members, leave: (socket) => socket.leave(reason), terminate: (socket) => socket.endNow(reason)
      })
      this.#events.emit('drain')
    }
    return this.#drain.within({
      over: options.over ?? Math.min(drain.over, members.size * PER_CONNECTION), deadline: options.deadline ?? drain.deadline
    })
  }

  /** The drain of a closing app, which has only so much time. */
  drainWithin (ms: number): Promise<void> {
    const deadline = Math.min(this.#options.drain.deadline, ms)
    return this.drain({ deadline })
  }

  refused (reason: string, statusCode: number): void { this.#events.emit('refuse', reason, statusCode) }

  received (connection: PooledConnection, data: Buffer, binary: boolean): void { this.#reception.received(connection, data, binary) }
  nudged (connection: PooledConnection): void { this.#reception.nudged(connection) }
  failed (connection: PooledConnection, failure: Failure): void { this.#reception.failed(connection, failure) }
  ponged (connection: PooledConnection, roundTrip: number): void { this.#events.emit('pong', connection, roundTrip) }
  pressed (connection: PooledConnection, bytes: number): void { this.#events.emit('pressure', connection, bytes) }
  closed (connection: PooledConnection, closed: ConnectionClosed): void {
    this.#registry.delete(connection)
    this.#events.emit('close', connection, closed)
  }

  handle (connection: PooledConnection, message: Message): void | Promise<void> {
    if (this.#receiver === undefined) {
      connection.sendEnvelope(failureEnvelope(messageFailure('unknown-type', 'no such message type'), message.id))
      return
    }
    try {
      return this.#receiver(connection, message)
    } catch (error) {
      this.broken(connection, error)
    }
  }

  /** A receiver answers its own failures, so this is a bug of the receiver. */
  broken (connection: PooledConnection, error: unknown): void {
    this.#log.error({ err: error, connection: connection.id }, 'handling a message failed')
    connection.close(closeReasons.internal)
  }

  /** Makes room for one more connection of the principal. */
  #replace (id: string): void {
    const { maxPerPrincipal, perPrincipal } = this.#options
    if (maxPerPrincipal === false || perPrincipal !== 'replace-oldest') return
    const live = [...this.#registry.ofPrincipal(id)].filter((connection) => connection.isLive)
    for (const connection of live.slice(0, Math.max(0, live.length - maxPerPrincipal + 1))) connection.close(closeReasons.replaced)
  }
}
