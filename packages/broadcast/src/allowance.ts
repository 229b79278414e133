import type { Connection } from '@fastify-realtime/connection-pool'
import { messageFailure } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'

export interface SubscribeRate {
  /** How many `subscribe` and `unsubscribe` messages a connection may send per second, on average. Default 20. */
  readonly max?: number
  /** How many it may send at once. Default 128. */
  readonly burst?: number
}

/** Old entries looked at for each new one, so that those leave which say nothing any more. */
const SWEPT_PER_ENTRY = 2

/** How often a connection may subscribe and unsubscribe: one leaky bucket each, apart from those of other messages. */
export class Allowance {
  readonly #rate: Required<SubscribeRate>
  readonly #clock: Clock
  /** When the bucket will have leaked empty: all that there is to know of one. */
  readonly #emptyAt = new Map<Connection, number>()

  constructor (rate: Required<SubscribeRate>, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  get size (): number { return this.#emptyAt.size }

  /** @throws {MessageFailure} `rate-limited`, with the milliseconds after which one more is allowed */
  take (connection: Connection): void {
    const { max, burst } = this.#rate
    const now = this.#clock.now()
    const perOne = 1_000 / max
    const emptyAt = Math.max(now, this.#emptyAt.get(connection) ?? now) + perOne
    const early = emptyAt - now - burst * perOne
    if (early > 0) {
      throw messageFailure('rate-limited', 'too many subscribes and unsubscribes', { details: { retryAfter: Math.ceil(early) } })
    }
    this.#emptyAt.delete(connection)
    this.#sweep(now)
    this.#emptyAt.set(connection, emptyAt)
  }

  forget (connection: Connection): void {
    this.#emptyAt.delete(connection)
  }

  /** In the order of their last use, the longest unused first. */
  #sweep (now: number): void {
    let left = SWEPT_PER_ENTRY
    for (const [connection, emptyAt] of this.#emptyAt) {
      if (left-- === 0) return
      if (emptyAt <= now) this.#emptyAt.delete(connection)
    }
  }
}
