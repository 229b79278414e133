import type { Connection } from '@fastify-realtime/connection-pool'
import { messageFailure } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'

export interface SubscribeRate {
  /** How many `subscribe` and `unsubscribe` messages a connection may send per second, on average. Default 20. */
  readonly max?: number
  /** How many it may send at once. Default 128. */
  readonly burst?: number
}

interface Bucket {
  tokens: number
  at: number
}

/** How often a connection may subscribe and unsubscribe: one leaky bucket each, apart from those of other messages. */
export class Allowance {
  readonly #rate: Required<SubscribeRate>
  readonly #clock: Clock
  readonly #buckets = new Map<Connection, Bucket>()

  constructor (rate: Required<SubscribeRate>, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  get size (): number { return this.#buckets.size }

  /** @throws {MessageFailure} `rate-limited`, with the milliseconds after which one more is allowed */
  take (connection: Connection): void {
    const { max, burst } = this.#rate
    const now = this.#clock.now()
    const bucket = this.#buckets.get(connection) ?? { tokens: burst, at: now }
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * max / 1_000)
    bucket.at = now
    this.#buckets.set(connection, bucket)
    if (bucket.tokens < 1) {
      const retryAfter = Math.ceil((1 - bucket.tokens) * 1_000 / max)
      throw messageFailure('rate-limited', 'too many subscribes and unsubscribes', { details: { retryAfter } })
    }
    bucket.tokens--
  }

  forget (connection: Connection): void {
    this.#buckets.delete(connection)
  }
}
