import type { Clock, Timer } from '@fastify-realtime/protocol'

/** How long a late turn is put off. One round of the event loop reads what came in; this leaves room for many. */
export const DEFERRAL = 250

/** A loop that is late every single time still gets a turn after so many deferrals, or the dead would stay. */
export const MOST_DEFERRALS = 4

/**
 * The one timer: calls `turn` every `step` milliseconds of the monotonic clock while it runs.
 *
 * A turn that comes later than a step means that the process stood still, and that answers may lie unread in the
 * kernel: timers run before sockets are read. Such a turn is put off, and the turns that were missed are not made
 * up for.
 */
export class Sweep {
  readonly #clock: Clock
  readonly #step: number
  readonly #turn: () => void
  #timer: Timer | undefined
  #due = 0
  #deferrals = 0
  #stalls = 0

  constructor (clock: Clock, step: number, turn: () => void) {
    this.#clock = clock
    this.#step = step
    this.#turn = turn
  }

  /** Turns that were put off since the start. */
  get stalls (): number {
    return this.#stalls
  }

  start (): void {
    if (this.#timer !== undefined) return
    this.#due = this.#clock.now() + this.#step
    this.#schedule(this.#step)
  }

  stop (): void {
    if (this.#timer === undefined) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  readonly #wake = (): void => {
    const late = this.#clock.now() - this.#due
    if (late > this.#step && this.#deferrals < MOST_DEFERRALS) {
      this.#deferrals++
      this.#stalls++
      this.#due += late + DEFERRAL
      this.#schedule(DEFERRAL)
      return
    }
    this.#deferrals = 0
    this.#due += late > this.#step ? late + this.#step : this.#step
    // Scheduled first, so that `turn` may stop the sweep.
    this.#schedule(Math.max(0, this.#due - this.#clock.now()))
    this.#turn()
  }

  #schedule (delay: number): void {
    this.#timer = this.#clock.setTimeout(this.#wake, delay)
  }
}
