import { closeReasons } from '@fastify-realtime/protocol'
import type { Principal } from '@fastify-realtime/protocol'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import type { Grant, Grants } from './grant.ts'
import type { Lifetimes } from './lifetimes.ts'
import { Refusal } from './refusal.ts'
import type { Revocation, Revocations } from './revocations.ts'

export interface EnforcementParts {
  readonly pool: Pick<ConnectionPool, 'byPrincipal'> & Iterable<Connection>
  readonly grants: Grants
  readonly revocations: Revocations
  readonly lifetimes: Lifetimes
  readonly revoked: (principal: Principal) => void
}

/** Holds living connections to what their credentials still allow. */
export class Enforcement {
  readonly #parts: EnforcementParts

  constructor (parts: EnforcementParts) {
    this.#parts = parts
  }

  /** The principal of a grant. @throws {Refusal} when it was revoked while it was being verified. */
  admit (grant: Grant): Principal {
    if (this.#parts.revocations.has(grant)) throw new Refusal('invalid', 'revoked')
    return this.#parts.grants.admit(grant)
  }

  /** Other hooks may have taken their time since the credential was verified. */
  opened (connection: Connection): void {
    const { lifetimes } = this.#parts
    if (this.#endIfRevoked(connection)) return
    lifetimes.watch(connection)
  }

  /** Ends the connections of this node that a revocation concerns. */
  enforce (revocation: Revocation): void {
    const { pool } = this.#parts
    // Copied, because closing may change what is being walked.
    const concerned = Array.from('principal' in revocation ? pool.byPrincipal(revocation.principal) : pool)
    for (const connection of concerned) this.#endIfRevoked(connection)
  }

  /** New terms for a living connection. @throws {Refusal} when it is closed, or the grant was revoked. */
  renew (connection: Connection, grant: Grant): void {
    const { principal } = connection
    const { grants, lifetimes, revocations } = this.#parts
    if (revocations.has(grant)) throw new Refusal('invalid', 'revoked')
    // Who has left meanwhile must not be watched again: nobody would ever take it out.
    if (principal === null || connection.state === 'closing' || connection.state === 'closed') {
      throw new Refusal('invalid', 'closed')
    }
    grants.renew(principal, grant)
    lifetimes.watch(connection)
  }

  #endIfRevoked (connection: Connection): boolean {
    const { grants, revocations, revoked } = this.#parts
    const { principal } = connection
    const terms = principal === null ? undefined : grants.terms(principal)
    if (principal === null || terms === undefined || !revocations.has({ principal, ...terms })) return false
    revoked(principal)
    connection.close(closeReasons.unauthenticated)
    return true
  }
}
