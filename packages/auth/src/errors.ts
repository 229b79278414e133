import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[] = []> =
  FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** An option has a value that cannot work, or that would not be safe. Never repeats a secret. */
export const AuthOptionError: Coded<'FRT_ERR_AUTH_OPTION', 500,
  [option: string, expected: string, came: string, todo: string]> =
  createError('FRT_ERR_AUTH_OPTION', 'Option "%s" must be %s, but %s came. %s', 500)

/** A method of `app.realtimeAuth` was called with arguments that make no sense. */
export const AuthUseError: Coded<'FRT_ERR_AUTH_USE', 500, [message: string]> =
  createError('FRT_ERR_AUTH_USE', '%s', 500)

/** No credential, or one that does not hold. Why it does not hold is for nobody outside. */
export const UnauthenticatedError: Coded<'FRT_ERR_UNAUTHENTICATED', 401> =
  createError('FRT_ERR_UNAUTHENTICATED', 'A valid credential is required', 401)

/** The credential was good once; come back with a fresh one. */
export const CredentialExpiredError: Coded<'FRT_ERR_CREDENTIAL_EXPIRED', 401> =
  createError('FRT_ERR_CREDENTIAL_EXPIRED', 'The credential has expired', 401)

/** The page that opened the connection is not of an allowed origin. */
export const OriginError: Coded<'FRT_ERR_ORIGIN', 403> =
  createError('FRT_ERR_ORIGIN', 'This origin is not allowed', 403)

/** The principal is known and may not do this. */
export const ForbiddenError: Coded<'FRT_ERR_FORBIDDEN', 403> =
  createError('FRT_ERR_FORBIDDEN', 'This is not allowed', 403)

/** Credentials cannot be checked now: keys or records are out of reach. The same credential may work later. */
export const AuthUnavailableError: Coded<'FRT_ERR_AUTH_UNAVAILABLE', 503> =
  createError('FRT_ERR_AUTH_UNAVAILABLE', 'Credentials cannot be checked now', 503)

/** Too many credentials from this address failed. */
export const TooManyFailuresError: Coded<'FRT_ERR_TOO_MANY_FAILURES', 429> =
  createError('FRT_ERR_TOO_MANY_FAILURES', 'Too many failed attempts', 429)

/** A policy did not answer in time; nothing was allowed. */
export const PolicyTimeoutError: Coded<'FRT_ERR_POLICY_TIMEOUT', 504> =
  createError('FRT_ERR_POLICY_TIMEOUT', 'The permission could not be checked in time', 504)

/** `auth.refresh` came without a token. */
export const RefreshDataError: Coded<'FRT_ERR_REFRESH_DATA', 400> =
  createError('FRT_ERR_REFRESH_DATA', 'auth.refresh needs { token }', 400)
