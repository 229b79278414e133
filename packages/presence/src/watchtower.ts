import type { Connection } from '@fastify-realtime/connection-pool'
import { PresenceLimitError } from './errors.ts'
import type { TopicMembers } from './presence.ts'
import type { Watches } from './watches.ts'

/** Which connection of this node watches which topics. */
export class Watchtower {
  readonly #watches: Watches
  readonly #most: number
  readonly #connections = new Map<Connection, Set<string>>()

  /** @param most how many topics one connection may watch */
  constructor (watches: Watches, most: number) {
    this.#watches = watches
    this.#most = most
  }

  get connections (): number { return this.#connections.size }

  /**
   * Calls `tell` with the whole view, in the same turn in which the connection begins to get what changes after it;
   * not at all when the connection ended meanwhile.
   */
  async watch (connection: Connection, topic: string, tell: (members: TopicMembers) => void): Promise<void> {
    this.#reserve(connection, topic)
    const watch = this.#watches.get(topic) ?? this.#watches.open(topic)
    watch.waiting++
    try {
      await watch.ready
      if (this.#connections.get(connection)?.has(topic) !== true) return
      this.#watches.flush(watch)
      tell(watch.view.snapshot())
      watch.watchers.add(connection)
    } catch (error) {
      this.unwatch(connection, topic)
      throw error
    } finally {
      watch.waiting--
      this.#watches.endUnused(watch)
    }
  }

  /** Answers whether it was watching. */
  unwatch (connection: Connection, topic: string): boolean {
    const topics = this.#connections.get(connection)
    if (topics?.delete(topic) !== true) return false
    if (topics.size === 0) this.#connections.delete(connection)
    this.#drop(connection, topic)
    return true
  }

  close (connection: Connection): void {
    const topics = this.#connections.get(connection)
    if (topics === undefined) return
    this.#connections.delete(connection)
    for (const topic of topics) this.#drop(connection, topic)
  }

  #reserve (connection: Connection, topic: string): void {
    const topics = this.#connections.get(connection) ?? new Set<string>()
    if (!topics.has(topic) && topics.size >= this.#most) throw new PresenceLimitError(this.#most)
    this.#connections.set(connection, topics.add(topic))
  }

  /** The watch is there as long as somebody has the topic reserved, unless everything has been stopped. */
  #drop (connection: Connection, topic: string): void {
    const watch = this.#watches.get(topic)
    if (watch === undefined) return
    watch.watchers.delete(connection)
    this.#watches.endUnused(watch)
  }
}
