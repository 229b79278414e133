import type { Principal } from '@fastify-realtime/protocol'
import { ForbiddenError, UnauthenticatedError } from './errors.ts'
import { checkNames, hasRights } from './rights.ts'
import type { Rights } from './rights.ts'

/** What both a request and the view that message hooks get have. */
export interface WithPrincipal {
  readonly principal: Principal | null
}

/**
 * A hook that lets only principals with these rights on: for HTTP routes, for `app.message` routes, and within
 * `app.auth([…])` of @fastify/auth.
 * @throws {AuthOptionError}
 */
export function requires (rights: Rights = {}): (request: WithPrincipal) => Promise<void> {
  checkNames('requires', rights, ['role', 'scope'])
  return async ({ principal }) => {
    if (principal === null) throw new UnauthenticatedError()
    if (!hasRights(principal, rights)) throw new ForbiddenError()
  }
}
