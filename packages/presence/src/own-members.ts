import { randomUUID } from 'node:crypto'
import type { Clock } from '@fastify-realtime/protocol'
import { BrokerUnavailableError } from '@fastify-realtime/broker'
import type { BrokerChannel, PresenceStore, SharedBroker } from '@fastify-realtime/broker'
import type { Connection } from '@fastify-realtime/connection-pool'
import { encodeChange } from './change.ts'
import type { Change } from './change.ts'
import { Lease } from './lease.ts'
import type { Reaped } from './lease.ts'
import { Roster } from './roster.ts'
import { Settler } from './settler.ts'

export interface OwnMembersParts {
  readonly store: PresenceStore
  readonly channel: Pick<BrokerChannel, 'publish'>
  readonly broker: Pick<SharedBroker, 'name' | 'up'>
  readonly clock: Clock
  readonly grace: number
  readonly lease: number
  /** What else is to be done once in two ninths of the lease. */
  round (): Promise<void>
  readonly failed: (error: unknown) => void
}

/** The memberships of this node's connections, and the lease under which the store keeps them. */
export class OwnMembers {
  readonly #parts: OwnMembersParts
  readonly #roster: Roster
  readonly #settler: Settler
  readonly #lease: Lease

  constructor (parts: OwnMembersParts) {
    this.#parts = parts
    const { store, clock, grace, broker, failed } = parts
    const node = randomUUID()
    const up = (): boolean => broker.up
    this.#settler = new Settler({
      store,
      clock,
      node,
      grace,
      up,
      failed,
      unavailable: () => new BrokerUnavailableError(broker.name, 'presence is made up for when it is back'),
      tell: (topic, change) => this.#tell(topic, change),
      forget: (membership) => this.#roster.forget(membership)
    })
    this.#roster = new Roster(this.#settler)
    this.#lease = new Lease({
      store,
      clock,
      node,
      up,
      failed,
      // Others look once in a third of this, so that within the whole of it a dead node's members are gone.
      ttl: Math.floor(parts.lease * 2 / 3),
      lapsed: () => this.#storeAgain(),
      reaped: (vanished) => this.#tellReaped(vanished),
      round: () => this.#round()
    })
  }

  get connections (): number { return this.#roster.connections }
  get pending (): number { return this.#settler.pending }

  /** Rejects when the broker cannot take the lease. */
  async start (): Promise<void> {
    await this.#lease.start()
  }

  async stop (): Promise<void> {
    this.#lease.stop()
    await this.#settler.stop()
  }

  /** The broker is back: the lease may have ended, and work waits. */
  async resume (): Promise<void> {
    await this.#lease.turn()
  }

  /** The answer settles when the store has it; nobody has to wait for it. */
  join (connection: Connection, principal: string, topic: string, info: unknown): () => Promise<void> {
    const membership = this.#roster.join(connection, principal, topic, info)
    return () => this.#settler.settled(membership)
  }

  async leave (connection: Connection, topic: string): Promise<void> {
    const membership = this.#roster.leave(connection, topic, false)
    if (membership !== undefined) await this.#settler.settled(membership)
  }

  /** Leaves at once, without anybody who waits for it; or after the grace. */
  depart (connection: Connection, topic: string, soon: boolean): void {
    this.#roster.leave(connection, topic, soon)
  }

  close (connection: Connection): void {
    this.#roster.close(connection)
  }

  async #round (): Promise<void> {
    this.#settler.retry()
    await this.#parts.round()
  }

  /** Other nodes may have removed what the store had of this one. */
  #storeAgain (): void {
    for (const membership of this.#roster) {
      if (membership.stored !== true) continue
      membership.stored = undefined
      this.#settler.settle(membership)
    }
  }

  async #tellReaped (vanished: Reaped): Promise<void> {
    for (const { topic, principal, version, previous } of vanished) {
      await this.#tell(topic, { kind: 'left', member: { principal }, version, ...previous !== undefined && { previous } })
    }
  }

  /** A change that cannot be told shows when nodes next compare versions. */
  async #tell (topic: string, change: Change): Promise<void> {
    const { channel, clock, failed } = this.#parts
    try {
      await channel.publish({ topic, event: change.kind, id: randomUUID(), time: clock.time(), payload: encodeChange(change) })
    } catch (error) {
      failed(error)
    }
  }
}
