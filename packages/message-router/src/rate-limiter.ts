import type { Connection } from '@fastify-realtime/connection-pool'
import type { Clock } from '@fastify-realtime/protocol'
import type { MessageRateLimit } from './message-options.ts'

interface Bucket {
  tokens: number
  filledAt: number
}

/** A token bucket for each connection: `max` at once, refilled evenly over `timeWindow`. */
export class RateLimiter {
  readonly #max: number
  readonly #perToken: number
  readonly #clock: Clock
  readonly #buckets = new Map<Connection, Bucket>()

  constructor ({ max, timeWindow }: MessageRateLimit, clock: Clock) {
    this.#max = max
    this.#perToken = timeWindow / max
    this.#clock = clock
  }

  /** Connections with a bucket. */
  get size (): number {
    return this.#buckets.size
  }

  /** Takes a token and answers 0, or answers how many milliseconds it takes until there is one. */
  take (connection: Connection): number {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(connection)
    if (bucket === undefined) {
      // A message that waited while its connection closed must not bring the bucket back.
      if (connection.state !== 'closed') this.#buckets.set(connection, { tokens: this.#max - 1, filledAt: now })
      return 0
    }
    bucket.tokens = Math.min(this.#max, bucket.tokens + (now - bucket.filledAt) / this.#perToken)
    bucket.filledAt = now
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) * this.#perToken)
    bucket.tokens -= 1
    return 0
  }

  forget (connection: Connection): void {
    this.#buckets.delete(connection)
  }
}
