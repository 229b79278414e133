import type { NatsConnection } from './connection.ts'
import type { Clock, Timer } from '@fastify-realtime/protocol'

export interface SessionParts {
  readonly connection: NatsConnection
  readonly clock: Clock
  /** Does what must be done before records can be carried: now, and after every loss. */
  readonly prepare: () => Promise<void>
  /** The connection is lost, and with it whatever waits for an answer. */
  readonly lost: () => void
  /** Told about every change after the start. */
  readonly state: (up: boolean) => void
}

/** Milliseconds between attempts to prepare. */
const AGAIN = 250

/** Whether records can be carried: the connection stands, and all is prepared. */
export class Session {
  readonly #parts: SessionParts
  /** Counts losses, so that only the newest preparation counts. */
  #losses = 0
  #up = false
  #stopped = false
  #timer: Timer | undefined

  constructor (parts: SessionParts) {
    this.#parts = parts
  }

  get up (): boolean { return this.#up }

  async start (): Promise<void> {
    if (this.#parts.connection.isClosed()) throw new Error('the connection is closed')
    const losses = this.#losses
    void this.#watch()
    await this.#parts.prepare()
    if (losses !== this.#losses) throw new Error('the connection was lost at once')
    this.#up = true
  }

  /** Prepares again: what was prepared turned out to be gone. */
  renew (): void {
    if (!this.#up) return
    this.#down()
    this.#prepare()
  }

  /** Tells of an outage that is over already: whoever has a position compares it now. */
  interrupt (): void {
    if (!this.#up) return
    this.#parts.state(false)
    this.#parts.state(true)
  }

  stop (): void {
    this.#stopped = true
    this.#up = false
    this.#clear()
  }

  async #watch (): Promise<void> {
    for await (const { type } of this.#parts.connection.status()) {
      if (this.#stopped) return
      if (type === 'disconnect' || type === 'close') {
        this.#parts.lost()
        this.#down()
      }
      if (type === 'reconnect') this.#prepare()
    }
  }

  #down (): void {
    this.#losses++
    this.#clear()
    if (!this.#up) return
    this.#up = false
    this.#parts.state(false)
  }

  #clear (): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #prepare (): void {
    const losses = this.#losses
    const current = (): boolean => losses === this.#losses && !this.#stopped
    this.#parts.prepare().then(() => {
      if (!current()) return
      this.#up = true
      this.#parts.state(true)
    }, () => {
      if (current()) this.#timer = this.#parts.clock.setTimeout(() => this.#prepare(), AGAIN)
    })
  }
}
