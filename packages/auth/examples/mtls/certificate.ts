import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
  readonly name: string
  readonly privateKey: KeyObject
}

export interface IssueOptions {
  /** The subject's common name; left out: a subject without one. */
  readonly name?: string
  /** Who signs; left out: itself. */
  readonly issuer?: Identity
  readonly authority?: boolean
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** An IPv4 address of a server. */
  readonly address?: string
}

const day = 86_400_000

/**
 * Makes an X.509 certificate (ECDSA P-256) with nothing but node:crypto: enough for examples and tests. In production
 * certificates come from your own authority.
 */
export function issue ({ name = '', issuer, authority = false, address, ...dates }: IssueOptions): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { notBefore = new Date(Date.now() - day), notAfter = new Date(Date.now() + 30 * day) } = dates
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const extensions = [
    sequence(oid('2.5.29.19'), yes(), octets(authority ? sequence(yes()) : sequence())),
    ...address === undefined ? [] : [sequence(oid('2.5.29.17'), octets(sequence(der(0x87, Buffer.from(address.split('.').map(Number))))))]
  ]
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    commonName(issuer?.name ?? name),
    sequence(utcTime(notBefore), utcTime(notAfter)),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions))
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name,
    privateKey
  }
}

function der (tag: number, content: Buffer): Buffer {
  const size = content.length
  const head = size < 128 ? [tag, size] : size < 256 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from(head), content])
}

function sequence (...parts: Buffer[]): Buffer { return der(0x30, Buffer.concat(parts)) }
function integer (bytes: Buffer): Buffer { return der(0x02, bytes) }
function yes (): Buffer { return der(0x01, Buffer.from([255])) }
function octets (content: Buffer): Buffer { return der(0x04, content) }

function utcTime (date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))
}

function commonName (name: string): Buffer {
  return name === '' ? sequence() : sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(name)))))
}

function oid (dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 127]
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128)
    bytes.push(...groups)
  }
  return der(0x06, Buffer.from(bytes))
}
