import { closeReasons } from '@fastify-realtime/protocol'
import type { Clock, Principal } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Grants, Terms } from './grant.ts'
import { Schedule } from './schedule.ts'

/** What is needed of a connection. */
export type Mortal = Pick<Connection, 'principal' | 'codec' | 'state' | 'sendEnvelope' | 'close'>


/** Ends connections when their credential ends, and warns them before. */
export class Lifetimes {
  readonly #grants: Grants
  readonly #clock: Clock
  readonly #warnBefore: number | false
  readonly #expired: (principal: Principal) => void
  readonly #schedule: Schedule<Mortal>
  readonly #warned = new WeakSet<Mortal>()

  /** @param warnBefore how long before the end the client hears of it, in milliseconds. */
  constructor (grants: Grants, clock: Clock, warnBefore: number | false, expired: (principal: Principal) => void) {
    this.#grants = grants
    this.#clock = clock
    this.#warnBefore = warnBefore
    this.#expired = expired
    this.#schedule = new Schedule(clock, (connection) => this.#due(connection))
  }

  get size (): number { return this.#schedule.size }

  /** Takes a connection in, or again after its terms changed. */
  watch (connection: Mortal): void {
    const terms = this.#terms(connection)
    if (terms === undefined) return
    const left = terms.expiresAt - this.#clock.time()
    // A short life is warned of at half time: always after the welcome, and early enough to act.
    const lead = this.#warnBefore === false || connection.codec === null ? 0 : Math.min(this.#warnBefore, Math.max(left, 0) / 2)
    if (lead === 0) this.#warned.add(connection)
    else this.#warned.delete(connection)
    this.#schedule.set(connection, terms.expiresAt - lead)
  }

  forget (connection: Mortal): void {
    this.#schedule.delete(connection)
  }

  clear (): void {
    this.#schedule.clear()
  }

  #terms ({ principal }: Mortal): Terms | undefined {
    return principal === null ? undefined : this.#grants.terms(principal)
  }

  #due (connection: Mortal): void {
    const { expiresAt } = this.#terms(connection) as Terms
    if (expiresAt > this.#clock.time() && !this.#warned.has(connection)) {
      this.#warned.add(connection)
      this.#schedule.set(connection, expiresAt)
      connection.sendEnvelope({ type: 'expiring', at: expiresAt })
      return
    }
    this.#expired(connection.principal as Principal)
    connection.close(closeReasons.credentialExpired)
  }
}

