/**
 * A map that forgets what was set longest ago. It keeps two halves and drops the older one whole, because a `Map` from which the
 * first entry is deleted again and again has to step over all that it deleted before. Pure.
 */
export class YoungAndOld<Value> {
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  readonly #half: number

  /** @param max how many entries are kept at most; the last half of them always. */
  constructor (max: number) {
    this.#half = Math.ceil(max / 2)
  }

  get size (): number { return this.#young.size + this.#old.size }

  get (key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set (key: string, value: Value): void {
    this.#old.delete(key)
    this.#young.set(key, value)
    if (this.#young.size < this.#half) return
    this.#old = this.#young
    this.#young = new Map()
  }

  /** Deletes from the oldest on, up to the first entry that has not ended. */
  dropWhile (ended: (value: Value) => boolean): void {
    for (const half of [this.#old, this.#young]) {
      for (const [key, value] of half) {
        if (!ended(value)) return
        half.delete(key)
      }
    }
  }
}
