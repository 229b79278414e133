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
    const key = values.join('\n')
    let count = this.#counts.get(key)
    if (count === undefined) {
      if (this.#counts.size >= MOST) return this.add(...this.#names.map(() => OTHER))
      count = { labels: Object.fromEntries(this.#names.map((name, at) => [name, values[at] as string])), value: 0 }
      this.#counts.set(key, count)
    }
    count.value++
  }

  samples (): Sample[] {
    return [...this.#counts.values()].map(({ labels, value }) => ({ labels, value }))
  }
}
