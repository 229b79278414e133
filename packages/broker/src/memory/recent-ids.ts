import type { Position } from '@fastify-realtime/protocol'
import { YoungAndOld } from './young-and-old.ts'

interface Seen {
  readonly until: number
  readonly position: Position | undefined
}

/** Which ids were published lately, and where they stand. Pure: time is an argument. */
export class RecentIds {
  readonly #seen: YoungAndOld<Seen>

  /** @param max how many ids are remembered at most; the oldest go first. */
  constructor (max: number) {
    this.#seen = new YoungAndOld(max)
  }

  get size (): number { return this.#seen.size }

  find (key: string, now: number): Seen | undefined {
    const seen = this.#seen.get(key)
    return seen !== undefined && now < seen.until ? seen : undefined
  }

  add (key: string, position: Position | undefined, until: number): void {
    this.#seen.set(key, { until, position })
  }

  /** Windows are mostly equally long, so the ids end in the order in which they came. */
  sweep (now: number): void {
    this.#seen.dropWhile((seen) => now >= seen.until)
  }
}
