import { BrokerUnavailableError } from '../errors.ts'

interface Entry {
  readonly value: string
  readonly until: number
}

/** Small keyed values with a time to live. Pure: time is an argument. */
export class Records {
  readonly #entries = new Map<string, Entry>()
  readonly #max: number

  /** @param max how many entries are kept; more are refused, because a dropped revocation would let somebody in. */
  constructor (max: number) {
    this.#max = max
  }

  get size (): number { return this.#entries.size }

  put (key: string, value: string, until: number, now: number): void {
    if (!this.#entries.has(key) && this.#entries.size >= this.#max) {
      this.sweep(now)
      if (this.#entries.size >= this.#max) throw new BrokerUnavailableError('memory', `it keeps ${this.#max} records already`)
    }
    this.#entries.set(key, { value, until })
  }

  putIfAbsent (key: string, value: string, until: number, now: number): boolean {
    if (this.get(key, now) !== undefined) return false
    this.put(key, value, until, now)
    return true
  }

  delete (key: string): void {
    this.#entries.delete(key)
  }

  get (key: string, now: number): string | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && now < entry.until ? entry.value : undefined
  }

  list (prefix: string, now: number): Array<{ readonly key: string, readonly value: string }> {
    const found: Array<{ readonly key: string, readonly value: string }> = []
    for (const [key, { value, until }] of this.#entries) {
      if (now < until && key.startsWith(prefix)) found.push({ key, value })
    }
    return found
  }

  sweep (now: number): void {
    for (const [key, { until }] of this.#entries) {
      if (now >= until) this.#entries.delete(key)
    }
  }
}
