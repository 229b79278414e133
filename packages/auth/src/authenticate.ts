import type { FastifyReply, FastifyRequest } from 'fastify'
import { closeReasons } from '@fastify-realtime/protocol'
import type { CloseReason, Principal } from '@fastify-realtime/protocol'
import { credential, readCredential } from './credential.ts'
import type { Credential, CredentialSource } from './credential.ts'
import {
  AuthUnavailableError, CredentialExpiredError, OriginError, TooManyFailuresError, UnauthenticatedError
} from './errors.ts'
import type { FailureLimit } from './failures.ts'
import type { Grant } from './grant.ts'
import type { OriginCheck } from './origins.ts'
import type { ResolvedOptions } from './options.ts'
import { loggable } from './loggable.ts'
import type { UrlRedaction, UrlSecrets } from './redaction.ts'
import { Refusal } from './refusal.ts'
import type { RefusalKind } from './refusal.ts'
import type { Verifier } from './verifier.ts'

export interface AuthenticateParts {
  readonly options: ResolvedOptions
  readonly verifier: Verifier
  readonly isAllowedOrigin: OriginCheck
  readonly urls: UrlRedaction
  readonly countFailure: FailureLimit
  /** Makes the principal of a grant, unless it has been revoked. @throws {Refusal} */
  readonly admit: (grant: Grant) => Principal
  readonly refused: (kind: RefusalKind | 'origin', source: CredentialSource | undefined) => void
  /** Accepts the upgrade only to close it, if the client can read why. */
  readonly turnAway: (request: FastifyRequest, reply: FastifyReply, reason: CloseReason) => boolean
}

export type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

const noSecrets: UrlSecrets = Object.freeze({})
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Builds the hook that puts the principal on the request, for upgrades and for plain requests alike. */
export function createAuthenticate (parts: AuthenticateParts): Authenticate {
  const { options, verifier, admit } = parts
  return async function authenticate (request, reply) {
    if (request.principal !== null) return
    const upgrade = isUpgrade(request)
    let found: Credential | undefined
    try {
      if (upgrade) checkOrigin(parts, request, false)
      if (options.extract !== undefined) found = await extractCredential(request)
      found ??= findCredential(parts, request, upgrade)
      if (found?.source === 'cookie') checkAmbientOrigin(parts, request, upgrade)
      const grant = found === undefined ? certified(parts, request, upgrade) : await verifier.verify(found, request)
      if (grant !== undefined) request.principal = admit(grant)
      else if (!isAnonymous(request)) throw new Refusal('missing', 'none')
    } catch (error) {
      await refuse(parts, request, reply, error, found)
    }
  }

  async function extractCredential (request: FastifyRequest): Promise<Credential | undefined> {
    const token = await verifier.within(Promise.resolve(options.extract?.(request)))
    return token === undefined ? undefined : credential('custom', token)
  }

  function findCredential ({ urls }: AuthenticateParts, request: FastifyRequest, upgrade: boolean): Credential | undefined {
    const { cookie, allowQueryToken } = options
    const { token, ticket } = upgrade ? urls.secrets(request.raw) : noSecrets
    return readCredential({
      authorization: request.headers.authorization,
      protocols: upgrade ? request.headers['sec-websocket-protocol'] : undefined,
      cookie: cookie === false ? undefined : cookieValue(request, cookie),
      ticket,
      query: allowQueryToken ? token : undefined
    })
  }
}

interface CookieRequest {
  readonly cookies?: Readonly<Record<string, string | undefined>>
  readonly unsignCookie?: (value: string) => { readonly valid: boolean, readonly value: string | null }
}

/** `null` when the signature does not hold. */
function cookieValue (request: FastifyRequest & CookieRequest, { name, signed = false }:
{ readonly name: string, readonly signed?: boolean }): string | null | undefined {
  const value = request.cookies?.[name]
  if (value === undefined || value === '' || !signed) return value
  return request.unsignCookie?.(value).value
}

function isAnonymous (request: FastifyRequest): boolean {
  const { realtime } = request.routeOptions.config as { realtime?: { readonly anonymous?: boolean } }
  return realtime?.anonymous === true
}

/**
 * Whether the request came by @fastify/websocket. The header alone proves nothing: without `Connection: Upgrade` it is a
 * plain request, whose socket belongs to the HTTP parser.
 */
function isUpgrade (request: FastifyRequest & { readonly ws?: boolean }): boolean {
  return request.ws === true
}

function certified (parts: AuthenticateParts, request: FastifyRequest, upgrade: boolean): Grant | undefined {
  const grant = parts.verifier.certificate(request)
  if (grant !== undefined && !upgrade) checkAmbientOrigin(parts, request, false)
  return grant
}

/** Browsers send cookies and certificates for whatever page asks, so they count only for a page that is known. */
function checkAmbientOrigin (parts: AuthenticateParts, request: FastifyRequest, upgrade: boolean): void {
  if (upgrade) checkOrigin(parts, request, true)
  else if (!safeMethods.has(request.method)) checkOrigin(parts, request, false)
}

function checkOrigin ({ isAllowedOrigin }: AuthenticateParts, request: FastifyRequest, required: boolean): void {
  const { origin } = request.headers
  if (origin === undefined ? !required : isAllowedOrigin({ origin, host: request.host, protocol: request.protocol })) return
  throw new OriginError()
}

async function refuse (parts: AuthenticateParts, request: FastifyRequest, reply: FastifyReply, error: unknown,
  found: Credential | undefined): Promise<void> {
  const source = found?.source
  if (error instanceof OriginError) {
    parts.refused('origin', source)
    request.log.info({ source }, 'origin refused')
    throw error
  }
  const { kind, why } = error instanceof Refusal ? error : new Refusal('unavailable', 'error')
  parts.refused(kind, source)
  if (kind === 'unavailable') {
    request.log.warn(error instanceof Refusal ? { source, why } : { source, err: loggable(error, found?.token) }, 'credential could not be checked')
    reply.header('retry-after', '1')
    throw new AuthUnavailableError()
  }
  request.log.info({ source, kind, why }, 'credential refused')
  const retryAfter = await parts.countFailure(request)
  if (retryAfter !== undefined) {
    reply.header('retry-after', String(Math.ceil(retryAfter / 1_000)))
    throw new TooManyFailuresError()
  }
  if (kind !== 'missing' && isToldByClosing(parts, request, reply, kind)) return
  reply.header('www-authenticate', 'Bearer')
  throw kind === 'expired' ? new CredentialExpiredError() : new UnauthenticatedError()
}

/** How a browser is told, which cannot read a 401: by the close code of an upgrade that leads to nothing. */
function isToldByClosing ({ options, turnAway }: AuthenticateParts, request: FastifyRequest, reply: FastifyReply, kind: RefusalKind): boolean {
  return options.tellBrowsers && turnAway(request, reply, kind === 'expired' ? closeReasons.credentialExpired : closeReasons.unauthenticated)
}
