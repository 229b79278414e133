import { isBearerProtocol, readBearerProtocol } from '@fastify-realtime/protocol'
import { Refusal } from './refusal.ts'

/** Where a credential came from; `message` is `auth.refresh`. */
export type CredentialSource = 'header' | 'subprotocol' | 'cookie' | 'ticket' | 'query' | 'certificate' | 'custom' | 'message'

export interface Credential {
  readonly source: CredentialSource
  readonly token: string
}

/** What of a request may hold a credential. */
export interface CredentialParts {
  readonly authorization: string | undefined
  /** The `Sec-WebSocket-Protocol` header of an upgrade. */
  readonly protocols: string | undefined
  /** The value of the configured cookie; `null` when its signature does not hold. */
  readonly cookie: string | null | undefined
  /** What `ticket=` in the query of an upgrade says. */
  readonly ticket: string | undefined
  /** What `token=` in the query of an upgrade says, where the app allows it. */
  readonly query: string | undefined
}

/** The longest token that is looked at, in bytes; headers are bounded by Node, but not as tightly. */
export const maxTokenBytes = 8_192

const bearerScheme = /^bearer(?:\s|$)/i
const bearerHeader = /^bearer +([\w~+/.-]+=*) *$/i

/**
 * The first credential in the order header, subprotocol, cookie, ticket, query. One that is malformed refuses the
 * request; the next source is not tried, so nobody can choose which of two credentials counts.
 */
export function readCredential (parts: CredentialParts): Credential | undefined {
  return fromHeader(parts.authorization) ??
    fromProtocols(parts.protocols) ??
    fromCookie(parts.cookie) ??
    optional('ticket', parts.ticket) ??
    optional('query', parts.query)
}

/** @throws {Refusal} when no token can be that short or that long. */
export function credential (source: CredentialSource, token: string): Credential {
  if (token === '' || Buffer.byteLength(token) > maxTokenBytes) throw new Refusal('invalid', 'length')
  return { source, token }
}

function optional (source: CredentialSource, token: string | undefined): Credential | undefined {
  return token === undefined ? undefined : credential(source, token)
}

function fromHeader (authorization: string | undefined): Credential | undefined {
  // Another scheme, such as the Basic of a proxy in front, is not ours to judge.
  if (authorization === undefined || !bearerScheme.test(authorization)) return undefined
  return credential('header', bearerHeader.exec(authorization)?.[1] ?? '')
}

function fromProtocols (protocols: string | undefined): Credential | undefined {
  if (protocols === undefined) return undefined
  let found: string | undefined
  for (const part of protocols.split(',')) {
    const offer = part.trim()
    if (!isBearerProtocol(offer)) continue
    if (found !== undefined) throw new Refusal('invalid', 'two bearers')
    found = offer
  }
  return found === undefined ? undefined : credential('subprotocol', readBearerProtocol(found) ?? '')
}

function fromCookie (value: string | null | undefined): Credential | undefined {
  if (value === null) throw new Refusal('invalid', 'cookie signature')
  // Signing out clears a cookie by making it empty.
  return value === '' ? undefined : optional('cookie', value)
}
