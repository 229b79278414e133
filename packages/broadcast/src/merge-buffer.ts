import type { Position } from '@fastify-realtime/protocol'
import type { Continuity } from './continuity.ts'
import type { Outgoing } from './publication.ts'

/** Live publications that wait while somebody reads the history before them. */
export interface Buffer {
  add (outgoing: Outgoing): void
  /** What came after the position, in order; `undefined` when the buffer cannot say. */
  after (position: Position): readonly Outgoing[] | undefined
}

/** Serves all who read at once, so its size does not grow with them. */
export class MergeBuffer implements Buffer {
  readonly #limit: number
  readonly #continuity: Continuity
  readonly #waiting: Outgoing[] = []
  /** Up to here publications were given up, because the read took too long. */
  #given: Position | undefined

  /** @param limit how many publications may wait; beyond it the oldest are given up. */
  constructor (limit: number, continuity: Continuity) {
    this.#limit = limit
    this.#continuity = continuity
  }

  add (outgoing: Outgoing): void {
    this.#waiting.push(outgoing)
    if (this.#waiting.length > this.#limit) this.#given = this.#waiting.shift()?.record.position
  }

  after (position: Position): readonly Outgoing[] | undefined {
    if (this.#given !== undefined && this.#continuity(position, this.#given) !== 'seen') return undefined
    const newer: Outgoing[] = []
    let step = 'seen'
    for (const outgoing of this.#waiting) {
      if (outgoing.record.position === undefined) continue
      step = this.#continuity(position, outgoing.record.position)
      if (step === 'next') newer.push(outgoing)
    }
    // The newest is of another epoch: which of the two is the older one cannot be told from here.
    return step === 'lost' ? undefined : newer
  }
}
