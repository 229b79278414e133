import { closeReasons, Emitter, failureEnvelope, isDecodeError, isFailure, isMessageFailure, isReply, messageFailure, readMessage } from '@fastify-realtime/protocol'
import type { CloseReason, Codec, Encoded, Envelope, Message } from '@fastify-realtime/protocol'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import { PooledConnection } from './connection.ts'
import type {
  Connection, ConnectionPool, ConnectionPoolEvents, DisconnectFilter, DrainOptions, Endpoint, Frame, MessageReceiver,
  WelcomeContributor
} from './contract.ts'
import { FinishedFrame } from './frame.ts'
import { Inbox } from './inbox.ts'

/** Every connection of this node, from open to close. */
export class Pool implements ConnectionPool {
  readonly codecs: readonly Codec[]
  readonly #log: FastifyBaseLogger
  readonly #connections = new Map<string, PooledConnection>()
  readonly #principals = new Map<string, Set<PooledConnection>>()
  readonly #events: Emitter<ConnectionPoolEvents>
  readonly #contributors: WelcomeContributor[] = []
  #receiver: MessageReceiver = (connection, message) => {
    connection.sendEnvelope(failureEnvelope(messageFailure('unknown-type', 'unknown message type'), message.id))
  }
  #received = false
  #ready = true

  constructor (codecs: readonly Codec[], log: FastifyBaseLogger) {
    this.codecs = codecs
    this.#log = log
    this.#events = new Emitter((error, event) => log.error({ err: error, event }, 'connection pool listener failed'))
  }

  get size (): number { return this.#connections.size }
  get ready (): boolean { return this.#ready }
  get pressure (): number {
    let bytes = 0
    for (const connection of this) bytes += connection.pressure
    return bytes
  }

  get (id: string): Connection | undefined { return this.#connections.get(id) }
  byPrincipal (id: string): Iterable<Connection> { return this.#principals.get(id) ?? [] }
  [Symbol.iterator] (): Iterator<Connection> { return this.#connections.values() }
  on<Name extends keyof ConnectionPoolEvents> (event: Name, listener: ConnectionPoolEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  readonly accept = (socket: WebSocket, request: FastifyRequest): void => { this.add(socket, request) }

  add (socket: WebSocket, request: FastifyRequest): Connection {
    const endpoint = endpointOf(request)
    const codec = endpoint.raw ? null : this.codecs.find(({ subprotocol }) => subprotocol === socket.protocol) ?? this.codecs[0] as Codec
    const principal = (request as { principal?: Connection['principal'] }).principal ?? null
    const connection = new PooledConnection(socket, request.raw.socket, { principal, address: request.ip, endpoint, codec })
    this.#connections.set(connection.id, connection)
    if (principal !== null) {
      const own = this.#principals.get(principal.id) ?? new Set()
      this.#principals.set(principal.id, own.add(connection))
    }
    socket.removeAllListeners('error')
    socket.on('error', () => {})
    socket.on('close', (code, reason) => this.#forget(connection, code, reason.toString()))
    socket.on('pong', () => this.#events.emit('pong', connection, connection.roundTrip()))
    this.#events.emit('open', connection)
    if (codec !== null) this.#converse(socket, connection, codec)
    return connection
  }

  receive (handler: MessageReceiver): void {
    if (this.#received) throw new Error('the pool has a receiver already')
    this.#received = true
    this.#receiver = handler
  }

  welcome (contributor: WelcomeContributor): void { this.#contributors.push(contributor) }

  frame (codec: Codec, content: Envelope | Encoded): Frame {
    const encoded = typeof content === 'string' || content instanceof Uint8Array ? content : codec.encode(content)
    return new FinishedFrame(encoded)
  }

  disconnect (filter: DisconnectFilter, reason: CloseReason): number {
    let count = 0
    const { id, principal, address, route } = filter
    if (id === undefined && principal === undefined && address === undefined && route === undefined) return 0
    for (const connection of [...this.#connections.values()]) {
      if (id !== undefined && connection.id !== id) continue
      if (principal !== undefined && connection.principal?.id !== principal) continue
      if (address !== undefined && connection.address !== address) continue
      if (route !== undefined && connection.route !== route) continue
      connection.close(reason)
      count++
    }
    return count
  }

  async drain ({ deadline = 3_000 }: DrainOptions = {}): Promise<void> {
    this.#ready = false
    this.#events.emit('drain')
    for (const connection of this.#connections.values()) connection.close(closeReasons.drain)
    const until = performance.now() + deadline
    while (this.size > 0 && performance.now() < until) await new Promise((resolve) => { setTimeout(resolve, 10) })
    for (const connection of this.#connections.values()) connection.terminate(closeReasons.drain)
  }

  #converse (socket: WebSocket, connection: PooledConnection, codec: Codec): void {
    const inbox = new Inbox((message) => this.#handle(connection, message))
    socket.on('message', (raw: RawData, binary) => {
      connection.counters.messagesReceived++
      connection.counters.bytesReceived += (raw as Buffer).length
      if (binary !== codec.binary) return connection.close(closeReasons.badMessage)
      try {
        const message = readMessage(codec.decode(binary ? raw as Buffer : (raw as Buffer).toString()))
        if (isReply(message) || isFailure(message)) connection.answer(message)
        else inbox.put(message)
      } catch (error) {
        const failure = isMessageFailure(error) ? error : messageFailure('bad-message', isDecodeError(error) ? (error as Error).message : 'unreadable')
        connection.sendEnvelope(failureEnvelope(failure))
      }
    })
    const parts = this.#contributors.map((contribute) => contribute(connection))
    void Promise.all(parts).then((all) => {
      connection.sendEnvelope(Object.assign({
        type: 'welcome', connection: connection.id, principal: connection.principal?.id ?? null, heartbeat: null,
        time: Date.now(), subscriptions: []
      } as const, ...all) as Envelope)
      inbox.open()
    }, (error: unknown) => {
      this.#log.warn({ err: error, connection: connection.id }, 'the welcome could not be prepared')
      connection.close(closeReasons.overloaded)
    })
  }

  async #handle (connection: PooledConnection, message: Message): Promise<void> {
    try {
      await this.#receiver(connection, message)
    } catch (error) {
      this.#log.error({ err: error, connection: connection.id }, 'handling a message failed')
    }
  }

  #forget (connection: PooledConnection, code: number, reason: string): void {
    this.#connections.delete(connection.id)
    const id = connection.principal?.id
    const own = id === undefined ? undefined : this.#principals.get(id)
    own?.delete(connection)
    if (own?.size === 0) this.#principals.delete(id as string)
    this.#events.emit('close', connection, connection.closed(code, reason))
  }
}

function endpointOf (request: FastifyRequest): Endpoint {
  const config = (request.routeOptions.config as { realtime?: { anonymous?: boolean, raw?: boolean } }).realtime
  return { url: request.routeOptions.url ?? '', anonymous: config?.anonymous ?? false, raw: config?.raw ?? false }
}
