import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> =
  FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

type Cause = { readonly cause: unknown }

const Unavailable: Coded<'FRT_ERR_BROKER_UNAVAILABLE', 503, [broker: string, why: string, cause?: Cause]> =
  createError('FRT_ERR_BROKER_UNAVAILABLE', 'The %s broker is unavailable: %s', 503)

/**
 * The broker could not do the work in time; the same call may work later. After a publication that timed out nobody
 * knows whether it was published, so repeat it with the same `id`. Fastify answers 503 with `Retry-After`.
 */
export class BrokerUnavailableError extends Unavailable {
  // Fastify's error handler copies these to the response.
  readonly headers: Readonly<Record<string, string>> = { 'retry-after': '1' }
}

/** A package needs a capability that the app's broker does not have. */
export const BrokerCapabilityError: Coded<'FRT_ERR_BROKER_CAPABILITY', 500, [neededBy: string, capability: string, broker: string]> =
  createError('FRT_ERR_BROKER_CAPABILITY', '%s needs "%s", which the %s broker lacks; ' +
    'use another broker, or let one lend it with combine()', 500)

/** A call came at a moment, or a second time, when it makes no sense. */
export const BrokerUseError: Coded<'FRT_ERR_BROKER_USE', 500, [message: string]> =
  createError('FRT_ERR_BROKER_USE', '%s', 500)

/** An option has a value that cannot work. */
export const BrokerOptionError: Coded<'FRT_ERR_BROKER_OPTION', 500, [option: string, expected: string, came: string, todo: string]> =
  createError('FRT_ERR_BROKER_OPTION', 'Option "%s" must be %s, but %s came. %s', 500)
