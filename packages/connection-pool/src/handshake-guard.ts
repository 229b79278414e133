import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { EndpointSettings } from './endpoint.ts'
import type { UpgradeEnd } from './tracing.ts'

/** An upgrade that is being decided. */
export interface Handshake {
  readonly socket: UpgradeSocket
  /** The route, once it is found. */
  endpoint?: EndpointSettings
  /** The subprotocol to select; `''` for none. */
  protocol: string
  /** The address that is counted until the socket ends. */
  key: string | null
}

/** A socket of an upgrade: `@fastify/websocket` assigned the response to it. */
export type UpgradeSocket = Duplex & { readonly _httpMessage?: ServerResponse | null, destroySoon?: () => void }

export interface HandshakeEvents {
  /** It ended without a 101. */
  failed (handshake: Handshake): void
  timedOut (): void
}

interface Pending extends Handshake {
  timer: Timer
  response?: ServerResponse
  /** Told when it ended either way. */
  readonly ended: UpgradeEnd | undefined
  stop (): void
}

export type UpgradeListener = (raw: IncomingMessage, socket: UpgradeSocket, head: Buffer) => void

/** What a peer that takes no answer has before its socket is destroyed. */
const GRACE = 1_000

const TOO_LATE = JSON.stringify({ statusCode: 503, code: 'FRT_ERR_POOL_UNAVAILABLE', error: 'Service Unavailable', message: 'the upgrade was not decided in time' })

/**
 * Sees to it that every upgrade ends: as a connection, or with its socket closed. Nobody else does that when the answer
 * comes before the hooks of @fastify/websocket, or never.
 */
export class HandshakeGuard {
  readonly #clock: Clock
  readonly #timeout: number
  readonly #events: HandshakeEvents
  readonly #pending = new Map<IncomingMessage, Pending>()

  constructor (clock: Clock, timeout: number, events: HandshakeEvents) {
    this.#clock = clock
    this.#timeout = timeout
    this.#events = events
  }

  /** Upgrades that are being decided. */
  get size (): number { return this.#pending.size }

  of (raw: IncomingMessage): Handshake | undefined {
    return this.#pending.get(raw)
  }

  /** Hands an upgrade to the listener that decides it, and watches. */
  watch (raw: IncomingMessage, socket: UpgradeSocket, decide: () => void, ended?: UpgradeEnd): void {
    const closed = (): void => this.#fail(raw)
    const timer = this.#clock.setTimeout(() => this.#late(raw), this.#timeout)
    const pending: Pending = { socket, protocol: '', key: null, timer, ended, stop: () => socket.removeListener('close', closed) }
    this.#pending.set(raw, pending)
    socket.once('close', closed)
    decide()
    const response = socket._httpMessage
    if (!this.#pending.has(raw) || response === undefined || response === null) return
    pending.response = response
    response.once('finish', () => end(socket))
  }

  /** The 101 is sent: answers what was known, and watches no more. */
  settle (raw: IncomingMessage): Handshake | undefined {
    const pending = this.#forget(raw)
    pending?.ended?.(pending.endpoint?.url, 101)
    return pending
  }

  #forget (raw: IncomingMessage): Pending | undefined {
    const pending = this.#pending.get(raw)
    if (pending === undefined) return undefined
    this.#pending.delete(raw)
    this.#clock.clearTimeout(pending.timer)
    pending.stop()
    return pending
  }

  /** Refuses what is not decided yet. */
  abort (): void {
    for (const [raw, pending] of this.#pending) {
      this.#clock.clearTimeout(pending.timer)
      this.#refuse(raw, pending)
    }
  }

  #late (raw: IncomingMessage): void {
    const pending = this.#pending.get(raw) as Pending
    this.#events.timedOut()
    this.#refuse(raw, pending)
  }

  #refuse (raw: IncomingMessage, pending: Pending): void {
    const { socket } = pending
    const response = socket._httpMessage
    pending.timer = this.#clock.setTimeout(() => socket.destroy(), GRACE)
    if (response === undefined || response === null || response.headersSent) {
      socket.destroy()
    } else {
      response.writeHead(503, { 'content-type': 'application/json; charset=utf-8', 'retry-after': '1', connection: 'close' })
      response.end(TOO_LATE)
    }
    this.#pending.set(raw, pending)
  }

  #fail (raw: IncomingMessage): void {
    const pending = this.#forget(raw)
    if (pending === undefined) return
    const { response, endpoint, ended } = pending
    ended?.(endpoint?.url, response?.headersSent === true ? response.statusCode : undefined)
    this.#events.failed(pending)
  }
}

/** Once everything is written; a stream without that wish is a test's. */
function end (socket: UpgradeSocket): void {
  if (socket.destroySoon === undefined) socket.destroy()
  else socket.destroySoon()
}
