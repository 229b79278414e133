import type { Clock, Timer } from '@fastify-realtime/protocol'

/**
 * Everything that has the same time to finish. Deadlines come in the order of their start, so a single timer serves all:
 * most handlers finish long before it, and starting and clearing a timer for each would cost more than the handler.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #delay: number
  readonly #waiting = new Map<() => void, number>()
  #timer: Timer | null = null

  constructor (clock: Clock, delay: number) {
    this.#clock = clock
    this.#delay = delay
  }

  add (expire: () => void): void {
    this.#waiting.set(expire, this.#clock.now() + this.#delay)
    this.#timer ??= this.#clock.setTimeout(() => this.#sweep(), this.#delay)
  }

  remove (expire: () => void): void {
    this.#waiting.delete(expire)
  }

  stop (): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #sweep (): void {
    this.#timer = null
    const now = this.#clock.now()
    for (const [expire, due] of this.#waiting) {
      if (due > now) {
        this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.ceil(due - now))
        return
      }
      this.#waiting.delete(expire)
      expire()
    }
  }
}
