import type { Principal } from '@fastify-realtime/protocol'
import { encodeLevel } from './topic-level.ts'

/** How long a principal may act, and by what name its credential is revoked. */
export interface Terms {
  /** The token's `jti`, or a digest of what was signed. */
  readonly tokenId: string
  /** Wall-clock milliseconds. */
  readonly issuedAt: number
  /** Wall-clock milliseconds; always finite. */
  readonly expiresAt: number
}

/** What a credential that holds gives. */
export interface Grant extends Terms {
  readonly principal: Principal
}

/**
 * Remembers the terms of each principal object that came out of a verification. The object is the link: the pool keeps
 * it as `connection.principal`, so terms need no second registry and live exactly as long as the object.
 */
export class Grants {
  readonly #terms = new WeakMap<Principal, Terms>()

  /** A fresh principal object with its terms. */
  admit ({ principal: given, tokenId, issuedAt, expiresAt }: Grant): Principal {
    const principal = { ...given }
    if (Object.hasOwn(principal, '__proto__')) delete (principal as { __proto__?: unknown }).__proto__
    this.#terms.set(principal, { tokenId, issuedAt, expiresAt })
    return principal
  }

  terms (principal: Principal): Terms | undefined {
    return this.#terms.get(principal)
  }

  /** Gives a living principal new terms and new fields in place, so that everything that holds it sees them. */
  renew (principal: Principal, { principal: fresh, tokenId, issuedAt, expiresAt }: Grant): void {
    const fields = principal as object as Record<string, unknown>
    for (const name of Object.keys(fields)) if (!Object.hasOwn(fresh, name)) delete fields[name]
    for (const [name, value] of Object.entries(fresh)) if (name !== '__proto__') fields[name] = value
    this.#terms.set(principal, { tokenId, issuedAt, expiresAt })
  }
}

/** Whether it can be a principal: an object whose `id` is a well-formed string of 1–200 bytes that fits a topic. */
export function isPrincipal (value: unknown): value is Principal {
  if (typeof value !== 'object' || value === null) return false
  const id: unknown = (value as { id?: unknown }).id
  return typeof id === 'string' && Buffer.byteLength(id) <= 200 && encodeLevel(id) !== undefined
}
