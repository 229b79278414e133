export interface Flushable {
  flush (): void
}

/** When something happens: at the end of this tick, or of this turn of the loop. */
export type Schedule = (callback: () => void) => unknown

/** How long sockets are written to in one turn of the loop, in milliseconds: 10,000 at once would stop everything else for 50 to 100. */
const PER_TURN = 3
/** Sockets between two looks at the clock. */
const AT_ONCE = 32

/** Up to so many are written to at the end of the tick: a reply gains nothing by waiting, and its socket is still at hand. */
const FEW = 4

/**
 * Lets what comes together leave a connection in one write: at the end of the tick when it is for few, such as a reply; else at
 * the end of the turn, so that what other ticks of a busy turn bring for the same subscribers joins it.
 */
export class Flusher {
  readonly #afterTick: Schedule
  readonly #afterTurn: Schedule
  readonly #now: () => number
  /** Used again and again: a new one for every reply would cost more than what it holds. */
  readonly #waiting: Array<Flushable | undefined> = []
  #next = 0
  #end = 0

  /** @param now monotonic milliseconds. */
  constructor (
    afterTick: Schedule = (callback) => process.nextTick(callback), afterTurn: Schedule = setImmediate, now: () => number = () => performance.now()
  ) {
    this.#afterTick = afterTick
    this.#afterTurn = afterTurn
    this.#now = now
  }

  add (flushable: Flushable): void {
    this.#waiting[this.#end++] = flushable
    if (this.#end === 1) this.#afterTick(this.#tick)
  }

  readonly #tick = (): void => {
    if (this.#end > FEW) {
      this.#afterTurn(this.#turn)
      return
    }
    try {
      this.#flush()
    } finally {
      this.#goOn()
    }
  }

  readonly #turn = (): void => {
    const until = this.#now() + PER_TURN
    try {
      do this.#flush()
      while (this.#next < this.#end && this.#now() < until)
    } finally {
      // Whatever one of them threw, the others must not wait for ever.
      this.#goOn()
    }
  }

  #flush (): void {
    const end = Math.min(this.#next + AT_ONCE, this.#end)
    while (this.#next < end) {
      const flushable = this.#waiting[this.#next] as Flushable
      // Whoever is gone must not be kept until the next one takes its place.
      this.#waiting[this.#next++] = undefined
      flushable.flush()
    }
  }

  #goOn (): void {
    if (this.#next === this.#end) {
      this.#next = this.#end = 0
      return
    }
    // It may never be empty again.
    if (this.#next > this.#end / 2) this.#moveUp()
    this.#afterTurn(this.#turn)
  }

  /** Makes room of what is done. */
  #moveUp (): void {
    this.#waiting.splice(0, this.#next)
    this.#end -= this.#next
    this.#next = 0
  }
}
