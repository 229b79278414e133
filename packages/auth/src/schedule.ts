import type { Clock, Timer } from '@fastify-realtime/protocol'

interface Entry<Item> {
  readonly item: Item
  at: number
  place: number
}

// Longer sleeps are cut in pieces: a timer cannot hold more than 2^31 - 1 ms, and a wall clock that was set anew is
// noticed within a minute.
const longestSleep = 60_000

/**
 * Moments of the wall clock for any number of items, with one timer for all of them: a heap of the next moments.
 * An item has one moment; setting it again moves it.
 */
export class Schedule<Item> {
  readonly #clock: Clock
  readonly #due: (item: Item) => void
  readonly #entries = new Map<Item, Entry<Item>>()
  readonly #heap: Array<Entry<Item>> = []
  #timer: Timer | undefined
  #wakesAt = Infinity

  constructor (clock: Clock, due: (item: Item) => void) {
    this.#clock = clock
    this.#due = due
  }

  get size (): number { return this.#heap.length }

  /** @param at wall-clock milliseconds. */
  set (item: Item, at: number): void {
    let entry = this.#entries.get(item)
    if (entry === undefined) {
      entry = { item, at, place: this.#heap.length }
      this.#entries.set(item, entry)
      this.#heap.push(entry)
    } else {
      entry.at = at
    }
    this.#settle(entry)
    this.#arm()
  }

  delete (item: Item): void {
    const entry = this.#entries.get(item)
    if (entry === undefined) return
    this.#entries.delete(item)
    this.#remove(entry)
    this.#arm()
  }

  clear (): void {
    this.#entries.clear()
    this.#heap.length = 0
    this.#arm()
  }

  #arm (): void {
    const first = this.#heap[0]
    if (first === undefined) {
      this.#sleep(Infinity)
    } else if (first.at < this.#wakesAt) {
      this.#sleep(first.at)
    }
  }

  #sleep (until: number): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wakesAt = until
    if (until === Infinity) return
    const delay = Math.min(Math.max(until - this.#clock.time(), 0), longestSleep)
    this.#timer = this.#clock.setTimeout(() => this.#wake(), delay)
  }

  #wake (): void {
    this.#timer = undefined
    this.#wakesAt = Infinity
    const now = this.#clock.time()
    // As many as there are now: what a listener sets anew for a moment that has passed cannot keep the loop going.
    for (let left = this.#heap.length; left > 0; left--) {
      const first = this.#heap[0]
      if (first === undefined || first.at > now) break
      this.#entries.delete(first.item)
      this.#remove(first)
      this.#due(first.item)
    }
    this.#arm()
  }

  #remove (entry: Entry<Item>): void {
    const last = this.#heap.pop() as Entry<Item>
    if (last === entry) return
    last.place = entry.place
    this.#heap[last.place] = last
    this.#settle(last)
  }

  /** Moves the entry up or down until every parent is earlier than its children. */
  #settle (entry: Entry<Item>): void {
    const heap = this.#heap
    for (;;) {
      const parent = heap[(entry.place - 1) >> 1]
      if (parent === undefined || parent.at <= entry.at) break
      this.#swap(entry, parent)
    }
    for (;;) {
      const left = heap[entry.place * 2 + 1]
      const right = heap[entry.place * 2 + 2]
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left
      if (child === undefined || entry.at <= child.at) return
      this.#swap(entry, child)
    }
  }

  #swap (a: Entry<Item>, b: Entry<Item>): void {
    const place = a.place
    a.place = b.place
    b.place = place
    this.#heap[a.place] = a
    this.#heap[b.place] = b
  }
}
