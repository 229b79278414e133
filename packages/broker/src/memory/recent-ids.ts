import type { Position } from '@fastify-realtime/protocol'

interface Seen {
  readonly until: number
  readonly position: Position | undefined
}

/** Which ids were published lately, and where they stand. Pure: time is an argument. */
export class RecentIds {
  readonly #seen = new Map<string, Seen>()
  readonly #max: number

  /** @param max how many ids are remembered at most; the oldest go first. */
  constructor (max: number) {
    this.#max = max
  }

  get size (): number { return this.#seen.size }

  find (key: string, now: number): Seen | undefined {
    const seen = this.#seen.get(key)
    return seen !== undefined && now < seen.until ? seen : undefined
  }

  add (key: string, position: Position | undefined, until: number): void {
    this.#seen.delete(key)
    this.#seen.set(key, { until, position })
    if (this.#seen.size <= this.#max) return
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest)
      break
    }
  }

  sweep (now: number): void {
    for (const [key, seen] of this.#seen) {
      if (now >= seen.until) this.#seen.delete(key)
    }
  }
}
