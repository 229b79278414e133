import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { formatCloseReason, messageFailure } from '@fastify-realtime/protocol'
import type { CloseReason, Codec, Envelope, Failure, Message, Principal, Reply } from '@fastify-realtime/protocol'
import type { WebSocket } from 'ws'
import type {
  Connection, ConnectionClosed, ConnectionData, ConnectionState, Endpoint, Frame, Overflow, SendOutcome
} from './contract.ts'
import { FinishedFrame } from './frame.ts'

export interface ConnectionInit {
  readonly principal: Principal | null
  readonly address: string
  readonly endpoint: Endpoint
  readonly codec: Codec | null
}

interface Asked {
  resolve (data: unknown): void
  reject (error: Error): void
}

/** One accepted WebSocket. The only file that touches `ws` and the TCP socket. */
export class PooledConnection implements Connection {
  readonly id: string = randomBytes(12).toString('base64url')
  readonly principal: Principal | null
  readonly address: string
  readonly endpoint: Endpoint
  readonly codec: Codec | null
  readonly openedAt: number = Date.now()
  readonly data: ConnectionData = {}
  state: ConnectionState = 'open'
  readonly counters = { messagesReceived: 0, bytesReceived: 0, framesSent: 0, bytesSent: 0, framesDropped: 0 }
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #abort = new AbortController()
  readonly #asked = new Map<string, Asked>()
  #ending: CloseReason | undefined
  #pinged = 0
  #lastRequest = 0

  constructor (ws: WebSocket, socket: Socket, init: ConnectionInit) {
    this.#ws = ws
    this.#socket = socket
    this.principal = init.principal
    this.address = init.address
    this.endpoint = init.endpoint
    this.codec = init.codec
  }

  get route (): string { return this.endpoint.url }
  get signal (): AbortSignal { return this.#abort.signal }
  get bytesRead (): number { return this.#socket.bytesRead }
  get pressure (): number { return this.#socket.writableLength }

  send (frame: Frame, _overflow?: Overflow): SendOutcome {
    if (this.state === 'closing' || this.state === 'closed') return 'dropped'
    this.counters.framesSent++
    this.counters.bytesSent += frame.size
    return this.#socket.write((frame as FinishedFrame).bytes) ? 'sent' : 'queued'
  }

  sendEnvelope (envelope: Envelope, overflow?: Overflow): SendOutcome {
    if (this.codec === null) return 'dropped'
    return this.send(new FinishedFrame(this.codec.encode(envelope)), overflow)
  }

  request (name: string, data?: unknown, { timeout = 10_000 }: { readonly timeout?: number } = {}): Promise<unknown> {
    const id = `s${++this.#lastRequest}`
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.answer({ type: 'failure', id, code: 'timeout', message: 'no reply in time', retry: true }), timeout).unref()
      this.#asked.set(id, {
        resolve: (value) => { clearTimeout(timer); resolve(value) },
        reject: (error) => { clearTimeout(timer); reject(error) }
      })
      this.sendEnvelope({ type: 'request', id, name, ...(data === undefined ? {} : { data }) })
    })
  }

  /** Settles the request that the client answered. */
  answer (answer: Message | Reply | Failure): void {
    const asked = this.#asked.get(answer.id as string)
    if (asked === undefined) return
    this.#asked.delete(answer.id as string)
    if (answer.type === 'reply') asked.resolve((answer as Reply).data)
    else asked.reject(messageFailure((answer as Failure).code, (answer as Failure).message))
  }

  ping (visible?: Frame): void {
    if (this.state === 'closing' || this.state === 'closed') return
    this.#pinged = performance.now()
    this.#socket.cork()
    this.#ws.ping()
    if (visible !== undefined) this.send(visible)
    this.#socket.uncork()
  }

  /** Milliseconds since the ping that this pong answers. */
  roundTrip (): number {
    return performance.now() - this.#pinged
  }

  close (reason: CloseReason): void {
    if (this.state === 'closing' || this.state === 'closed') return
    this.state = 'closing'
    this.#ending = reason
    this.#ws.close(reason.code, formatCloseReason(reason))
  }

  terminate (reason: CloseReason): void {
    if (this.state === 'closed') return
    this.state = 'closing'
    this.#ending ??= reason
    this.#ws.terminate()
  }

  /** The socket is gone: ends everything that hung on it, and says how it ended. */
  closed (code: number, reason: string): ConnectionClosed {
    this.state = 'closed'
    const ours = this.#ending
    for (const asked of this.#asked.values()) asked.reject(messageFailure('unavailable', 'the connection is closed'))
    this.#asked.clear()
    this.#abort.abort()
    return {
      code: ours?.code ?? code,
      reason: ours?.reason ?? reason,
      by: ours !== undefined ? 'server' : code === 1006 ? 'network' : 'client',
      duration: Date.now() - this.openedAt,
      counters: this.counters
    }
  }
}
