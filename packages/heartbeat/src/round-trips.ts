/** Upper bounds of the histogram's buckets, in milliseconds. */
export const ROUND_TRIP_BOUNDS: readonly number[] =
  Object.freeze([1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000])

/** A histogram as it stands now. */
export interface RoundTripSnapshot {
  readonly count: number
  /** Sum of all round trips, milliseconds. */
  readonly sum: number
  /** How many round trips took at most `le` milliseconds; the last bound is `Infinity`. */
  readonly buckets: ReadonlyArray<{ readonly le: number, readonly count: number }>
}

/** Round-trip times in buckets: a constant of memory, however many there are. */
export class RoundTrips {
  readonly #counts: number[] = [...ROUND_TRIP_BOUNDS, Infinity].map(() => 0)
  #sum = 0

  observe (milliseconds: number): void {
    let at = 0
    while (milliseconds > (ROUND_TRIP_BOUNDS[at] ?? Infinity)) at++
    this.#counts[at] = this.#counts[at] as number + 1
    this.#sum += milliseconds
  }

  snapshot (): RoundTripSnapshot {
    let count = 0
    const buckets = this.#counts.map((inBucket, at) => {
      count += inBucket
      return { le: ROUND_TRIP_BOUNDS[at] ?? Infinity, count }
    })
    return { count, sum: this.#sum, buckets }
  }
}
