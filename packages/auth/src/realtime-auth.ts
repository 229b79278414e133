import { randomUUID } from 'node:crypto'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Clock, Emitter, Listenable, Principal } from '@fastify-realtime/protocol'
import type { Authenticate } from './authenticate.ts'
import type { CredentialSource } from './credential.ts'
import { AuthUnavailableError, AuthUseError } from './errors.ts'
import { isPrincipal } from './grant.ts'
import type { Grants } from './grant.ts'
import type { TokenReader } from './jwt.ts'
import { Refusal } from './refusal.ts'
import type { RefusalKind } from './refusal.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import type { Revocations } from './revocations.ts'
import type { Ticket, Tickets } from './ticket.ts'
import type { LastingAction, TopicLeases } from './topic-leases.ts'
import { readTopicGrant } from './topic-token.ts'
import type { TopicGrant, TopicTokens } from './topic-token.ts'

export interface AuthEvents {
  /** A credential or an origin was refused. */
  refuse: (kind: RefusalKind | 'origin', source: CredentialSource | undefined) => void
  /** A connection ended because its credential did. */
  expire: (principal: Principal) => void
  /** A connection ended because its credential was revoked. */
  revoke: (principal: Principal) => void
  /** A connection brought a fresh credential. */
  refresh: (principal: Principal) => void
  /** A single-use ticket was issued. */
  ticket: (principal: Principal) => void
}

/** All credentials of a principal, or one token. */
export interface RevokeFilter {
  /** Every credential of this principal that was issued before `issuedBefore`. */
  readonly principal?: string
  /** The token with this `jti` (or other id that `verify` gave it). */
  readonly tokenId?: string
  /** Wall-clock time. Default: now. `iat` counts whole seconds, so a token of the same second is concerned, too. */
  readonly issuedBefore?: Date | number
  /** When the entry may be forgotten. Default: `maxAge` later, when all it could concern has expired. */
  readonly until?: Date | number
}

export interface RealtimeAuthParts {
  readonly clock: Clock
  readonly maxAge: number
  readonly grants: Grants
  readonly feed: Pick<RevocationFeed, 'revoke'>
  readonly leases: Pick<TopicLeases, 'hold'>
  readonly revocations: Pick<Revocations, 'has'>
  /** Absent when tokens are not JWTs of ours to read. */
  readonly read: TokenReader | undefined
  readonly tickets: Tickets | undefined
  readonly events: Emitter<AuthEvents>
}

/** What `app.realtimeAuth` is. */
export class RealtimeAuth implements Listenable<AuthEvents>, TopicTokens {
  /** The hook that puts `request.principal` in place, or refuses: for WebSocket routes and plain ones. */
  readonly authenticate: Authenticate
  readonly #parts: RealtimeAuthParts

  constructor (parts: RealtimeAuthParts, authenticate: Authenticate) {
    this.#parts = parts
    this.authenticate = authenticate
  }

  on<Name extends keyof AuthEvents> (event: Name, listener: AuthEvents[Name]): () => void {
    return this.#parts.events.on(event, listener)
  }

  /**
   * A ticket that lets one upgrade act for the principal, on any node. What came from `request.principal` ends when
   * its credential does; any other principal after `maxAge`.
   * @throws {AuthUseError} when tickets are off or the principal has no valid id.
   */
  async issueTicket (principal: Principal): Promise<Ticket> {
    const { tickets, grants, clock, events, maxAge } = this.#parts
    if (tickets === undefined) throw new AuthUseError('Tickets are off: ticketTtl is false')
    if (!isPrincipal(principal)) throw new AuthUseError('A ticket needs a principal with an id of 1–200 bytes')
    const issuedAt = clock.time()
    const terms = grants.terms(principal) ?? { tokenId: `ticket:${randomUUID()}`, issuedAt, expiresAt: issuedAt + maxAge }
    const ticket = await tickets.issue(principal, terms)
    events.emit('ticket', principal)
    return ticket
  }

  /**
   * Ends the connections of these credentials on every node, and refuses the credentials from now on. This node does
   * so at once. Rejects when the broker cannot tell the others; call again then.
   * @throws {AuthUseError} unless exactly one of `principal` and `tokenId` is given.
   */
  async revoke ({ principal, tokenId, issuedBefore, until }: RevokeFilter): Promise<void> {
    const { clock, maxAge, feed } = this.#parts
    const now = clock.time()
    const before = Number(issuedBefore ?? now)
    const end = Number(until ?? Math.max(before, now) + maxAge)
    if (!Number.isFinite(before) || !Number.isFinite(end)) throw new AuthUseError('issuedBefore and until must be a Date or milliseconds')
    if (typeof principal === 'string' && tokenId === undefined) {
      await feed.revoke({ principal, issuedBefore: before, until: end })
    } else if (typeof tokenId === 'string' && principal === undefined) {
      await feed.revoke({ tokenId, until: end })
    } else {
      throw new AuthUseError('revoke needs either a principal or a tokenId')
    }
  }

  /**
   * Revokes the very credential that `request.principal` or `connection.principal` came from, everywhere.
   * @throws {AuthUseError} when the object did not come from here.
   */
  async logout (principal: Principal): Promise<void> {
    const terms = this.#parts.grants.terms(principal)
    if (terms === undefined) throw new AuthUseError('logout needs the object that is request.principal')
    const { clock, feed } = this.#parts
    if (terms.expiresAt > clock.time()) await feed.revoke({ tokenId: terms.tokenId, until: terms.expiresAt })
  }

  /**
   * What a signed topic token says; `undefined` when it does not hold, whatever the reason.
   * @throws {AuthUnavailableError} (rejects) when the keys are out of reach.
   */
  async readTopicToken (token: string): Promise<TopicGrant | undefined> {
    const { clock, read, revocations } = this.#parts
    if (read === undefined) return undefined
    try {
      const grant = await readTopicGrant(token, read, clock.time())
      return revocations.has({ ...grant, principal: { id: grant.principal } }) ? undefined : grant
    } catch (error) {
      if (error instanceof Refusal && error.kind !== 'unavailable') return undefined
      throw new AuthUnavailableError()
    }
  }

  /** For `rules()`: the subscription, or the watch of who is present, ends when the topic token does that allowed it. */
  holdTopic (connection: object, topic: string, grant: TopicGrant, action: LastingAction = 'subscribe'): boolean {
    return this.#parts.leases.hold(connection as Connection, topic, grant, action)
  }

  /** When the credential of `request.principal` or `connection.principal` ends, wall-clock milliseconds. */
  expiresAt (principal: Principal): number | undefined {
    return this.#parts.grants.terms(principal)?.expiresAt
  }
}
