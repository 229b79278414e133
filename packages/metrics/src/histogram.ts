import type { Sample } from './metric.ts'

export interface Bucket {
  /** Upper bound; the last one is `Infinity`. */
  readonly le: number
  /** How many were at most `le`. */
  readonly count: number
}

/** A histogram as Prometheus wants to see it. */
export function histogramSamples (name: string, buckets: readonly Bucket[], sum: number): Sample[] {
  const samples: Sample[] = buckets.map(({ le, count }) => ({
    metricName: `${name}_bucket`,
    labels: { le: le === Infinity ? '+Inf' : le },
    value: count
  }))
  const count = buckets.at(-1)?.count ?? 0
  samples.push({ metricName: `${name}_sum`, labels: {}, value: sum }, { metricName: `${name}_count`, labels: {}, value: count })
  return samples
}

/** Values in buckets: a constant of memory. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds ascending; the bucket above the last one is added */
  constructor (bounds: readonly number[]) {
    this.#bounds = [...bounds, Infinity]
    this.#counts = this.#bounds.map(() => 0)
  }

  observe (observed: number): void {
    const at = this.#bounds.findIndex((bound) => observed <= bound)
    this.#counts[at] = this.#counts[at] as number + 1
    this.#sum += observed
  }

  samples (name: string): Sample[] {
    let count = 0
    const buckets = this.#counts.map((here, at) => ({ le: this.#bounds[at] as number, count: count += here }))
    return histogramSamples(name, buckets, this.#sum)
  }
}
