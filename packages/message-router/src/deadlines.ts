import type { Clock, Timer } from '@fastify-realtime/protocol'

/** Something that has until `due`; a link of the list that `Deadlines` keeps. */
export interface Deadline {
  due: number
  previous: Deadline | null
  next: Deadline | null
  expire (): void
}

/**
 * Everything that has the same time to finish. Deadlines come in the order of their start, so a list in that order and
 * a single timer serve all: most handlers finish long before, and a timer for each would cost more than the handler.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #delay: number
  #first: Deadline | null = null
  #last: Deadline | null = null
  #timer: Timer | null = null

  constructor (clock: Clock, delay: number) {
    this.#clock = clock
    this.#delay = delay
  }

  add (deadline: Deadline): void {
    deadline.due = this.#clock.now() + this.#delay
    deadline.previous = this.#last
    if (this.#last === null) this.#first = deadline
    else this.#last.next = deadline
    this.#last = deadline
    this.#timer ??= this.#clock.setTimeout(() => this.#sweep(), this.#delay)
  }

  /** Call once, and not for one that expired. */
  remove (deadline: Deadline): void {
    const { previous, next } = deadline
    if (previous === null) this.#first = next
    else previous.next = next
    if (next === null) this.#last = previous
    else next.previous = previous
    // Who keeps one must not keep its neighbours, and all that came after them.
    deadline.previous = deadline.next = null
  }

  stop (): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #sweep (): void {
    this.#timer = null
    const now = this.#clock.now()
    while (this.#first !== null) {
      const first = this.#first
      if (first.due > now) {
        this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.ceil(first.due - now))
        return
      }
      this.remove(first)
      first.expire()
    }
  }
}
