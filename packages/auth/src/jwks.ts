import { createPublicKey } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import type { Clock } from '@fastify-realtime/protocol'
import { withDeadline } from './deadline.ts'
import { algorithmsOf, pemOf } from './key.ts'
import { Refusal } from './refusal.ts'

/** What is needed of get-jwks: `buildGetJwks({ ttl: 600_000 })` fits, and so does anything with this method. */
export interface JwksClient {
  getJwk (query: { readonly domain: string, readonly alg: string, readonly kid: string }): Promise<object>
}

export interface JwksOptions {
  /** The user's own get-jwks object; it fetches and caches. */
  readonly client: JwksClient
  /** The issuer whose keys count, such as `https://login.example.com/`. Never taken from the token. */
  readonly domain: string
  /** How long a key may take, in milliseconds; then the upgrade is answered 503. Default 4_000. */
  readonly timeout?: number
}

interface JwtHeader {
  readonly alg?: unknown
  readonly kid?: unknown
}

const forgetMissesAfter = 30_000
const maxMisses = 10
const maxKnown = 100

/**
 * Finds the key of a token at the issuer. Key ids that nobody has heard of cost a request to the issuer each, so after
 * ten misses within half a minute only known ones are looked up; live connections never need this.
 */
export class JwksKeys {
  readonly #options: Required<JwksOptions>
  readonly #algorithms: ReadonlySet<string>
  readonly #clock: Clock
  readonly #known = new Set<string>()
  #misses = 0
  #missesSince = -Infinity

  constructor (options: Required<JwksOptions>, algorithms: readonly string[], clock: Clock) {
    this.#options = options
    this.#algorithms = new Set(algorithms)
    this.#clock = clock
  }

  /** The PEM of the key that the header names. @throws {Refusal} */
  async find ({ alg, kid }: JwtHeader): Promise<string> {
    if (typeof alg !== 'string' || !this.#algorithms.has(alg)) throw new Refusal('invalid', 'algorithm')
    if (typeof kid !== 'string' || kid === '' || kid.length > 256) throw new Refusal('invalid', 'key id')
    if (!this.#known.has(kid) && this.#missedTooOften()) throw new Refusal('unavailable', 'too many unknown key ids')
    const { client, domain, timeout } = this.#options
    let jwk: object
    try {
      jwk = await withDeadline(client.getJwk({ domain, alg, kid }), timeout, this.#clock,
        () => new Refusal('unavailable', 'jwks timeout'))
    } catch (error) {
      throw this.#failed(error)
    }
    const pem = readKey(jwk, alg)
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.add(kid)
    return pem
  }

  #failed (error: unknown): Refusal {
    if (error instanceof Refusal) return error
    if ((error as { code?: unknown }).code !== 'JWK_NOT_FOUND') return new Refusal('unavailable', 'jwks outage')
    this.#misses++
    return new Refusal('invalid', 'unknown key id')
  }

  #missedTooOften (): boolean {
    const now = this.#clock.now()
    if (now - this.#missesSince > forgetMissesAfter) {
      this.#missesSince = now
      this.#misses = 0
    }
    return this.#misses >= maxMisses
  }
}

/** @throws {Refusal} when the issuer's own key is not one that may verify `alg`. */
function readKey (jwk: object, alg: string): string {
  const { use } = jwk as { use?: unknown }
  if (use !== undefined && use !== 'sig') throw new Refusal('invalid', 'key use')
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    if ((algorithmsOf(key) as readonly string[]).includes(alg)) return pemOf(key)
  } catch {
    // A key that Node cannot read is as good as none.
  }
  throw new Refusal('invalid', 'key kind')
}

