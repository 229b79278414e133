import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject, KeyPairKeyObjectResult } from 'node:crypto'

export const secret: string = randomBytes(64).toString('base64')
export const rsa: KeyPairKeyObjectResult = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const ec: KeyPairKeyObjectResult = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const ed: KeyPairKeyObjectResult = generateKeyPairSync('ed25519')

export function pem (key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

export const seconds = (offset = 0): number => Math.floor(Date.now() / 1000) + offset

export function encode (value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

export interface Make {
  readonly header?: object
  readonly claims?: unknown
  readonly key?: string | Buffer | KeyObject
  readonly alg?: string
}

export const goodClaims = (): object => ({ sub: 'ada', iat: seconds(), exp: seconds(600) })

/** A compact JWS, with whatever is asked for in it. */
export function token ({ header = {}, claims = goodClaims(), key = secret, alg = 'HS256' }: Make = {}): string {
  const input = `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}`
  return `${input}.${signature(alg, input, key)}`
}

function signature (alg: string, input: string, key: string | Buffer | KeyObject): string {
  const digest = `sha${alg.slice(2)}`
  switch (alg.slice(0, 2)) {
    case 'HS': return createHmac(digest, key as string).update(input).digest('base64url')
    case 'RS': return sign(digest, Buffer.from(input), key as KeyObject).toString('base64url')
    case 'PS': return sign(digest, Buffer.from(input), { key: key as KeyObject, padding: 6, saltLength: -1 }).toString('base64url')
    case 'ES': return sign(digest, Buffer.from(input), { key: key as KeyObject, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    case 'Ed': return sign(null, Buffer.from(input), key as KeyObject).toString('base64url')
    default: return ''
  }
}
