import type { Clock } from '@fastify-realtime/protocol'

export interface BackoffParts {
  /** The first attempt waits up to this many milliseconds. */
  readonly minDelay: number
  /** No attempt waits longer, but for a hint of the server. */
  readonly maxDelay: number
  readonly clock: Pick<Clock, 'now'>
  /** Answers a number from 0 up to, but not including, 1. */
  readonly random: () => number
}

/** How long to wait before the next attempt: full jitter under a ceiling that doubles, so that a herd comes back spread. */
export class Backoff {
  readonly #parts: BackoffParts
  #attempts = 0
  #heldSince = Infinity

  constructor (parts: BackoffParts) {
    this.#parts = parts
  }

  /** @param hint milliseconds that the server asks for at least; the jitter comes on top. */
  next (hint: number = 0): number {
    const { minDelay, maxDelay, clock, random } = this.#parts
    // What holds only for moments has to be left in peace, too.
    if (clock.now() - this.#heldSince >= maxDelay) this.#attempts = 0
    this.#heldSince = Infinity
    return hint + random() * Math.min(maxDelay, minDelay * 2 ** this.#attempts++)
  }

  /** The attempt succeeded. If that holds for as long as the longest wait, the next attempt is a first one again. */
  holds (): void {
    this.#heldSince = this.#parts.clock.now()
  }
}
