import type { Clock, Timer } from '@fastify-realtime/protocol'

/** How long after a late turn the next one comes. One round of the event loop reads what came in; this leaves room for many. */
export const DEFERRAL = 250

/** After so many late turns in a row the loop is busy, not standing still: its turns count again, or the dead would stay. */
export const MOST_DEFERRALS = 4

/**
 * @param steps how many have passed by the clock since the turn before.
 * @param counts whether what came until a step ago has been read, so that silence up to this turn means something.
 */
export type Turn = (steps: number, counts: boolean) => void

/**
 * The one timer: calls `turn` about every `step` milliseconds of the monotonic clock while it runs.
 *
 * A turn that comes later than a step means that the process stood still, and that answers may lie unread in the
 * kernel: timers run before sockets are read. Such a turn does not count, and the one after it waits a little longer.
 */
export class Sweep {
  readonly #clock: Clock
  readonly #step: number
  readonly #turn: Turn
  #timer: Timer | undefined
  #due = 0
  /** Up to when steps were told. */
  #told = 0
  #lateInARow = 0
  #stalls = 0

  constructor (clock: Clock, step: number, turn: Turn) {
    this.#clock = clock
    this.#step = step
    this.#turn = turn
  }

  /** Turns that did not count since the start. */
  get stalls (): number {
    return this.#stalls
  }

  start (): void {
    if (this.#timer !== undefined) return
    this.#told = this.#clock.now()
    this.#lateInARow = 0
    this.#schedule(this.#told, this.#told + this.#step)
  }

  stop (): void {
    if (this.#timer === undefined) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  readonly #wake = (): void => {
    const now = this.#clock.now()
    const late = now - this.#due > this.#step
    const counts = !late || this.#lateInARow >= MOST_DEFERRALS
    this.#lateInARow = late ? this.#lateInARow + 1 : 0
    if (!counts) this.#stalls++
    const steps = Math.round((now - this.#told) / this.#step)
    this.#told += steps * this.#step
    // Scheduled first, so that `turn` may stop the sweep. A late turn is followed by a whole step, in which the loop reads.
    if (late) this.#schedule(now, now + (counts ? this.#step : DEFERRAL))
    else this.#schedule(now, this.#due + this.#step)
    this.#turn(steps, counts)
  }

  #schedule (now: number, due: number): void {
    this.#due = due
    this.#timer = this.#clock.setTimeout(this.#wake, Math.max(0, due - now))
  }
}
