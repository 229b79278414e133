import type { JetStream } from './jetstream.ts'

/** Topics that are counted at once; the one that was published to longest ago is forgotten first. */
const MAX_TOPICS = 10_000

/**
 * A stream has one limit for all its subjects. So that a topic with a small history does not keep as much as the largest one
 * may, each node cuts it after as many publications of its own as it may keep. Only reading gets faster by it, so nothing waits.
 */
export class Trimmer {
  readonly #jetStream: JetStream
  readonly #counts = new Map<string, number>()

  constructor (jetStream: JetStream) {
    this.#jetStream = jetStream
  }

  /** After a publication. */
  appended (stream: string, subject: string, size: number): void {
    const count = (this.#counts.get(subject) ?? 0) + 1
    this.#counts.delete(subject)
    if (count < size) {
      this.#counts.set(subject, count)
      for (const oldest of this.#counts.keys()) {
        if (this.#counts.size <= MAX_TOPICS) break
        this.#counts.delete(oldest)
      }
      return
    }
    this.#jetStream.api(`STREAM.PURGE.${stream}`, { filter: subject, keep: size + 1 }).catch(() => {})
  }
}
