import { checkOptionNames } from '@fastify-realtime/protocol'
import type { OptionNames, Principal } from '@fastify-realtime/protocol'
import { AuthOptionError } from './errors.ts'
import { asymmetricAlgorithms, publicKey, secretKey } from './key.ts'
import type { Algorithm, VerificationKey } from './key.ts'
import type { JwksOptions } from './jwks.ts'

/** The claims of a token whose signature holds. */
export interface Claims {
  readonly sub?: string
  readonly iss?: string
  readonly jti?: string
  /** Seconds. */
  readonly exp: number
  /** Seconds. */
  readonly iat: number
  readonly [claim: string]: unknown
}

/** A key that was in use before: tokens that it signed are taken until the date. */
export interface PreviousKey {
  readonly secret?: string | Buffer
  readonly publicKey?: string | Buffer
  readonly until: Date | number
}

/** Exactly one of `secret`, `publicKey` and `jwks`. */
export interface JwtOptions {
  /** Shared secret for HS256 (32 bytes or more), HS384 (48) or HS512 (64). */
  readonly secret?: string | Buffer
  /** Public key in PEM, for RS, PS, ES or EdDSA. */
  readonly publicKey?: string | Buffer
  /** Keys of an issuer, through get-jwks. */
  readonly jwks?: JwksOptions
  /** Keys that are being replaced. Default none. */
  readonly previous?: readonly PreviousKey[]
  /** Only these algorithms. Default: all that the key is strong enough for; never `none`. */
  readonly algorithms?: readonly Algorithm[]
  /** Required `iss`: one of these. Default: not looked at. */
  readonly issuer?: string | readonly string[]
  /** Required `aud`: one of these. Default: not looked at. */
  readonly audience?: string | readonly string[]
  /** Clock difference to the issuer that is forgiven, in milliseconds, 0–60_000. Default 0. */
  readonly clockTolerance?: number
  /** Who the claims speak of; `null` refuses. Default: `sub` as id, with `role`, `roles`, `scope` and `scopes`. */
  readonly principal?: (claims: Claims) => Principal | null
}

export interface DatedKey extends VerificationKey {
  /** Wall-clock milliseconds. */
  readonly until: number
}

export interface ResolvedJwt {
  /** The current key first; empty with `jwks`. */
  readonly keys: readonly DatedKey[]
  readonly jwks: Required<JwksOptions> | undefined
  readonly algorithms: readonly Algorithm[]
  readonly issuer: readonly string[] | undefined
  readonly audience: readonly string[] | undefined
  readonly clockTolerance: number
  readonly principal: (claims: Claims) => Principal | null
}

const known: OptionNames<JwtOptions> = {
  secret: 1, publicKey: 1, jwks: 1, previous: 1, algorithms: 1, issuer: 1, audience: 1, clockTolerance: 1, principal: 1
}

const jwksTimeout = 4_000
const maxTolerance = 60_000

/** @throws {AuthOptionError} */
export function resolveJwt (options: JwtOptions): ResolvedJwt {
  checkOptionNames('auth jwt', options, known)
  const given = (['secret', 'publicKey', 'jwks'] as const).filter((name) => options[name] !== undefined)
  if (given.length !== 1) {
    throw new AuthOptionError('jwt', 'an object with exactly one of "secret", "publicKey" and "jwks"',
      given.length === 0 ? 'none' : given.join(' and '), 'A key that is being replaced goes to "previous"')
  }
  const keys = given[0] === 'jwks' ? [] : [{ ...readKey('jwt', options), until: Infinity }, ...previousKeys(options)]
  return Object.freeze({
    keys: narrow(keys, options.algorithms),
    jwks: given[0] === 'jwks' ? resolveJwks(options.jwks) : undefined,
    algorithms: options.algorithms ?? asymmetricAlgorithms,
    issuer: names('jwt.issuer', options.issuer),
    audience: names('jwt.audience', options.audience),
    clockTolerance: milliseconds('jwt.clockTolerance', options.clockTolerance ?? 0, 0, maxTolerance),
    principal: options.principal ?? principalOf
  })
}

function previousKeys ({ previous = [] }: JwtOptions): DatedKey[] {
  return previous.map((key, index) => {
    const option = `jwt.previous[${index}]`
    checkOptionNames(`auth ${option}`, key, { secret: 1, publicKey: 1, until: 1 })
    const until = Number(key.until)
    if (!Number.isFinite(until)) {
      throw new AuthOptionError(`${option}.until`, 'a Date or milliseconds', String(key.until),
        'Say when the last token that it signed expires')
    }
    return { ...readKey(option, key), until }
  })
}

function readKey (option: string, options: Pick<JwtOptions, 'secret' | 'publicKey'>): VerificationKey {
  return options.publicKey !== undefined
    ? publicKey(`${option}.publicKey`, options.publicKey)
    : secretKey(`${option}.secret`, options.secret)
}

/** What the app allows and the key can do. */
function narrow (keys: readonly DatedKey[], allowed: readonly Algorithm[] | undefined): DatedKey[] {
  return keys.map((key) => {
    const algorithms = key.algorithms.filter((name) => allowed === undefined || allowed.includes(name))
    if (algorithms.length > 0) return { ...key, algorithms }
    throw new AuthOptionError('jwt.algorithms', `some of ${key.algorithms.join(', ')}, which fit the key`,
      String(allowed), 'Leave it out to allow whatever the key is strong enough for')
  })
}

function resolveJwks (jwks: JwksOptions | undefined): Required<JwksOptions> {
  if (typeof jwks?.client?.getJwk !== 'function' || !URL.canParse(jwks.domain)) {
    throw new AuthOptionError('jwt.jwks', '{ client, domain } with a get-jwks object and the issuer\'s URL', typeof jwks,
      'Install get-jwks and give { client: buildGetJwks(), domain: \'https://issuer.example.com\' }')
  }
  checkOptionNames('auth jwt.jwks', jwks, { client: 1, domain: 1, timeout: 1 })
  const timeout = milliseconds('jwt.jwks.timeout', jwks.timeout ?? jwksTimeout, 1, 60_000)
  return { client: jwks.client, domain: jwks.domain, timeout }
}

function names (option: string, value: string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const list = typeof value === 'string' ? [value] : value
  // An empty name would be dropped by the verifier, and then nothing would be checked.
  if (Array.isArray(list) && list.length > 0 && list.every((name) => typeof name === 'string' && name !== '')) return list
  throw new AuthOptionError(option, 'a string or a list of strings, none empty', JSON.stringify(value),
    'Leave it out when it does not matter')
}

/** @throws {AuthOptionError} unless it is a whole number of milliseconds within the bounds. */
export function milliseconds (option: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new AuthOptionError(option, `a whole number of milliseconds from ${min} to ${max}`, String(value),
    'Off is false, where there is an off')
}

const carried = ['role', 'roles', 'scope', 'scopes'] as const

function principalOf (claims: Claims): Principal {
  const fields: Record<string, unknown> = { id: claims.sub }
  for (const name of carried) if (name in claims) fields[name] = claims[name]
  return fields as object as Principal
}
