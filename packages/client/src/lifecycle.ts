import { bearerProtocol, comesBack, parseRetryAfter } from '@fastify-realtime/protocol'
import type { Welcome } from '@fastify-realtime/protocol'
import { Alarm } from './alarm.ts'
import { Backoff } from './backoff.ts'
import { Link } from './link.ts'
import { watchNetwork } from './network.ts'
import type { ResolvedOptions } from './options.ts'
import { Silence } from './silence.ts'

/**
 * `connecting`: until the server's welcome · `open` · `waiting`: until the next attempt · `closed`: for good.
 */
export type ClientState = 'connecting' | 'open' | 'waiting' | 'closed'

/** How a connection, or an attempt at one, ended. */
export interface ConnectionLost {
  /** The close code; 1006 without a close frame, 4000 when this side gave it up. */
  readonly code: number
  readonly reason: string
  /** Milliseconds until the next attempt; `undefined` when there is none, because the client is closed. */
  readonly retryIn: number | undefined
  /** Whether the application closed the client. */
  readonly wanted: boolean
}

export interface LifecycleListeners {
  connecting (): void
  open (welcome: Welcome): void
  take (envelope: { readonly type?: unknown }): void
  lost (lost: ConnectionLost): void
  report (error: unknown): void
}

/** What `ws` says of an upgrade that is refused for good; a browser and Node's own WebSocket keep the status to themselves. */
const REFUSED = /response: 40[^8]$/

/** Keeps a connection: attempts, waits, and judges what each end means. It knows nothing of what travels over it. */
export class Lifecycle {
  #state: ClientState = 'connecting'
  readonly #options: ResolvedOptions
  readonly #listeners: LifecycleListeners
  readonly #backoff: Backoff
  /** The deadline of the attempt, or the wait for the next one. */
  readonly #alarm: Alarm
  /** What still comes from an earlier attempt is not for this one. */
  #attempt = 0
  #link: Link | undefined
  #silence: Silence | undefined
  /** The server asked not to come back before this. */
  #notBefore = 0
  #refresh = false
  /** The credential with which an upgrade was refused, and how: only another one is worth an attempt. */
  #refused: readonly [credential: unknown, how: string] = [0, '']
  readonly #unwatch: () => void

  /** Starts connecting. */
  constructor (options: ResolvedOptions, listeners: LifecycleListeners) {
    this.#options = options
    this.#listeners = listeners
    this.#backoff = new Backoff(options)
    this.#alarm = new Alarm(options.clock)
    this.#unwatch = watchNetwork({ wake: () => this.#wake(), offline: () => this.#drop('offline') })
    void this.#connect()
  }

  get state (): ClientState { return this.#state }
  /** What messages go over; only while open. */
  get link (): Link | undefined { return this.#state === 'open' ? this.#link : undefined }

  /** Settles when the socket is closed. */
  async close (code: number, reason: string): Promise<void> {
    const link = this.#link
    if (this.#state !== 'closed') this.#lost(code, reason, true, true)
    await link?.end(code, reason)
  }

  async #connect (): Promise<void> {
    const attempt = ++this.#attempt
    const { connectTimeout, token, codec, url, WebSocket } = this.#options
    this.#alarm.set(connectTimeout, () => this.#drop('no welcome'))
    this.#state = 'connecting'
    this.#listeners.connecting()
    try {
      const credential = await token({ refresh: this.#refresh })
      if (attempt !== this.#attempt) return
      const [former, how] = this.#refused
      if (credential === former) return this.#lost(1006, how, true)
      const protocols = [codec.subprotocol]
      if (typeof credential === 'string') protocols.push(bearerProtocol(credential))
      this.#link = new Link(new WebSocket(url, protocols), this.#options, {
        take: (envelope) => this.#take(envelope),
        lost: (code, reason) => {
          if (REFUSED.test(reason)) {
            this.#refused = [credential, reason]
            this.#refresh = true
          }
          this.#lost(code, reason, !comesBack(code))
        },
        report: (error) => this.#fail(error)
      })
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(error)
    }
  }

  #take (envelope: { readonly type?: unknown }): void {
    this.#silence?.heard()
    if (this.#state === 'open') this.#listeners.take(envelope)
    else if (envelope.type === 'welcome') this.#open(envelope as Welcome)
  }

  #open (welcome: Welcome): void {
    const { clock, heartbeatTimeout } = this.#options
    this.#alarm.stop()
    this.#refresh = false
    this.#backoff.holds()
    if (typeof welcome.heartbeat === 'number') this.#silence = new Silence(clock, welcome.heartbeat + heartbeatTimeout, () => this.#drop('silence'))
    this.#state = 'open'
    this.#listeners.open(welcome)
  }

  #fail (error: unknown): void {
    this.#drop(String(error))
    this.#listeners.report(error)
  }

  /** Gives the connection or the attempt up, to try anew. */
  #drop (reason: string): void {
    if (this.#state !== 'open' && this.#state !== 'connecting') return
    void this.#link?.end(4000, '')
    this.#lost(4000, reason, false)
  }

  #lost (code: number, reason: string, final: boolean, wanted: boolean = false): void {
    this.#attempt++
    this.#alarm.stop()
    this.#silence?.stop()
    this.#silence = this.#link = undefined
    this.#refresh ||= code === 4004
    const hint = parseRetryAfter(reason) ?? 0
    this.#notBefore = this.#options.clock.now() + hint
    const retryIn = final ? undefined : this.#backoff.next(hint)
    if (retryIn === undefined) this.#unwatch()
    else this.#alarm.set(retryIn, () => { void this.#connect() })
    this.#state = final ? 'closed' : 'waiting'
    this.#listeners.lost({ code, reason, retryIn, wanted })
  }

  #wake (): void {
    if (this.#state === 'waiting' && this.#options.clock.now() >= this.#notBefore) void this.#connect()
    this.#silence?.check()
  }
}
