import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

/** An option that cannot work. */
export const PresenceOptionError: FastifyErrorConstructor<{ code: 'FRT_ERR_PRESENCE_OPTION' }, [string]> =
  createError<'FRT_ERR_PRESENCE_OPTION', 500, [string]>('FRT_ERR_PRESENCE_OPTION', '%s', 500)

/** `join` was called for a connection without a principal: presence counts principals. */
export const PresenceAnonymousError: FastifyErrorConstructor<{ code: 'FRT_ERR_PRESENCE_ANONYMOUS' }> =
  createError<'FRT_ERR_PRESENCE_ANONYMOUS', 401>('FRT_ERR_PRESENCE_ANONYMOUS',
    'An anonymous connection cannot be present; authenticate its route', 401)

/** A topic that breaks the topic grammar. */
export const PresenceTopicError: FastifyErrorConstructor<{ code: 'FRT_ERR_PRESENCE_TOPIC' }> =
  createError<'FRT_ERR_PRESENCE_TOPIC', 400>('FRT_ERR_PRESENCE_TOPIC', 'Expected a topic such as "room:42", and watch to be true, false or left out', 400)

/** No policy that is there allows it. */
export const PresenceForbiddenError: FastifyErrorConstructor<{ code: 'FRT_ERR_PRESENCE_FORBIDDEN' }> =
  createError<'FRT_ERR_PRESENCE_FORBIDDEN', 403>('FRT_ERR_PRESENCE_FORBIDDEN', 'Presence of this topic is not yours to see', 403)

/** The connection watches as many topics as `maxWatched` allows. */
export const PresenceLimitError: FastifyErrorConstructor<{ code: 'FRT_ERR_PRESENCE_LIMIT' }, [number]> =
  createError<'FRT_ERR_PRESENCE_LIMIT', 429, [number]>('FRT_ERR_PRESENCE_LIMIT', 'A connection watches %d topics at most', 429)
