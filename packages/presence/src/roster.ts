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

/** One membership as such, several by topic: most connections have one, and a Map is twice as large as that. */
type Places = Membership | Map<string, Membership>

/** The memberships of this node's open connections. Pure: it says what is wanted, others do it. */
export class Roster {
  readonly #connections = new Map<Connection, Places>()
  readonly #work: RosterWork

  constructor (work: RosterWork) {
    this.#work = work
  }

  get connections (): number { return this.#connections.size }

  join (connection: Connection, principal: string, topic: string, info: unknown): Membership {
    const place = this.#find(connection, topic) ?? this.#add(membership(connection, principal, topic))
    if (place.stored === true && place.info !== info) place.stored = undefined
    place.info = info
    place.wanted = true
    this.#work.keep(place)
    return place
  }

  /** Takes it away at once, or `soon`; the answer is `undefined` when there was nothing to take away. */
  leave (connection: Connection, topic: string, soon: boolean): Membership | undefined {
    const place = this.#find(connection, topic)
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
    const places = this.#connections.get(connection)
    if (places === undefined) return
    this.#connections.delete(connection)
    for (const place of each(places)) this.#work.postpone(place)
  }

  /** The store has let go of it. */
  forget (place: Membership): void {
    const { connection, topic } = place
    const places = this.#connections.get(connection)
    if (places instanceof Map && places.get(topic) === place) places.delete(topic)
    if (places === place || (places instanceof Map && places.size === 0)) this.#connections.delete(connection)
  }

  * [Symbol.iterator] (): Generator<Membership, void, undefined> {
    for (const places of this.#connections.values()) yield * each(places)
  }

  #find (connection: Connection, topic: string): Membership | undefined {
    const places = this.#connections.get(connection)
    if (places instanceof Map) return places.get(topic)
    return places?.topic === topic ? places : undefined
  }

  #add (place: Membership): Membership {
    const { connection, topic } = place
    const places = this.#connections.get(connection)
    if (places === undefined) this.#connections.set(connection, place)
    else if (places instanceof Map) places.set(topic, place)
    else this.#connections.set(connection, new Map([[places.topic, places], [topic, place]]))
    return place
  }
}

function each (places: Places): Iterable<Membership> {
  return places instanceof Map ? places.values() : [places]
}
