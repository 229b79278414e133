import type { Clock, Timer } from '@fastify-realtime/protocol'

interface Wait {
  readonly at: number
  readonly expire: () => void
}

/**
 * One deadline for many waits, with a single timer: they all last equally long, so they expire in the order in which
 * they began.
 */
export class Deadlines {
  readonly #waits = new Set<Wait>()
  readonly #clock: Clock
  readonly #delay: number
  #timer: Timer | undefined

  /** @param delay in milliseconds. */
  constructor (clock: Clock, delay: number) {
    this.#clock = clock
    this.#delay = delay
  }

  get size (): number { return this.#waits.size }

  /** Settles as the work does, or rejects with `late()` when the work takes too long. */
  race<T> (work: Promise<T>, late: (delay: number) => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const wait: Wait = { at: this.#clock.now() + this.#delay, expire: () => reject(late(this.#delay)) }
      this.#waits.add(wait)
      this.#timer ??= this.#clock.setTimeout(() => this.#expire(), this.#delay)
      work.then(resolve, reject).finally(() => this.#waits.delete(wait))
    })
  }

  /** Frees the timer; what still waits then has no deadline. */
  clear (): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #expire (): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const wait of this.#waits) {
      if (wait.at > now) {
        this.#timer = this.#clock.setTimeout(() => this.#expire(), wait.at - now)
        return
      }
      this.#waits.delete(wait)
      wait.expire()
    }
  }
}
