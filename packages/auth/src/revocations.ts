import type { Clock } from '@fastify-realtime/protocol'
import type { Grant } from './grant.ts'
import { Schedule } from './schedule.ts'

/** One entry of the list, as it travels between nodes and stands in the records. */
export type Revocation =
  | { readonly principal: string, readonly issuedBefore: number, readonly until: number }
  | { readonly tokenId: string, readonly until: number }

/**
 * What has been revoked, by principal and by token. An entry is kept until every credential that it could concern has
 * expired by itself; then it goes.
 */
export class Revocations {
  readonly #clock: Clock
  readonly #principals = new Map<string, Revocation & { readonly issuedBefore: number }>()
  readonly #tokens = new Map<string, Revocation>()
  readonly #schedule: Schedule<Revocation>

  constructor (clock: Clock) {
    this.#clock = clock
    this.#schedule = new Schedule(clock, (revocation) => this.#forget(revocation))
  }

  get size (): number { return this.#principals.size + this.#tokens.size }

  /** Takes an entry in; of two for one principal the wider one stands. Answers whether it is news. */
  add (revocation: Revocation): boolean {
    if (revocation.until <= this.#clock.time()) return false
    if ('tokenId' in revocation) return this.#replace(this.#tokens, revocation.tokenId, revocation, (known) => known.until)
    return this.#replace(this.#principals, revocation.principal, revocation, (known) => known.issuedBefore)
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

  #replace<Entry extends Revocation> (map: Map<string, Entry>, key: string, entry: Entry,
    reach: (entry: Entry) => number): boolean {
    const known = map.get(key)
    if (known !== undefined) {
      if (reach(known) >= reach(entry)) return false
      this.#schedule.delete(known)
    }
    map.set(key, entry)
    this.#schedule.set(entry, entry.until)
    return true
  }

  #forget (revocation: Revocation): void {
    if ('tokenId' in revocation) this.#tokens.delete(revocation.tokenId)
    else this.#principals.delete(revocation.principal)
  }
}
