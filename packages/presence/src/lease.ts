import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { PresenceStore } from '@fastify-realtime/broker'

/** Renewed so often within its time, so that two renewals may fail. */
const RENEWALS = 3

export type Reaped = Awaited<ReturnType<PresenceStore['reap']>>

export interface LeaseParts {
  readonly store: PresenceStore
  readonly clock: Clock
  readonly node: string
  /** Milliseconds that the store keeps this node's entries without a renewal. */
  readonly ttl: number
  /** Whether the broker can work now. */
  up (): boolean
  /** The lease was renewed after it may have ended: others may have removed this node's entries. */
  lapsed (): void
  /** Principals that vanished with a dead node; no other node is told. */
  reaped (vanished: Reaped): Promise<void>
  /** What else is to be done once a round. */
  round (): Promise<void>
  readonly failed: (error: unknown) => void
}

/** Keeps this node's entries alive, and removes those of nodes that are not. */
export class Lease {
  readonly #parts: LeaseParts
  #timer: Timer | undefined
  #renewedAt = 0
  #turning = false
  #stopped = false

  constructor (parts: LeaseParts) {
    this.#parts = parts
  }

  /** The first renewal, before any entry. Rejects when the store cannot take it. */
  async start (): Promise<void> {
    await this.#renew()
    this.#schedule()
  }

  stop (): void {
    this.#stopped = true
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
  }

  /** A round at once, when the broker is back. */
  async turn (): Promise<void> {
    if (this.#turning || this.#stopped || !this.#parts.up()) return
    this.#turning = true
    try {
      const ended = this.#parts.clock.now() - this.#renewedAt >= this.#parts.ttl
      await this.#renew()
      if (ended) this.#parts.lapsed()
      await this.#parts.reaped(await this.#parts.store.reap())
      await this.#parts.round()
    } catch (error) {
      this.#parts.failed(error)
    }
    this.#turning = false
  }

  #schedule (): void {
    const { clock, ttl } = this.#parts
    this.#timer = clock.setTimeout(() => {
      this.#schedule()
      void this.turn()
    }, ttl / RENEWALS)
  }

  async #renew (): Promise<void> {
    const { store, clock, node, ttl } = this.#parts
    // Counted from before the call: the store may have begun to count that early.
    const now = clock.now()
    await store.renew(node, ttl)
    this.#renewedAt = now
  }
}
