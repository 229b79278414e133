import { createPublicKey } from 'node:crypto'
import type { AsymmetricKeyDetails, KeyObject } from 'node:crypto'
import { AuthOptionError } from './errors.ts'

export type Algorithm =
  | 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512'
  | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'

/** A key and the only algorithms that it may verify. */
export interface VerificationKey {
  readonly key: Buffer | string
  readonly algorithms: readonly Algorithm[]
}

export const asymmetricAlgorithms: readonly Algorithm[] =
  ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

const curves: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** RFC 7518 section 3.2: an HMAC key is at least as long as its digest. */
const hmacBytes: ReadonlyArray<readonly [Algorithm, number]> = [['HS256', 32], ['HS384', 48], ['HS512', 64]]

const minRsaBits = 2_048

/**
 * A shared secret.
 * @throws {AuthOptionError} when it is missing, short, or really a key that others know.
 */
export function secretKey (option: string, secret: unknown): VerificationKey {
  if (typeof secret !== 'string' && !Buffer.isBuffer(secret)) {
    throw new AuthOptionError(option, 'a string or Buffer of 32 bytes or more', secret === null ? 'null' : typeof secret,
      'Take 32 random bytes, from an environment variable or a file')
  }
  const key = Buffer.from(secret)
  if (key.length < 32) {
    throw new AuthOptionError(option, '32 bytes or more', `${key.length} bytes`,
      'Make one: node -p "require(\'node:crypto\').randomBytes(48).toString(\'base64\')"')
  }
  const text = key.toString('latin1').trimStart()
  if (text.includes('-----BEGIN ') || /^[{[].*"kty"/s.test(text)) {
    throw new AuthOptionError(option, 'a random secret', 'a PEM or JWK', 'Give a public key as "publicKey" instead')
  }
  return { key, algorithms: hmacBytes.filter(([, bytes]) => key.length >= bytes).map(([name]) => name) }
}

/**
 * A public key: PEM (SPKI, PKCS#1 or a certificate) as string or Buffer.
 * @throws {AuthOptionError} when it cannot be read, is private, or is too weak.
 */
export function publicKey (option: string, pem: unknown): VerificationKey {
  const todo = 'Give the public key in PEM: an RSA key of 2048 bits or more, P-256, P-384, P-521 or Ed25519'
  if (typeof pem !== 'string' && !Buffer.isBuffer(pem)) {
    throw new AuthOptionError(option, 'a PEM as string or Buffer', pem === null ? 'null' : typeof pem, todo)
  }
  if (pem.includes('PRIVATE KEY')) throw new AuthOptionError(option, 'a public key', 'a private key', todo)
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw new AuthOptionError(option, 'a public key in PEM', 'something else', todo)
  }
  const algorithms = algorithmsOf(key)
  if (algorithms.length === 0) {
    throw new AuthOptionError(option, 'a key that is supported and strong enough', String(key.asymmetricKeyType), todo)
  }
  return { key: pemOf(key), algorithms }
}

/** One form for every encoding that a key may come in. */
export function pemOf (key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

/** What a public key may verify; nothing when it is too weak or of a kind that JWTs do not use. */
export function algorithmsOf (key: KeyObject): readonly Algorithm[] {
  const details = key.asymmetricKeyDetails as AsymmetricKeyDetails
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return Number(details.modulusLength) >= minRsaBits
        ? ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
        : []
    case 'ec': {
      const algorithm = curves[String(details.namedCurve)]
      return algorithm === undefined ? [] : [algorithm]
    }
    case 'ed25519':
      return ['EdDSA']
    default:
      return []
  }
}
