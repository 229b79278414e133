import type { Clock } from '@fastify-realtime/protocol'

/** Work that can pause. */
export interface Paced {
  readonly done: boolean
  /** Goes on, for at most so many visits. */
  step (most: number): void
}

export interface Pace {
  /** How long deliveries may go on in one turn of the event loop, in milliseconds. */
  readonly perTurn: number
  /** Visits between two looks at the clock. */
  readonly atOnce: number
  readonly schedule: (turn: () => void) => unknown
}

/** The sockets are written to in the same turn, for nearly as long. */
export const plainPace: Pace = { perTurn: 4, atOnce: 16, schedule: setImmediate }

/** More than so many do not wait: then the loop is held up after all, so that the broker's own flow control sees it. */
const MOST = 1_000

/**
 * Spreads deliveries over turns of the event loop, one after the other in the order in which they came. Whatever fits into the turn is
 * done at once.
 */
export class DeliveryTurns<Work extends Paced> {
  readonly #clock: Pick<Clock, 'now'>
  readonly #pace: Pace
  #pending: Work[] = []
  #running = false
  /** When this turn's time ends; `undefined` until there is something to do in it. */
  #until: number | undefined
  /** Whether it has ended: what comes now waits for the next turn. */
  #over = false

  constructor (clock: Pick<Clock, 'now'>, pace: Pace) {
    this.#clock = clock
    this.#pace = pace
  }

  add (work: Work): void {
    this.#pending.push(work)
    // What the work itself brings comes after it.
    if (!this.#running) this.#exclusively(this.#run)
  }

  /** Does something with all that is not done, in order. */
  each (visit: (work: Work) => void): void {
    if (this.#pending.length === 0) return
    this.#exclusively(() => { for (const work of this.#pending) visit(work) })
  }

  /** Gives up what waits. */
  close (): void {
    this.#pending = []
  }

  /** So that what comes meanwhile waits. */
  #exclusively (work: () => void): void {
    const wasRunning = this.#running
    this.#running = true
    try {
      work()
    } finally {
      this.#running = wasRunning
    }
  }

  readonly #run = (): void => {
    const until = this.#until ??= this.#open()
    while (this.#pending.length > 0 && (!this.#over || this.#pending.length > MOST)) {
      const work = this.#pending[0] as Work
      work.step(this.#pace.atOnce)
      if (work.done) this.#pending.shift()
      this.#over = this.#clock.now() >= until
    }
  }

  #open (): number {
    const { perTurn, schedule } = this.#pace
    schedule(this.#turn)
    return this.#clock.now() + perTurn
  }

  readonly #turn = (): void => {
    this.#until = undefined
    this.#over = false
    if (this.#pending.length > 0) this.#exclusively(this.#run)
  }
}
