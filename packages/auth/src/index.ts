import type { Principal } from '@fastify-realtime/protocol'
import type { RealtimeAuth } from './realtime-auth.ts'

export type { Authenticate } from './authenticate.ts'
export type { CredentialSource } from './credential.ts'
export {
  AuthOptionError, AuthUnavailableError, AuthUseError, CredentialExpiredError, ForbiddenError, OriginError,
  PolicyTimeoutError, RefreshDataError, TooManyFailuresError, UnauthenticatedError
} from './errors.ts'
export type { JwksClient, JwksOptions } from './jwks.ts'
export type { Claims, JwtOptions, PreviousKey } from './jwt-options.ts'
export type { Algorithm } from './key.ts'
export type { AuthOptions, CookieOptions, Verified } from './options.ts'
export { auth, auth as default } from './plugin.ts'
export type { AuthEvents, RealtimeAuth, RevokeFilter } from './realtime-auth.ts'
export type { RefusalKind } from './refusal.ts'
export { requires } from './requires.ts'
export type { WithPrincipal } from './requires.ts'
export type { Rights } from './rights.ts'
export { rules } from './rules.ts'
export type {
  Condition, Permission, Policies, RulesOptions, TopicAction, TopicPolicy, TopicQuestion, TopicRules
} from './rules.ts'
export type { Ticket } from './ticket.ts'
export type { TopicGrant, TopicTokens } from './topic-token.ts'

declare module 'fastify' {
  interface FastifyInstance {
    realtimeAuth: RealtimeAuth
  }
  interface FastifyRequest {
    /** Who asks. `null` until `realtimeAuth.authenticate` has run, and for anonymous connections. */
    principal: Principal
  }
}
