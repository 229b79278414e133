import type { Connection } from '@fastify-realtime/connection-pool'
import { membership } from './membership.ts'
import type { Membership } from './membership.ts'

export interface RosterWork {
  /** The membership's wish may differ from what the store has. */
  settle (membership: Membership): void
  /** The same, and it does not leave after all. */
  keep (membership: Membership): void
  /** The membership leaves in a while, unless it is kept. */
  postpone (membership: Membership): void
}

/** The memberships of this node's open connections. Pure: it says what is wanted, others do it. */
export class Roster {
  readonly #connections = new Map<Connection, Map<string, Membership>>()
  readonly #work: RosterWork

  constructor (work: RosterWork) {
    this.#work = work
  }

  get connections (): number { return this.#connections.size }

  join (connection: Connection, principal: string, topic: string, info: unknown): Membership {
    const topics = this.#connections.get(connection) ?? new Map<string, Membership>()
    this.#connections.set(connection, topics)
    const place = topics.get(topic) ?? membership(connection, principal, topic)
    topics.set(topic, place)
    if (place.stored === true && place.info !== info) place.stored = undefined
    place.info = info
    place.wanted = true
    this.#work.keep(place)
    return place
  }

  /** Takes it away at once, or `soon`; the answer is `undefined` when there was nothing to take away. */
  leave (connection: Connection, topic: string, soon: boolean): Membership | undefined {
    const place = this.#connections.get(connection)?.get(topic)
    if (place === undefined) return undefined
    if (soon) {
      this.#work.postpone(place)
    } else {
      place.wanted = false
      this.#work.settle(place)
    }
    return place
  }

  /** The connection ended: nothing of it stays here. */
  close (connection: Connection): void {
    const topics = this.#connections.get(connection)
    if (topics === undefined) return
    this.#connections.delete(connection)
    for (const place of topics.values()) this.#work.postpone(place)
  }

  /** The store has let go of it. */
  forget (place: Membership): void {
    const topics = this.#connections.get(place.connection)
    if (topics?.get(place.topic) !== place) return
    topics.delete(place.topic)
    if (topics.size === 0) this.#connections.delete(place.connection)
  }

  * [Symbol.iterator] (): Generator<Membership, void, undefined> {
    for (const topics of this.#connections.values()) yield * topics.values()
  }
}
