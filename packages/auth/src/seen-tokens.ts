import type { Clock } from '@fastify-realtime/protocol'
import { digest } from './digest.ts'
import type { ReadToken } from './jwt.ts'

interface Seen {
  readonly read: ReadToken
  readonly until: number
}

const maxSeen = 1_000

/**
 * Tokens whose signature has been verified with a key of ours, because clients come back with the token that they have.
 * By digest, so that no token is kept; refusals are never remembered.
 */
export class SeenTokens {
  readonly #clock: Clock
  readonly #seen = new Map<string, Seen>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** What the token says, for as long as it and its key hold; otherwise what `verify` says, which refuses by throwing. */
  read (token: string, verify: () => Seen): ReadToken {
    const name = digest(token)
    let seen = this.#seen.get(name)
    this.#seen.delete(name)
    if (seen === undefined || seen.until <= this.#clock.time()) {
      seen = verify()
      const [oldest] = this.#seen.keys()
      if (oldest !== undefined && this.#seen.size >= maxSeen) this.#seen.delete(oldest)
    }
    // Last in the order of the map again, so that what is used goes last.
    this.#seen.set(name, seen)
    // A copy, because whoever makes a principal of it may change it.
    return { ...seen.read, claims: { ...seen.read.claims } }
  }
}
