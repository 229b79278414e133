import createError, { type FastifyErrorConstructor } from '@fastify/error'

type BootError<Code extends string, Arguments extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: 500 }, Arguments>

/** An option of the plugin, of a message route or of `register` is not what it should be. */
export const InvalidOptionError: BootError<'FRT_ERR_MESSAGE_OPTION', [where: string, problem: string]> =
  createError<'FRT_ERR_MESSAGE_OPTION', 500, [where: string, problem: string]>('FRT_ERR_MESSAGE_OPTION', '%s: %s', 500, TypeError)

/** Two handlers claim one message type on one endpoint. */
export const DuplicateMessageError: BootError<'FRT_ERR_MESSAGE_DUPLICATE', [type: string, endpoint: string]> =
  createError<'FRT_ERR_MESSAGE_DUPLICATE', 500, [type: string, endpoint: string]>(
    'FRT_ERR_MESSAGE_DUPLICATE',
    'message type "%s" has a handler already on %s: types are global to the server, so rename one, give its plugin a messagePrefix, or bind one to an endpoint with only', 500
  )

/** The type belongs to the protocol. */
export const ReservedMessageError: BootError<'FRT_ERR_MESSAGE_RESERVED', [type: string]> =
  createError<'FRT_ERR_MESSAGE_RESERVED', 500, [type: string]>(
    'FRT_ERR_MESSAGE_RESERVED', 'message type "%s" is reserved by the protocol: choose another name', 500
  )

/** A schema of a message route does not compile; `cause` says why. */
export const MessageSchemaError: BootError<'FRT_ERR_MESSAGE_SCHEMA', [part: string, type: string, reason: string]> =
  createError<'FRT_ERR_MESSAGE_SCHEMA', 500, [part: string, type: string, reason: string]>(
    'FRT_ERR_MESSAGE_SCHEMA', 'cannot build the %s schema of message "%s": %s', 500
  )

/** A handler replied twice. */
export const ReplySentError: BootError<'FRT_ERR_MESSAGE_REPLY_SENT', [type: string]> =
  createError<'FRT_ERR_MESSAGE_REPLY_SENT', 500, [type: string]>(
    'FRT_ERR_MESSAGE_REPLY_SENT', 'message "%s" was answered already: call reply once, or return the reply, not both', 500
  )
