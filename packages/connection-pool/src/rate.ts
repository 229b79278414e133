/** How often something may happen. */
export interface RateLimit {
  /** Events (or bytes) in each `timeWindow`. */
  readonly max: number
  /** Milliseconds. Default 1,000. */
  readonly timeWindow?: number
  /** How many may come at once before the rate counts. Default: `max`. */
  readonly burst?: number
}

/** A rate with everything worked out. */
export interface Rate {
  readonly burst: number
  readonly perMillisecond: number
}

/**
 * Fills by what comes in and leaks at the allowed rate. Synchronous and two numbers small, because it stands in the
 * path of every frame. An amount passes when one more fits: what overfills it is paid for afterwards.
 */
export class LeakyBucket {
  readonly #rate: Rate
  #level = 0
  #at = 0

  constructor (rate: Rate) {
    this.#rate = rate
  }

  take (now: number, amount: number = 1): boolean {
    this.#level = this.#levelAt(now)
    this.#at = now
    if (this.#level > this.#rate.burst - 1) return false
    this.#level += amount
    return true
  }

  /** Milliseconds until `take` can succeed again. */
  wait (now: number): number {
    const over = this.#levelAt(now) - this.#rate.burst + 1
    return over <= 0 ? 0 : Math.floor(over / this.#rate.perMillisecond) + 1
  }

  isEmpty (now: number): boolean {
    return this.#levelAt(now) === 0
  }

  #levelAt (now: number): number {
    return Math.max(0, this.#level - (now - this.#at) * this.#rate.perMillisecond)
  }
}
