import type { Connection } from '@fastify-realtime/connection-pool'
import type { Clock } from '@fastify-realtime/protocol'
import type { Revocations } from './revocations.ts'
import { Schedule } from './schedule.ts'
import type { TopicGrant } from './topic-token.ts'

/** What of the token decides when it ends; its topics may be many. */
type LeaseTerms = Omit<TopicGrant, 'topics' | 'rights'>

/** What lasts: a subscription, or watching who is present. */
export type LastingAction = 'subscribe' | 'presence'

/** What stands by a topic token alone. */
export interface TopicLease {
  readonly connection: Connection
  readonly action: LastingAction
  readonly topic: string
  readonly terms: LeaseTerms
}

/** More than any connection may be subscribed to by default; a client must not fill the list by coming and going. */
const maxLeases = 1_000

/** Ends subscriptions and watches when the topic tokens end that they stand by. */
export class TopicLeases {
  readonly #revocations: Pick<Revocations, 'has'>
  readonly #leases = new Map<Connection, Map<string, TopicLease>>()
  readonly #schedule: Schedule<TopicLease>

  constructor (clock: Clock, revocations: Pick<Revocations, 'has'>, end: (lease: TopicLease) => void) {
    this.#revocations = revocations
    this.#schedule = new Schedule(clock, (lease) => {
      this.drop(lease.connection, lease.topic, lease.action)
      end(lease)
    })
  }

  get size (): number { return this.#schedule.size }

  has (connection: Connection, topic: string, action: LastingAction = 'subscribe'): boolean {
    return this.#leases.get(connection)?.has(nameOf(action, topic)) === true
  }

  /** Answers whether there was room, and the connection still lives. */
  hold (connection: Connection, topic: string, { principal, tokenId, issuedAt, expiresAt }: LeaseTerms, action: LastingAction = 'subscribe'): boolean {
    if (connection.state === 'closing' || connection.state === 'closed') return false
    const leases = this.#leases.get(connection) ?? new Map<string, TopicLease>()
    const name = nameOf(action, topic)
    if (leases.size >= maxLeases && !leases.has(name)) return false
    this.drop(connection, topic, action)
    const lease = { connection, action, topic, terms: { principal, tokenId, issuedAt, expiresAt } }
    this.#leases.set(connection, leases.set(name, lease))
    this.#schedule.set(lease, expiresAt)
    return true
  }

  drop (connection: Connection, topic: string, action: LastingAction = 'subscribe'): void {
    const leases = this.#leases.get(connection)
    const lease = leases?.get(nameOf(action, topic))
    if (leases === undefined || lease === undefined) return
    leases.delete(nameOf(action, topic))
    if (leases.size === 0) this.#leases.delete(connection)
    this.#schedule.delete(lease)
  }

  forget (connection: Connection): void {
    for (const { topic, action } of this.#leases.get(connection)?.values() ?? []) this.drop(connection, topic, action)
  }

  /** After a revocation: lets those come due at once that it concerns. */
  enforce (): void {
    for (const leases of this.#leases.values()) {
      for (const lease of leases.values()) {
        const { terms } = lease
        if (this.#revocations.has({ ...terms, principal: { id: terms.principal } })) this.#schedule.set(lease, 0)
      }
    }
  }

  clear (): void {
    this.#leases.clear()
    this.#schedule.clear()
  }
}

function nameOf (action: LastingAction, topic: string): string { return `${action} ${topic}` }
