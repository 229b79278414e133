import fastifyJwt from '@fastify/jwt'
import type { JWT } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '@fastify-realtime/protocol'
import { digest } from './digest.ts'
import { isPrincipal } from './grant.ts'
import type { Grant } from './grant.ts'
import { JwksKeys } from './jwks.ts'
import type { Claims, DatedKey, ResolvedJwt } from './jwt-options.ts'
import { Refusal } from './refusal.ts'
import { SeenTokens } from './seen-tokens.ts'
import type { Verified } from './seen-tokens.ts'

/** A token whose signature, issuer, audience and times hold. */
export interface ReadToken {
  /** The header's `typ`, as RFC 7515 compares it; `undefined` as a word when there is none. */
  readonly type: string
  readonly claims: Claims
  /** The `jti`, or a digest of what was signed: the signature itself may be written in more than one way. */
  readonly tokenId: string
}

/** Answers at once when the keys are here, and promises when they are the issuer's. @throws {Refusal} (or rejects) */
export type TokenReader = (token: string) => ReadToken | Promise<ReadToken>

interface DatedVerifier {
  readonly verify: (token: string) => unknown
  readonly until: number
}

interface Complete {
  readonly header: { readonly typ?: unknown }
  readonly payload: Claims
}

const wrongKey = new Set(['FAST_JWT_INVALID_SIGNATURE', 'FAST_JWT_INVALID_ALGORITHM', 'FAST_JWT_VERIFY_ERROR'])

/**
 * Builds the reader on @fastify/jwt, one registration for each key, in a child scope of its own: the app's own
 * registration works before and after it.
 */
export async function tokenReader (app: FastifyInstance, options: ResolvedJwt, clock: Clock): Promise<TokenReader> {
  const verifiers: DatedVerifier[] = []
  await app.register(async (scope) => {
    // A `jwt` of the app must not be touched: @fastify/jwt would hang our names on it.
    const registry: Record<string, JWT> = Object.create(null)
    scope.decorate('jwt', registry as object as JWT)
    for (const [index, { secret, algorithms, until }] of secretsOf(options, clock).entries()) {
      const namespace = `realtime${index}`
      await scope.register(fastifyJwt, { namespace, secret, verify: verifyOptions(options, algorithms) })
      verifiers.push({ verify: (token) => (registry[namespace] as JWT).verify(token), until })
    }
  })
  // Not for keys of an issuer, which may be withdrawn at any time.
  if (options.jwks !== undefined) return (token) => readRemote(verifiers, token)
  const seen = new SeenTokens(clock)
  return (token) => seen.read(token, (name) => readHere(verifiers, token, name, clock, options.clockTolerance))
}

function readHere (verifiers: readonly DatedVerifier[], token: string, name: string, clock: Clock, tolerance: number): Verified {
  let refusal: Refusal | undefined
  for (const { verify, until } of verifiers) {
    if (until <= clock.time()) continue
    try {
      const read = readComplete(name, verify(token) as Complete)
      return { read, until: Math.min(until, read.claims.exp * 1_000 + tolerance) }
    } catch (error) {
      refusal = refusalOf(error)
      if (!wrongKey.has(codeOf(error))) break
    }
  }
  throw refusal
}

async function readRemote ([verifier]: readonly DatedVerifier[], token: string): Promise<ReadToken> {
  try {
    return readComplete(digest(token.slice(0, token.lastIndexOf('.'))), await verifier?.verify(token) as Complete)
  } catch (error) {
    throw refusalOf(error)
  }
}

interface Secret extends Pick<DatedKey, 'algorithms' | 'until'> {
  readonly secret: Buffer | { readonly public: string } | { readonly public: (token: { header: object }) => Promise<string> }
}

function secretsOf ({ keys, jwks, algorithms }: ResolvedJwt, clock: Clock): Secret[] {
  if (jwks === undefined) {
    return keys.map(({ key, ...rest }) => ({ secret: typeof key === 'string' ? { public: key } : key, ...rest }))
  }
  const found = new JwksKeys(jwks, algorithms, clock)
  return [{ secret: { public: ({ header }) => found.find(header) }, algorithms, until: Infinity }]
}

function verifyOptions ({ issuer, audience, clockTolerance }: ResolvedJwt, algorithms: DatedKey['algorithms']): object {
  const requiredClaims = ['exp', 'iat']
  if (issuer !== undefined) requiredClaims.push('iss')
  if (audience !== undefined) requiredClaims.push('aud')
  return {
    algorithms,
    allowedIss: issuer,
    allowedAud: audience,
    clockTolerance,
    requiredClaims,
    complete: true,
    // It takes more time than it saves; ours is in front of it.
    cache: false
  }
}

/** @param name a digest of what was signed. */
function readComplete (name: string, { header, payload }: Complete): ReadToken {
  const { jti } = payload
  return {
    type: typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : typeof header.typ,
    claims: payload,
    tokenId: typeof jti === 'string' && jti !== '' && jti.length <= 256 ? jti : name
  }
}

function refusalOf (error: unknown): Refusal {
  const { originalError } = error as { originalError?: unknown }
  if (originalError instanceof Refusal) return originalError
  const code = codeOf(error)
  return new Refusal(code === 'FAST_JWT_EXPIRED' ? 'expired' : 'invalid', code)
}

function codeOf (error: unknown): string {
  return String((error as { code?: unknown }).code)
}

/** No issuer's clock is further ahead; what says so would outrun every revocation until then. */
const maxAhead = 60_000

/** When the token was issued, never later than now: a clock that is ahead must not outrun a revocation. @throws {Refusal} */
export function issueTime ({ iat }: { readonly iat: unknown }, now: number, tolerance: number): number {
  if (typeof iat !== 'number' || iat * 1_000 > now + maxAhead) throw new Refusal('invalid', 'iat')
  return Math.min(iat * 1_000 - tolerance, now)
}

/** The `typ` that a credential may have; others, topic tokens above all, are made for another purpose. */
const credentialTypes = new Set(['undefined', 'jwt', 'at+jwt'])

/** @throws {Refusal} when the token is no credential, or is older than any credential may get. */
export function grantOf (token: ReadToken, options: ResolvedJwt, maxAge: number, now: number): Grant {
  if (!credentialTypes.has(token.type)) throw new Refusal('invalid', 'typ')
  const principal = options.principal(token.claims)
  if (!isPrincipal(principal)) throw new Refusal('invalid', 'principal')
  const issuedAt = issueTime(token.claims, now, options.clockTolerance)
  const expiresAt = Math.min(token.claims.exp * 1_000 + options.clockTolerance, issuedAt + maxAge)
  if (expiresAt <= now) throw new Refusal('expired', 'age')
  return { principal, tokenId: token.tokenId, issuedAt, expiresAt }
}
