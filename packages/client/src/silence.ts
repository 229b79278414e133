import { Alarm } from './alarm.ts'
import type { Clock } from '@fastify-realtime/protocol'

/** After a sleep the sockets need a moment to tell what came meanwhile. */
const GRACE = 1_000

/** Finds out that a server which promised a sign of life has gone silent. */
export class Silence {
  readonly #alarm: Alarm
  readonly #limit: number
  readonly #dead: () => void
  #heard: number
  #due = 0

  /** @param limit milliseconds without any sign after which `dead` is called, once. */
  constructor (clock: Clock, limit: number, dead: () => void) {
    this.#alarm = new Alarm(clock)
    this.#limit = limit
    this.#dead = dead
    this.#heard = clock.now()
    this.check()
  }

  heard (): void {
    this.#heard = this.#alarm.clock.now()
  }

  /** Looks at once; browsers slow the timers of hidden pages down. */
  check (): void {
    const now = this.#alarm.clock.now()
    const left = this.#heard + this.#limit - now
    // A late look means that this side slept: the server is not judged by that.
    const wait = left > 0 ? left : now - this.#due > GRACE ? GRACE : 0
    this.stop()
    if (wait === 0) return this.#dead()
    this.#due = now + wait
    this.#alarm.set(wait, () => this.check())
  }

  stop (): void {
    this.#alarm.stop()
  }
}
