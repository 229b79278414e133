import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> =
  FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

type Cause = { readonly cause: unknown }

/** An option has a value that cannot work. */
export const BroadcastOptionError: Coded<'FRT_ERR_BROADCAST_OPTION', 500,
  [option: string, expected: string, came: string, todo: string]> =
  createError('FRT_ERR_BROADCAST_OPTION', 'Option "%s" must be %s, but %s came. %s', 500)

/** Not a topic by the grammar, or one of ours (`$…`). */
export const TopicInvalidError: Coded<'FRT_ERR_TOPIC_INVALID', 400, [topic: string]> = createError(
  'FRT_ERR_TOPIC_INVALID',
  'Not a topic: %s. Expected 1-255 bytes, up to 8 levels of letters, digits and _.~@+=%%- joined by ":"; "$" is reserved',
  400
)

/** No pattern of the option `topics` covers the topic. */
export const TopicUnknownError: Coded<'FRT_ERR_TOPIC_UNKNOWN', 403, [topic: string]> =
  createError('FRT_ERR_TOPIC_UNKNOWN', 'No pattern of the option "topics" covers the topic %s; add one that does, such as "room:*"', 403)

/** The topic keeps no history. */
export const TopicHistoryError: Coded<'FRT_ERR_TOPIC_HISTORY', 404, [topic: string]> =
  createError('FRT_ERR_TOPIC_HISTORY', 'The topic %s keeps no history; give its pattern the option "history"', 404)

/** What was to be published cannot be: its event, id, version or data. */
export const PublicationInvalidError: Coded<'FRT_ERR_PUBLICATION_INVALID', 400, [what: string, expected: string, cause?: Cause]> =
  createError('FRT_ERR_PUBLICATION_INVALID', 'The %s of a publication must be %s', 400)

/** The arguments of a history read make no sense. */
export const HistoryQueryError: Coded<'FRT_ERR_HISTORY_QUERY', 400, [what: string, expected: string]> =
  createError('FRT_ERR_HISTORY_QUERY', '%s must be %s', 400)

/** The connection is closed, or on a raw route, so it cannot hold subscriptions. */
export const ConnectionUnfitError: Coded<'FRT_ERR_CONNECTION_UNFIT', 409, [why: string]> =
  createError('FRT_ERR_CONNECTION_UNFIT', 'The connection cannot subscribe: %s', 409)

/** The subscription ended before it stood. */
export const SubscriptionEndedError: Coded<'FRT_ERR_SUBSCRIPTION_ENDED', 409, [topic: string]> =
  createError('FRT_ERR_SUBSCRIPTION_ENDED', 'The subscription to %s ended before it stood', 409)

/** More was published while the history was read than can wait; the same call may work later. */
export const SubscriptionBusyError: Coded<'FRT_ERR_SUBSCRIPTION_BUSY', 503, [topic: string]> =
  createError('FRT_ERR_SUBSCRIPTION_BUSY', 'The history of %s could not be joined to its live publications; try again', 503)
