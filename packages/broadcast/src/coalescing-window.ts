import type { Clock, Timer } from '@fastify-realtime/protocol'

/** A window that fills up closes early, so that it holds little and its turn stays short. */
const FULL = 1_000

interface Waiting<Item> {
  readonly items: Item[]
  readonly timer: Timer
}

/**
 * Lets publications wait for each other, so that all of a window leave in one turn and every connection gets one write.
 * The first one opens a window and the delay is counted from it. Topics with the same delay share the window.
 */
export class CoalescingWindow<Item> {
  readonly #clock: Clock
  readonly #flush: (item: Item) => void
  /** By delay. */
  readonly #waiting = new Map<number, Waiting<Item>>()

  constructor (clock: Clock, flush: (item: Item) => void) {
    this.#clock = clock
    this.#flush = flush
  }

  add (item: Item, delay: number): void {
    const waiting = this.#waiting.get(delay) ?? this.#open(delay)
    waiting.items.push(item)
    if (waiting.items.length >= FULL) this.#release(delay, waiting)
  }

  /** Gives up what waits. */
  close (): void {
    for (const { timer } of this.#waiting.values()) this.#clock.clearTimeout(timer)
    this.#waiting.clear()
  }

  #open (delay: number): Waiting<Item> {
    const waiting: Waiting<Item> = { items: [], timer: this.#clock.setTimeout(() => this.#release(delay, waiting), delay) }
    this.#waiting.set(delay, waiting)
    return waiting
  }

  #release (delay: number, waiting: Waiting<Item>): void {
    this.#waiting.delete(delay)
    this.#clock.clearTimeout(waiting.timer)
    for (const item of waiting.items) this.#flush(item)
  }
}
