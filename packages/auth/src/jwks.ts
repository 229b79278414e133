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

interface IssuerKey {
  readonly pem: string
  readonly algorithms: readonly string[]
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
 * ten misses within half a minute, those included that are still on their way, only known ones are looked up; live
 * connections never need this.
 */
export class JwksKeys {
  readonly #options: Required<JwksOptions>
  readonly #algorithms: ReadonlySet<string>
  readonly #clock: Clock
  readonly #known = new Set<string>()
  /** Key ids that are being heard of for the first time; whoever names one meanwhile waits for the same answer. */
  readonly #asking = new Map<string, Promise<object>>()
  /** By the issuer's own object, which the client keeps for as long as it trusts it. */
  readonly #keys = new WeakMap<object, IssuerKey>()
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
    const jwk = await (this.#known.has(kid) ? this.#ask(alg, kid) : this.#askFirst(alg, kid))
    const key = this.#keys.get(jwk) ?? readKey(jwk)
    this.#keys.set(jwk, key)
    if (!key.algorithms.includes(alg)) throw new Refusal('invalid', 'key kind')
    return key.pem
  }

  /** Takes one of the misses for as long as it is not known to be none. */
  #askFirst (alg: string, kid: string): Promise<object> {
    const name = `${alg} ${kid}`
    const asked = this.#asking.get(name)
    if (asked !== undefined) return asked
    if (this.#missedTooOften()) throw new Refusal('unavailable', 'too many unknown key ids')
    const asking = this.#ask(alg, kid).then((jwk) => {
      if (this.#known.size >= maxKnown) this.#known.clear()
      this.#known.add(kid)
      return jwk
    }, (error: Refusal) => {
      if (error.kind === 'invalid') this.#misses++
      throw error
    }).finally(() => this.#asking.delete(name))
    this.#asking.set(name, asking)
    return asking
  }

  async #ask (alg: string, kid: string): Promise<object> {
    const { client, domain, timeout } = this.#options
    try {
      return await withDeadline(client.getJwk({ domain, alg, kid }), timeout, this.#clock,
        () => new Refusal('unavailable', 'jwks timeout'))
    } catch (error) {
      if (error instanceof Refusal) throw error
      const isMiss = (error as { code?: unknown }).code === 'JWK_NOT_FOUND'
      throw isMiss ? new Refusal('invalid', 'unknown key id') : new Refusal('unavailable', 'jwks outage')
    }
  }

  #missedTooOften (): boolean {
    const now = this.#clock.now()
    if (now - this.#missesSince > forgetMissesAfter) {
      this.#missesSince = now
      this.#misses = 0
    }
    return this.#misses + this.#asking.size >= maxMisses
  }
}

/** What Node cannot read, or what is made for another use than signatures, may verify nothing. */
function readKey (jwk: object): IssuerKey {
  const { use } = jwk as { use?: unknown }
  if (use === undefined || use === 'sig') {
    try {
      const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
      return { pem: pemOf(key), algorithms: algorithmsOf(key) }
    } catch {
      // As below.
    }
  }
  return { pem: '', algorithms: [] }
}
