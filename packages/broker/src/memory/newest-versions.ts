/** The newest version of each topic, so that stale state never overwrites newer. Pure. */
export class NewestVersions {
  readonly #versions = new Map<string, number>()
  readonly #max: number

  /** @param max how many topics are remembered at most; the longest unchanged go first. */
  constructor (max: number) {
    this.#max = max
  }

  get size (): number { return this.#versions.size }

  /** Whether the version is newer than the topic's; then it becomes the topic's. */
  accept (key: string, version: number): boolean {
    const newest = this.#versions.get(key)
    if (newest !== undefined && version <= newest) return false
    this.#versions.delete(key)
    this.#versions.set(key, version)
    if (this.#versions.size > this.#max) {
      for (const oldest of this.#versions.keys()) {
        this.#versions.delete(oldest)
        break
      }
    }
    return true
  }
}
