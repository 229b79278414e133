import type { Clock, Timer } from '@fastify-realtime/protocol'

/** Longer delays overflow a timer, which then fires at once. */
const MAX_DELAY = 2 ** 31 - 1

/** One timer at a time. */
export class Alarm {
  readonly clock: Clock
  #timer: Timer | undefined

  constructor (clock: Clock) {
    this.clock = clock
  }

  /** Takes the place of what was set before. */
  set (delay: number, ring: () => void): void {
    this.stop()
    this.#timer = this.clock.setTimeout(ring, Math.min(delay, MAX_DELAY))
  }

  stop (): void {
    // One that rang already, or was stopped, is cleared without effect.
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer)
  }
}
