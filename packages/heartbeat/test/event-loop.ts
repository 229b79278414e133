import type { Clock, Timer } from '@fastify-realtime/protocol'

interface Waiting {
  readonly at: number
  readonly callback: () => void
}

/**
 * An event loop in miniature: in each round the timers that are due run first, then what the network brought is read,
 * as Node does it. Answers travel over the network in `roundTrip` milliseconds, also while the process stands still.
 */
export class EventLoop implements Clock {
  wall = 0
  #now = 0
  #timers: Waiting[] = []
  #network: Waiting[] = []

  get timers (): number { return this.#timers.length }

  now (): number { return this.#now }
  time (): number { return this.wall + this.#now }

  setTimeout (callback: () => void, delay: number): Timer {
    const timer = { at: this.#now + delay, callback }
    this.#timers.push(timer)
    return timer
  }

  clearTimeout (timer: Timer): void {
    this.#timers = this.#timers.filter((waiting) => waiting !== timer)
  }

  /** Something that the network brings after `delay`. */
  arrive (callback: () => void, delay: number): void {
    this.#network.push({ at: this.#now + delay, callback })
  }

  /** The process runs for so many milliseconds; a round every `round` of them. */
  run (milliseconds: number, round = 5): void {
    const end = this.#now + milliseconds
    while (this.#now < end) {
      this.#now = Math.min(end, this.#now + round)
      this.#round()
    }
  }

  /** The process stands still. What follows is a round in which everything is late. */
  stall (milliseconds: number): void {
    this.#now += milliseconds
    this.#round()
  }

  #round (): void {
    const due = this.#timers.filter(({ at }) => at <= this.#now).toSorted((a, b) => a.at - b.at)
    for (const timer of due) {
      if (!this.#timers.includes(timer)) continue
      this.clearTimeout(timer)
      timer.callback()
    }
    const arrived = this.#network.filter(({ at }) => at <= this.#now)
    this.#network = this.#network.filter(({ at }) => at > this.#now)
    for (const { callback } of arrived) callback()
  }
}
