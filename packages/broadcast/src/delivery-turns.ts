import type { Clock } from '@fastify-realtime/protocol'

/** Work that can pause. */
export interface Paced {
  readonly done: boolean
  /** Goes on for at most so many visits; answers how many it made. */
  step (most: number): number
}

export interface Pace {
  /** How long deliveries may go on in one turn of the event loop, in milliseconds. */
  readonly perTurn: number
  /** Visits between two looks at the clock. */
  readonly atOnce: number
  readonly schedule: (turn: () => void) => unknown
}

/** The sockets are written to in the same turn, which takes as long again. */
export const pace: Pace = { perTurn: 4, atOnce: 128, schedule: setImmediate }

/** More than so many items do not wait: then the loop is held up after all, so that the broker's own flow control sees it. */
const MOST = 1_000

/**
 * Spreads deliveries over turns of the event loop, one after the other in the order in which they came. Whatever fits into the turn is
 * done at once.
 */
export class DeliveryTurns<Item, Work extends Paced> {
  readonly #begin: (item: Item) => Work
  readonly #clock: Pick<Clock, 'now'>
  readonly #pace: Pace
  #waiting: Item[] = []
  #current: Work | undefined
  #running = false
  /** When this turn's time ends; `undefined` until there is something to do in it. */
  #until: number | undefined
  /** Whether it has ended: what comes now waits for the next turn. */
  #over = false
  #visits = 0

  constructor (begin: (item: Item) => Work, clock: Pick<Clock, 'now'>, kept: Pace = pace) {
    this.#begin = begin
    this.#clock = clock
    this.#pace = kept
  }

  /** What has begun and is not done. */
  get current (): Work | undefined { return this.#current }

  add (item: Item): void {
    this.#waiting.push(item)
    // What the work itself brings comes after it.
    if (!this.#running) this.#run()
  }

  /** Gives up what waits. */
  close (): void {
    this.#waiting = []
    this.#current = undefined
  }

  #run (): void {
    const until = this.#until ??= this.#open()
    this.#running = true
    try {
      while (this.#mayGoOn(until) && this.#next()) {
        const work = this.#current as Work
        this.#visits += work.step(this.#pace.atOnce)
        if (work.done) this.#current = undefined
      }
    } finally {
      this.#running = false
    }
  }

  #open (): number {
    const { perTurn, schedule } = this.#pace
    schedule(this.#turn)
    return this.#clock.now() + perTurn
  }

  #mayGoOn (until: number): boolean {
    if (this.#visits >= this.#pace.atOnce) {
      this.#visits = 0
      this.#over = this.#clock.now() >= until
    }
    return !this.#over || this.#waiting.length > MOST
  }

  /** Whether there is something to go on with. */
  #next (): boolean {
    if (this.#current !== undefined) return true
    const item = this.#waiting.shift()
    if (item === undefined) return false
    this.#current = this.#begin(item)
    return true
  }

  readonly #turn = (): void => {
    this.#until = undefined
    this.#over = false
    if (this.#current !== undefined || this.#waiting.length > 0) this.#run()
  }
}
