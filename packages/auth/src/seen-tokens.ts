import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '@fastify-realtime/protocol'
import { digest } from './digest.ts'
import type { ReadToken } from './jwt.ts'
import type { Claims } from './jwt-options.ts'

/** What was found out about a token, but for its claims: the token itself says them again. */
interface Seen extends Omit<ReadToken, 'claims'> {
  readonly signature: string
  readonly until: number
}

export interface Verified {
  readonly read: ReadToken
  /** When the token ends, or the key that verified it. Wall-clock milliseconds. */
  readonly until: number
}

const maxRecent = 1_000

/**
 * Tokens whose signature has been verified with a key of ours, because clients come back with the token that they have.
 * What was signed is kept as a digest only, so that no token is; refusals are never remembered.
 */
export class SeenTokens {
  readonly #clock: Clock
  #recent = new Map<string, Seen>()
  /** What was recent before; half of what is remembered is given up at once, which costs less than one by one. */
  #older: ReadonlyMap<string, Seen> = new Map()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** What the token says, for as long as it and its key hold; otherwise what `verify` says, which refuses by throwing. */
  read (token: string, verify: (name: string) => Verified): ReadToken {
    const end = token.lastIndexOf('.')
    const [signed, signature] = [token.slice(0, end), token.slice(end + 1)]
    const name = digest(signed)
    const seen = this.#recent.get(name) ?? this.#older.get(name)
    if (seen === undefined || seen.until <= this.#clock.time() || !isSame(seen.signature, signature)) {
      const { read, until } = verify(name)
      this.#remember(name, { type: read.type, tokenId: read.tokenId, until, signature })
      return read
    }
    this.#remember(name, seen)
    return { type: seen.type, tokenId: seen.tokenId, claims: claimsOf(signed) }
  }

  #remember (name: string, seen: Seen): void {
    if (this.#recent.size >= maxRecent && !this.#recent.has(name)) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(name, seen)
  }
}

/** Read anew each time, because whoever makes a principal of them may change them, however deep. */
function claimsOf (signed: string): Claims {
  const payload = signed.slice(signed.indexOf('.') + 1)
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
}

/** In a time that does not tell how much of a signature was right. */
function isSame (known: string, came: string): boolean {
  return known.length === came.length && timingSafeEqual(Buffer.from(known, 'utf16le'), Buffer.from(came, 'utf16le'))
}
