export interface Flushable {
  flush (): void
}

/** Sockets written to in one turn of the loop: 5,000 at once would stop everything else for 34–48 ms. */
const PER_TURN = 512

/** Lets what one turn brought for a connection leave in one write, at the end of that turn. */
export class Flusher {
  readonly #schedule: (turn: () => void) => unknown
  #waiting: Flushable[] = []
  #next = 0

  constructor (schedule: (turn: () => void) => unknown = setImmediate) {
    this.#schedule = schedule
  }

  add (flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) this.#schedule(this.#turn)
  }

  readonly #turn = (): void => {
    const end = Math.min(this.#next + PER_TURN, this.#waiting.length)
    while (this.#next < end) (this.#waiting[this.#next++] as Flushable).flush()
    if (this.#next < this.#waiting.length) {
      this.#schedule(this.#turn)
      return
    }
    this.#waiting = []
    this.#next = 0
  }
}
