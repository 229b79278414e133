import { closeReasons, formatCloseReason, messageFailure } from '@fastify-realtime/protocol'
import type { CloseReason, Codec, Envelope, Failure, Message, Principal } from '@fastify-realtime/protocol'
import type { ConnectionHost } from './connection-host.ts'
import { connectionId } from './connection-id.ts'
import type { Connection, ConnectionCounters, ConnectionData, ConnectionState, Frame, Overflow, SendOutcome } from './contract.ts'
import { ending, isCloseCode } from './ending.ts'
import type { EndpointSettings } from './endpoint.ts'
import { CloseCodeError } from './errors.ts'
import { FinishedFrame, PING } from './frame.ts'
import { Inbox } from './inbox.ts'
import type { InboxOwner } from './inbox.ts'
import { Manners } from './manners.ts'
import { Outbox } from './outbox.ts'
import type { OutboxOwner } from './outbox.ts'
import type { Sink } from './outflow.ts'
import type { PoolSocket, SocketOwner } from './pool-socket.ts'
import { Requests } from './requests.ts'
import type { RequestOptions } from './requests.ts'

export interface ConnectionParts {
  readonly ws: PoolSocket
  readonly socket: Sink & { readonly bytesRead?: number }
  readonly principal: Principal | null
  readonly address: string
  readonly endpoint: EndpointSettings
  readonly codec: Codec | null
  readonly host: ConnectionHost<PooledConnection>
}

/** One accepted WebSocket. Nothing but this file and `PoolSocket` touches `ws` and the TCP socket. */
export class PooledConnection implements Connection, SocketOwner, OutboxOwner, InboxOwner {
  // First, because every frame passes it.
  readonly outbox: Outbox
  readonly id: string = connectionId()
  readonly principal: Principal | null
  readonly address: string
  readonly endpoint: EndpointSettings
  readonly codec: Codec | null
  readonly openedAt: number
  readonly inbox: Inbox
  readonly manners: Manners
  messagesReceived = 0
  bytesReceived = 0
  state: ConnectionState = 'open'
  readonly #host: ConnectionHost<PooledConnection>
  readonly #ws: PoolSocket
  readonly #socket: ConnectionParts['socket']
  readonly #opened: number
  #reason: CloseReason | undefined
  #pinged: number | undefined
  #deaf = 0
  #data: ConnectionData | undefined
  #abort: AbortController | undefined
  #requests: Requests | undefined

  constructor ({ ws, socket, principal, address, endpoint, codec, host }: ConnectionParts) {
    this.#host = host
    this.#ws = ws
    this.#socket = socket
    this.principal = principal
    this.address = address
    this.endpoint = endpoint
    this.codec = codec
    this.openedAt = host.clock.time()
    this.#opened = host.clock.now()
    this.manners = new Manners(endpoint)
    this.inbox = new Inbox(this, endpoint)
    this.outbox = new Outbox({
      sink: socket, flusher: host.flusher, backlog: host.backlog, owner: this, limits: endpoint.outbox,
      compressor: ws.takesDeflated ? host.compressor : undefined
    })
    ws.attach(this)
  }

  get route (): string { return this.endpoint.url }
  get pressure (): number { return this.outbox.pressure }
  get data (): ConnectionData { return this.#data ??= {} }
  get isLive (): boolean { return this.state === 'open' || this.state === 'draining' }

  /** Made when somebody asks for it: most connections live without one. */
  get signal (): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.state === 'closed') this.#abort.abort()
    return this.#abort.signal
  }

  /** While we do not read, the peer cannot give a sign of life, so it counts as alive. */
  get bytesRead (): number {
    if (this.inbox.paused) this.#deaf++
    return (this.#socket.bytesRead ?? 0) + this.#deaf
  }

  get counters (): ConnectionCounters {
    const { messagesReceived, bytesReceived, outbox: { framesSent, bytesSent, framesDropped } } = this
    return { messagesReceived, bytesReceived, framesSent, bytesSent, framesDropped }
  }

  send (frame: Frame, overflow?: Overflow): SendOutcome {
    return this.outbox.send(frame as FinishedFrame, overflow)
  }

  sendEnvelope (envelope: Envelope, overflow?: Overflow): SendOutcome {
    if (this.codec === null) return 'dropped'
    const outcome = this.send(new FinishedFrame(this.codec.encode(envelope)), overflow)
    if (envelope.type === 'failure') this.#host.failed(this, envelope as Failure)
    return outcome
  }

  async request (name: string, data?: unknown, options: RequestOptions = {}): Promise<unknown> {
    if (this.codec === null || !this.isLive) throw messageFailure('unavailable', 'the connection takes no requests')
    this.#requests ??= new Requests(this.#host.clock)
    return await this.#requests.ask((request) => this.sendEnvelope(request), name, data, options)
  }

  /** Answers `false` when the server did not ask for it. */
  answer (message: Message): boolean {
    return this.#requests?.answer(message) ?? false
  }

  ping (visible?: Frame): void {
    if (!this.isLive) return
    this.#pinged = this.#host.clock.now()
    this.outbox.jump(PING)
    // Behind frames that wait it would say nothing new: they are the sign of life.
    if (visible !== undefined && !this.outbox.isWaiting) this.send(visible)
  }

  close (reason: CloseReason): void {
    if (!isCloseCode(reason.code)) throw new CloseCodeError(String(reason.code))
    if (!this.isLive) return
    this.#reason = reason
    this.#ws.close(reason.code, formatCloseReason(reason))
  }

  terminate (reason: CloseReason): void {
    if (this.state === 'closed') return
    this.#reason ??= reason
    this.state = 'closing'
    this.#ws.terminate()
  }

  /** Finishes what it does, then closes. */
  leave (reason: CloseReason): void {
    if (this.state !== 'open') return
    this.state = 'draining'
    this.inbox.whenIdle(() => this.close(reason))
  }

  pause (): void { this.#ws.pause() }
  resume (): void { this.#ws.resume() }
  handle (message: Message): void | Promise<void> { return this.#host.handle(this, message) }
  broken (error: unknown): void { this.#host.broken(this, error) }
  pressed (bytes: number): void { this.#host.pressed(this, bytes) }
  evicted (): void { this.terminate(closeReasons.tooSlow) }
  overflowed (): void {
    this.outbox.discard()
    this.close(closeReasons.tooSlow)
  }

  beforeWrite (): void { this.outbox.share() }

  beforeClose (code: number, reason: string, answer: boolean): void {
    if (!this.isLive) return
    // `ws` closes by itself when the peer broke the protocol, and a raw route may close as it likes.
    if (!answer) this.#reason ??= { code, reason }
    this.state = 'closing'
    this.outbox.finish()
  }

  message (data: Buffer, binary: boolean): void {
    this.messagesReceived++
    this.bytesReceived += data.length
    if (this.isLive) this.#host.received(this, data, binary)
  }

  pinged (): void { this.#host.nudged(this) }

  ponged (): void {
    if (this.#pinged === undefined) return this.#host.nudged(this)
    const roundTrip = this.#host.clock.now() - this.#pinged
    this.#pinged = undefined
    this.#host.ponged(this, roundTrip)
  }

  gone (code: number, reason: string): void {
    this.state = 'closed'
    this.outbox.forget()
    this.inbox.discard()
    this.#requests?.end()
    this.#abort?.abort()
    const { counters } = this
    this.#host.closed(this, { ...ending(this.#reason, code, reason), duration: this.#host.clock.now() - this.#opened, counters })
  }
}
