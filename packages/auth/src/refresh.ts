import type { Connection } from '@fastify-realtime/connection-pool'
import type { Principal } from '@fastify-realtime/protocol'
import { credential } from './credential.ts'
import type { CredentialSource } from './credential.ts'
import type { Enforcement } from './enforcement.ts'
import {
  AuthUnavailableError, CredentialExpiredError, ForbiddenError, RefreshDataError, UnauthenticatedError
} from './errors.ts'
import { loggable } from './loggable.ts'
import { Refusal } from './refusal.ts'
import type { RefusalKind } from './refusal.ts'
import type { Verifier } from './verifier.ts'

export interface RefreshContext {
  readonly data: unknown
  readonly connection: Connection
  readonly log: { warn (object: object, message: string): void }
}

export interface RefreshParts {
  readonly verifier: Verifier
  readonly enforcement: Enforcement
  readonly refreshed: (principal: Principal) => void
  readonly refused: (kind: RefusalKind, source: CredentialSource) => void
}

export type Refresh = (context: RefreshContext) => Promise<{ readonly expiresAt: number }>

/** The handler of `auth.refresh { token }`: fresh terms for a living connection of the same principal. */
export function createRefresh ({ verifier, enforcement, refreshed, refused }: RefreshParts): Refresh {
  return async ({ data, connection, log }) => {
    const token = (data as { token?: unknown } | null | undefined)?.token
    if (typeof token !== 'string') throw new RefreshDataError()
    const { principal } = connection
    // Before anything is verified: who is nobody may not try tokens here.
    if (principal === null) throw new ForbiddenError()
    try {
      const grant = await verifier.verify(credential('message', token), null)
      if (grant.principal.id !== principal.id) throw new ForbiddenError()
      enforcement.renew(connection, grant)
      refreshed(principal)
      return { expiresAt: grant.expiresAt }
    } catch (error) {
      if (error instanceof ForbiddenError) throw error
      const kind = error instanceof Refusal ? error.kind : 'unavailable'
      refused(kind, 'message')
      throw failureOf(kind, error, token, log)
    }
  }
}

function failureOf (kind: RefusalKind, error: unknown, token: string, log: RefreshContext['log']): unknown {
  if (kind === 'expired') return new CredentialExpiredError()
  if (kind !== 'unavailable') return new UnauthenticatedError()
  log.warn(error instanceof Refusal ? { why: error.why } : { err: loggable(error, token) }, 'credential could not be checked')
  return new AuthUnavailableError()
}
