import type { Clock, Timer } from '@fastify-realtime/protocol'

/** A window that fills up closes early, so that it holds little and its turn stays short. */
const FULL = 1_000

interface Waiting<Item> {
  readonly items: Item[]
  readonly timer: Timer
}

/**
 * Lets publications wait for each other, so that all of a window leave in one turn and every connection gets one write.
 * The first one opens a window and the delay is counted from it; what comes in the turn in which it ends still joins. Topics
 * with the same delay share the window.
 */
export class CoalescingWindow<Item> {
  readonly #clock: Clock
  readonly #flush: (item: Item) => void
  readonly #afterTurn: (callback: () => void) => unknown
  /** By delay. */
  readonly #waiting = new Map<number, Waiting<Item>>()

  constructor (clock: Clock, flush: (item: Item) => void, afterTurn: (callback: () => void) => unknown = setImmediate) {
    this.#clock = clock
    this.#flush = flush
    this.#afterTurn = afterTurn
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
    const end = (): void => { this.#afterTurn(() => this.#release(delay, waiting)) }
    const waiting: Waiting<Item> = { items: [], timer: this.#clock.setTimeout(end, delay) }
    this.#waiting.set(delay, waiting)
    return waiting
  }

  #release (delay: number, waiting: Waiting<Item>): void {
    // It may have been full, or given up, since its end was due.
    if (this.#waiting.get(delay) !== waiting) return
    this.#waiting.delete(delay)
    this.#clock.clearTimeout(waiting.timer)
    for (const item of waiting.items) this.#flush(item)
  }
}
