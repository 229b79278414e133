import { YoungAndOld } from './young-and-old.ts'

/** The newest version of each topic, so that stale state never overwrites newer. Pure. */
export class NewestVersions {
  readonly #versions: YoungAndOld<number>

  /** @param max how many topics are remembered at most; the longest unchanged go first. */
  constructor (max: number) {
    this.#versions = new YoungAndOld(max)
  }

  get size (): number { return this.#versions.size }

  /** Whether the version is newer than the topic's; then it becomes the topic's. */
  accept (key: string, version: number): boolean {
    const newest = this.#versions.get(key)
    if (newest !== undefined && version <= newest) return false
    this.#versions.set(key, version)
    return true
  }
}
