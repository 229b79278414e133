import type { Sample } from './metric.ts'

const MOST = 64
const OTHER = 'other'

/** Counts by labels; however many values come, the number of series stays bounded. */
export class Tally {
  readonly #names: readonly string[]
  readonly #counts = new Map<string, { readonly labels: Record<string, string>, value: number }>()

  constructor (...names: string[]) {
    this.#names = names
  }

  add (...values: string[]): void {
    const known = this.#counts.has(values.join('\n')) || this.#counts.size < MOST
    const counted = known ? values : this.#names.map(() => OTHER)
    const key = counted.join('\n')
    const count = this.#counts.get(key) ?? { labels: Object.fromEntries(this.#names.map((name, at) => [name, counted[at] as string])), value: 0 }
    count.value++
    this.#counts.set(key, count)
  }

  samples (): Sample[] {
    return [...this.#counts.values()].map(({ labels, value }) => ({ labels, value }))
  }
}
