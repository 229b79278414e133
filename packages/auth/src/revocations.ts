import type { Clock } from '@fastify-realtime/protocol'
import type { Grant } from './grant.ts'
import { Schedule } from './schedule.ts'

interface PrincipalRevocation {
  readonly principal: string
  readonly issuedBefore: number
  readonly until: number
}

interface TokenRevocation {
  readonly tokenId: string
  readonly until: number
}

/** One entry of the list, as it travels between nodes and stands in the records. */
export type Revocation = PrincipalRevocation | TokenRevocation

/**
 * What has been revoked, by principal and by token. An entry is kept until every credential that it could concern has
 * expired by itself; then it goes.
 */
export class Revocations {
  readonly #clock: Clock
  readonly #principals = new Map<string, PrincipalRevocation>()
  readonly #tokens = new Map<string, TokenRevocation>()
  readonly #schedule: Schedule<Revocation>

  constructor (clock: Clock) {
    this.#clock = clock
    this.#schedule = new Schedule(clock, (revocation) => this.#forget(revocation))
  }

  get size (): number { return this.#principals.size + this.#tokens.size }

  /** Takes an entry in; two for one principal or token become one that is as wide as both. Answers whether it is news. */
  add (revocation: Revocation): boolean {
    if (revocation.until <= this.#clock.time()) return false
    return 'tokenId' in revocation ? this.#addToken(revocation) : this.#addPrincipal(revocation)
  }

  has ({ principal, tokenId, issuedAt }: Pick<Grant, 'principal' | 'tokenId' | 'issuedAt'>): boolean {
    if (this.#tokens.has(tokenId)) return true
    const revoked = this.#principals.get(principal.id)
    return revoked !== undefined && issuedAt < revoked.issuedBefore
  }

  clear (): void {
    this.#principals.clear()
    this.#tokens.clear()
    this.#schedule.clear()
  }

  #addToken (entry: TokenRevocation): boolean {
    const known = this.#tokens.get(entry.tokenId)
    if (known !== undefined && known.until >= entry.until) return false
    this.#replace(this.#tokens, entry.tokenId, known, entry)
    return true
  }

  #addPrincipal (entry: PrincipalRevocation): boolean {
    const { principal } = entry
    const known = this.#principals.get(principal)
    const { issuedBefore, until } = known ?? entry
    if (known !== undefined && issuedBefore >= entry.issuedBefore && until >= entry.until) return false
    // A later revocation with a shorter memory must not let come back what an earlier one keeps out.
    this.#replace(this.#principals, principal, known, {
      principal, issuedBefore: Math.max(issuedBefore, entry.issuedBefore), until: Math.max(until, entry.until)
    })
    return true
  }

  #replace<Entry extends Revocation> (map: Map<string, Entry>, key: string, known: Entry | undefined, entry: Entry): void {
    if (known !== undefined) this.#schedule.delete(known)
    map.set(key, entry)
    this.#schedule.set(entry, entry.until)
  }

  #forget (revocation: Revocation): void {
    if ('tokenId' in revocation) this.#tokens.delete(revocation.tokenId)
    else this.#principals.delete(revocation.principal)
  }
}
