import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import type { Credential } from './credential.ts'
import { withDeadline } from './deadline.ts'
import { digest } from './digest.ts'
import { isPrincipal } from './grant.ts'
import type { Grant } from './grant.ts'
import { grantOf } from './jwt.ts'
import type { TokenReader } from './jwt.ts'
import type { ResolvedJwt } from './jwt-options.ts'
import type { ResolvedOptions } from './options.ts'
import { Refusal } from './refusal.ts'
import type { Tickets } from './ticket.ts'

export interface JwtParts {
  readonly read: TokenReader
  readonly options: ResolvedJwt
}

/** Turns a credential into a grant, or refuses it. */
export class Verifier {
  readonly #options: ResolvedOptions
  readonly #jwt: JwtParts | undefined
  readonly #tickets: Tickets | undefined

  constructor (options: ResolvedOptions, jwt: JwtParts | undefined, tickets: Tickets | undefined) {
    this.#options = options
    this.#jwt = jwt
    this.#tickets = tickets
  }

  /** @param request `null` for a token that a living connection brings. @throws {Refusal} (or rejects) */
  verify (credential: Credential, request: FastifyRequest | null): Grant | Promise<Grant> {
    const work = this.#verify(credential, request)
    // Keys that are here answer at once: no timer for each handshake then.
    return work instanceof Promise ? this.within(work) : work
  }

  /** The work's own result in time; otherwise a refusal that says: later. */
  within<Value> (work: Promise<Value>): Promise<Value> {
    const { timeout, clock } = this.#options
    return withDeadline(work, timeout, clock, () => new Refusal('unavailable', 'timeout'))
  }

  /** What the client certificate of a verified TLS connection gives, if the app asks for it. */
  certificate (request: FastifyRequest): Grant | undefined {
    const { certificate: principalOf } = this.#options
    const socket = request.raw.socket as Partial<TLSSocket>
    // `authorized` is true only when TLS has checked the chain against the server's own `ca`.
    if (principalOf === false || socket.authorized !== true || socket.getPeerCertificate === undefined) return undefined
    const certificate = socket.getPeerCertificate()
    const principal = principalOf(certificate, request)
    return this.#grant({
      principal,
      tokenId: `x509:${certificate.fingerprint256}`,
      issuedAt: Date.parse(certificate.valid_from),
      expiresAt: Date.parse(certificate.valid_to)
    }, Infinity)
  }

  #verify (credential: Credential, request: FastifyRequest | null): Grant | Promise<Grant> {
    const { source, token } = credential
    if (source === 'ticket') {
      if (this.#tickets === undefined) throw new Refusal('invalid', 'tickets are off')
      return this.#tickets.redeem(token)
    }
    const jwt = this.#jwt
    if (jwt === undefined) return this.#ask(token, request)
    const { maxAge, clock } = this.#options
    const read = jwt.read(token)
    return read instanceof Promise
      ? read.then((late) => grantOf(late, jwt.options, maxAge, clock.time()))
      : grantOf(read, jwt.options, maxAge, clock.time())
  }

  async #ask (token: string, request: FastifyRequest | null): Promise<Grant> {
    const { verify, maxAge, clock } = this.#options
    // Without `jwt` and `verify` the app knows certificates only.
    const verified = await verify?.(token, request)
    if (verified === null || verified === undefined) throw new Refusal('invalid', 'verify')
    const now = clock.time()
    const { principal, tokenId = digest(token), issuedAt = now, expiresAt = Infinity } = verified
    return this.#grant({ principal, tokenId, issuedAt: Math.min(issuedAt, now), expiresAt }, maxAge)
  }

  #grant (grant: Omit<Grant, 'principal'> & { readonly principal: unknown }, maxAge: number): Grant {
    const { principal, tokenId, issuedAt } = grant
    const now = this.#options.clock.time()
    const expiresAt = Math.min(grant.expiresAt, issuedAt + maxAge)
    if (!isPrincipal(principal)) throw new Refusal('invalid', 'principal')
    if (!(expiresAt > now)) throw new Refusal('expired', 'age')
    return { principal, tokenId, issuedAt, expiresAt }
  }
}
