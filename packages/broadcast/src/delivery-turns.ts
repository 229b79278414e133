/** Frames handed to connections in one turn of the event loop; ten publications to 10,000 subscribers at once would stop everything for 30 ms. */
const PER_TURN = 16_384
/** More than so many items do not wait: then the loop is held up after all, so that the broker's own flow control sees it. */
const MOST = 1_000

/**
 * Spreads deliveries over turns, in the order in which they came, when one turn brings too many. Whatever fits into the turn is
 * done at once.
 */
export class DeliveryTurns<Item> {
  readonly #work: (item: Item) => number
  readonly #schedule: (turn: () => void) => unknown
  #waiting: Item[] = []
  #spent = 0
  #scheduled = false

  /** @param work does one item and answers what it cost, in frames. */
  constructor (work: (item: Item) => number, schedule: (turn: () => void) => unknown = setImmediate) {
    this.#work = work
    this.#schedule = schedule
  }

  add (item: Item): void {
    if (this.#spent < PER_TURN && this.#waiting.length === 0) return this.#do(item)
    this.#waiting.push(item)
    if (this.#waiting.length > MOST) this.#do(this.#waiting.shift() as Item)
  }

  /** Gives up what waits. */
  close (): void {
    this.#waiting = []
  }

  #do (item: Item): void {
    // Before the work, which may bring more.
    if (!this.#scheduled) {
      this.#scheduled = true
      this.#schedule(this.#turn)
    }
    this.#spent += this.#work(item)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    this.#spent = 0
    const items = this.#waiting
    let done = 0
    while (done < items.length && this.#spent < PER_TURN) this.#do(items[done++] as Item)
    items.splice(0, done)
  }
}
